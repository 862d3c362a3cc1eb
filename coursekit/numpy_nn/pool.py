"""Pooling: each map is shrunk by summing up every window in one number."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.lib.stride_tricks import sliding_window_view

from coursekit.networks.layers import Size2d, pair
from coursekit.networks.measure import output_size
from coursekit.numpy_nn.arguments import check_array, check_shape
from coursekit.numpy_nn.conv import col2im, im2col


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
    cols = im2col(x, kernel_size, stride, padding)  # (N, C*kh*kw, Ho*Wo)
    out = cols.reshape(n, c, kh * kw, height * width).mean(axis=2)
    return out.reshape(n, c, height, width), AvgPool2dCache(x.shape, kernel_size, stride, padding)


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
    shares = np.repeat(dout.reshape(n, c, 1, height * width) / (kh * kw), kh * kw, axis=2)
    return col2im(shares.reshape(n, c * kh * kw, height * width), x_shape, kernel_size, stride, padding)


class MaxPool2dCache(NamedTuple):
    """What `max_pool2d_backward` needs of the forward pass."""

    x_shape: tuple[int, int, int, int]
    where: np.ndarray  # for each output pixel, which pixel of its window is the largest
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
    padded = _padded(x, (height, width), (kh, kw), (sh, sw), (ph, pw), -np.inf)
    windows = sliding_window_view(padded, (kh, kw), axis=(2, 3))[:, :, ::sh, ::sw]
    windows = windows[:, :, :height, :width].reshape(n, c, height, width, kh * kw)
    where = windows.argmax(axis=4)  # of several that are largest the first, as in PyTorch
    out = np.take_along_axis(windows, where[..., None], axis=4)[..., 0]
    return out, MaxPool2dCache(x.shape, where, (kh, kw), (sh, sw), (ph, pw))


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
    height, width = where.shape[2:]
    dx = _padded(np.zeros(x_shape, dout.dtype), (height, width), (kh, kw), (sh, sw), (ph, pw), 0.0)
    for u in range(kh):
        for v in range(kw):
            rows = slice(u, u + sh * (height - 1) + 1, sh)
            columns = slice(v, v + sw * (width - 1) + 1, sw)
            dx[:, :, rows, columns] += dout * (where == u * kw + v)
    return dx[:, :, ph : ph + x_shape[2], pw : pw + x_shape[3]]


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
    return np.broadcast_to(dout / (cache[2] * cache[3]), cache).copy()


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
    behind = [
        max(p, s * (out - 1) + k - n - p)
        for n, out, k, s, p in zip(x.shape[2:], size, kernel_size, stride, padding, strict=True)
    ]
    widths = ((0, 0), (0, 0), (padding[0], behind[0]), (padding[1], behind[1]))
    return np.pad(x, widths, constant_values=value)


def _check_padding(where: str, kernel_size: Size2d, padding: Size2d) -> None:
    kernel = pair(kernel_size, "kernel_size", at_least=1)
    if any(2 * p > k for p, k in zip(pair(padding, "padding"), kernel, strict=True)):
        raise ValueError(f"{where}: padding must be at most half of kernel_size {kernel_size}, got {padding}")
