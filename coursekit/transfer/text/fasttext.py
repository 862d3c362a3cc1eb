"""fastText: skip-gram whose words are made of character n-grams (Bojanowski, Grave, Joulin & Mikolov 2017).

The vector of a word is the mean of its own and its n-grams' vectors. (The paper adds them up, section 3.2;
the authors' program and gensim take the mean, so that long words do not get long vectors.) A word that the
corpus does not have gets the mean of its n-grams.
"""

import numpy as np
from jaxtyping import Float32, Int32

from coursekit.transfer.text.learner import check_positive, first_vectors
from coursekit.transfer.text.skipgram import SkipGram
from coursekit.transfer.text.subwords import (
    Groups,
    bucket,
    group_means_backward,
    group_means_forward,
    ngrams,
)
from coursekit.transfer.text.vocabulary import Vocabulary


class FastText(SkipGram):
    """Skip-gram with subwords, trained by stochastic gradient descent.

    Parameters
    ----------
    dim, window, negative, min_count, subsample, epochs, lr, batch_size, seed
        As for `SkipGram`.
    shortest, longest
        How many characters an n-gram has, at least and at most.
    buckets
        How many vectors the n-grams share.

    Raises
    ------
    ValueError
        If one of the numbers makes no sense.
    """

    def __init__(
        self,
        dim: int = 50,
        window: int = 5,
        negative: int = 5,
        *,
        shortest: int = 3,
        longest: int = 6,
        buckets: int = 100_000,
        min_count: int = 5,
        subsample: float | None = 1e-3,
        epochs: int = 5,
        lr: float | int = 0.025,
        batch_size: int = 256,
        seed: int = 0,
    ) -> None:
        super().__init__(
            dim,
            window,
            negative,
            min_count=min_count,
            subsample=subsample,
            epochs=epochs,
            lr=lr,
            batch_size=batch_size,
            seed=seed,
        )
        check_positive("FastText", shortest=shortest, buckets=buckets)
        if longest < shortest:
            raise ValueError(f"FastText: longest is {longest}, less than shortest, {shortest}")
        self.shortest, self.longest, self.buckets = shortest, longest, buckets

    def __getitem__(self, word: str) -> Float32[np.ndarray, " D"]:
        """Return the vector of any word: the learnt one, or the mean of its n-grams for an unseen one.

        Raises
        ------
        ValueError
            If the word was not seen and is too short to have an n-gram.
        """
        if word in self.vectors:
            return self.vectors[word]
        rows = self._rows(word)
        if not rows:
            raise ValueError(f"{word!r} was not seen and has no n-gram of {self.shortest} characters or more")
        mean: Float32[np.ndarray, " D"] = self._table[rows].mean(axis=0)
        return mean

    def _rows(self, word: str) -> list[int]:
        """Return the rows of a word's n-grams in the table; the rows of whole words follow them."""
        return [bucket(ngram, self.buckets) for ngram in ngrams(word, self.shortest, self.longest)]

    def _start(self, vocabulary: Vocabulary, rng: np.random.Generator) -> None:
        rows = [[self.buckets + i, *self._rows(word)] for i, word in enumerate(vocabulary.words)]
        self._groups = Groups.of(rows)
        self._table = first_vectors((self.buckets + len(vocabulary), self.dim), rng)

    def _forward(self, words: Int32[np.ndarray, " U"]) -> Float32[np.ndarray, "U D"]:
        return group_means_forward(self._table, self._groups.choose(words))

    def _backward(self, words: Int32[np.ndarray, " U"], dv: Float32[np.ndarray, "U D"], lr: float) -> None:
        # By the gradient of a mean each of n pieces moves by an n-th, and their mean by an n-th too: n times
        # slower than SkipGram. The authors' program and gensim go n times the way, and so does this.
        groups = self._groups.choose(words)
        pieces = groups.sizes()[:, None].astype(np.float32)
        group_means_backward(-lr * pieces * dv, groups, self._table)

    def _result(self) -> Float32[np.ndarray, "V D"]:
        return group_means_forward(self._table, self._groups)
