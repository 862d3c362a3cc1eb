"""The right answers to exercise 14. What NumPy computes is the library's; the classifier is PyTorch's."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from coursekit.transfer.text.glove import glove_loss_and_gradients, glove_weight
from coursekit.transfer.text.sgns import sgns_loss_and_gradients
from coursekit.transfer.text.subwords import bucket, ngrams

__all__ = [
    "TextClassifier",
    "glove",
    "glove_weight",
    "negative_probabilities",
    "ngrams",
    "sgns",
    "sgns_step",
    "train",
    "word_vector",
]

glove = glove_loss_and_gradients


def sgns(
    v: np.ndarray, u: np.ndarray, negatives: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Return the loss of one pair and its gradients by v, u and the negatives."""
    return sgns_loss_and_gradients(v, u, negatives)


def negative_probabilities(counts: np.ndarray, positive: int) -> np.ndarray:
    """Return how probably each word is drawn as a negative for the word with the index `positive`."""
    weights: np.ndarray = counts**0.75
    weights[positive] = 0
    weights /= weights.sum()
    return weights


def sgns_step(
    words: np.ndarray, contexts: np.ndarray, centre: int, context: int, negatives: np.ndarray, lr: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return both tables after one step of gradient descent."""
    _, dv, du, dn = sgns(words[centre], contexts[context], contexts[negatives])
    words, contexts = words.copy(), contexts.copy()
    words[centre] -= lr * dv
    contexts[context] -= lr * du
    np.subtract.at(contexts, negatives, lr * dn)
    return words, contexts


def word_vector(word: str, index: dict[str, int], vectors: np.ndarray, pieces: np.ndarray) -> np.ndarray:
    """Return the mean of the word's own row, if it has one, and its n-grams'; zeros if there are none."""
    rows = [pieces[bucket(ngram, len(pieces))] for ngram in ngrams(word)]
    if word in index:
        rows.append(vectors[index[word]])
    mean: np.ndarray = np.mean(rows, axis=0) if rows else np.zeros(pieces.shape[1])
    return mean


class TextClassifier(nn.Module):
    """The mean of a text's word vectors, which are frozen, and a linear layer on it."""

    def __init__(self, vectors: Tensor, classes: int) -> None:
        super().__init__()
        self.vectors: Tensor
        self.register_buffer("vectors", vectors)
        self.head = nn.Linear(vectors.shape[1], classes)

    def forward(self, words: Tensor) -> Tensor:
        """Return a score for each text and class; in (N, L) indices, -1 stands for no word."""
        known = words >= 0
        found = self.vectors[words.clamp(min=0)] * known[..., None]
        scores: Tensor = self.head(found.sum(dim=1) / known.sum(dim=1, keepdim=True).clamp(min=1))
        return scores


def train(
    net: nn.Module, words: Tensor, labels: Tensor, lr: float = 0.01, epochs: int = 20, batch_size: int = 32
) -> list[float]:
    """Train what asks for a gradient, by Adam; return the loss of each step."""
    optimiser = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=lr)
    losses = []
    for _ in range(epochs):
        for batch in torch.split(torch.randperm(len(words)), batch_size):
            loss = F.cross_entropy(net(words[batch]), labels[batch])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            losses.append(loss.item())
    return losses
