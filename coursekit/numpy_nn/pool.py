"""Pooling: each map is shrunk by summing up every window in one number."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Integer
from numpy.lib.stride_tricks import sliding_window_view

from coursekit.networks.layers import Size2d, pair
from coursekit.networks.measure import output_size
from coursekit.numpy_nn.arguments import check_array, check_shape
from coursekit.numpy_nn.parallel import BLOCK_BYTES, Block, blocks, each, in_order_of, spans, workers


class AvgPool2dCache(NamedTuple):
    """What `avg_pool2d_backward` needs of the forward pass."""

    x_shape: tuple[int, int, int, int]
    kernel_size: Size2d
    stride: Size2d
    padding: Size2d


def avg_pool2d_forward(
    x: Float[np.ndarray, "N C H W"],
    kernel_size: Size2d,
    stride: Size2d | None = None,
    padding: Size2d = 0,
) -> tuple[Float[np.ndarray, "N C Ho Wo"], AvgPool2dCache]:
    """Return the mean of every window of each map.

    Parameters
    ----------
    x
        Maps, float32 or float64.
    kernel_size, stride, padding
        An int or a pair (height, width) each, in pixels. A missing stride is the kernel size. Padded
        zeros count in the mean, as in `torch.nn.AvgPool2d`.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape; the message names it.
    """
    check_array("avg_pool2d_forward", "x", x, ("N", "C", "H", "W"))
    stride = kernel_size if stride is None else stride
    _check_padding("avg_pool2d_forward", kernel_size, padding)
    (kh, kw), (n, c, h, w) = pair(kernel_size), x.shape
    height, width = output_size((h, w), kernel_size, stride, padding)
    x = _padded(x, (height, width), (kh, kw), pair(stride), pair(padding), 0.0)
    windows = _window_pixels(x, (height, width), (kh, kw), pair(stride))
    out = np.array(next(windows), order="K")  # (N, C, Ho, Wo)
    for pixels in windows:
        out += pixels
    out /= kh * kw
    return out, AvgPool2dCache((n, c, h, w), kernel_size, stride, padding)


def avg_pool2d_backward(
    dout: Float[np.ndarray, "N C Ho Wo"], cache: AvgPool2dCache
) -> Float[np.ndarray, "N C H W"]:
    """Return dx: every pixel of a window receives an equal share of the gradient of its mean.

    Raises
    ------
    TypeError, ValueError
        If `dout` does not have the shape of the output.
    """
    x_shape, kernel_size, stride, padding = cache
    kh, kw = pair(kernel_size)
    n, c, h, w = x_shape
    height, width = output_size((h, w), kernel_size, stride, padding)
    check_shape("avg_pool2d_backward", "dout", dout, (n, c, height, width))
    ph, pw = pair(padding)
    share = dout / (kh * kw)
    dx = np.zeros_like(share, shape=(n, c, h + 2 * ph, w + 2 * pw))
    for pixels in _window_pixels(dx, (height, width), (kh, kw), pair(stride)):
        pixels += share
    return dx[:, :, ph : ph + h, pw : pw + w]


class MaxPool2dCache(NamedTuple):
    """What `max_pool2d_backward` needs of the forward pass."""

    x_shape: tuple[int, int, int, int]
    where: np.ndarray  # for each output pixel, which pixel of its window is the largest; one byte
    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]


def max_pool2d_forward(
    x: Float[np.ndarray, "N C H W"],
    kernel_size: Size2d,
    stride: Size2d | None = None,
    padding: Size2d = 0,
    ceil_mode: bool = False,
) -> tuple[Float[np.ndarray, "N C Ho Wo"], MaxPool2dCache]:
    """Return the largest value of every window of each map.

    Parameters
    ----------
    x
        Maps, float32 or float64.
    kernel_size, stride, padding
        An int or a pair (height, width) each, in pixels. A missing stride is the kernel size. Padded
        pixels are never the largest.
    ceil_mode
        Whether a last window that hangs over the edge still counts, as in Caffe.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape; the message names it.
    """
    check_array("max_pool2d_forward", "x", x, ("N", "C", "H", "W"))
    _check_padding("max_pool2d_forward", kernel_size, padding)
    (kh, kw), (sh, sw) = pair(kernel_size), pair(kernel_size if stride is None else stride, "stride", 1)
    (ph, pw), (n, c, h, w) = pair(padding), x.shape
    height, width = output_size((h, w), (kh, kw), (sh, sw), (ph, pw), ceil_mode=ceil_mode)
    x = _padded(x, (height, width), (kh, kw), (sh, sw), (ph, pw), -np.inf)
    out = np.empty_like(x, shape=(n, c, height, width))
    where = np.empty_like(out, dtype=np.min_scalar_type(kh * kw - 1))

    def pool(block: Block) -> None:
        images, rows = block
        source = x[images, :, sh * rows.start : sh * (rows.stop - 1) + kh]
        _largest(source, (kh, kw), (sh, sw), out[images, :, rows], where[images, :, rows])

    each(pool, blocks(n, height, c * sh * x.shape[3] * x.itemsize, BLOCK_BYTES))
    return out, MaxPool2dCache((n, c, h, w), where, (kh, kw), (sh, sw), (ph, pw))


def max_pool2d_plain(
    x: Float[np.ndarray, "N C H W"], kernel_size: Size2d, stride: Size2d
) -> tuple[Float[np.ndarray, "N C Ho Wo"], Integer[np.ndarray, "N C Ho Wo"]]:
    """Return the largest value of every window, and which pixel of the window it is, without padding."""
    (kh, kw), (sh, sw) = pair(kernel_size), pair(stride)
    windows = sliding_window_view(x, (kh, kw), axis=(2, 3))[:, :, ::sh, ::sw]  # (N, C, Ho, Wo, kh, kw)
    windows = windows.reshape(*windows.shape[:4], kh * kw)
    where = windows.argmax(axis=4)  # of several that are largest the first, as in PyTorch
    return np.take_along_axis(windows, where[..., None], axis=4)[..., 0], where


def _largest(
    x: Float[np.ndarray, "N C H W"],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    out: Float[np.ndarray, "N C Ho Wo"],
    where: Integer[np.ndarray, "N C Ho Wo"],
) -> None:
    """Write what `max_pool2d_plain` returns: the largest along each row, then of those down each column.

    That takes kw + kh - 2 comparisons a window, not kw * kh - 1. A later pixel counts only if it is larger,
    and has the larger number: the largest number of those that won is the winner's, without a branch.
    """
    (kh, kw), (sh, sw), (height, width) = kernel, stride, out.shape[2:]
    kind = where.dtype.type
    best = np.array(x[..., : sw * (width - 1) + 1 : sw], order="K")  # (N, C, H, Wo)
    at = np.zeros_like(best, dtype=kind)
    for v in range(1, kw):
        pixels = x[..., v : v + sw * (width - 1) + 1 : sw]
        np.maximum(at, (pixels > best) * kind(v), out=at)
        np.maximum(best, pixels, out=best)
    last = sh * (height - 1) + 1
    out[...], where[...] = best[:, :, :last:sh], at[:, :, :last:sh]
    for u in range(1, kh):
        rows, columns = best[:, :, u : u + last : sh], at[:, :, u : u + last : sh]
        np.maximum(where, (rows > out) * (columns + kind(u * kw)), out=where)
        np.maximum(out, rows, out=out)


def max_pool2d_backward(
    dout: Float[np.ndarray, "N C Ho Wo"], cache: MaxPool2dCache
) -> Float[np.ndarray, "N C H W"]:
    """Return dx: the largest pixel of a window receives the window's whole gradient.

    Where windows overlap, a pixel that is the largest of several receives the sum.

    Raises
    ------
    TypeError, ValueError
        If `dout` does not have the shape of the output.
    """
    x_shape, where, (kh, kw), (sh, sw), (ph, pw) = cache
    check_shape("max_pool2d_backward", "dout", dout, where.shape)
    (n, c, h, w), size = x_shape, where.shape[2:]
    dout = in_order_of(dout, where)
    shape = [
        max(m + 2 * p, s * (o - 1) + k)
        for m, p, s, o, k in zip((h, w), (ph, pw), (sh, sw), size, (kh, kw), strict=True)
    ]
    dx = np.zeros_like(dout, shape=(n, c, *shape))

    def spread(at: tuple[slice, slice]) -> None:
        for number, pixels in enumerate(_window_pixels(dx[at], size, (kh, kw), (sh, sw))):
            won = where[at] == number
            if kh <= sh and kw <= sw:  # windows that do not overlap meet a pixel once
                np.multiply(dout[at], won, out=pixels)
            else:
                pixels += dout[at] * won

    few = 1 if n >= workers() else workers()
    runs = [slice(i, i + 1) for i in range(n)] if dout.strides[0] == max(dout.strides) else [slice(0, n)]
    each(spread, [(images, maps) for images in runs for maps in spans(c, few)])
    return dx[:, :, ph : ph + h, pw : pw + w]


def global_avg_pool_forward(
    x: Float[np.ndarray, "N C H W"],
) -> tuple[Float[np.ndarray, "N C 1 1"], tuple[int, int, int, int]]:
    """Return the mean of each map, in a map of one pixel (Lin, Chen & Yan 2014, sec. 3.2).

    Raises
    ------
    TypeError, ValueError
        If `x` is no float array of shape (N, C, H, W).
    """
    check_array("global_avg_pool_forward", "x", x, ("N", "C", "H", "W"))
    return x.mean(axis=(2, 3), keepdims=True), x.shape


def global_avg_pool_backward(
    dout: Float[np.ndarray, "N C 1 1"], cache: tuple[int, int, int, int]
) -> Float[np.ndarray, "N C H W"]:
    """Return dx: every pixel of a map receives an equal share.

    Raises
    ------
    TypeError, ValueError
        If `dout` does not have the shape of the output.
    """
    check_shape("global_avg_pool_backward", "dout", dout, (*cache[:2], 1, 1))
    n, c, h, w = cache
    share = (dout / (h * w)).reshape(n, 1, 1, c)
    return np.broadcast_to(share, (n, h, w, c)).copy().transpose(0, 3, 1, 2)  # channels last in memory


class SubsamplingCache(NamedTuple):
    """What `subsampling_backward` needs of the forward pass."""

    sums: np.ndarray  # of each window, (N, C, Ho, Wo)
    weight: np.ndarray
    area: int
    pool: AvgPool2dCache


def subsampling_forward(
    x: Float[np.ndarray, "N C H W"],
    weight: Float[np.ndarray, " C"],
    bias: Float[np.ndarray, " C"],
    kernel_size: Size2d,
) -> tuple[Float[np.ndarray, "N C Ho Wo"], SubsamplingCache]:
    """Return weight * (sum of every window) + bias, with one weight and one bias for each map.

    Layers S2 and S4 of LeCun et al. 1998, sec. II.B. Windows do not overlap.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape; the message names it.
    """
    check_array("subsampling_forward", "x", x, ("N", "C", "H", "W"))
    check_shape("subsampling_forward", "weight", weight, (x.shape[1],))
    check_shape("subsampling_forward", "bias", bias, (x.shape[1],))
    area = int(np.prod(pair(kernel_size, "kernel_size", at_least=1)))
    means, pool = avg_pool2d_forward(x, kernel_size)
    sums = area * means
    out = weight[:, None, None] * sums + bias[:, None, None]
    return out, SubsamplingCache(sums, weight, area, pool)


def subsampling_backward(
    dout: Float[np.ndarray, "N C Ho Wo"], cache: SubsamplingCache
) -> tuple[Float[np.ndarray, "N C H W"], Float[np.ndarray, " C"], Float[np.ndarray, " C"]]:
    """Return (dx, dweight, dbias).

    Raises
    ------
    TypeError, ValueError
        If `dout` does not have the shape of the output.
    """
    sums, weight, area, pool = cache
    check_shape("subsampling_backward", "dout", dout, sums.shape)
    dx = avg_pool2d_backward(dout * (area * weight)[:, None, None], pool)
    return dx, (dout * sums).sum(axis=(0, 2, 3)), dout.sum(axis=(0, 2, 3))


def _padded(
    x: np.ndarray,
    size: tuple[int, int],
    kernel_size: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    value: float,
) -> np.ndarray:
    """Return x padded with `value`, below and on the right as far as the last window reaches."""
    (n, c, h, w), (ph, pw) = x.shape, padding
    reach = [s * (out - 1) + k for out, k, s in zip(size, kernel_size, stride, strict=True)]
    shape = (max(h + 2 * ph, reach[0]), max(w + 2 * pw, reach[1]))
    if shape == (h, w):
        return x
    padded = np.full_like(x, value, shape=(n, c, *shape))  # in x's order in memory, unlike np.pad
    padded[:, :, ph : ph + h, pw : pw + w] = x
    return padded


def _window_pixels(
    x: np.ndarray, size: tuple[int, int], kernel_size: tuple[int, int], stride: tuple[int, int]
) -> Iterator[np.ndarray]:
    """Yield for each pixel of the window, row by row, what it is in every window at once: views of x."""
    (height, width), (sh, sw) = size, stride
    for u in range(kernel_size[0]):
        for v in range(kernel_size[1]):
            yield x[:, :, u : u + sh * (height - 1) + 1 : sh, v : v + sw * (width - 1) + 1 : sw]


def _check_padding(where: str, kernel_size: Size2d, padding: Size2d) -> None:
    kernel = pair(kernel_size, "kernel_size", at_least=1)
    if any(2 * p > k for p, k in zip(pair(padding, "padding"), kernel, strict=True)):
        raise ValueError(f"{where}: padding must be at most half of kernel_size {kernel_size}, got {padding}")
