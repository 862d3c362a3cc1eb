"""Classify texts by the mean of their words' vectors (Joulin, Grave, Bojanowski & Mikolov 2017, section 2).

One classifier in three uses: on vectors that others learnt, kept as they are (frozen) or trained along
(tuned), and on random vectors that are trained along (from scratch).

>>> from coursekit.data import glosses
>>> from coursekit.transfer import text
>>> train, test = glosses.load().split()
>>> model = TextClassifier(text.pretrained(), train.classes)
>>> model.fit(train.texts, train.labels).accuracy(test.texts, test.labels) > 0.75
True
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64, Integer
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from coursekit.training import batches
from coursekit.transfer.text.learner import check_positive
from coursekit.transfer.text.vectors import WordVectors


class TextClassifier(nn.Module):
    """The mean of a text's word vectors, and a linear layer on it.

    Parameters
    ----------
    vectors
        The words that the classifier knows, and their vectors. They are copied.
    classes
        The classes' names.
    tuned
        Whether the vectors are trained as well. Otherwise they are frozen.
    seed
        Fixes the linear layer's first weights, and the order of the texts in training.

    Attributes
    ----------
    vectors
        `torch.nn.EmbeddingBag`: the vectors, and their mean.
    head
        `torch.nn.Linear`: from the mean to a score for each class.
    losses
        The mean loss of a text in each epoch.

    Raises
    ------
    ValueError
        If there are fewer than two classes.
    """

    def __init__(
        self, vectors: WordVectors, classes: Sequence[str], *, tuned: bool = False, seed: int = 0
    ) -> None:
        super().__init__()
        if len(classes) < 2:
            raise ValueError(f"TextClassifier: classes are {list(classes)}, expected two or more")
        self.words, self.classes, self.seed = list(vectors.words), list(classes), seed
        self._index = {word: row for row, word in enumerate(self.words)}
        matrix = torch.from_numpy(np.array(vectors[self.words]))
        self.vectors = nn.EmbeddingBag.from_pretrained(matrix, freeze=not tuned, mode="mean")
        self.head = nn.Linear(vectors.dim, len(classes))
        bound = vectors.dim**-0.5  # as nn.Linear draws them, but from a seed of our own
        generator = torch.Generator().manual_seed(seed)
        for parameter in self.head.parameters():
            nn.init.uniform_(parameter, -bound, bound, generator)
        self.losses: list[float] = []

    def encode(self, texts: Iterable[Sequence[str]]) -> list[Int64[np.ndarray, " _"]]:
        """Return the rows of each text's words; words without a vector are left out.

        Raises
        ------
        TypeError
            If a text is a string in place of a list of words.
        """
        rows = []
        for text in texts:
            if isinstance(text, str):
                raise TypeError(f"a text is a list of words, not a string: split {text[:40]!r}")
            rows.append(np.array([self._index[word] for word in text if word in self._index], np.int64))
        return rows

    def forward(self, rows: Sequence[Int64[np.ndarray, " _"]]) -> Float[Tensor, "N C"]:
        """Return a score for each encoded text and class. The mean of no words is zero."""
        starts = np.cumsum([0, *map(len, rows)])[:-1]
        joined = np.fromiter(chain.from_iterable(rows), np.int64)
        means = self.vectors(torch.from_numpy(joined), torch.from_numpy(starts))  # (N, D)
        scores: Float[Tensor, "N C"] = self.head(means)
        return scores

    def fit(
        self,
        texts: Sequence[Sequence[str]],
        labels: Integer[np.ndarray, " N"],
        *,
        epochs: int = 30,
        lr: float | int = 0.01,
        vectors_lr: float | int = 0.003,
        batch_size: int = 32,
        progress: bool = True,
    ) -> "TextClassifier":
        """Train by Adam on softmax cross-entropy. Calling it again goes on from where it was.

        Parameters
        ----------
        texts, labels
            N texts, each a list of words, and the number of each one's class.
        epochs
            How often all texts are gone through.
        lr, vectors_lr
            The learning rates of the linear layer and, unless they are frozen, of the vectors.
        batch_size
            How many texts make a step.
        progress
            Whether to show a progress bar on stderr.

        Raises
        ------
        TypeError
            If a text is a string in place of a list of words.
        ValueError
            If texts and labels do not fit together, a label is no class, no word of the texts has a vector,
            or one of the numbers makes no sense.
        """
        check_positive("fit", epochs=epochs, lr=lr, vectors_lr=vectors_lr, batch_size=batch_size)
        targets = torch.from_numpy(self._check(texts, labels))
        rows = self.encode(texts)
        if not any(map(len, rows)):
            raise ValueError("none of the words of these texts has a vector: there is nothing to learn from")
        groups: list[dict[str, Any]] = [{"params": list(self.head.parameters()), "lr": lr}]
        if self.vectors.weight.requires_grad:
            groups.append({"params": [self.vectors.weight], "lr": vectors_lr})
        optimiser = torch.optim.Adam(groups)
        rng = np.random.default_rng(self.seed)
        with tqdm(total=epochs, unit="epoch", disable=not progress) as bar:
            for _ in range(epochs):
                total = 0.0
                for batch in batches(len(rows), batch_size, rng):
                    loss = F.cross_entropy(self([rows[i] for i in batch]), targets[batch])
                    optimiser.zero_grad()
                    loss.backward()  # type: ignore[no-untyped-call]
                    optimiser.step()
                    total += loss.item() * len(batch)
                self.losses.append(total / len(rows))
                bar.update()
                bar.set_postfix(loss=f"{self.losses[-1]:.3f}")
        return self

    @torch.no_grad()
    def predict(self, texts: Iterable[Sequence[str]]) -> Int64[np.ndarray, " N"]:
        """Return the number of the most probable class of each text.

        Raises
        ------
        TypeError
            If a text is a string in place of a list of words.
        """
        best: Int64[np.ndarray, " N"] = self(self.encode(texts)).argmax(dim=1).numpy()
        return best

    def accuracy(self, texts: Sequence[Sequence[str]], labels: Integer[np.ndarray, " N"]) -> float:
        """Return the share of texts whose class is predicted.

        Raises
        ------
        TypeError
            If a text is a string in place of a list of words.
        ValueError
            If texts and labels do not fit together, or a label is no class.
        """
        return float((self._check(texts, labels) == self.predict(texts)).mean())

    def _check(
        self, texts: Sequence[Sequence[str]], labels: Integer[np.ndarray, " N"]
    ) -> Int64[np.ndarray, " N"]:
        if not len(texts) or len(texts) != len(labels):
            raise ValueError(f"there are {len(texts)} texts and {len(labels)} labels; expected one for each")
        wrong = labels[(labels < 0) | (labels >= len(self.classes))]
        if len(wrong):
            raise ValueError(f"{wrong[0]} is no class: there are {len(self.classes)}, counted from 0")
        return labels.astype(np.int64)


def random_vectors(words: Iterable[str], dim: int = 50, scale: float | int = 1, seed: int = 0) -> WordVectors:
    """Return a random vector for each different word: normal numbers, `scale` their standard deviation.

    To learn from scratch is to tune random vectors of the words in the labelled texts. Random vectors that
    are frozen are a control: what they reach needs no meaning, only that a word is always the same vector.

    Raises
    ------
    ValueError
        If there is no word, or `dim` or `scale` is not above 0.
    """
    check_positive("random_vectors", dim=dim, scale=scale)
    different = sorted(set(words))
    if not different:
        raise ValueError("random_vectors: there is no word")
    drawn = np.random.default_rng(seed).normal(0, scale, (len(different), dim))
    return WordVectors(different, drawn.astype(np.float32))
