import pytest

from coursekit.grading import CourseError, NotInCourseError, copy_exercise, released


def test_the_released_notebook_is_copied(released_course, tmp_path):
    notebook, kept = copy_exercise(released_course, "adding", tmp_path / "coursework")
    assert notebook == tmp_path / "coursework" / "adding" / "adding.ipynb"
    assert not kept
    assert (
        notebook.read_bytes() == (released_course.folder("release", "adding") / "adding.ipynb").read_bytes()
    )


def test_work_that_is_there_is_never_overwritten(released_course, tmp_path):
    notebook, _ = copy_exercise(released_course, "adding", tmp_path)
    notebook.write_text("my work")
    assert copy_exercise(released_course, "adding", tmp_path) == (notebook, True)
    assert notebook.read_text() == "my work"


def test_a_file_that_the_notebook_needs_is_added_to_work_that_is_there(released_course, tmp_path):
    notebook, _ = copy_exercise(released_course, "adding", tmp_path)
    notebook.write_text("my work")
    (released_course.folder("release", "adding") / "numbers.txt").write_text("1 2")
    copy_exercise(released_course, "adding", tmp_path)
    assert (tmp_path / "adding" / "numbers.txt").read_text() == "1 2"
    assert notebook.read_text() == "my work"


def test_what_is_not_released_cannot_be_copied(tiny_course, tmp_path):
    assert released(tiny_course) == []
    with pytest.raises(CourseError, match="adding is not released yet; run: coursekit release adding"):
        copy_exercise(tiny_course, "adding", tmp_path / "coursework")
    assert not (tmp_path / "coursework").exists()


def test_an_unknown_exercise_cannot_be_copied(released_course, tmp_path):
    with pytest.raises(NotInCourseError, match="there is no exercise 'subtracting'"):
        copy_exercise(released_course, "subtracting", tmp_path)


def test_a_file_in_the_place_of_the_folder_is_named(released_course, tmp_path):
    (tmp_path / "coursework").write_text("mine")
    with pytest.raises(CourseError, match="coursework is a file, where the folder"):
        copy_exercise(released_course, "adding", tmp_path / "coursework")
