"""A check was mended: grading anew says whose points changed, by which check."""

import pytest

from coursekit.checks import exercise as checks_exercise
from coursekit.grading import grade
from coursekit.grading.checked import read_checked
from tests.grading.tiny import hand_in
from tests.test_cli import run

RIGHT = "def add(a, b):\n    return a + b"
SUBTRACTS = "def add(a, b):\n    return a - b"


@pytest.fixture
def course(released_course):
    """A course of which Ada adds and Bob subtracts; the checks of sums are graded with `==` as `!=`."""
    hand_in(released_course, "ada", RIGHT)
    hand_in(released_course, "bob", SUBTRACTS)
    return released_course


def test_a_graded_notebook_says_what_was_found_at_each_check(course):
    grade(course, "adding")
    found = read_checked(course.folder("autograded", "adding", "bob"))
    assert {name: (one.outcome, one.points, one.max_points) for name, one in found.items()} == {
        "add.small": ("wrong", 0, 2),
        "sums.zero": ("right", 2, 2),
        "sums.equal": ("wrong", 0, 1.5),
        "sums.opposite": ("wrong", 0, 0.5),
    }
    assert "sums(a=2, b=2)" in found["sums.equal"].message


def test_whose_points_changed_is_listed_with_the_checks(course, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(
            checks_exercise, "difference", lambda got, expected: "all is wrong" if got == 3 else None
        )
        before = grade(course, "adding")
    assert [(one.points, one.points_before, one.changes) for one in before] == [(4, None, ()), (6, None, ())]
    after = grade(course, "adding", force=True)
    assert [(one.points_before, one.points) for one in after] == [(4, 6), (6, 2)]
    assert after[0].changes == ("add.small 0 -> 2",)
    assert after[1].changes == ("add.small 2 -> 0", "sums.equal 1.5 -> 0", "sums.opposite 0.5 -> 0")


def test_the_command_prints_the_list_or_that_nothing_changed(course):
    arguments = ("grade", "adding", "--course", course.root, "--force")
    run(*arguments)
    assert "All points are those of the grading before." in run(*arguments).stdout
    hand_in(course, "bob", RIGHT)
    lines = run(*arguments).stdout.partition("Points that are not those of the grading before:")[2]
    assert "2 -> 6" in lines
    assert "add.small 0 -> 2" in lines
    assert "ada" not in lines.partition("sandbox")[0]
