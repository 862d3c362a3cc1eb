"""What the fast versions share: worker threads, scratch memory that is used again, one memory layout.

NumPy gives up Python's lock while it multiplies, adds or copies, so threads of Python run on several cores.
Each takes a block of an image at a time, small enough to stay in its core's cache, and multiplies it on one
thread of BLAS: a BLAS that starts threads of its own in between has them wait in busy loops, in the way of
the others.

There are as many workers as BLAS would take threads: `OMP_NUM_THREADS` and `OPENBLAS_NUM_THREADS` set it.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from math import prod
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

SCRATCH_BYTES = int(os.environ.get("COURSEKIT_SCRATCH_MIB", "40")) * 2**20
"""The most memory that a convolution takes beside its input, output and filters, over all workers: 40 MiB, or
what the environment variable says. With less, 3x3 convolutions of many channels take smaller tiles."""

BLOCK_BYTES = 2**20
"""About what a worker handles at a time: half of the second-level cache of a core of today."""

Item = TypeVar("Item")
_local = threading.local()
_held = threading.RLock()
_depth = 0


@cache
def _blas() -> "ThreadpoolController":
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


@cache
def workers() -> int:
    """Return how many threads share the work: as many as BLAS had when it was first asked."""
    if sys.platform == "emscripten":  # a browser's Python has no threads, and no threadpoolctl
        return 1
    return max((library["num_threads"] for library in _blas().info()), default=1)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, workers() - 1), thread_name_prefix="numpy_nn")


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a fork has none of its parent's threads


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS at one thread; nested calls change nothing, so a whole network sets it once."""
    global _depth
    if workers() == 1:
        yield
        return
    with _held:
        _depth += 1
        if _depth == 1:
            _set_blas_threads(1)
    try:
        yield
    finally:
        with _held:
            _depth -= 1
            if _depth == 0:
                _set_blas_threads(workers())


def _set_blas_threads(number: int) -> None:
    for library in _blas().lib_controllers:
        library.set_num_threads(number)


def each(function: Callable[[Item], object], items: Sequence[Item]) -> None:
    """Call `function` on every item, on all workers, and wait until all are done.

    A worker that is done takes the next item. What the calls write must not overlap.
    """
    waiting = iter(items)

    def work() -> None:
        for item in waiting:
            function(item)

    with one_blas_thread():
        helpers = min(workers(), len(items)) - 1
        futures = [_pool().submit(work) for _ in range(helpers)]
        work()
        for future in futures:
            future.result()


def spans(length: int, parts: int) -> list[slice]:
    """Cut `length` into at most `parts` runs of nearly equal length."""
    size = -(-length // max(1, parts)) or 1
    return [slice(start, min(start + size, length)) for start in range(0, length, size)]


def scratch(name: str, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Return an array of this thread to write in, the same memory at every call with this `name`."""
    buffers: dict[str, np.ndarray] = _local.__dict__
    size = prod(shape) * dtype.itemsize
    if name not in buffers or buffers[name].nbytes < size:
        buffers[name] = np.empty(size, np.uint8)
    return buffers[name][:size].view(dtype).reshape(shape)


def matrix_product(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """Write a @ b to `out`, the longer side of the result cut among the workers."""
    across = b.shape[1] > a.shape[0]
    parts = workers() if a.size * b.shape[1] > 2**22 else 1  # less is done before a thread has begun
    if across:
        each(lambda s: np.matmul(a, b[:, s], out=out[:, s]), spans(b.shape[1], parts))
    else:
        each(lambda s: np.matmul(a[s], b, out=out[s]), spans(len(a), parts))


def channels_last(x: Float[np.ndarray, "N C H W"]) -> Float[np.ndarray, "N H W C"]:
    """Return `x` with the channels as last axis: a view where its memory lies so already, else a copy."""
    n, channels, height, width = x.shape
    pixels = x.transpose(0, 2, 3, 1)
    if pixels.flags.c_contiguous or channels > 8:
        return np.ascontiguousarray(pixels)
    copy = np.empty((n, height, width, channels), x.dtype)
    for c in range(channels):  # few channels: a copy of each map is quicker than one of each pixel
        copy[..., c] = x[:, c]
    return copy


def in_order_of(x: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return `x` with its numbers in memory in the order of `other`'s; a copy if need be."""
    if [s // x.itemsize for s in x.strides] == [s // other.itemsize for s in other.strides]:
        return x
    copy = np.empty_like(other, dtype=x.dtype)
    copy[...] = x
    return copy


class Block(NamedTuple):
    """Some images, and of each some rows of output (or of tiles)."""

    images: slice
    rows: slice

    @property
    def shape(self) -> tuple[int, int]:
        """How many images, and of each how many rows."""
        return self.images.stop - self.images.start, self.rows.stop - self.rows.start

    @property
    def rows_in_all(self) -> int:
        """The number of rows, over all images."""
        return prod(self.shape)


def blocks(n: int, rows: int, row_bytes: int, limit: int) -> list[Block]:
    """Cut `n` images of `rows` rows into blocks of at most about `limit` bytes.

    A block holds several whole images, or a part of one.
    """
    if (whole := limit // max(1, row_bytes * rows)) >= 1:
        parts = -(-n // whole)
        return [Block(images, slice(0, rows)) for images in spans(n, max(parts, min(n, workers())))]
    cuts = spans(rows, -(-rows * row_bytes // limit))
    return [Block(slice(image, image + 1), cut) for image in range(n) for cut in cuts]


def parts(block: Block, row_bytes: int) -> list[tuple[Block, slice]]:
    """Cut a large block into small ones for the workers, each with its place among the block's rows."""
    first, rows = block.images.start, block.rows.stop - block.rows.start
    cuts = []
    for cut in blocks(block.images.stop - first, rows, row_bytes, BLOCK_BYTES):
        images = slice(first + cut.images.start, first + cut.images.stop)
        part = Block(images, slice(block.rows.start + cut.rows.start, block.rows.start + cut.rows.stop))
        start = cut.images.start * rows + cut.rows.start
        cuts.append((part, slice(start, start + part.rows_in_all)))
    return cuts


def padded_rows(
    x: Float[np.ndarray, "N H W C"], images: slice, first: int, count: int, left: int, width: int
) -> Float[np.ndarray, "B R Wp C"]:
    """Return rows `first` to `first + count`, columns `-left` to `width - left`; zeros outside of x."""
    n, (height, x_width, channels) = images.stop - images.start, x.shape[1:]
    rows = scratch("rows", (n, count, width, channels), x.dtype)
    above, below = min(count, max(0, -first)), max(0, min(count, height - first))
    last = min(width, left + x_width)
    rows[:, :above] = 0
    rows[:, max(above, below) :] = 0
    rows[:, above:below, :left] = 0
    rows[:, above:below, last:] = 0
    if below > above:
        rows[:, above:below, left:last] = x[images, first + above : first + below, : last - left]
    return rows
