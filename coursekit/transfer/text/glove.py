"""GloVe: word vectors whose products are the logarithms of co-occurrence counts (Pennington et al. 2014).

loss = sum over i, j of  f(x_ij) (w_i . w~_j + b_i + b~_j - log x_ij)^2          (equation 8)
f(x) = (x / x_max)^alpha  below x_max,  1 from there on                           (equation 9)
"""

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float, Float32, Int32
from tqdm import tqdm

from coursekit.training import batches
from coursekit.transfer.text.learner import Learner, check_positive, first_vectors
from coursekit.transfer.text.sgns import add_rows
from coursekit.transfer.text.vectors import WordVectors
from coursekit.transfer.text.vocabulary import Vocabulary
from coursekit.transfer.text.windows import weighted_counts


def glove_weight(
    x: Float[np.ndarray, "*B"], x_max: float | int = 100, alpha: float | int = 0.75
) -> Float[np.ndarray, "*B"]:
    """Return f(x), how much a pair with count x matters (equation 9)."""
    return np.minimum(x / x_max, 1) ** alpha


def glove_loss_and_gradients(
    w: Float[np.ndarray, "B D"],
    w_tilde: Float[np.ndarray, "B D"],
    b: Float[np.ndarray, " B"],
    b_tilde: Float[np.ndarray, " B"],
    x: Float[np.ndarray, " B"],
    x_max: float | int = 100,
    alpha: float | int = 0.75,
) -> tuple[
    float,
    Float[np.ndarray, "B D"],
    Float[np.ndarray, "B D"],
    Float[np.ndarray, " B"],
    Float[np.ndarray, " B"],
]:
    """Return the loss, summed over pairs, and its gradients by `w`, `w_tilde`, `b` and `b_tilde`.

    Parameters
    ----------
    w, w_tilde
        The vectors of each pair's word and context.
    b, b_tilde
        Their biases.
    x
        The pairs' counts, all above 0.
    x_max, alpha
        As in `glove_weight`.
    """
    weight = glove_weight(x, x_max, alpha)
    difference = (w * w_tilde).sum(axis=-1) + b + b_tilde - np.log(x)
    slope = 2 * weight * difference
    loss = float((weight * difference**2).sum())
    return loss, slope[:, None] * w_tilde, slope[:, None] * w, slope, slope


def cooccurrences(
    sentences: Iterable[Sequence[str]], vocabulary: Vocabulary, window: int = 10
) -> tuple[Int32[np.ndarray, " P"], Int32[np.ndarray, " P"], Float[np.ndarray, " P"]]:
    """Return which words i, j stand within `window` words of each other, and how often: x_ij.

    A pair d words apart counts 1/d (section 4.2). Only pairs that occur are listed. Words that are not in the
    vocabulary are taken out of the text first.
    """
    return weighted_counts(vocabulary.encode(sentences), window, len(vocabulary))


class GloVe(Learner):
    """Global vectors, trained by AdaGrad.

    Parameters
    ----------
    dim
        How many numbers a vector has.
    window
        How many words to either side are context.
    x_max, alpha
        As in `glove_weight`. The paper's x_max = 100 is for thousands of millions of words; in a small corpus
        hardly a pair occurs that often, and 10 serves better.
    min_count
        Rarer words are left out.
    epochs
        How often all counts are gone through.
    lr
        The learning rate of AdaGrad.
    batch_size
        How many counts make a step; their gradients are added up.
    seed
        Fixes all that is random.

    Attributes
    ----------
    vectors
        The words' vectors, w + w~ as in section 4.2, once `fit` was called.
    losses
        The mean loss of a pair in each epoch.

    Raises
    ------
    ValueError
        If one of the numbers makes no sense.
    """

    def __init__(
        self,
        dim: int = 50,
        window: int = 10,
        x_max: float | int = 100,
        alpha: float | int = 0.75,
        *,
        min_count: int = 5,
        epochs: int = 15,
        lr: float | int = 0.05,
        batch_size: int = 512,
        seed: int = 0,
    ) -> None:
        super().__init__()
        check_positive(
            "GloVe",
            dim=dim,
            window=window,
            x_max=x_max,
            alpha=alpha,
            min_count=min_count,
            epochs=epochs,
            lr=lr,
            batch_size=batch_size,
        )
        self.dim, self.window, self.x_max, self.alpha = dim, window, x_max, alpha
        self.min_count, self.epochs, self.lr, self.batch_size = min_count, epochs, lr, batch_size
        self.seed = seed

    def fit(self, sentences: Iterable[Sequence[str]], progress: bool = True) -> "GloVe":
        """Learn vectors for the words of `sentences`, each a list of words. Calling it again starts anew.

        Parameters
        ----------
        sentences
            The corpus.
        progress
            Whether to show a progress bar on stderr.

        Raises
        ------
        TypeError
            If a sentence is no list of words.
        ValueError
            If no word occurs often enough, or no two of them in one sentence.
        """
        sentences = list(sentences)
        vocabulary = Vocabulary(sentences, self.min_count)
        i, j, x = cooccurrences(sentences, vocabulary, self.window)
        if not len(x):
            raise ValueError("no two words of the vocabulary stand in one sentence: nothing to learn")
        counts = x.astype(np.float32)
        rng = np.random.default_rng(self.seed)
        size = len(vocabulary)
        w, w_tilde = (_Table(first_vectors((size, self.dim), rng)) for _ in range(2))
        b, b_tilde = (_Table(np.zeros((size, 1), np.float32)) for _ in range(2))
        self.losses = []
        with tqdm(total=self.epochs * len(x), unit="pair", unit_scale=True, disable=not progress) as bar:
            for _ in range(self.epochs):
                total = 0.0
                for batch in batches(len(x), self.batch_size, rng):
                    row, column = i[batch], j[batch]
                    loss, dw, dw_tilde, db, db_tilde = glove_loss_and_gradients(
                        w.values[row],
                        w_tilde.values[column],
                        b.values[row, 0],
                        b_tilde.values[column, 0],
                        counts[batch],
                        self.x_max,
                        self.alpha,
                    )
                    w.step(row, dw, self.lr)
                    w_tilde.step(column, dw_tilde, self.lr)
                    b.step(row, db[:, None], self.lr)
                    b_tilde.step(column, db_tilde[:, None], self.lr)
                    total += loss
                    bar.update(len(batch))
                self.losses.append(total / len(x))
                bar.set_postfix(loss=f"{self.losses[-1]:.4f}")
        self._vectors = WordVectors(vocabulary.words, w.values + w_tilde.values)
        return self


class _Table:
    """Vectors or biases, and AdaGrad's sum of squared gradients for each number (Duchi et al. 2011).

    The sums start with 1, as in the authors' program, so that the first steps are not all of length `lr`.
    """

    def __init__(self, values: Float32[np.ndarray, "V D"]) -> None:
        self.values, self.squares = values, np.ones_like(values)

    def step(self, rows: Int32[np.ndarray, " B"], gradients: Float32[np.ndarray, "B D"], lr: float) -> None:
        """Go a step against the gradients by these rows; those of equal rows are added up first."""
        different, place = np.unique(rows, return_inverse=True)
        summed = np.zeros((len(different), self.values.shape[1]), np.float32)
        add_rows(summed, place, gradients)
        self.squares[different] += summed**2
        self.values[different] -= lr * summed / np.sqrt(self.squares[different])
