"""One verdict for each of several results that a function returns together."""

from collections.abc import Callable

from coursekit.answers import AnswerError, Answers, Value
from coursekit.checks.compare import describe
from coursekit.checks.exercise import Case, Observe


def part(function: str, name: str, names: tuple[str, ...]) -> Observe:
    """Return what looks at one of the results that `function` returns as a tuple.

    A student who returns None in the place of the others still gets the points for this one.

    Parameters
    ----------
    function
        The student's function.
    name
        The result to look at.
    names
        What the function is to return, in order, such as ("dx", "dw", "db").
    """
    return lambda answers, case: {name: call_for_parts(answers, function, names, case)[name]}


def call_for_parts(answers: Answers, function: str, names: tuple[str, ...], case: Case) -> dict[str, Value]:
    """Return the results of a call by name.

    Raises
    ------
    AnswerError
        If the call fails, or does not return a tuple of so many values.
    """
    value = answers.call(function, **case)
    if not isinstance(value, tuple) or len(value) != len(names):
        raise AnswerError(
            f"`{function}` returned {describe(value)}, expected the tuple ({', '.join(names)})."
        )
    return dict(zip(names, value, strict=True))


def changed(function: str, argument: str, change: Callable[[Value], Value]) -> Observe:
    """Return what calls `function` with one drawn argument changed, for instance rounded."""
    return lambda answers, case: answers.call(function, **case | {argument: change(case[argument])})
