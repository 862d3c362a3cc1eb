"""How good predictions are: top-k accuracy, the confusion matrix, and ensembles of networks."""

import numpy as np
from jaxtyping import Float, Int, Integer


def top_k_accuracy(
    scores: Float[np.ndarray, "N classes"], labels: Integer[np.ndarray, " N"], k: int = 1
) -> float:
    """Return the part of the images whose right class is among the `k` with the highest scores.

    Of classes with equal scores the one with the lower index comes first, as in `numpy.argmax`. So the result
    never depends on how a sorting routine treats ties, and top 1 is the accuracy of `scores.argmax(1)`.

    Parameters
    ----------
    scores
        (N, classes), higher is better: scores or probabilities.
    labels
        (N,), the right classes.
    k
        From 1 to the number of classes.

    Raises
    ------
    ValueError
        If the shapes do not fit together, a label is no class, a score is NaN, or `k` is out of range.
    """
    n, classes = _shape("scores", scores, 2)
    _check_labels("labels", labels, n, classes)
    if not 1 <= k <= classes:
        raise ValueError(f"k must be from 1 to the {classes} classes, got {k}")
    right = np.take_along_axis(scores, labels.astype(np.int64)[:, None], axis=1)
    earlier = np.arange(classes) < labels[:, None]
    rank = ((scores > right) | ((scores == right) & earlier)).sum(axis=1)
    return float((rank < k).mean())


def confusion_matrix(
    labels: Integer[np.ndarray, " N"], predictions: Integer[np.ndarray, " N"], classes: int
) -> Int[np.ndarray, "classes classes"]:
    """Return how often each class was taken for each: row = the right class, column = the predicted one.

    The result is int64 (classes, classes); its diagonal counts the right predictions.

    Raises
    ------
    ValueError
        If the lengths differ, there are no images, or a label or prediction is no class.
    """
    (n,) = _shape("labels", labels, 1)
    _check_labels("labels", labels, n, classes)
    _check_labels("predictions", predictions, n, classes)
    cells = labels.astype(np.int64) * classes + predictions.astype(np.int64)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def ensemble_average(
    probabilities: Float[np.ndarray, "models N classes"],
) -> Float[np.ndarray, "N classes"]:
    """Return the mean of several networks' probabilities, as AlexNet's authors average theirs.

    Raises
    ------
    ValueError
        If the shape is not (models, N, classes), or a row is not a probability distribution (to 0.001).
    """
    _check_probabilities(probabilities)
    return np.asarray(probabilities.mean(axis=0))


def ensemble_vote(probabilities: Float[np.ndarray, "models N classes"]) -> Int[np.ndarray, " N"]:
    """Return the class (N,) for which most networks vote. A network votes for its most probable class.

    Ties, within a network and between classes with as many votes, go to the lower index.

    Raises
    ------
    ValueError
        If the shape is not (models, N, classes), or a row is not a probability distribution (to 0.001).
    """
    _check_probabilities(probabilities)
    choices = probabilities.argmax(axis=2)  # (models, N)
    votes = (choices[:, :, None] == np.arange(probabilities.shape[2])).sum(axis=0)
    return np.asarray(votes.argmax(axis=1))


def _shape(name: str, array: np.ndarray, axes: int) -> tuple[int, ...]:
    """Return the shape of an array that has so many axes, holds something, and only numbers."""
    if array.ndim != axes or array.size == 0:
        raise ValueError(f"{name} must have {axes} axes, none of them empty, got shape {array.shape}")
    if np.isnan(array).any():
        raise ValueError(f"{name} must be numbers, but {int(np.isnan(array).sum())} of them are NaN")
    return tuple(array.shape)


def _check_labels(name: str, labels: np.ndarray, n: int, classes: int) -> None:
    if labels.shape != (n,):
        raise ValueError(f"{name} must have shape ({n},), got {labels.shape}")
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"{name} must be integers, got {labels.dtype}")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"{name} must be from 0 to {classes - 1}, got {labels.min()} to {labels.max()}")


def _check_probabilities(probabilities: np.ndarray) -> None:
    _shape("probabilities", probabilities, 3)
    if probabilities.min() < 0 or np.abs(probabilities.sum(axis=2) - 1).max() > 1e-3:
        raise ValueError(
            "probabilities must not be negative and each row must sum to 1; are these scores before softmax?"
        )
