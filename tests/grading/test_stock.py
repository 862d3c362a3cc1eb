"""An honest class gets from coursekit what it gets from nbgrader as it is."""

import shutil

import nbformat
import pytest

from coursekit.grading import Course, grade
from coursekit.grading.sample import EXERCISE
from tests.grading.honest import (
    LATE,
    TEXT,
    differences,
    handed_in,
    honest_class,
    make_honest_course,
    read_all,
    stock,
    stock_autograde,
)

pytestmark = pytest.mark.slow
# Of the sixty; all of them: python -m benchmarks.grading.
SOME = 6


def grade_by_hand(course):
    """Do what a person does in the formgrader: points and a comment for a text, other points for a check."""
    with course.gradebook() as gradebook:
        notebook = EXERCISE
        for number, submission in enumerate(gradebook.assignment_submissions(EXERCISE)):
            student = submission.student.id
            if number % 2:
                continue
            entry = gradebook.find_grade(TEXT, notebook, EXERCISE, student)
            entry.manual_score, entry.needs_manual_grade = 2.5, False
            gradebook.find_comment(TEXT, notebook, EXERCISE, student).manual_comment = "And the cache?"
            check = gradebook.find_grade("check_pad", notebook, EXERCISE, student)
            check.manual_score, check.extra_credit, check.needs_manual_grade = 1.0, 0.5, False
        gradebook.db.commit()


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    """The same class graded by nbgrader as it is, by its command with our configuration, and by us."""
    folder = tmp_path_factory.mktemp("honest")
    students = honest_class(SOME)
    ours = make_honest_course(folder / "ours", students, LATE)
    theirs = stock(ours, folder / "theirs")
    button = Course.open(shutil.copytree(ours.root, folder / "button"))
    found = []
    for course, run in (
        (ours, lambda course, *_: grade(course, EXERCISE, force=True)),
        (theirs, stock_autograde),
        (button, stock_autograde),
    ):
        run(course)
        first = read_all(course)
        grade_by_hand(course)
        if course is not button:
            # One hands in again after a person has looked.
            again = students[1]
            better = handed_in(course, f"{EXERCISE}.ipynb", students[0])
            path = course.folder("submitted", EXERCISE, again.name) / f"{EXERCISE}.ipynb"
            path.write_text(nbformat.writes(better))
            run(course, EXERCISE, "--force")
        found.append((first, read_all(course)))
    return found


def test_points_flags_comments_and_penalties_are_those_of_stock_nbgrader(classes):
    (ours, _), (theirs, _), _ = classes
    assert len(ours) == SOME
    assert differences(ours, theirs) == []


def test_what_a_person_gave_is_kept_and_marked_as_stock_nbgrader_does(classes):
    (_, ours), (_, theirs), _ = classes
    assert differences(ours, theirs) == []
    assert any(f"{EXERCISE} {TEXT}" in row and row[f"{EXERCISE} {TEXT}"][1] == 2.5 for row in ours.values())


def test_the_formgraders_button_gives_the_same_points(classes):
    (ours, _), _, (button, _) = classes
    assert differences(ours, button) == []


def test_the_class_is_of_many_kinds(classes):
    first = classes[0][0]
    assert len({row["score"] for row in first.values()}) >= 3
    assert any(row[f"{EXERCISE} penalty"] for row in first.values())
    assert {row[f"{EXERCISE} {TEXT}"][0] for row in first.values()} == {None, 0.0}
