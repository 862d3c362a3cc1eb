"""Exercise 8: crops, mirror images, colour shifts, ten views of a test image, ensembles, top-k accuracy.

Whatever is random is drawn outside and passed in, so that every right answer gives the same numbers.
"""

from coursekit.checks.augment_ensemble_top5.mutants import MUTANTS
from coursekit.checks.augment_ensemble_top5.questions import QUESTIONS
from coursekit.checks.exercise import Exercise

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    "augment_ensemble_top5",
    QUESTIONS,
    MUTANTS,
    forbids=(
        "torchvision.transforms.functional.five_crop",
        "torchvision.transforms.functional.ten_crop",
        "torchvision.transforms.v2.functional.five_crop",
        "torchvision.transforms.v2.functional.ten_crop",
        "sklearn.metrics.top_k_accuracy_score",
        "coursekit.metrics.top_k_accuracy",
        "coursekit.metrics.ensemble_average",
        "coursekit.metrics.ensemble_vote",
        "coursekit.data.augment.colour_components",
    ),
)
