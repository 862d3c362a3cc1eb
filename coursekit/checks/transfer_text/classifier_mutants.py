"""Wrong classifiers and wrong trainings. Each is a change to the right one, which comes first."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from coursekit.checks.exercise import Mutant

# Of the classifier


class _Changed(nn.Module):
    """The right classifier, from which others are made."""

    def __init__(self, right: Any, vectors: Any, classes: Any) -> None:
        super().__init__()
        self.register_buffer("vectors", vectors)
        self.head = nn.Linear(vectors.shape[1], classes)

    def forward(self, words: Any) -> Any:
        known = words >= 0
        total = (self.vectors[words.clamp(min=0)] * known[..., None]).sum(dim=1)  # type: ignore[index]
        return self.head(self._divided(total, known))

    def _divided(self, total: Any, known: Any) -> Any:
        return total / known.sum(dim=1, keepdim=True).clamp(min=1)


class padding_counted(_Changed):  # noqa: N801  named as the other wrong answers are
    """Scores from a mean that counts the padding as words."""

    def _divided(self, total: Any, known: Any) -> Any:
        return total / known.shape[1]


class sum_of_the_vectors(_Changed):  # noqa: N801
    """Scores from the sum of the words' vectors, not their mean."""

    def _divided(self, total: Any, known: Any) -> Any:
        return total


class empty_text_divides_by_zero(_Changed):  # noqa: N801
    """Scores that are not numbers for a text without a known word."""

    def _divided(self, total: Any, known: Any) -> Any:
        return total / known.sum(dim=1, keepdim=True)


class padding_is_the_last_word(_Changed):  # noqa: N801
    """Scores from a mean in which the index -1 is the last word of the table."""

    def forward(self, words: Any) -> Any:
        """Return scores."""
        return self.head(self.vectors[words].mean(dim=1))  # type: ignore[index]


class vectors_not_frozen(_Changed):  # noqa: N801
    """A classifier whose word vectors are trained along."""

    def __init__(self, right: Any, vectors: Any, classes: Any) -> None:
        super().__init__(right, vectors, classes)
        delattr(self, "vectors")
        self.register_parameter("vectors", nn.Parameter(vectors))


class head_frozen_too(_Changed):  # noqa: N801
    """A classifier in which the head is frozen as well."""

    def __init__(self, right: Any, vectors: Any, classes: Any) -> None:
        super().__init__(right, vectors, classes)
        self.requires_grad_(False)


class softmax_at_the_end(_Changed):  # noqa: N801
    """Probabilities in the place of scores (a softmax at the end)."""

    def forward(self, words: Any) -> Any:
        """Return probabilities."""
        return super().forward(words).softmax(dim=1)


# Of the training


def labels_left_in_order(right: Any, net: Any, words: Any, labels: Any, **settings: Any) -> Any:
    """Texts in a new order, labels in the old one."""
    return right(net, words[torch.randperm(len(words))], labels, **settings)


def no_step(right: Any, net: Any, words: Any, labels: Any, **settings: Any) -> Any:
    """The loss of every batch, without a step of the optimiser."""
    with torch.no_grad():
        return [
            F.cross_entropy(net(w), y).item() for w, y in zip(words[:, None], labels[:, None], strict=True)
        ]


def return_inside_the_loop(right: Any, net: Any, words: Any, labels: Any, **settings: Any) -> Any:
    """A training that ends after its first step."""
    return right(net, words[:32], labels[:32], epochs=1)


SCORES, FROZEN, ACCURACY = {"TextClassifier.scores"}, {"TextClassifier.frozen"}, {"train.accuracy"}

CLASSIFIER = (
    Mutant("TextClassifier", padding_counted, SCORES),
    Mutant("TextClassifier", sum_of_the_vectors, SCORES),
    Mutant("TextClassifier", empty_text_divides_by_zero, SCORES),
    Mutant("TextClassifier", padding_is_the_last_word, SCORES | ACCURACY),
    Mutant("TextClassifier", vectors_not_frozen, FROZEN),
    Mutant("TextClassifier", head_frozen_too, FROZEN | ACCURACY),
    Mutant("TextClassifier", softmax_at_the_end, SCORES),
    Mutant("train", labels_left_in_order, ACCURACY, told=False),
    Mutant("train", no_step, ACCURACY, told=False),
    Mutant("train", return_inside_the_loop, ACCURACY, told=False),
)
