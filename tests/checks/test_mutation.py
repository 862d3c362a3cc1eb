"""A bank of wrong answers is judged: one that survives, or fails too much, or is not named, is told."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from coursekit.checks import Check, Exercise, Mutant, Question
from coursekit.checks.mutation import trial


def double(x):
    """The right answer."""
    return 2 * x


def minus(right, x):
    """The negative."""
    return -right(x)


def the_same(right, x):
    """The right answer."""
    return right(x)


def seven(right, x):
    """Seven."""
    return 7


def breaks(answers, case):
    raise RuntimeError("no disk")


SIGN = Check("sign", "sign", 1, ({"x": 3},))
ZERO = Check("zero", "zero", 1, ({"x": 0},))
BREAKS = Check("broken", "broken", 1, ({"x": 1},), judge=breaks)
BOTH = {"double.sign", "double.zero"}


def notebook():
    marks = [{"solution": True}, {"grade": True, "solution": False}]
    sources = ["def double(x):\n    return x + x", "check"]
    cells = [new_code_cell(s, metadata={"nbgrader": m}) for s, m in zip(sources, marks, strict=True)]
    return new_notebook(cells=cells)


@pytest.mark.parametrize(
    ("wrong", "loses", "told", "extra", "complaint"),
    [
        (minus, {"double.sign"}, True, (), ""),
        (minus, BOTH, True, (), "survived double.zero"),
        (minus, set(), True, (), "failed double.sign, which it should not"),
        (the_same, {"double.sign"}, False, (), "survived double.sign"),
        (seven, BOTH, False, (), ""),
        (
            minus,
            {"double.sign"},
            False,
            (Check("broken", "b", 1, ({"x": 1},), judge=breaks),),
            "broke double.broken",
        ),
    ],
    ids=["right", "survives", "fails too much", "no mutant", "not told", "breaks"],
)
def test_a_trial_complains_of_what_is_wrong_with_the_bank(wrong, loses, told, extra, complaint):
    question = Question("double", double, (SIGN, ZERO, *extra))
    mutant = Mutant("double", wrong, loses, told)
    assert trial(Exercise("x", (question,), (mutant,)), mutant, notebook()).complaint == complaint


def test_a_mutant_that_no_message_names_is_told():
    def jumps(right, x, seen=[]):  # noqa: B006  it is to remember
        """Another number every time."""
        seen.append(x)
        return 100 + len(seen)

    mutant = Mutant("double", jumps, BOTH)
    exercise = Exercise("x", (Question("double", double, (SIGN, ZERO)),), (mutant,))
    assert trial(exercise, mutant, notebook()).complaint == "is not named in any message"
