"""Convolution with fewer multiplications: Winograd's algorithm F(m x m, r x r), Lavin & Gray 2016.

The output is cut into tiles of m x m pixels. Each sees n x n pixels of the input, n = m + r - 1, and

    Y = A^T [ (G g G^T) * (B^T d B) ] A          (Lavin & Gray 2016, eq. 8; * element by element)

gives the tile Y from the filter g and the pixels d. The sum over channels goes into the brackets, so the
element-wise product is n*n matrix products of tiles x channels by channels x filters. A 3x3 filter then
takes 36 multiplications for 16 output pixels in place of 144.

A filter that moves by s pixels is one that moves by one pixel, over an image whose squares of s x s pixels
are taken for one pixel with s*s times the channels: one of 11x11 at stride 4 becomes one of 3x3, filled up
with zeros to 12x12 (*space to depth*). `fold` is this s; the image is folded as its tiles are cut out.

The transforms are linear, and for pixels listed row by row B^T d B is (B^T kron B^T) d: one matrix product
transforms all tiles at once.

The numbers are rounded differently: of standard normal float32 data, 1e-6 to 2e-5 of the largest output
where a plain sum of products gives 1e-7. Training does not notice; float64 and gradient checks do not
come here.
"""

from functools import cache
from typing import NamedTuple

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


class Transforms(NamedTuple):
    """The matrices of F(m x m, r x r), for squares listed row by row."""

    data: np.ndarray  # B^T kron B^T, (n*n, n*n)
    filter: np.ndarray  # G kron G, (n*n, r*r)
    output: np.ndarray  # A^T kron A^T, (m*m, n*n)


@cache
def transforms(m: int, r: int, dtype: np.dtype) -> Transforms:
    """Return the transforms from Lagrange interpolation at 0, 1, -1, 2, -2, ... and infinity.

    A row of filters and a row of outputs are polynomials. Multiplying their values at n points and
    interpolating multiplies the polynomials; the transpose of that is what a filter does (Lavin & Gray
    2016, sec. 3; Winograd 1980).
    """
    n = m + r - 1
    points = np.array([0.0, 1, -1, 2, -2, 3, -3][: n - 1])

    def values(degree: int) -> np.ndarray:
        """Return what the polynomials 1, x, x^2 ... are worth at the points; at infinity the last counts."""
        at_infinity = np.eye(1, degree, degree - 1)
        return np.vstack([np.vander(points, degree, increasing=True), at_infinity])  # (n, degree)

    # Lagrange's denominators: with them in G, the other two matrices hold whole numbers.
    denominators = np.append([np.prod(p - points[points != p]) for p in points], 1)
    b = denominators[:, None] * np.linalg.inv(values(n)).T
    g = values(r) / denominators[:, None]
    return Transforms(*(np.kron(t, t).astype(dtype) for t in (np.rint(b), g, values(m).T)))


def transformed_filters(w: Float[np.ndarray, "kh kw C M"], m: int) -> Float[np.ndarray, "points C M"]:
    """Return G g G^T of every filter."""
    r, _, channels, filters = w.shape
    g = transforms(m, r, w.dtype).filter
    u = scratch("filters", (len(g), channels * filters), w.dtype)
    matrix_product(g, w.reshape(r * r, channels * filters), u)
    return u.reshape(len(g), channels, filters)


def folded(w: Float[np.ndarray, "k k C M"], fold: int) -> Float[np.ndarray, "r r ssC M"]:
    """Return the filters for a folded image, r = ceil(k / s), filled up with zeros; the same for s = 1."""
    if fold == 1:
        return w
    k, _, channels, filters = w.shape
    r = -(-k // fold)
    filled = np.zeros((r * fold, r * fold, channels, filters), w.dtype)
    filled[:k, :k] = w
    squares = filled.reshape(r, fold, r, fold, channels, filters).swapaxes(1, 2)
    return squares.reshape(r, r, fold * fold * channels, filters)


def unfolded(w: Float[np.ndarray, "r r ssC M"], fold: int, k: int) -> Float[np.ndarray, "k k C M"]:
    """Return the filters of k x k pixels that `folded` made these of."""
    if fold == 1:
        return w
    r, filters = len(w), w.shape[3]
    squares = w.reshape(r, r, fold, fold, -1, filters).swapaxes(1, 2)
    return squares.reshape(r * fold, r * fold, -1, filters)[:k, :k]


def winograd_forward(
    x: Float[np.ndarray, "N H W C"],
    w: Float[np.ndarray, "kh kw ssC M"],
    b: Float[np.ndarray, " M"] | None,
    padding: tuple[int, int],
    out: Float[np.ndarray, "N Ho Wo M"],
    m: int,
    fold: int = 1,
) -> None:
    """Write the convolution with stride `fold` to `out`, by tiles of `m` x `m` pixels.

    With a `fold` above 1, `w` are folded filters; see `folded`.
    """
    r, _, channels, filters = w.shape
    n = m + r - 1
    data, _, output = transforms(m, r, x.dtype)
    u = transformed_filters(w, m)  # (n*n, C, M)
    down, across = -(-out.shape[1] // m), -(-out.shape[2] // m)  # tiles

    def convolve(block: Block) -> None:
        count = block.rows_in_all * across
        tiles = scratch("transformed", (n * n, count * channels), x.dtype)
        transform_tiles(x, block, across, m, n, padding, data, tiles, fold)
        products = scratch("products", (n * n, count, filters), x.dtype)
        np.matmul(tiles.reshape(n * n, count, channels), u, out=products)
        y = scratch("tiles", (m * m, count * filters), x.dtype)
        np.matmul(output, products.reshape(n * n, count * filters), out=y)
        put_tiles(y.reshape(m, m, *block.shape, across, filters), out, block, b)

    row_bytes = across * n * n * (channels + max(channels, filters)) * x.itemsize
    each(convolve, blocks(len(x), down, row_bytes, block_bytes(u)))


def block_bytes(u: np.ndarray) -> int:
    """Return how much a block may take: more where the filters are large, which every block reads."""
    return min((SCRATCH_BYTES - u.nbytes) // (2 * workers()), max(2 * BLOCK_BYTES, u.nbytes // 2))


def transform_tiles(
    x: Float[np.ndarray, "N H W C"],
    block: Block,
    across: int,
    m: int,
    n: int,
    padding: tuple[int, int],
    transform: Float[np.ndarray, "points pixels"],
    out: Float[np.ndarray, "points TC"],
    fold: int = 1,
) -> None:
    """Write `transform` @ the n x n pixels at every m-th row and column, for the tiles of a block.

    Pixels, rows and columns are those of the folded image, padding is in pixels of `x`.
    """
    (count, high), channels = block.shape, x.shape[3]
    strip = padded_rows(
        x,
        block.images,
        fold * m * block.rows.start - padding[0],
        fold * (m * (high - 1) + n),
        padding[1],
        fold * (m * (across - 1) + n),
    )
    image, row, column, channel = strip.strides
    down, right = fold * row, fold * column  # from one folded pixel to the next
    tiles = as_strided(
        strip,
        (n, n, count, high, across, fold, fold, channels),
        (down, right, image, m * down, m * right, row, column, channel),
    )
    pixels = scratch("tiles", tiles.shape, x.dtype)
    np.copyto(pixels, tiles)
    np.matmul(transform, pixels.reshape(n * n, -1), out=out)


def put_tiles(
    y: Float[np.ndarray, "m m B th tw M"],
    out: Float[np.ndarray, "N Ho Wo M"],
    block: Block,
    b: Float[np.ndarray, " M"] | None,
) -> None:
    """Write tiles side by side, plus the bias; what hangs over the edge is left out."""
    m = len(y)
    rows = out[block.images, m * block.rows.start : m * block.rows.stop]  # (B, up to m*th, Wo, M)
    for i in range(m):
        for j in range(m):
            target = rows[:, i::m, j::m]
            source = y[i, j, :, : target.shape[1], : target.shape[2]]
            if b is None:
                target[...] = source
            else:
                np.add(source, b, out=target)


def winograd_filter_gradient(
    x: Float[np.ndarray, "N H W C"],
    dout: Float[np.ndarray, "N Ho Wo M"],
    padding: tuple[int, int],
    r: int,
    m: int,
    dw: Float[np.ndarray, "kh kw ssC M"],
    fold: int = 1,
) -> None:
    """Write the gradient by the (folded) filters: every step of the forward pass transposed, in reverse.

    dY -> A dY A^T, times the transformed tiles, summed over all tiles, and G^T ( ) G at the end.
    """
    n = m + r - 1
    channels, filters = fold * fold * x.shape[3], dout.shape[3]
    data, g, output = transforms(m, r, x.dtype)
    down, across = -(-dout.shape[1] // m), -(-dout.shape[2] // m)
    du = scratch("filters", (n * n, channels, filters), x.dtype)
    du[...] = 0
    tile_bytes = n * n * (channels + filters) * x.itemsize
    for group in blocks(len(x), down, across * tile_bytes, (SCRATCH_BYTES - du.nbytes) // 2):
        count = group.rows_in_all * across
        tiles = scratch("transformed", (n * n, count * channels), x.dtype)
        slopes = scratch("products", (n * n, count * filters), x.dtype)

        def transform(
            part: tuple[Block, slice], tiles: np.ndarray = tiles, slopes: np.ndarray = slopes
        ) -> None:
            block, at = part
            start, stop = at.start * across, at.stop * across
            here = tiles[:, start * channels : stop * channels]
            transform_tiles(x, block, across, m, n, padding, data, here, fold)
            here = slopes[:, start * filters : stop * filters]
            transform_tiles(dout, block, across, m, m, (0, 0), output.T, here)

        each(transform, parts(group, across * tile_bytes))
        left = tiles.reshape(n * n, count, channels).swapaxes(1, 2)  # (n*n, C, T)
        right = slopes.reshape(n * n, count, filters)

        def accumulate(points: slice, left: np.ndarray = left, right: np.ndarray = right) -> None:
            du[points] += left[points] @ right[points]

        each(accumulate, spans(n * n, 2 * workers()))
    matrix_product(np.ascontiguousarray(g.T), du.reshape(n * n, -1), dw.reshape(r * r, -1))
