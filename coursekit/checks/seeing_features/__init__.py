"""Exercise 13: filters, neighbours in feature space, what a layer gives, saliency maps and Grad-CAM.

The student's functions look at a small network, `small_network`, which the notebook's first cell defines. The
judge fills it with parameters of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from coursekit.checks.exercise import Exercise
from coursekit.checks.seeing_features.mutants import MUTANTS
from coursekit.checks.seeing_features.questions import QUESTIONS, small_network

__all__ = ["EXERCISE"]


@dataclass(frozen=True)
class _Given(Exercise):
    """An exercise whose notebook gives the students a network to look at."""

    def reference(self) -> dict[str, Callable[..., Any]]:
        return super().reference() | {"small_network": small_network}


EXERCISE = _Given(
    "seeing_features",
    QUESTIONS,
    MUTANTS,
    forbids=(
        "torchvision.utils.make_grid",
        "torchvision.models.feature_extraction.create_feature_extractor",
        "sklearn.neighbors.NearestNeighbors",
        "coursekit.transfer.images.nearest",
    ),
)
