"""What skip-gram, fastText and GloVe have in common: results, first vectors, checked arguments."""

import numpy as np
from jaxtyping import Float32

from coursekit.transfer.text.vectors import WordVectors


class Learner:
    """Something that learns word vectors.

    Attributes
    ----------
    losses
        The mean loss of a pair in each epoch.
    """

    def __init__(self) -> None:
        self.losses: list[float] = []
        self._vectors: WordVectors | None = None

    @property
    def vectors(self) -> WordVectors:
        """The words' vectors.

        Raises
        ------
        RuntimeError
            If `fit` was not called.
        """
        if self._vectors is None:
            raise RuntimeError(f"{type(self).__name__} has learnt nothing yet: call fit first")
        return self._vectors


def first_vectors(shape: tuple[int, int], rng: np.random.Generator) -> Float32[np.ndarray, "V D"]:
    """Draw float32 vectors, every number uniform in +-0.5/dim, as word2vec.c and GloVe's program do."""
    drawn: Float32[np.ndarray, "V D"] = rng.random(shape, np.float32)
    return (drawn - np.float32(0.5)) / np.float32(shape[1])


def check_positive(name: str, **numbers: float | int) -> None:
    """Raise `ValueError` unless all these numbers are above zero."""
    for argument, number in numbers.items():
        if not number > 0:
            raise ValueError(f"{name}: {argument} is {number}, expected a number above 0")
