"""A word's pieces: the character n-grams to which fastText gives vectors.

Bojanowski, Grave, Joulin & Mikolov 2017, section 3.2.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Int64

from coursekit.transfer.text.sgns import add_rows


def ngrams(word: str, shortest: int = 3, longest: int = 6) -> list[str]:
    """Return the character n-grams of `<word>`, the shortest first; the angles mark beginning and end.

    The whole `<word>` is not among them, even where it is short enough: a word of the vocabulary has a row of
    its own for that.

    >>> ngrams("where", 3, 3)
    ['<wh', 'whe', 'her', 'ere', 're>']
    """
    marked = f"<{word}>"
    return [
        marked[start : start + n]
        for n in range(shortest, min(longest, len(marked) - 1) + 1)
        for start in range(len(marked) - n + 1)
    ]


def bucket(ngram: str, buckets: int) -> int:
    """Return the n-gram's bucket: the FNV-1a hash of its UTF-8 bytes, modulo the number of buckets.

    Two n-grams may share a bucket, and so a vector. That keeps the table as small as one likes.
    """
    value = 2166136261
    for byte in ngram.encode("utf-8"):
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value % buckets


class Groups(NamedTuple):
    """Rows of a table in groups, one after the other: group g is `rows[starts[g] : starts[g + 1]]`."""

    rows: Int64[np.ndarray, " R"]
    starts: Int64[np.ndarray, " G+1"]

    @classmethod
    def of(cls, groups: Sequence[Sequence[int]]) -> "Groups":
        """Return these groups of rows; none may be empty."""
        rows = np.array([row for group in groups for row in group], np.int64)
        return cls(rows, np.cumsum([0, *map(len, groups)], dtype=np.int64))

    def sizes(self) -> Int64[np.ndarray, " G"]:
        """Return how many rows each group has."""
        return np.diff(self.starts)

    def choose(self, which: Int[np.ndarray, " U"]) -> "Groups":
        """Return the groups with these numbers, in this order."""
        sizes = self.sizes()[which]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        shift = np.repeat(self.starts[which] - starts[:-1], sizes)
        return Groups(self.rows[np.arange(starts[-1]) + shift], starts)


def group_means_forward(table: Float[np.ndarray, "R D"], groups: Groups) -> Float[np.ndarray, "G D"]:
    """Return the mean of each group's rows of the table."""
    sums: Float[np.ndarray, "G D"] = np.add.reduceat(table[groups.rows], groups.starts[:-1], axis=0)
    sums /= groups.sizes()[:, None].astype(table.dtype)
    return sums


def group_means_backward(
    dmeans: Float[np.ndarray, "G D"], groups: Groups, dtable: Float[np.ndarray, "R D"]
) -> None:
    """Add to `dtable` the gradient by the table, when `dmeans` is that by the groups' means."""
    shares = dmeans / groups.sizes()[:, None].astype(dmeans.dtype)
    add_rows(dtable, groups.rows, np.repeat(shares, groups.sizes(), axis=0))
