"""The checks of the graded exercises: instant help in the notebook, the same checks when it counts.

A test cell of an exercise's notebook is one line:

>>> check("conv_forward.pad", globals())  # doctest: +SKIP
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from coursekit.answers import LocalAnswers
from coursekit.checks import progress
from coursekit.checks.exercise import Case, Check, Draw, Exercise, Mutant, Question, Wrong
from coursekit.checks.verdict import Outcome, Report, Verdict

__all__ = [
    "Case",
    "Check",
    "Draw",
    "Exercise",
    "Mutant",
    "Outcome",
    "Question",
    "Report",
    "Verdict",
    "Wrong",
    "check",
    "get",
    "names",
    "register",
]

# In the order of the course. A module each, imported when asked for: some need PyTorch, which takes seconds.
_NAMES = (
    "conv_forward",
    "conv_backward",
    "pooling_and_fc",
    "counting",
    "lenet5",
    "lrn_and_dropout",
    "alexnet",
    "augment_ensemble_top5",
    "vgg",
    "googlenet",
    "resnet",
    "transfer_images",
    "seeing_features",
    "transfer_text",
)


# Exercises that are not of this course, by name.
_others: dict[str, Exercise] = {}


def names() -> list[str]:
    """Return the names of the graded exercises, in the order of the course."""
    return list(_NAMES)


def register(exercise: Exercise) -> None:
    """Let `get` and `check` know an exercise that is not one of this course's."""
    _others[exercise.name] = exercise


def get(name: str) -> Exercise:
    """Return the exercise called `name`.

    Raises
    ------
    ValueError
        If there is no such exercise; the message lists those that there are.
    """
    if name in _others:
        return _others[name]
    if name not in _NAMES:
        raise ValueError(f"there is no exercise {name!r}; there are: {', '.join(names())}")
    exercise: Exercise = import_module(f"coursekit.checks.{name}").EXERCISE
    return exercise


def check(question: str, namespace: Mapping[str, Any], student: str = "", seed: int = 0) -> Report:
    """Check the answer to a question; what a test cell of an exercise's notebook calls.

    Parameters
    ----------
    question
        "exercise.function", for instance "conv_forward.pad".
    namespace
        Where the student's functions are: `globals()`.
    student
        The student's id, for questions whose numbers every student has of their own.
    seed
        Draws the cases.

    Raises
    ------
    ValueError
        If there is no such exercise or question.
    """
    name, _, function = question.partition(".")
    exercise = get(name)
    answers = LocalAnswers(namespace, shortcuts=exercise.forbids)
    report = exercise.run(function, answers, seed, student, pictures=True)
    progress.note(name, function, report.points)
    return report
