"""Convolution of many images with few filters: the images stand side by side in memory.

With six or sixteen filters, products of pixels x window by window x filters are too narrow to be fast. Here
the long side is a row of pixels of all images: the memory is (H, C, W, N), images last. Of the windows only
the columns are copied, kw shifted copies of a row; then kh rows below each other *are* a row of windows,
since they stand one behind the other, and each row of output is one product.
"""

import numpy as np
from jaxtyping import Float
from numpy.lib.stride_tricks import as_strided

from coursekit.numpy_nn.parallel import BLOCK_BYTES, each, scratch, spans, workers


def batch_last(x: Float[np.ndarray, "N C H W"]) -> Float[np.ndarray, "H C W N"]:
    """Return `x` with the images as last axis: a view where its memory lies so already, else a copy."""
    return np.ascontiguousarray(x.transpose(2, 1, 3, 0))


def batch_last_forward(
    x: Float[np.ndarray, "H C W N"],
    w: Float[np.ndarray, "kh kw C M"],
    b: Float[np.ndarray, " M"] | None,
    padding: tuple[int, int],
    out: Float[np.ndarray, "Ho M Wo N"],
) -> None:
    """Write the convolution with stride 1 to `out`."""
    rows = np.ascontiguousarray(w.reshape(-1, w.shape[3]).T)  # (M, kh*kw*C)

    def convolve(at: slice) -> None:
        target = out[at].reshape(at.stop - at.start, out.shape[1], -1)
        np.matmul(rows, _windows(x, at, w.shape[:2], padding, out.shape[2]), out=target)
        if b is not None:
            target += b[:, None]

    each(convolve, _row_spans(out, w))


def batch_last_filter_gradient(
    x: Float[np.ndarray, "H C W N"],
    dout: Float[np.ndarray, "Ho M Wo N"],
    padding: tuple[int, int],
    dw: Float[np.ndarray, "kh kw C M"],
) -> None:
    """Write the gradient by the filters: a product for each row of output, and their sum."""
    down, filters, across, _ = dout.shape
    products = np.empty((down, dw[..., 0].size, filters), x.dtype)

    def multiply(at: slice) -> None:
        slopes = dout[at].reshape(at.stop - at.start, filters, -1).swapaxes(1, 2)
        np.matmul(_windows(x, at, dw.shape[:2], padding, across), slopes, out=products[at])

    each(multiply, _row_spans(dout, dw))
    np.sum(products, axis=0, out=dw.reshape(-1, filters))


def _row_spans(out: np.ndarray, w: np.ndarray) -> list[slice]:
    """Cut the rows of output so that a worker's columns fit into its cache, one part a worker at least."""
    _, kw, channels, _ = w.shape
    row_bytes = kw * channels * out.shape[2] * out.shape[3] * out.itemsize
    return spans(len(out), max(workers(), len(out) * row_bytes // (2 * BLOCK_BYTES)))


def _windows(
    x: Float[np.ndarray, "H C W N"],
    at: slice,
    kernel: tuple[int, int],
    padding: tuple[int, int],
    across: int,
) -> Float[np.ndarray, "R window WoN"]:
    """Return the windows of some rows of output, as a view on kw shifted copies of each row."""
    (kh, kw), (height, channels, width, n), (ph, pw) = kernel, x.shape, padding
    first, count = at.start - ph, at.stop - at.start + kh - 1
    above, below = min(count, max(0, -first)), max(0, min(count, height - first))
    columns = scratch("rows", (count, kw, channels, across, n), x.dtype)
    columns[:above] = 0
    columns[max(above, below) :] = 0
    for v in range(kw):
        left, right = max(0, pw - v), min(across, width + pw - v)
        columns[above:below, v, :, : max(0, left)] = 0
        columns[above:below, v, :, max(left, right) :] = 0
        if below > above and right > left:
            columns[above:below, v, :, left:right] = x[
                first + above : first + below, :, left + v - pw : right + v - pw
            ]
    row = columns.strides[0]
    return as_strided(
        columns, (count - kh + 1, kh * kw * channels, across * n), (row, columns.strides[2], x.itemsize)
    )
