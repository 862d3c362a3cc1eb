"""`%check` in a notebook of one's own: all checks of an exercise, or those of one function.

%load_ext coursekit
%check                     in the notebook of an exercise: all of it
%check conv_forward        anywhere: all functions of exercise 1 that are defined here
%check conv_forward.pad    one function
"""

import os
from pathlib import Path
from typing import Any

from IPython.core.error import UsageError
from IPython.display import display

from coursekit import checks


def load(ipython: Any) -> None:
    """Let a running IPython know `%check`."""
    ipython.register_magic_function(lambda line: check(line, ipython.user_ns), "line", "check")


def check(line: str, namespace: dict[str, Any]) -> None:
    """Show the verdicts on the functions in `namespace`, and the points.

    Parameters
    ----------
    line
        "exercise", "exercise.function", or "" for the exercise whose notebook this is.
    namespace
        Where the answers are. A text called `STUDENT` in it is the student's id.

    Raises
    ------
    IPython.core.error.UsageError
        If there is no such exercise or function; the message lists those that there are.
    """
    name, _, function = (line.strip() or _exercise_of_this_notebook()).partition(".")
    try:
        exercise = checks.get(name)
        functions = (
            [exercise.question(function).function] if function else [q.function for q in exercise.questions]
        )
    except (ValueError, ImportError) as error:
        raise UsageError(f"%check: {error}") from None
    student = namespace.get("STUDENT", "")
    points = 0.0
    for function in functions:
        report = checks.check(
            f"{name}.{function}", namespace, student=student if isinstance(student, str) else ""
        )
        display(report)  # type: ignore[no-untyped-call]
        points += report.points
    if len(functions) > 1:
        print(f"{name}: {points:g} of {exercise.points:g} points.")


def _exercise_of_this_notebook() -> str:
    """Return the exercise after which the notebook is named, or the folder that it lies in."""
    for name in (Path(os.environ.get("JPY_SESSION_NAME", "")).stem, Path.cwd().name):
        if name in checks.names():
            return name
    raise UsageError("%check: which exercise? For instance: %check conv_forward")
