"""Exercise 12: features, a new head, freezing, two learning rates, and what each is worth.

The student's functions change a `LetterNet`, which the judge fills with numbers of its own. What is right is
in `reference.py`, what is looked at in `questions.py` and `ladder.py`, the wrong answers in `mutants.py`.
Three of the eighteen points are for a text, which a person reads.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from coursekit.checks.exercise import Exercise
from coursekit.checks.transfer_images.mutants import MUTANTS
from coursekit.checks.transfer_images.questions import QUESTIONS
from coursekit.transfer.letters import LetterNet

__all__ = ["EXERCISE"]


@dataclass(frozen=True)
class _Given(Exercise):
    """An exercise whose notebook gives the students a network."""

    def reference(self) -> dict[str, Callable[..., Any]]:
        return super().reference() | {"LetterNet": LetterNet}


EXERCISE = _Given(
    "transfer_images",
    QUESTIONS,
    MUTANTS,
    forbids=(
        "coursekit.transfer.images.features",
        "coursekit.transfer.images.freeze",
        "coursekit.transfer.images.parameter_groups",
        "coursekit.transfer.images.replace_head",
    ),
    visible=("coursekit.transfer.letters",),
)
