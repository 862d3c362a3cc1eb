"""A bank of wrong answers is judged: one that survives, or fails too much, or is not named, is told."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from coursekit.checks import Check, Exercise, Mutant, Question
from coursekit.checks.mutation import Bank


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
    assert Bank(Exercise("x", (question,), (mutant,)), notebook()).trial(mutant).complaint == complaint


def test_what_a_mutant_may_lose_it_may_keep_as_well():
    for may_lose in ({"double.sign"}, BOTH):
        mutant = Mutant("double", minus, set(), may_lose=may_lose)
        exercise = Exercise("x", (Question("double", double, (SIGN, ZERO)),), (mutant,))
        assert Bank(exercise, notebook()).trial(mutant).complaint == ""


def test_a_mutant_that_no_message_names_is_told():
    def jumps(right, x, seen=[]):  # noqa: B006  it is to remember
        """Another number every time."""
        seen.append(x)
        return 100 + len(seen)

    mutant = Mutant("double", jumps, BOTH)
    exercise = Exercise("x", (Question("double", double, (SIGN, ZERO)),), (mutant,))
    assert Bank(exercise, notebook()).trial(mutant).complaint == "is not named in any message"


def four(right, x):
    """Four."""
    return 4


@pytest.mark.parametrize(
    "uses",
    [
        "def other(x):\n    return double(x)",
        "def other(x):\n    return (lambda: double(x))()",
        "class other:\n    def __new__(cls, x):\n        return double(x)",
        "def between(x):\n    return double(x)\ndef other(x):\n    return between(x)",
        "class other:\n    def __new__(cls, x):\n        return object.__new__(cls).y(x)\n"
        "    def y(self, x):\n        return double(x)",
        "class Base:\n    def __new__(cls, x):\n        return double(x)\nclass other(Base):\n    pass",
    ],
)
def test_a_mutant_is_asked_the_questions_whose_answer_uses_it(uses):
    source = notebook()
    source.cells[0].source += f"\n{uses}\ndef apart(x):\n    return 2 * x"
    questions = tuple(Question(name, double, (SIGN,)) for name in ("double", "other", "apart"))
    mutant = Mutant("double", four, set(), False)
    tried = Bank(Exercise("x", questions, (mutant,)), source).trial(mutant)
    assert tried.lost == {"double.sign", "other.sign"}


def test_a_mutant_is_asked_the_questions_whose_checks_use_it():
    def both(answers, case):
        return answers.call("double", case["x"]) + answers.call("other", case["x"])

    source = notebook()
    source.cells[0].source += "\ndef other(x):\n    return 0 * x"
    check = Check("both", "both", 1, ({"x": 3},), both)
    mutant = Mutant("double", four, set(), False)
    questions = (Question("double", double, ()), Question("other", lambda x: 0 * x, (check,)))
    exercise = Exercise("x", questions, (mutant,))
    assert Bank(exercise, source).trial(mutant).lost == {"other.both"}
