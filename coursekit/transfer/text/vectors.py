"""Words and their vectors: look one up, and find the words whose vectors point the same way."""

import difflib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NoReturn

import numpy as np
from jaxtyping import Float32, Int8

from coursekit.data.word_table import WordTable, read_table, write_table

ROWS = 8192  # how many rows are turned into float32 at a time
GUESSES = 50_000  # near spellings are looked for among so many most frequent words


class UnknownWordError(KeyError):
    """A word that has no vector. The message names words that are spelt nearly so."""

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would show the message in quotation marks


class WordVectors:
    """Words and their vectors.

    Parameters
    ----------
    words
        V different words, the most frequent first.
    matrix
        (V, D), float32 or int8: a row for each word. It may be mapped from a file, and is never copied.
    scale
        (V,), what each row of an int8 matrix is to be multiplied by.

    Raises
    ------
    ValueError
        If words, matrix and scale do not fit together, or a word stands twice.
    """

    def __init__(
        self,
        words: Sequence[str],
        matrix: Float32[np.ndarray, "V D"] | Int8[np.ndarray, "V D"],
        scale: Float32[np.ndarray, " V"] | None = None,
    ) -> None:
        self.words, self.matrix, self.scale = list(words), matrix, scale
        self._index = {word: row for row, word in enumerate(self.words)}
        if matrix.ndim != 2 or len(matrix) != len(self.words):
            raise ValueError(f"there are {len(self.words)} words and the matrix has shape {matrix.shape}")
        if matrix.dtype not in (np.float32, np.int8) or (matrix.dtype == np.int8) != (scale is not None):
            raise ValueError(f"the matrix is {matrix.dtype}; expected float32, or int8 with a scale")
        if scale is not None and scale.shape != (len(matrix),):
            raise ValueError(f"scale has shape {scale.shape}, expected ({len(matrix)},)")
        if len(self._index) != len(self.words):
            twice = next(word for row, word in enumerate(self.words) if self._index[word] != row)
            raise ValueError(f"the word {twice!r} stands twice")

    @classmethod
    def load(cls, folder: str | Path) -> "WordVectors":
        """Map the table in `folder`, as `save` wrote it.

        Raises
        ------
        DataError
            If a file is missing or harmed.
        ValueError
            If a word stands twice.
        """
        return cls(*read_table(Path(folder)))

    def save(self, folder: str | Path) -> None:
        """Write the table into `folder`, for `load` to map.

        Raises
        ------
        DataError
            If a word is empty or has a line break.
        """
        write_table(Path(folder), WordTable(self.words, self.matrix, self.scale))

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return int(self.matrix.shape[1])

    def __len__(self) -> int:
        return len(self.words)

    def __repr__(self) -> str:
        return f"WordVectors({len(self)} words, {self.dim} numbers each)"

    def __contains__(self, word: object) -> bool:
        return word in self._index

    def __getitem__(self, word: str | Sequence[str]) -> Float32[np.ndarray, "*words D"]:
        """Return the vector of a word (D,), or those of a list of words (N, D), in float32.

        Raises
        ------
        UnknownWordError
            If a word has no vector.
        """
        rows: int | list[int] = self.row(word) if isinstance(word, str) else [self.row(w) for w in word]
        found = np.asarray(self.matrix[rows], np.float32)
        return found if self.scale is None else found * self.scale[rows, ..., None]

    def row(self, word: str) -> int:
        """Return the row of `word` in the matrix.

        Raises
        ------
        UnknownWordError
            If the word has no vector.
        """
        if word not in self._index:
            self._unknown(word)
        return self._index[word]

    def similarity(self, a: str, b: str) -> float:
        """Return the cosine of the angle between the vectors of two words.

        Raises
        ------
        UnknownWordError
            If a word has no vector.
        """
        return float(unit(self[a]) @ unit(self[b]))

    def most_similar(
        self, positive: str | Sequence[str], negative: str | Sequence[str] = (), topn: int = 5
    ) -> list[tuple[str, float]]:
        """Return the words nearest to the sum of `positive` less the sum of `negative`, with their cosines.

        All vectors are first made one long. The words asked about are not among the answers. So
        `most_similar(["king", "woman"], negative="man")` answers: man is to king as woman is to whom
        (Mikolov, Yih & Zweig 2013, equation 1)?

        Raises
        ------
        UnknownWordError
            If a word has no vector.
        ValueError
            If there is no positive word, or `topn` is below one.
        """
        plus, minus = ([words] if isinstance(words, str) else list(words) for words in (positive, negative))
        if not plus or topn < 1:
            raise ValueError(f"most_similar takes a positive word and topn >= 1, not {plus} and {topn}")
        target = unit(self[plus]).sum(axis=0)
        if minus:
            target -= unit(self[minus]).sum(axis=0)
        cosines = self.cosines(target)
        cosines[[self.row(word) for word in plus + minus]] = -np.inf
        best = np.argsort(-cosines, kind="stable")[: min(topn, len(self) - len({*plus, *minus}))]
        return [(self.words[row], float(cosines[row])) for row in best]

    def cosines(self, vector: Float32[np.ndarray, " D"]) -> Float32[np.ndarray, " V"]:
        """Return the cosine of the angle between `vector` and that of each word; 0 where one is zero.

        A row's scale changes its length only, so it plays no part.
        """
        products = np.concatenate([rows @ unit(vector) for rows in self._rows()])
        cosines: Float32[np.ndarray, " V"] = np.zeros_like(products)
        np.divide(products, self._lengths, out=cosines, where=self._lengths > 0)
        return cosines

    @cached_property
    def _lengths(self) -> Float32[np.ndarray, " V"]:
        """The length of each row, its scale left out."""
        return np.concatenate([np.linalg.norm(rows, axis=1) for rows in self._rows()])

    def _rows(self) -> Iterator[np.ndarray]:
        starts = range(0, max(len(self), 1), ROWS)
        return (self.matrix[start : start + ROWS].astype(np.float32, copy=False) for start in starts)

    def _unknown(self, word: str) -> NoReturn:
        like = [w for w in self.words[:GUESSES] if w[:1] == word[:1] or len(w) == len(word)]
        near = difflib.get_close_matches(word, like, n=3)
        hint = f"; spelt nearly so: {', '.join(near)}" if near else ""
        case = "; all of its letters in lower case, it has one" if word.lower() in self._index else ""
        raise UnknownWordError(f"{word!r} is none of the {len(self)} words that have a vector{case or hint}")


def unit(vectors: Float32[np.ndarray, "*rows D"]) -> Float32[np.ndarray, "*rows D"]:
    """Return the vectors, each divided by its length; a zero vector stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)
