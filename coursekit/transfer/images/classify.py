"""Classes of images: the network's own, those of a linear classifier on features, those of the neighbours."""

from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int, Integer, UInt8
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from coursekit.transfer.images.extraction import prepare
from coursekit.transfer.images.network import ImageNetwork


class Guess(NamedTuple):
    """A class that an image may have, and how probable the network takes it to be."""

    name: str
    probability: float


@torch.no_grad()
def predict_top(
    model: ImageNetwork, x: UInt8[np.ndarray, "N H W 3"], k: int = 5, size: int | None = None
) -> list[list[Guess]]:
    """Return the `k` most probable classes of each image, the most probable first.

    Parameters
    ----------
    model
        Left in the mode in which it came.
    x
        Colour images, 0 to 255; for one photograph `photo[None]`.
    k
        How many classes.
    size
        As in `features`.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape, or there are fewer than `k` classes.
    """
    if not 1 <= k <= len(model.classes):
        raise ValueError(f"k must be 1 to {len(model.classes)}, the number of classes, got {k}")
    was_training = model.training
    model.eval()
    try:
        probabilities = model(prepare(model, x, size)).softmax(dim=1).cpu().numpy()
    finally:
        model.train(was_training)
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
    return [
        [Guess(model.classes[i], float(row[i])) for i in best]
        for row, best in zip(probabilities, order, strict=True)
    ]


def linear_svm(
    features: Float[np.ndarray, "N D"], labels: Integer[np.ndarray, " N"], C: float = 1e-3, seed: int = 0
) -> Pipeline:
    """Return a linear support vector machine, fitted to features that are scaled to deviation 1.

    Parameters
    ----------
    features, labels
        What `features` gives of the training images, and their classes.
    C
        The weight of the margin's violations; smaller keeps the weights smaller.
    seed
        Fixes the order in which the solver takes the images.

    Raises
    ------
    ValueError
        If there is not one label for each row, or there is only one class.
    """
    return _fitted(LinearSVC(C=C, random_state=seed, max_iter=20_000), features, labels)


def logistic_regression(
    features: Float[np.ndarray, "N D"], labels: Integer[np.ndarray, " N"], C: float = 1e-2
) -> Pipeline:
    """Return a logistic regression, fitted as `linear_svm`; it has `predict_proba`.

    Raises
    ------
    ValueError
        If there is not one label for each row, or there is only one class.
    """
    return _fitted(LogisticRegression(C=C, max_iter=2_000), features, labels)


def _fitted(classifier: Any, features: np.ndarray, labels: np.ndarray) -> Pipeline:
    if features.ndim != 2 or labels.shape != (len(features),):
        raise ValueError(
            f"features must have shape (N, D) and labels (N,), got {features.shape} and {labels.shape}"
        )
    if len(np.unique(labels)) < 2:
        raise ValueError("labels must hold at least two classes")
    return make_pipeline(StandardScaler(), classifier).fit(features, labels)


class Neighbours(NamedTuple):
    """The nearest rows of each query, the nearest first, and the cosines of the angles to them."""

    indices: Int[np.ndarray, "Q k"]
    cosines: Float[np.ndarray, "Q k"]


def nearest(features: Float[np.ndarray, "N D"], queries: Float[np.ndarray, "Q D"], k: int = 5) -> Neighbours:
    """Return the `k` rows of `features` whose direction is nearest to that of each query.

    Raises
    ------
    ValueError
        If the widths differ, or there are fewer than `k` rows.
    """
    if features.ndim != 2 or queries.ndim != 2 or features.shape[1] != queries.shape[1]:
        raise ValueError(
            "features and queries must have shapes (N, D) and (Q, D), "
            f"got {features.shape} and {queries.shape}"
        )
    if not 1 <= k <= len(features):
        raise ValueError(f"k must be 1 to {len(features)}, the number of rows, got {k}")
    index = NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute").fit(features)
    distances, indices = index.kneighbors(queries)
    return Neighbours(indices, 1 - distances)
