"""Which way a convolution is computed in float32: one small rule, by its shape.

======================  ==========================================================================
`product`               kernel of one pixel, stride 1: nothing to lower, one matrix product
`batch_last`            at most 16 filters, 16 images or more, stride 1 (LeNet): `batch_last.py`
`winograd 4`, `2`       3x3 and 5x5 kernels, stride 1, 16 channels or more, and what folding by the
                        stride turns into such (11x11 at stride 4): `winograd.py`, by the largest
                        tile whose transformed filters fit into half of `SCRATCH_BYTES`
`blocked`               everything else: `blocked.py`
======================  ==========================================================================

The memory of the output is the method's: channels last, or images last. The next layer takes it as it is.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from coursekit.numpy_nn.batch_last import batch_last, batch_last_filter_gradient, batch_last_forward
from coursekit.numpy_nn.blocked import (
    blocked_filter_gradient,
    blocked_forward,
    blocked_input_gradient,
    pointwise_backward,
    pointwise_forward,
)
from coursekit.numpy_nn.parallel import SCRATCH_BYTES, channels_last
from coursekit.numpy_nn.winograd import folded, unfolded, winograd_filter_gradient, winograd_forward

Pair = tuple[int, int]
TILES = {3: (4, 2), 5: (2,)}  # by kernel size, the sizes of Winograd's output tiles, the fastest first


class Setting(NamedTuple):
    """Stride, padding and dilation as pairs, and the number of groups."""

    stride: Pair
    padding: Pair
    dilation: Pair
    groups: int


def method(n: int, w_shape: tuple[int, ...], setting: Setting) -> str:
    """Return how a convolution of `n` images with filters of `w_shape` (M, C/g, kh, kw) is computed."""
    filters, channels, *kernel = w_shape
    filters //= setting.groups
    dense = setting.stride == setting.dilation == (1, 1)
    dense &= setting.padding[0] < kernel[0] and setting.padding[1] < kernel[1]
    if dense and kernel == [1, 1] and setting.padding == (0, 0):
        return "product"
    if dense and filters <= 16 and n >= 16 and setting.groups == 1:
        return "batch_last"
    fold = setting.stride[0]
    square = kernel[0] == kernel[1] and setting.stride == (fold, fold) and setting.dilation == (1, 1)
    r, folded_channels = -(-kernel[0] // fold), fold * fold * channels
    if (dense or fold > 1) and square and r in TILES and min(folded_channels, filters) >= 16:
        for tile in TILES[r]:
            points = (tile + r - 1) ** 2
            if 4 * points * folded_channels * filters <= SCRATCH_BYTES // 2:
                return f"winograd {tile}"
    return "blocked"


def laid_out(x: Float[np.ndarray, "N C H W"], how: str) -> Float[np.ndarray, "N C H W"]:
    """Return `x` with the memory order of a method; a copy unless it has it already."""
    if how == "batch_last":
        return batch_last(x).transpose(3, 1, 0, 2)
    return channels_last(x).transpose(0, 3, 1, 2)


def forward(
    x: Float[np.ndarray, "N C H W"],
    w: Float[np.ndarray, "M Cg kh kw"],
    b: Float[np.ndarray, " M"] | None,
    setting: Setting,
    size: Pair,
    how: str,
) -> Float[np.ndarray, "N M Ho Wo"]:
    """Return the convolution, with `size` (Ho, Wo), by the method `how`."""
    n, filters, groups = len(x), len(w), setting.groups
    kernels = kernels_last(w)  # (kh, kw, C/g, M)
    if how == "batch_last":
        out = np.empty((size[0], filters, size[1], n), x.dtype)
        batch_last_forward(batch_last(x), kernels, b, setting.padding, out)
        return out.transpose(3, 1, 0, 2)
    out = np.empty((n, *size, filters), x.dtype)
    pixels = channels_last(x)
    for g in range(groups):
        ins, outs = _run(pixels, g, groups), _run(out, g, groups)
        group_kernels = np.ascontiguousarray(_run(kernels, g, groups))
        if how.startswith("winograd"):
            group_b = None if b is None else _run(b, g, groups)
            fold, tile = setting.stride[0], int(how[-1])
            winograd_forward(ins, folded(group_kernels, fold), group_b, setting.padding, outs, tile, fold)
            continue
        if how == "product":
            pointwise_forward(ins, group_kernels, outs)
        else:
            blocked_forward(ins, group_kernels, *setting[:3], outs)
    if b is not None and not how.startswith("winograd"):
        out += b
    return out.transpose(0, 3, 1, 2)


def backward(
    dout: Float[np.ndarray, "N M Ho Wo"],
    x: Float[np.ndarray, "N C H W"],
    w: Float[np.ndarray, "M Cg kh kw"],
    setting: Setting,
    how: str,
    input_gradient: bool,
) -> tuple[Float[np.ndarray, "N C H W"] | None, Float[np.ndarray, "M Cg kh kw"]]:
    """Return (dx, dw); without `input_gradient` dx is None."""
    groups = setting.groups
    kernels = kernels_last(w)
    dkernels = np.empty_like(kernels)  # (kh, kw, C/g, M)
    if how == "batch_last":
        slopes = batch_last(dout)
        batch_last_filter_gradient(batch_last(x), slopes, setting.padding, dkernels)
        dx = None
        if input_gradient:
            dx = np.empty((x.shape[2], x.shape[1], x.shape[3], len(x)), x.dtype)
            batch_last_forward(slopes, turned(kernels), None, _full(w, setting.padding), dx)
            dx = dx.transpose(3, 1, 0, 2)
        return dx, dkernels.transpose(3, 2, 0, 1)
    pixels, slopes = channels_last(x), channels_last(dout)
    dpixels = np.empty_like(pixels) if input_gradient else None
    for g in range(groups):
        ins, outs = _run(pixels, g, groups), _run(slopes, g, groups)
        group_kernels = np.ascontiguousarray(_run(kernels, g, groups))
        dins = None if dpixels is None else _run(dpixels, g, groups)
        dgroup = np.empty_like(group_kernels)
        if how == "product":
            pointwise_backward(ins, group_kernels, outs, dins, dgroup)
        elif how.startswith("winograd"):
            fold, tile = setting.stride[0], int(how[-1])
            dfolded = np.empty_like(folded(group_kernels, fold))
            winograd_filter_gradient(ins, outs, setting.padding, len(dfolded), tile, dfolded, fold)
            dgroup = unfolded(dfolded, fold, w.shape[2])
            if dins is not None and fold == 1:
                full = _full(w, setting.padding)
                winograd_forward(outs, turned(group_kernels), None, full, dins, tile)
        else:
            blocked_filter_gradient(ins, outs, *setting[:3], dgroup)
        if dins is not None and (how == "blocked" or setting.stride != (1, 1)):
            blocked_input_gradient(outs, group_kernels, *setting[:3], dins)
        _run(dkernels, g, groups)[...] = dgroup
    dx = None if dpixels is None else dpixels.transpose(0, 3, 1, 2)
    return dx, dkernels.transpose(3, 2, 0, 1)


def kernels_last(w: Float[np.ndarray, "M Cg kh kw"]) -> Float[np.ndarray, "kh kw Cg M"]:
    """Return the filters as the products want them: a view where their memory lies so, else a copy."""
    return np.ascontiguousarray(w.transpose(2, 3, 1, 0))


def turned(kernels: Float[np.ndarray, "kh kw C M"]) -> Float[np.ndarray, "kh kw M C"]:
    """Return the filters of the backward pass: turned by 180 degrees, inputs and outputs exchanged."""
    return np.ascontiguousarray(kernels[::-1, ::-1].swapaxes(2, 3))


def _full(w: np.ndarray, padding: Pair) -> Pair:
    """Return the padding with which `dout` is convolved for dx: every pixel must meet every tap."""
    return w.shape[2] - 1 - padding[0], w.shape[3] - 1 - padding[1]


def _run(array: np.ndarray, g: int, groups: int) -> np.ndarray:
    """Return group g's run of the last axis."""
    size = array.shape[-1] // groups
    return array[..., g * size : (g + 1) * size]
