"""Convolution, as the cross-correlation that every deep-learning library computes under this name.

    out[n, m, i, j] = b[m] + sum over c, u, v of  w[m, c, u, v] * x[n, c, s*i + d*u - p, s*j + d*v - p]

with stride s, padding p and dilation d; pixels outside the image are zero. With `groups` g, the input and
output channels are cut into g equal runs and output run r sees input run r only.

First the loops that say so (`conv2d_loops`), then the same as one matrix product a group
(`conv2d_forward`): `im2col` copies every window into a column (Chellapilla, Puri & Simard 2006).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.lib.stride_tricks import sliding_window_view

from coursekit.networks.layers import Size2d, check_window, pair
from coursekit.networks.measure import output_size
from coursekit.numpy_nn import fast_conv
from coursekit.numpy_nn.arguments import check_array, check_shape
from coursekit.numpy_nn.fast_conv import Setting

MOST_GROUPS = 8  # with more, the plain version's one product for all groups is faster than one for each


def conv2d_loops(
    x: Float[np.ndarray, "N C H W"],
    w: Float[np.ndarray, "M Cg kh kw"],
    b: Float[np.ndarray, " M"] | None = None,
    stride: Size2d = 1,
    padding: Size2d = 0,
    dilation: Size2d = 1,
    groups: int = 1,
) -> Float[np.ndarray, "N M Ho Wo"]:
    """Convolve by the definition, one output number at a time. Slow; arguments as `conv2d_forward`."""
    _check_arguments("conv2d_loops", x, w, b, stride, padding, dilation, groups)
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    out_channels, group_channels, kh, kw = w.shape
    height, width = output_size(x.shape[2:], (kh, kw), stride, padding, dilation)
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    out = np.zeros((len(x), out_channels, height, width), np.result_type(x, w))
    for n in range(len(x)):
        for m in range(out_channels):
            first = m // (out_channels // groups) * group_channels  # the first channel of m's group
            for i in range(height):
                for j in range(width):
                    window = x[
                        n,
                        first : first + group_channels,
                        sh * i : sh * i + dh * (kh - 1) + 1 : dh,
                        sw * j : sw * j + dw * (kw - 1) + 1 : dw,
                    ]  # (C/g, kh, kw)
                    out[n, m, i, j] = np.sum(window * w[m]) + (0 if b is None else b[m])
    return out


def im2col(
    x: Float[np.ndarray, "N C H W"],
    kernel_size: Size2d,
    stride: Size2d = 1,
    padding: Size2d = 0,
    dilation: Size2d = 1,
) -> Float[np.ndarray, "N window position"]:
    """Copy every window into a column.

    A column lists its window channel by channel and row by row, as `w[m].reshape(-1)` lists a filter.
    Columns stand in the order of the output's pixels, row by row.

    Raises
    ------
    TypeError, ValueError
        If `x` is no float array of shape (N, C, H, W), or the window does not fit.
    """
    check_array("im2col", "x", x, ("N", "C", "H", "W"))
    check_window(kernel_size, stride, padding, dilation)
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    kh, kw = pair(kernel_size)
    height, width = output_size(x.shape[2:], kernel_size, stride, padding, dilation)
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    spans = (dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    windows = sliding_window_view(x, spans, axis=(2, 3))[
        :, :, ::sh, ::sw, ::dh, ::dw
    ]  # (N, C, Ho, Wo, kh, kw)
    cols = windows.transpose(0, 1, 4, 5, 2, 3)  # (N, C, kh, kw, Ho, Wo), no copy yet
    return cols.reshape(len(x), x.shape[1] * kh * kw, height * width)  # one copy


def col2im(
    cols: Float[np.ndarray, "N window position"],
    shape: tuple[int, int, int, int],
    kernel_size: Size2d,
    stride: Size2d = 1,
    padding: Size2d = 0,
    dilation: Size2d = 1,
) -> Float[np.ndarray, "N C H W"]:
    """Add every column back into the window that it came from: the transpose of `im2col`.

    A pixel that stands in several windows receives the sum of what each of them sends back.

    Parameters
    ----------
    cols
        As `im2col` gives them.
    shape
        (N, C, H, W) of the image.
    kernel_size, stride, padding, dilation
        As for `im2col`.

    Raises
    ------
    ValueError
        If `cols` is not what `im2col` makes of an image of this shape.
    """
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    (kh, kw), (n, c, h, w) = pair(kernel_size), shape
    height, width = output_size((h, w), kernel_size, stride, padding, dilation)
    check_shape("col2im", "cols", cols, (n, c * kh * kw, height * width))
    cols = cols.reshape(n, c, kh, kw, height, width)
    x = np.zeros((n, c, h + 2 * ph, w + 2 * pw), cols.dtype)
    for u in range(kh):
        for v in range(kw):
            # Element (u, v) of every window at once: these pixels are all different, so += adds each.
            rows = slice(dh * u, dh * u + sh * (height - 1) + 1, sh)
            columns = slice(dw * v, dw * v + sw * (width - 1) + 1, sw)
            x[:, :, rows, columns] += cols[:, :, u, v]
    return x[:, :, ph : ph + h, pw : pw + w]


class Conv2dCache(NamedTuple):
    """What `conv2d_backward` needs of the forward pass."""

    x: np.ndarray  # (N, C, H, W)
    w: np.ndarray
    has_bias: bool
    setting: Setting
    how: str


def conv2d_forward(
    x: Float[np.ndarray, "N C H W"],
    w: Float[np.ndarray, "M Cg kh kw"],
    b: Float[np.ndarray, " M"] | None = None,
    stride: Size2d = 1,
    padding: Size2d = 0,
    dilation: Size2d = 1,
    groups: int = 1,
) -> tuple[Float[np.ndarray, "N M Ho Wo"], Conv2dCache]:
    """Convolve.

    In float64 by `conv2d_plain`, whose rounding errors are the smallest; in float32 by the method that
    `fast_conv.py` chooses for the shape, some of which round to 2e-5 of the largest output.

    Parameters
    ----------
    x
        Images, float32 or float64.
    w
        M filters, each for the C/g channels of its group.
    b
        One number added to each output map; None for none.
    stride, padding, dilation
        An int or a pair (height, width) each, in pixels.
    groups
        The number g of groups; it must divide C and M.

    Returns
    -------
    out
        Ho = floor((H + 2p - d(kh - 1) - 1) / s) + 1, and Wo likewise. In float32 the memory order is
        that of the method.
    cache
        For `conv2d_backward`. It holds x, in the method's order in memory, and no windows.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape; the message names it.
    """
    _check_arguments("conv2d_forward", x, w, b, stride, padding, dilation, groups)
    setting = Setting(pair(stride), pair(padding), pair(dilation), groups)
    size = output_size(x.shape[2:], w.shape[2:], stride, padding, dilation)
    single = all(a.dtype == np.float32 for a in (x, w, b) if a is not None)
    how = fast_conv.method(len(x), w.shape, setting) if single and groups <= MOST_GROUPS else "plain"
    if how == "plain":
        out = conv2d_plain(x, w, b, stride, padding, dilation, groups)
    else:
        x = fast_conv.laid_out(x, how)
        out = fast_conv.forward(x, w, b, setting, size, how)
    return out, Conv2dCache(x, w, b is not None, setting, how)


def conv2d_plain(
    x: Float[np.ndarray, "N C H W"],
    w: Float[np.ndarray, "M Cg kh kw"],
    b: Float[np.ndarray, " M"] | None = None,
    stride: Size2d = 1,
    padding: Size2d = 0,
    dilation: Size2d = 1,
    groups: int = 1,
) -> Float[np.ndarray, "N M Ho Wo"]:
    """Convolve by one matrix product for each image and group; arguments as `conv2d_forward`."""
    out_channels, _, kh, kw = w.shape
    height, width = output_size(x.shape[2:], (kh, kw), stride, padding, dilation)
    cols = im2col(x, (kh, kw), stride, padding, dilation)  # (N, C*kh*kw, Ho*Wo)
    cols = cols.reshape(len(x), groups, w[0].size, height * width)  # (N, g, C/g*kh*kw, Ho*Wo)
    rows = w.reshape(groups, out_channels // groups, w[0].size)  # (g, M/g, C/g*kh*kw)
    out: np.ndarray = (rows @ cols).reshape(len(x), out_channels, height, width)
    if b is not None:
        out += b[:, None, None]
    return out


def conv2d_backward(
    dout: Float[np.ndarray, "N M Ho Wo"], cache: Conv2dCache
) -> tuple[Float[np.ndarray, "N C H W"], Float[np.ndarray, "M Cg kh kw"], Float[np.ndarray, " M"] | None]:
    """Return the gradients (dx, dw, db) of a loss whose gradient by the output is `dout`.

    db is the sum of dout over images and pixels, or None where there was no bias.

    Raises
    ------
    TypeError, ValueError
        If `dout` does not have the shape of the output.
    """
    dx, dw, db = _backward(dout, cache, input_gradient=True)
    assert dx is not None
    return dx, dw, db


def conv2d_filter_gradients(
    dout: Float[np.ndarray, "N M Ho Wo"], cache: Conv2dCache
) -> tuple[Float[np.ndarray, "M Cg kh kw"], Float[np.ndarray, " M"] | None]:
    """Return (dw, db) alone, for a first layer: nobody asks for the gradient by the images."""
    return _backward(dout, cache, input_gradient=False)[1:]


def _backward(
    dout: np.ndarray, cache: Conv2dCache, input_gradient: bool
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray | None]:
    x, w, has_bias, setting, how = cache
    size = output_size((x.shape[2], x.shape[3]), (w.shape[2], w.shape[3]), *setting[:3])
    check_shape("conv2d_backward", "dout", dout, (len(x), len(w), *size))
    db = dout.sum(axis=(0, 2, 3)) if has_bias else None
    if how == "plain" or dout.dtype != x.dtype:
        return *conv2d_plain_backward(dout, x, w, *setting), db
    return *fast_conv.backward(dout, x, w, setting, how, input_gradient), db


def conv2d_plain_backward(
    dout: Float[np.ndarray, "N M Ho Wo"],
    x: Float[np.ndarray, "N C H W"],
    w: Float[np.ndarray, "M Cg kh kw"],
    stride: Size2d = 1,
    padding: Size2d = 0,
    dilation: Size2d = 1,
    groups: int = 1,
) -> tuple[Float[np.ndarray, "N C H W"], Float[np.ndarray, "M Cg kh kw"]]:
    """Return (dx, dw) of `conv2d_plain`.

    The forward pass is out = rows @ cols, so that drows = dout @ cols.T and dcols = rows.T @ dout.
    """
    cols = im2col(x, w.shape[2:], stride, padding, dilation)  # (N, C*kh*kw, Ho*Wo)
    n, window, positions = cols.shape
    out_channels = len(w)
    cols = cols.reshape(n, groups, window // groups, positions)  # (N, g, C/g*kh*kw, Ho*Wo)
    dout = dout.reshape(n, groups, out_channels // groups, positions)  # (N, g, M/g, Ho*Wo)
    rows = w.reshape(groups, out_channels // groups, -1)  # (g, M/g, C/g*kh*kw)
    dw = (dout @ cols.swapaxes(-1, -2)).sum(axis=0).reshape(w.shape)
    dcols = (rows.swapaxes(-1, -2) @ dout).reshape(n, window, positions)
    return col2im(dcols, x.shape, w.shape[2:], stride, padding, dilation), dw


def _check_arguments(
    where: str,
    x: object,
    w: object,
    b: object,
    stride: Size2d,
    padding: Size2d,
    dilation: Size2d,
    groups: int,
) -> None:
    check_array(where, "x", x, ("N", "C", "H", "W"))
    check_array(where, "w", w, ("M", "C/g", "kh", "kw"))
    assert isinstance(x, np.ndarray)
    assert isinstance(w, np.ndarray)
    check_window(w.shape[2:], stride, padding, dilation)
    if not isinstance(groups, int) or groups < 1 or len(w) % groups:
        raise ValueError(f"{where}: groups must divide the {len(w)} filters of w, got {groups!r}")
    if x.shape[1] != w.shape[1] * groups:
        raise ValueError(
            f"{where}: x has {x.shape[1]} channels, but w of shape {w.shape} with groups={groups} "
            f"takes {w.shape[1] * groups}"
        )
    if b is not None:
        check_shape(where, "b", b, (len(w),))
