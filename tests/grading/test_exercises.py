"""Every exercise of the course, released and graded behind the door: solutions get all, blanks nothing."""

import re
import shutil

import nbformat
import pytest

from coursekit import checks
from coursekit.grading import Course, grade, release
from coursekit.grading.rebuild import grade_id, is_check
from coursekit.grading.release import leaks
from tests.grading.honest import stock, stock_autograde
from tests.grading.tiny import EXERCISES

# Ten ids, for the exercises whose numbers are every student's own.
STUDENTS = ["ada", "alan", "barbara", "donald", "edsger", "emmy", "grace", "john", "katherine", "margaret"]

pytestmark = pytest.mark.slow


def is_manual(cell):
    mark = cell.metadata.get("nbgrader", {})
    return bool(mark.get("grade") and mark.get("solution"))


@pytest.fixture(scope="module", params=checks.names())
def graded(request, tmp_path_factory):
    """An exercise with ten solutions and a blank handed in, graded: name, course, results by student."""
    name = request.param
    root = tmp_path_factory.mktemp(name) / "course"
    root.mkdir()
    shutil.copy(EXERCISES / "nbgrader_config.py", root)
    shutil.copytree(EXERCISES / "source" / name, root / "source" / name)
    course = Course.open(root)
    released = nbformat.read(release(course, name) / f"{name}.ipynb", as_version=4)
    source = nbformat.read(root / "source" / name / f"{name}.ipynb", as_version=4)
    answers = {
        grade_id(cell): re.sub(r".*### (BEGIN|END) SOLUTION\n?", "", cell.source) for cell in source.cells
    }
    hand_in(course, name, "zz-blank", released)
    for cell in released.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers[grade_id(cell)]
    varies = any("student=STUDENT" in cell.source for cell in released.cells)
    for student in STUDENTS if varies else STUDENTS[:2]:
        hand_in(course, name, student, released)
    stock(course, root.with_name("stock"))
    return name, course, {result.student: result for result in grade(course, name)}


def hand_in(course, name, student, notebook):
    folder = course.folder("submitted", name, student)
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")


def test_solutions_get_all_points_that_the_checks_give(graded):
    name, _, results = graded
    for student, result in results.items():
        if student != "zz-blank":
            assert (result.points, result.status) == (checks.get(name).points, "graded"), student
            assert result.flags == (), student


def test_a_blank_gets_nothing_and_hears_that_nothing_is_written(graded):
    name, course, results = graded
    assert results["zz-blank"].points == 0
    path = course.folder("autograded", name, "zz-blank") / f"{name}.ipynb"
    for cell in nbformat.read(path, as_version=4).cells:
        if is_check(cell):
            assert "Not written yet" in cell.outputs[0].data["text/html"]


def test_stock_nbgrader_gives_a_solution_the_same_points(graded):
    name, course, _ = graded
    ungraded = Course.open(course.root.with_name("stock"))
    stock_autograde(ungraded, name, "--student", STUDENTS[0])
    with ungraded.gradebook() as gradebook:
        found = gradebook.find_submission(name, STUDENTS[0])
        assert found.score == checks.get(name).points


def test_only_text_answers_wait_for_a_person(graded):
    name, course, _ = graded
    released = nbformat.read(course.folder("release", name) / f"{name}.ipynb", as_version=4)
    manual = {grade_id(cell) for cell in released.cells if is_manual(cell)}
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission(name, STUDENTS[0])
        waiting = {g.name for n in submission.notebooks for g in n.grades if g.needs_manual_grade}
    assert waiting == manual


def test_nothing_of_the_solution_is_released(graded):
    name, course, _ = graded
    assert leaks(course, name, course.folder("release", name)) == []


def test_all_exercises_together_have_the_points_of_the_course():
    total = 0.0
    for name in checks.names():
        source = nbformat.read(EXERCISES / "source" / name / f"{name}.ipynb", as_version=4)
        marks = [cell.metadata.get("nbgrader", {}) for cell in source.cells]
        points = sum(mark.get("points", 0) for mark in marks if mark.get("grade"))
        assert points == POINTS[name], name
        total += points
    assert f"exercises worth {total:g} points" in (EXERCISES.parent / "README.md").read_text()


POINTS = {
    "conv_forward": 16,
    "conv_backward": 20,
    "pooling_and_fc": 14,
    "counting": 12,
    "lenet5": 18,
    "lrn_and_dropout": 16,
    "alexnet": 16,
    "augment_ensemble_top5": 14,
    "vgg": 10,
    "googlenet": 14,
    "resnet": 12,
    "transfer_images": 18,
    "seeing_features": 8,
    "transfer_text": 12,
}
"""What each exercise is worth in the course."""
