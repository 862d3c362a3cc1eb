"""A tiny course, and the sample class graded once for all tests."""

import shutil

import pytest

from coursekit.grading import Course, grade, make_sample_class, release
from tests.grading.tiny import EXERCISES, make_tiny_course


@pytest.fixture
def tiny_course(tmp_path):
    """A course with the exercise `adding`, not released."""
    return make_tiny_course(tmp_path / "course")


@pytest.fixture(scope="session")
def released_template(tmp_path_factory):
    """The folder of a tiny course whose exercise is released: making a gradebook takes seconds."""
    course = make_tiny_course(tmp_path_factory.mktemp("template") / "course")
    release(course, "adding")
    return course.root


@pytest.fixture
def released_course(released_template, tmp_path):
    """A copy of it."""
    shutil.copytree(released_template, tmp_path / "released")
    return Course.open(tmp_path / "released")


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory):
    """The sample class, not graded. Do not change it."""
    folder = tmp_path_factory.mktemp("sample") / "class"
    assert make_sample_class(Course.open(EXERCISES), folder)
    return folder


@pytest.fixture(scope="session")
def graded_sample(sample_folder, tmp_path_factory):
    """A copy of the sample class, graded: the course and the results."""
    folder = tmp_path_factory.mktemp("graded") / "class"
    shutil.copytree(sample_folder, folder)
    course = Course.open(folder)
    return course, grade(course, "conv_forward")
