"""The file format of MNIST and Fashion-MNIST: a header, then the bytes of an array.

The header is two zero bytes, a type code (8: unsigned bytes), the number of axes, and each axis' length
as a big-endian 32-bit int (LeCun, Cortes & Burges, *The MNIST database*, "File formats").
"""

import gzip
import struct
import zlib
from math import prod
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

UNSIGNED_BYTES = 8


class DataError(ValueError):
    """Data that is missing, harmed or not what it should be. The message says which file and what to do."""


def read_idx(path: Path) -> UInt8[np.ndarray, "..."]:
    """Return the array in a gzip-compressed or plain IDX file of unsigned bytes.

    Raises
    ------
    DataError
        If the file is missing, unreadable or not such a file.
    """
    try:
        raw = path.read_bytes()
        raw = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} could not be read: {error}. Get it again.") from None
    if len(raw) < 4 or raw[:3] != bytes([0, 0, UNSIGNED_BYTES]):
        raise DataError(f"{path} is not an IDX file of unsigned bytes. Get it again.")
    axes = raw[3]
    start = 4 + 4 * axes
    shape = struct.unpack(f">{axes}I", raw[4:start]) if len(raw) >= start else ()
    if len(shape) != axes or len(raw) - start != prod(shape):
        raise DataError(f"{path} is cut short or has bytes too many: its header says {shape}. Get it again.")
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)


def write_idx(path: Path, array: UInt8[np.ndarray, "..."]) -> None:
    """Write `array` as a gzip-compressed IDX file. The same array gives the same bytes every time."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, UNSIGNED_BYTES, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes(), compresslevel=9, mtime=0))
