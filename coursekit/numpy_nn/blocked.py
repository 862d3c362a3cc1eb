"""Convolution by im2col, a block at a time: Chellapilla, Puri & Simard 2006, sec. 3.

All windows at once take kh * kw times the memory of the input and leave every cache. A block of about one
megabyte of them is still in the cache when the product reads it. The order in memory is the product's own:
a window lists its pixels row by row and their channels side by side, so that the copies are long runs.
"""

import numpy as np
from jaxtyping import Float
from numpy.lib.stride_tricks import as_strided

from coursekit.numpy_nn.parallel import (
    BLOCK_BYTES,
    SCRATCH_BYTES,
    Block,
    blocks,
    each,
    matrix_product,
    padded_rows,
    parts,
    scratch,
    spans,
    workers,
)

Pair = tuple[int, int]


def pointwise_forward(
    x: Float[np.ndarray, "N H W C"], w: Float[np.ndarray, "1 1 C M"], out: Float[np.ndarray, "N H W M"]
) -> None:
    """Write the one-pixel convolution to `out`: one product, pixels x channels by channels x filters."""
    matrix_product(x.reshape(-1, x.shape[3]), w[0, 0], out.reshape(-1, out.shape[3]))


def pointwise_backward(
    x: Float[np.ndarray, "N H W C"],
    w: Float[np.ndarray, "1 1 C M"],
    dout: Float[np.ndarray, "N H W M"],
    dx: Float[np.ndarray, "N H W C"] | None,
    dw: Float[np.ndarray, "1 1 C M"],
) -> None:
    """Write the gradients of `pointwise_forward`: one product each."""
    slopes = dout.reshape(-1, dout.shape[3])
    matrix_product(x.reshape(-1, x.shape[3]).T, slopes, dw[0, 0])
    if dx is not None:
        matrix_product(slopes, w[0, 0].T, dx.reshape(-1, dx.shape[3]))


def blocked_forward(
    x: Float[np.ndarray, "N H W C"],
    w: Float[np.ndarray, "kh kw C M"],
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    out: Float[np.ndarray, "N Ho Wo M"],
) -> None:
    """Write the convolution to `out`."""
    rows = w.reshape(-1, w.shape[3])  # (kh*kw*C, M)

    def convolve(block: Block) -> None:
        windows = scratch("windows", (block.rows_in_all * out.shape[2], len(rows)), x.dtype)
        copy_windows(x, block, w.shape[:2], stride, padding, dilation, out.shape[2], windows)
        np.matmul(windows, rows, out=out[block.images, block.rows].reshape(-1, out.shape[3]))

    each(convolve, blocks(len(x), out.shape[1], out.shape[2] * len(rows) * x.itemsize, BLOCK_BYTES))


def copy_windows(
    x: Float[np.ndarray, "N H W C"],
    block: Block,
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    across: int,
    out: Float[np.ndarray, "position window"],
) -> None:
    """Write the windows of a block of output rows to `out`, a window a row."""
    (kh, kw), (sh, sw), (dh, dw) = kernel, stride, dilation
    n, high = block.shape
    strip = padded_rows(
        x,
        block.images,
        sh * block.rows.start - padding[0],
        sh * (high - 1) + dh * (kh - 1) + 1,
        padding[1],
        sw * (across - 1) + dw * (kw - 1) + 1,
    )
    image, row, column, channel = strip.strides
    windows = as_strided(
        strip,
        (n, high, across, kh, kw, x.shape[3]),
        (image, sh * row, sw * column, dh * row, dw * column, channel),
    )
    np.copyto(out.reshape(windows.shape), windows)


def blocked_filter_gradient(
    x: Float[np.ndarray, "N H W C"],
    dout: Float[np.ndarray, "N Ho Wo M"],
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    dw: Float[np.ndarray, "kh kw C M"],
) -> None:
    """Write the gradient by the filters: windows transposed times `dout`, summed over groups of blocks."""
    across, filters = dout.shape[2:]
    total = dw.reshape(-1, filters)  # (kh*kw*C, M)
    total[...] = 0
    row_bytes = across * len(total) * x.itemsize
    for group in blocks(len(x), dout.shape[1], row_bytes, SCRATCH_BYTES // 4):
        windows = scratch("all windows", (group.rows_in_all * across, len(total)), x.dtype)
        slopes = dout[group.images, group.rows].reshape(-1, filters)

        def copy(part: tuple[Block, slice], windows: np.ndarray = windows) -> None:
            block, at = part
            here = windows[at.start * across : at.stop * across]
            copy_windows(x, block, dw.shape[:2], stride, padding, dilation, across, here)

        def multiply(at: slice, windows: np.ndarray = windows, slopes: np.ndarray = slopes) -> None:
            total[at] += windows[:, at].T @ slopes

        each(copy, parts(group, row_bytes))
        each(multiply, spans(len(total), workers()))


def blocked_input_gradient(
    dout: Float[np.ndarray, "N Ho Wo M"],
    w: Float[np.ndarray, "kh kw C M"],
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    dx: Float[np.ndarray, "N H W C"],
) -> None:
    """Write the gradient by the input: `dout` times filters, each window added back where it came from."""
    (kh, kw, channels, filters), (down, across) = w.shape, dout.shape[1:3]
    # For one kernel row or column: which outputs see a pixel that is there, and which pixels those are.
    rows = [_seen(u * dilation[0] - padding[0], stride[0], down, dx.shape[1]) for u in range(kh)]
    columns = [_seen(v * dilation[1] - padding[1], stride[1], across, dx.shape[2]) for v in range(kw)]

    def spread(part: tuple[int, slice]) -> None:
        image, some = part  # channels are independent of each other; windows of an image overlap
        filters_of_some = np.ascontiguousarray(w[:, :, some]).reshape(-1, filters).T
        target = dx[image, :, :, some]
        target[...] = 0
        high = max(1, BLOCK_BYTES // (across * filters_of_some.shape[1] * w.itemsize))
        for start in range(0, down, high):
            stop = min(start + high, down)
            windows = scratch("windows", ((stop - start) * across, filters_of_some.shape[1]), w.dtype)
            np.matmul(dout[image, start:stop].reshape(-1, filters), filters_of_some, out=windows)
            windows = windows.reshape(stop - start, across, kh, kw, -1)
            for u, (first_row, last_row) in enumerate(rows):
                top, bottom = max(first_row, start), min(last_row, stop)
                if bottom <= top:
                    continue
                at_rows = _pixels(top, bottom, u * dilation[0] - padding[0], stride[0])
                for v, (left, right) in enumerate(columns):
                    at_columns = _pixels(left, right, v * dilation[1] - padding[1], stride[1])
                    target[at_rows, at_columns] += windows[top - start : bottom - start, left:right, u, v]

    few = 1 if len(dx) >= workers() else workers()
    each(spread, [(image, some) for image in range(len(dx)) for some in spans(channels, few)])


def _seen(offset: int, stride: int, outputs: int, size: int) -> Pair:
    """Return the first output i with 0 <= stride*i + offset < size, and the one behind the last."""
    first = max(0, -(offset // stride))
    return first, max(first, min(outputs, (size - 1 - offset) // stride + 1))


def _pixels(first: int, last: int, offset: int, stride: int) -> slice:
    return slice(stride * first + offset, stride * (last - 1) + offset + 1 if last > first else 0, stride)
