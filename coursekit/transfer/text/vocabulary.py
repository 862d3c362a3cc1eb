"""What skip-gram, GloVe and fastText share: the words of a corpus, how often each occurs, and what follows.

Which words count, how often a frequent one is passed over, and how negatives are drawn: section 2 of Mikolov,
Sutskever, Chen, Corrado & Dean 2013.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
from jaxtyping import Float64, Int32, Int64

POWER = 0.75  # of the counts, in the negatives' distribution (section 2.2)


class Vocabulary:
    """The words of a corpus, the most frequent first, and how often each occurs.

    Parameters
    ----------
    sentences
        The corpus: each sentence a list of words.
    min_count
        Words that occur less often are left out, as if they did not stand in the text.

    Attributes
    ----------
    words
        The words; of two equally frequent ones, the one that comes first in the alphabet.
    counts
        int64 (V,), how often each occurs.

    Raises
    ------
    TypeError
        If a sentence is no list of words.
    ValueError
        If no word is left.
    """

    def __init__(self, sentences: Iterable[Sequence[str]], min_count: int = 5) -> None:
        counter: Counter[str] = Counter()
        for sentence in sentences:
            if isinstance(sentence, str):
                raise TypeError(f"a sentence is a list of words, not a string: split {sentence[:40]!r}")
            counter.update(sentence)
        kept = sorted((-n, word) for word, n in counter.items() if n >= min_count)
        if not kept:
            raise ValueError(
                f"the vocabulary is empty: of {len(counter)} different words none occurs "
                f"{min_count} times or more (min_count)"
            )
        self.words = [word for _, word in kept]
        self.counts: Int64[np.ndarray, " V"] = np.array([-n for n, _ in kept], np.int64)
        self._index = {word: i for i, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._index

    def encode(self, sentences: Iterable[Sequence[str]]) -> list[Int32[np.ndarray, " _"]]:
        """Return the indices of each sentence's words; words not in the vocabulary are left out."""
        known = ([self._index[w] for w in sentence if w in self._index] for sentence in sentences)
        return [np.array(sentence, np.int32) for sentence in known]

    def keep_probabilities(self, threshold: float | None) -> Float64[np.ndarray, " V"]:
        """Return how probably each occurrence of a word is kept: sqrt(t / f(w)), at most 1 (equation 5).

        f(w) is the word's share of the corpus, t the threshold. None keeps all.
        """
        if threshold is None:
            return np.ones(len(self))
        shares = self.counts / self.counts.sum()
        probabilities: Float64[np.ndarray, " V"] = np.minimum(1, np.sqrt(threshold / shares))
        return probabilities


class NegativeSampler:
    """Draw words as often as their count to the power of 0.75 says (section 2.2), never the positive one.

    Parameters
    ----------
    counts
        (V,), how often each word occurs.

    Attributes
    ----------
    probabilities
        (V,), how probably each word is drawn.

    Raises
    ------
    ValueError
        If there is only one word: nothing is left to draw.
    """

    def __init__(self, counts: Int64[np.ndarray, " V"]) -> None:
        if len(counts) < 2:
            raise ValueError("negatives need a vocabulary of two words or more, there is one")
        weights = counts.astype(np.float64) ** POWER
        self.probabilities = weights / weights.sum()
        # Walker's alias method: V equally wide columns, each shared by two words, so that a draw is a column
        # and a height in it. Much quicker than a search in the sums of the probabilities.
        self._height = self.probabilities * len(counts)
        self._other = np.arange(len(counts), dtype=np.int32)
        low = [i for i, height in enumerate(self._height) if height < 1]
        high = [i for i, height in enumerate(self._height) if height >= 1]
        while low and high:
            small, large = low.pop(), high[-1]
            self._other[small] = large
            self._height[large] -= 1 - self._height[small]
            if self._height[large] < 1:
                low.append(high.pop())

    def draw(
        self, positives: Int32[np.ndarray, " B"], negative: int, rng: np.random.Generator
    ) -> Int32[np.ndarray, "B K"]:
        """Return `negative` words for each positive one, none of them the positive itself."""
        drawn = self._any((len(positives), negative), rng)
        while (hits := np.nonzero(drawn == positives[:, None]))[0].size:
            drawn[hits] = self._any(hits[0].shape, rng)
        return drawn

    def _any(self, shape: tuple[int, ...], rng: np.random.Generator) -> Int32[np.ndarray, "..."]:
        column = rng.integers(len(self._other), size=shape, dtype=np.int32)
        return np.where(rng.random(shape) < self._height[column], column, self._other[column])


def flatten(
    encoded: list[Int32[np.ndarray, " _"]],
) -> tuple[Int32[np.ndarray, " T"], Int32[np.ndarray, " T"]]:
    """Return all words in one row, and for each of them the number of its sentence."""
    words = np.fromiter(chain.from_iterable(encoded), np.int32)
    return words, np.repeat(np.arange(len(encoded), dtype=np.int32), [len(s) for s in encoded])
