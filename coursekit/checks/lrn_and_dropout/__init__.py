"""Exercise 6: local response normalisation forward and backward, and inverted dropout.

The student writes NumPy. What is right is in `reference.py`, which rests on `coursekit.numpy_nn`; what is
looked at is in `questions.py`; the wrong answers are in `mutants.py`.
"""

from coursekit.checks.exercise import Exercise
from coursekit.checks.lrn_and_dropout.mutants import MUTANTS
from coursekit.checks.lrn_and_dropout.questions import QUESTIONS

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    "lrn_and_dropout",
    QUESTIONS,
    MUTANTS,
    forbids=(
        "torch.nn.functional.local_response_norm",
        "torch.nn.functional.dropout",
        "torch.dropout",
        "scipy.ndimage.convolve1d",
        "scipy.ndimage.correlate1d",
        "scipy.ndimage.uniform_filter1d",
    ),
)
