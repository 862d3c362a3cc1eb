"""Exercise 4: shapes, parameters, multiply-adds and receptive fields, counted without running anything.

A layer is a dictionary of its settings and a network a row of them, so that nothing of the library is needed
to answer. What is right comes from `coursekit.networks.measure`.
"""

from coursekit.checks.counting.layers import described
from coursekit.checks.counting.mutants import MUTANTS
from coursekit.checks.counting.questions import QUESTIONS
from coursekit.checks.exercise import Case, Exercise

__all__ = ["EXERCISE", "described", "network_of"]

EXERCISE = Exercise(
    "counting",
    QUESTIONS,
    MUTANTS,
    forbids=tuple(
        f"coursekit.networks.measure.{name}"
        for name in ("output_size", "output_shape", "trace", "parameter_count", "parameter_shapes",
                     "multiply_adds", "receptive_field")
    ),
)  # fmt: skip


def network_of(student: str) -> Case:
    """Return the network that `summary` is checked with for a student: its layers and the input's shape."""
    question = EXERCISE.question("summary")
    return EXERCISE.cases(question.checks[-1], question, student)[0]
