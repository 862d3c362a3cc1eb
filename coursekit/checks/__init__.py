"""The checks of the graded exercises: instant help in the notebook, the same checks when it counts.

A test cell of an exercise's notebook is one line:

>>> check("conv_forward.pad", globals())  # doctest: +SKIP
"""

from collections.abc import Mapping
from typing import Any

from coursekit.checks import conv_forward
from coursekit.checks.door import AnswerError, Answers, LocalAnswers
from coursekit.checks.exercise import Case, Check, Draw, Exercise, Mutant, Question, Wrong
from coursekit.checks.verdict import Outcome, Report, Verdict

__all__ = [
    "AnswerError",
    "Answers",
    "Case",
    "Check",
    "Draw",
    "Exercise",
    "LocalAnswers",
    "Mutant",
    "Outcome",
    "Question",
    "Report",
    "Verdict",
    "Wrong",
    "check",
    "get",
    "names",
]

_EXERCISES = {exercise.name: exercise for exercise in (conv_forward.EXERCISE,)}


def names() -> list[str]:
    """Return the names of the graded exercises, in the order of the course."""
    return list(_EXERCISES)


def get(name: str) -> Exercise:
    """Return the exercise called `name`.

    Raises
    ------
    ValueError
        If there is no such exercise; the message lists those that there are.
    """
    if name not in _EXERCISES:
        raise ValueError(f"there is no exercise {name!r}; there are: {', '.join(names())}")
    return _EXERCISES[name]


def check(question: str, namespace: Mapping[str, Any], seed: int = 0) -> Report:
    """Check the answer to a question; what a test cell of an exercise's notebook calls.

    Parameters
    ----------
    question
        "exercise.function", for instance "conv_forward.pad".
    namespace
        Where the student's functions are: `globals()`.
    seed
        Draws the cases.

    Raises
    ------
    ValueError
        If there is no such exercise or question.
    """
    exercise, _, function = question.partition(".")
    return get(exercise).run(function, LocalAnswers(namespace), seed)
