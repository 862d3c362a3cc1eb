import shutil

import nbformat
import pytest

from coursekit.grading import Course, CourseError, NotInCourseError, release
from coursekit.grading.release import leaks
from tests.grading.tiny import EXERCISES, adding_notebook, nbgrader_cell


def rows(course):
    """All that the gradebook says about exercises."""
    with course.gradebook() as gradebook:
        return [
            (assignment.name, notebook.name, cell.name, getattr(cell, "source", None))
            for assignment in gradebook.assignments
            for notebook in assignment.notebooks
            for cell in [*notebook.grade_cells, *notebook.source_cells]
        ]


def write_source(course, notebook):
    nbformat.write(notebook, course.folder("source", "adding") / "adding.ipynb")


def released_bytes(course):
    return (course.folder("release", "adding") / "adding.ipynb").read_bytes()


def test_the_release_asks_for_what_the_solution_answers(released_course):
    notebook = nbformat.read(released_course.folder("release", "adding") / "adding.ipynb", as_version=4)
    assert notebook.cells[1].source == "def add(a, b):\n    raise NotImplementedError"


def test_the_points_of_all_checks_are_in_the_gradebook(released_course):
    with released_course.gradebook() as gradebook:
        assert gradebook.find_assignment("adding").max_score == 6


def test_releasing_again_changes_nothing(released_course):
    before = released_bytes(released_course), rows(released_course)
    release(released_course, "adding")
    assert (released_bytes(released_course), rows(released_course)) == before


def test_a_changed_source_is_released_anew(released_course):
    notebook = adding_notebook()
    notebook.cells[0].source = "# Adding two numbers"
    write_source(released_course, notebook)
    release(released_course, "adding")
    assert b"Adding two numbers" in released_bytes(released_course)


def test_other_files_of_the_exercise_are_released_too(tiny_course):
    (tiny_course.folder("source", "adding") / "numbers.txt").write_text("1 2\n")
    assert (release(tiny_course, "adding") / "numbers.txt").read_text() == "1 2\n"


def test_nothing_but_the_release_and_the_gradebook_is_left_behind(released_course):
    names = sorted(path.name for path in released_course.root.iterdir())
    assert names == ["gradebook.db", "nbgrader_config.py", "release", "source"]


def test_an_unknown_exercise_is_not_released(tiny_course):
    with pytest.raises(NotInCourseError):
        release(tiny_course, "subtracting")


def solution_in_prose(notebook):
    notebook.cells[0].attachments = {"hint.txt": {"text/plain": "total_of_both = a + b"}}


def solution_outside_a_solution_cell(notebook):
    notebook.cells[1].metadata.nbgrader.solution = False


def solution_without_an_end(notebook):
    notebook.cells[1].source = notebook.cells[1].source.replace("### END SOLUTION", "")


BROKEN_SOURCES = {
    "a leak": (solution_in_prose, "text of the solution is left in it: 'total_of_both = a"),
    "an unmarked cell": (solution_outside_a_solution_cell, "Solution region detected in a non-solution cell"),
    "no end": (solution_without_an_end, "no end solution statement found"),
}


@pytest.mark.parametrize("kind", BROKEN_SOURCES)
def test_a_source_that_would_give_the_solution_away_leaves_the_former_release(released_course, kind):
    breaks, reason = BROKEN_SOURCES[kind]
    before = released_bytes(released_course), rows(released_course)
    notebook = adding_notebook()
    breaks(notebook)
    write_source(released_course, notebook)
    with pytest.raises(CourseError, match=f"adding cannot be released: {reason}"):
        release(released_course, "adding")
    assert (released_bytes(released_course), rows(released_course)) == before
    assert not (released_course.root / "release.partial").exists()


def test_a_source_that_is_no_notebook_leaves_the_former_release(released_course):
    before = released_bytes(released_course), rows(released_course)
    (released_course.folder("source", "adding") / "adding.ipynb").write_text("{")
    with pytest.raises(CourseError, match=r"adding\.ipynb is not a notebook: it is not JSON"):
        release(released_course, "adding")
    assert (released_bytes(released_course), rows(released_course)) == before


def test_a_new_check_after_submissions_leaves_the_former_release(released_course):
    with released_course.gradebook() as gradebook, gradebook.db.no_autoflush:
        gradebook.add_student("ada")
        gradebook.add_submission("adding", "ada")
    before = released_bytes(released_course), rows(released_course)
    notebook = adding_notebook()
    notebook.cells.append(nbgrader_cell("check_more", "assert add(1, 1) == 2", points=1))
    write_source(released_course, notebook)
    with pytest.raises(CourseError, match=r"Cannot add or remove cells .* there are submissions"):
        release(released_course, "adding")
    assert (released_bytes(released_course), rows(released_course)) == before


def test_a_first_release_that_fails_leaves_nothing(tiny_course):
    notebook = adding_notebook()
    solution_without_an_end(notebook)
    write_source(tiny_course, notebook)
    with pytest.raises(CourseError):
        release(tiny_course, "adding")
    assert sorted(path.name for path in tiny_course.root.iterdir()) == ["nbgrader_config.py", "source"]


def test_a_signature_that_students_see_is_no_leak(released_course):
    assert leaks(released_course, "adding", released_course.folder("release", "adding")) == []


def test_the_courses_own_exercises_can_be_released(tmp_path):
    shutil.copytree(EXERCISES / "source", tmp_path / "source")
    shutil.copy(EXERCISES / "nbgrader_config.py", tmp_path)
    course = Course.open(tmp_path)
    for exercise in course.exercises():
        assert leaks(course, exercise, release(course, exercise)) == []
