"""Word vectors in a folder: `words.txt.gz`, a word a line, and `vectors.npy`, a row for each word.

The rows are float32, or int8 with `scale.npy`, a float32 for each row that its integers are multiplied by.
`vectors.npy` is mapped into memory, not read: a row is fetched from the disk when it is first used.
"""

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int8

from coursekit.data.card import CARD, verify
from coursekit.data.idx import DataError

WORDS, VECTORS, SCALE = "words.txt.gz", "vectors.npy", "scale.npy"


class WordTable(NamedTuple):
    """Words and their vectors.

    Attributes
    ----------
    words
        V words, the most frequent first.
    matrix
        (V, D), float32 or int8.
    scale
        (V,), what each row of an int8 matrix is to be multiplied by; None for a float32 matrix.
    """

    words: list[str]
    matrix: Float32[np.ndarray, "V D"] | Int8[np.ndarray, "V D"]
    scale: Float32[np.ndarray, " V"] | None = None


def read_table(folder: Path) -> WordTable:
    """Map the table in `folder`. Where there is a card, the files must have the SHA-256 that it gives.

    Raises
    ------
    DataError
        If a file is missing or harmed, or the files do not fit together.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: name the one that holds {WORDS} and {VECTORS}")
    if (folder / CARD).exists():
        verify(folder)
    try:
        words = gzip.decompress((folder / WORDS).read_bytes()).decode("utf-8").removesuffix("\n").split("\n")
        matrix = np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)
        quantised = matrix.dtype == np.int8
        scale = np.load(folder / SCALE, allow_pickle=False) if quantised else None
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise DataError(f"the word vectors in {folder} could not be read: {error}") from None
    _check(folder, words, matrix, scale)
    return WordTable(words, matrix, scale)


def write_table(folder: Path, table: WordTable) -> None:
    """Write the table into `folder`, which is made where it is missing.

    Raises
    ------
    DataError
        If words, matrix and scale do not fit together, or a word cannot be a line.
    """
    words, matrix, scale = table
    _check(folder, words, matrix, scale)
    for word in words:
        if not word or "\n" in word:
            raise DataError(f"{word!r} cannot be written: a word is not empty and has no line break")
    folder.mkdir(parents=True, exist_ok=True)
    # The vectors go first and come last: at no time does a table stand there that is half old and half new.
    (folder / VECTORS).unlink(missing_ok=True)
    text = "".join(f"{word}\n" for word in words)
    (folder / WORDS).write_bytes(gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0))
    if scale is None:
        (folder / SCALE).unlink(missing_ok=True)
    else:
        np.save(folder / SCALE, scale)
    partial = folder / f"partial-{VECTORS}"
    np.save(partial, np.ascontiguousarray(matrix))
    partial.replace(folder / VECTORS)


def quantise(
    matrix: Float32[np.ndarray, "V D"],
) -> tuple[Int8[np.ndarray, "V D"], Float32[np.ndarray, " V"]]:
    """Round each row to the integers from -127 to 127 times a scale of its own."""
    scale = np.abs(matrix).max(axis=1, initial=0) / np.float32(127)
    scale[scale == 0] = 1  # a row of zeros
    return np.rint(matrix / scale[:, None]).astype(np.int8), scale


def _check(folder: Path, words: Sequence[str], matrix: np.ndarray, scale: np.ndarray | None) -> None:
    if matrix.ndim != 2 or matrix.dtype not in (np.float32, np.int8) or len(matrix) != len(words):
        raise DataError(
            f"{folder}: there are {len(words)} words and {VECTORS} is {matrix.dtype} {matrix.shape}; "
            f"expected float32 or int8, ({len(words)}, D)"
        )
    if (scale is None) != (matrix.dtype == np.float32):
        raise DataError(f"{folder}: an int8 table needs a scale, a float32 table has none")
    if scale is not None and (scale.shape != (len(words),) or scale.dtype != np.float32):
        raise DataError(f"{folder}: {SCALE} is {scale.dtype} {scale.shape}, expected float32 ({len(words)},)")
