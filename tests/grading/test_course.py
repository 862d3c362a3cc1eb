import shutil
import sqlite3

import pytest

from coursekit.grading import Course, CourseError, NotInCourseError
from coursekit.grading.course import read_notebook, replace_folder


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NotInCourseError, match=r"there is no folder .*nowhere"):
        Course.open(tmp_path / "nowhere")


def test_a_file_is_no_course(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotInCourseError, match="there is no folder"):
        Course.open(tmp_path / "file")


def test_a_folder_without_configuration_is_no_course(tmp_path):
    with pytest.raises(NotInCourseError, match=r"is not a course: it needs nbgrader_config\.py"):
        Course.open(tmp_path)


def test_a_configuration_that_is_no_python_is_named(tiny_course):
    (tiny_course.root / "nbgrader_config.py").write_text("c = get_config(\n")
    with pytest.raises(CourseError, match=r"nbgrader_config\.py cannot be read: SyntaxError"):
        Course.open(tiny_course.root)


def test_a_folder_name_that_nbgrader_would_take_for_a_pattern_is_refused(tmp_path):
    (tmp_path / "course [2]").mkdir()
    with pytest.raises(CourseError, match="rename the folder"):
        Course.open(tmp_path / "course [2]")


def test_an_unknown_exercise_is_answered_with_those_that_exist(tiny_course):
    with pytest.raises(NotInCourseError, match=r"there is no exercise 'adding2' .* there are: adding"):
        tiny_course.check_exercise("adding2")


def test_checkpoints_are_no_exercises(tiny_course):
    (tiny_course.root / "source" / ".ipynb_checkpoints").mkdir()
    (tiny_course.root / "source" / ".ipynb_checkpoints" / "adding.ipynb").write_text("{}")
    assert tiny_course.exercises() == ["adding"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"not json", "it is not JSON"),
        (b"\xff\xfe\x00", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b"[]", "is JSON, but not a notebook"),
        (
            b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [7]}',
            "is JSON, but not a notebook",
        ),
        (
            b'{"nbformat": 99, "nbformat_minor": 0, "metadata": {}, "cells": []}',
            "is JSON, but not a notebook",
        ),
    ],
    ids=["text", "bytes", "deep", "list", "cells", "version"],
)
def test_a_file_that_is_no_notebook_is_told_why(tmp_path, content, reason):
    path = tmp_path / "work.ipynb"
    path.write_bytes(content)
    with pytest.raises(CourseError, match=rf"work\.ipynb .*{reason}"):
        read_notebook(path)


@pytest.mark.parametrize("killed", [False, True])
def test_a_new_folder_takes_the_place_of_the_old_one(killed, tmp_path):
    for name in ("old", "new", *["new.replaced"] * killed):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text(name)
    replace_folder(tmp_path / "old", tmp_path / "new")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["old", "old/new"]


def other_courses_gradebook(path):
    """A real gradebook of nbgrader's, of the course `botany`."""
    from coursekit.grading.gradebook import open_gradebook

    with open_gradebook(f"sqlite:///{path}", "botany", make=True) as gradebook:
        gradebook.add_assignment("leaves")


def some_database(path):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE plants (name TEXT)")
    database.close()


def older_gradebook(path):
    from coursekit.grading.gradebook import open_gradebook

    open_gradebook(f"sqlite:///{path}", "coursekit", make=True).close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE alembic_version SET version_num = '50a4d84c131a'")
    database.close()


FOREIGN_GRADEBOOKS = {
    "text": (lambda path: path.write_text("points: many\n" * 100), "cannot be read: file is not a database"),
    "another database": (some_database, "is a database, but not one of nbgrader's"),
    "another course": (other_courses_gradebook, "belongs to the course 'botany', not to 'coursekit'"),
    "another version": (older_gradebook, "is of another version of nbgrader"),
}


@pytest.mark.parametrize("kind", FOREIGN_GRADEBOOKS)
def test_a_gradebook_that_is_not_the_courses_is_refused_and_left_as_it_is(tiny_course, kind):
    make, reason = FOREIGN_GRADEBOOKS[kind]
    path = tiny_course.root / "gradebook.db"
    make(path)
    before = path.read_bytes()
    with pytest.raises(CourseError, match=reason):
        tiny_course.gradebook()
    assert path.read_bytes() == before
    assert sorted(p.name for p in tiny_course.root.iterdir()) == [
        "gradebook.db",
        "nbgrader_config.py",
        "source",
    ]


def test_what_a_killed_run_half_wrote_is_undone(tiny_course, tmp_path):
    tiny_course.gradebook(make=True).close()
    writer = sqlite3.connect(tiny_course.root / "gradebook.db")
    writer.execute("PRAGMA cache_size = 1")  # so that pages reach the file before the transaction ends
    students = [(str(number), "x" * 1000) for number in range(100)]
    writer.executemany("INSERT INTO student (id, first_name) VALUES (?, ?)", students)
    killed = shutil.copytree(tiny_course.root, tmp_path / "killed")
    writer.close()
    with Course.open(killed).gradebook() as gradebook:
        assert gradebook.students == []
    assert not (killed / "gradebook.db-journal").exists()


def test_a_new_gradebook_is_complete_though_no_environment_is_activated(tiny_course, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with tiny_course.gradebook(make=True) as gradebook:
        assert gradebook.students == []
    tiny_course.check_gradebook()
