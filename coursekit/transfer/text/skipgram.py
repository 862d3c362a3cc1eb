"""Skip-gram: word vectors that tell which words stand nearby (Mikolov et al. 2013a, 2013b)."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np
from jaxtyping import Float32, Int32
from tqdm import tqdm

from coursekit.transfer.text.learner import Learner, check_positive, first_vectors
from coursekit.transfer.text.sgns import add_rows, sgns_loss_and_gradients
from coursekit.transfer.text.vectors import WordVectors
from coursekit.transfer.text.vocabulary import NegativeSampler, Vocabulary
from coursekit.transfer.text.windows import skip_grams

Model = TypeVar("Model", bound="SkipGram")
FINAL_LR = 1e-4  # the learning rate falls to this part of the first one, as in word2vec.c


class SkipGram(Learner):
    """Skip-gram with negative sampling, trained by stochastic gradient descent.

    Parameters
    ----------
    dim
        How many numbers a vector has.
    window
        How many words to either side are context at most.
    negative
        How many negatives are drawn for each pair.
    min_count
        Rarer words are left out.
    subsample
        The threshold t of `Vocabulary.keep_probabilities`; None keeps every word.
    epochs
        How often the corpus is gone through.
    lr
        The first learning rate. It falls in a straight line to nearly 0.
    batch_size
        How many pairs make a step; their gradients are added up. 1 is the paper's way, and slow.
    seed
        Fixes all that is random.

    Attributes
    ----------
    vectors
        The words' vectors, once `fit` was called.
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
        window: int = 5,
        negative: int = 5,
        *,
        min_count: int = 5,
        subsample: float | None = 1e-3,
        epochs: int = 5,
        lr: float | int = 0.025,
        batch_size: int = 256,
        seed: int = 0,
    ) -> None:
        super().__init__()
        check_positive(
            type(self).__name__,
            dim=dim,
            window=window,
            negative=negative,
            min_count=min_count,
            subsample=1.0 if subsample is None else subsample,
            epochs=epochs,
            lr=lr,
            batch_size=batch_size,
        )
        self.dim, self.window, self.negative, self.min_count = dim, window, negative, min_count
        self.subsample, self.epochs, self.lr, self.batch_size = subsample, epochs, lr, batch_size
        self.seed = seed

    def fit(self: Model, sentences: Iterable[Sequence[str]], progress: bool = True) -> Model:
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
            If fewer than two words occur often enough, or no two of them in one sentence.
        """
        sentences = list(sentences)
        vocabulary = Vocabulary(sentences, self.min_count)
        encoded = vocabulary.encode(sentences)
        sampler = NegativeSampler(vocabulary.counts)
        keep = vocabulary.keep_probabilities(self.subsample)
        rng = np.random.default_rng(self.seed)
        self.losses = []
        self._start(vocabulary, rng)
        self._contexts: Float32[np.ndarray, "V D"] = np.zeros((len(vocabulary), self.dim), np.float32)
        total, done = self.epochs * int(vocabulary.counts.sum()), 0
        with tqdm(total=total, unit="word", unit_scale=True, disable=not progress) as bar:
            for _ in range(self.epochs):
                loss, pairs = 0.0, 0
                for (centres, contexts), seen in skip_grams(encoded, self.window, keep, rng):
                    for start in range(0, len(centres), self.batch_size):
                        now = done + seen * start / len(centres)
                        lr = self.lr * max(1 - now / total, FINAL_LR)
                        batch = slice(start, start + self.batch_size)
                        negatives = sampler.draw(contexts[batch], self.negative, rng)
                        loss += self._step(centres[batch], contexts[batch], negatives, lr)
                    pairs += len(centres)
                    done += seen
                    bar.update(seen)
                if not pairs:
                    raise ValueError("no two words of the vocabulary stand in one sentence: nothing to learn")
                self.losses.append(loss / pairs)
                bar.set_postfix(loss=f"{self.losses[-1]:.3f}")
        self._vectors = WordVectors(vocabulary.words, self._result())
        return self

    def _step(
        self,
        centres: Int32[np.ndarray, " B"],
        contexts: Int32[np.ndarray, " B"],
        negatives: Int32[np.ndarray, "B K"],
        lr: float,
    ) -> float:
        """Go one step down the summed loss of a batch of pairs; return the loss before."""
        words, place = np.unique(centres, return_inverse=True)
        v = self._forward(words)
        loss, dcentre, dcontext, dnegatives = sgns_loss_and_gradients(
            v[place], self._contexts[contexts], self._contexts[negatives]
        )
        dv = np.zeros_like(v)
        add_rows(dv, place, dcentre)
        self._backward(words, dv, lr)
        rows = np.concatenate([contexts, negatives.ravel()])
        values = np.concatenate([dcontext, dnegatives.reshape(-1, self.dim)])
        add_rows(self._contexts, rows, -lr * values)
        return loss

    # What follows says how a word's vector is made out of parameters. FastText has its own.

    def _start(self, vocabulary: Vocabulary, rng: np.random.Generator) -> None:
        """Draw the first parameters."""
        self._centres: Float32[np.ndarray, "V D"] = first_vectors((len(vocabulary), self.dim), rng)

    def _forward(self, words: Int32[np.ndarray, " U"]) -> Float32[np.ndarray, "U D"]:
        """Return the vectors of these words."""
        vectors: Float32[np.ndarray, "U D"] = self._centres[words]
        return vectors

    def _backward(self, words: Int32[np.ndarray, " U"], dv: Float32[np.ndarray, "U D"], lr: float) -> None:
        """Go a step against the gradient by the vectors of these different words."""
        self._centres[words] -= lr * dv

    def _result(self) -> Float32[np.ndarray, "V D"]:
        """Return the vectors of all words."""
        return self._centres
