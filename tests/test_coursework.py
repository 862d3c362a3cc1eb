import shutil

import pytest

from coursekit.coursework import (
    CourseworkError,
    NotReleasedError,
    copy_exercise,
    handout,
    points_of_checks,
    released,
)
from coursekit.grading import release
from tests.grading.tiny import make_tiny_course


@pytest.fixture
def tiny_course(tmp_path):
    """A course with the exercise `adding`, not released."""
    return make_tiny_course(tmp_path / "course")


@pytest.fixture(scope="module")
def release_template(tmp_path_factory):
    """The folder of its release."""
    return release(make_tiny_course(tmp_path_factory.mktemp("tiny") / "course"), "adding").parent


@pytest.fixture
def release_folder(release_template, tmp_path):
    """A copy of it, as students get it."""
    return shutil.copytree(release_template, tmp_path / "exercises")


def test_the_released_notebook_is_copied(release_folder, tmp_path):
    notebook, kept = copy_exercise(release_folder, "adding", tmp_path / "coursework")
    assert notebook == tmp_path / "coursework" / "adding" / "adding.ipynb"
    assert not kept
    assert notebook.read_bytes() == (release_folder / "adding" / "adding.ipynb").read_bytes()


def test_work_that_is_there_is_never_overwritten(release_folder, tmp_path):
    notebook, _ = copy_exercise(release_folder, "adding", tmp_path)
    notebook.write_text("my work")
    assert copy_exercise(release_folder, "adding", tmp_path) == (notebook, True)
    assert notebook.read_text() == "my work"


def test_a_file_that_the_notebook_needs_is_added_to_work_that_is_there(release_folder, tmp_path):
    notebook, _ = copy_exercise(release_folder, "adding", tmp_path)
    notebook.write_text("my work")
    (release_folder / "adding" / "numbers.txt").write_text("1 2")
    copy_exercise(release_folder, "adding", tmp_path)
    assert (tmp_path / "adding" / "numbers.txt").read_text() == "1 2"
    assert notebook.read_text() == "my work"


def test_what_is_not_released_cannot_be_copied(tiny_course, tmp_path):
    release = handout(tiny_course.root)
    assert released(release) == []
    with pytest.raises(CourseworkError, match="yet; run: coursekit release adding"):
        copy_exercise(release, "adding", tmp_path / "coursework")
    assert not (tmp_path / "coursework").exists()


def test_an_unknown_exercise_cannot_be_copied(release_folder, tmp_path):
    with pytest.raises(NotReleasedError, match="there is no exercise 'subtracting'"):
        copy_exercise(release_folder, "subtracting", tmp_path)


def test_a_student_needs_the_released_exercises_only(release_folder):
    assert handout(release_folder) == release_folder
    assert released(release_folder) == ["adding"]


def test_a_folder_with_neither_course_nor_exercises_is_refused(tmp_path):
    with pytest.raises(NotReleasedError, match="has no exercises; give their folder"):
        handout(tmp_path)


def test_the_points_are_those_of_the_checks(release_folder):
    assert points_of_checks(release_folder, "adding") == 6


def test_a_file_in_the_place_of_the_folder_is_named(release_folder, tmp_path):
    (tmp_path / "coursework").write_text("mine")
    with pytest.raises(CourseworkError, match="coursework is a file, where the folder"):
        copy_exercise(release_folder, "adding", tmp_path / "coursework")
