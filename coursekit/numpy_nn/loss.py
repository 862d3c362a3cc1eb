"""The loss of a classifier."""

import numpy as np
from jaxtyping import Float, Int

from coursekit.numpy_nn.arguments import check_array


def softmax_cross_entropy(
    scores: Float[np.ndarray, "N K"], labels: Int[np.ndarray, " N"]
) -> tuple[float, Float[np.ndarray, "N K"]]:
    """Return the mean of -log softmax(scores)[label], and its gradient by the scores.

    The largest score of each row is subtracted first: softmax does not change by it, and exp of the
    rest cannot overflow, however large the scores are.

    Parameters
    ----------
    scores
        One row of K class scores for each of the N images, N at least 1.
    labels
        The right class of each image, 0 to K - 1.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape, or a label is not a class.
    """
    check_array("softmax_cross_entropy", "scores", scores, ("N", "K"))
    check_labels("softmax_cross_entropy", labels, *scores.shape)
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_softmax = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    n = len(scores)
    rows = np.arange(n)
    dscores = np.exp(log_softmax)  # the probabilities
    dscores[rows, labels] -= 1
    return float(-log_softmax[rows, labels].mean()), dscores / n


def check_labels(where: str, labels: object, n: int, classes: int) -> None:
    """Raise unless `labels` is an array of `n` integers, at least one, each from 0 to `classes` - 1."""
    if not isinstance(labels, np.ndarray) or not np.issubdtype(labels.dtype, np.integer):
        raise TypeError(f"{where}: labels must be an array of integers")
    if labels.shape != (n,) or n == 0:
        raise ValueError(
            f"{where}: labels must hold one class for each of the {n} rows of scores (at least one), "
            f"got shape {labels.shape}"
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"{where}: labels must be 0 to {classes - 1}, got {labels.min()} to {labels.max()}")
