"""A copy of the course with what the skeletons make, and its new exercise graded."""

import importlib.util
import shutil

import nbformat

from coursekit import checks
from coursekit.authoring import new_chapter, new_exercise
from coursekit.grading import Course, grade, release
from tests.conftest import ROOT


def course_with_skeletons(root):
    """Copy the course to `root`, make the exercise `leaky` and the chapter `attention`, and return `root`."""
    made = shutil.ignore_patterns(
        "_build", "__pycache__", "release", "submitted", "autograded", "gradebook.db"
    )
    for part in ("coursekit", "tests", "book", "exercises"):
        shutil.copytree(ROOT / part, root / part, ignore=made)
    for path in ("README.md", "pyproject.toml"):
        shutil.copyfile(ROOT / path, root / path)
    new_exercise(root, "leaky", chapter=3)
    new_chapter(root, "attention")
    return root


def graded(root):
    """Release the exercise, hand in its solution and its blank, and return the exercise and the results."""
    spec = importlib.util.spec_from_file_location("leaky", root / "coursekit" / "checks" / "leaky.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    checks.register(module.EXERCISE)
    course = Course.open(root / "exercises")
    blank = release(course, "leaky") / "leaky.ipynb"
    for student, notebook in {
        "blank": blank,
        "solved": course.folder("source", "leaky") / "leaky.ipynb",
    }.items():
        path = course.folder("submitted", "leaky", student) / "leaky.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(nbformat.read(notebook, as_version=4), path)
    results = {one.student: (one.points, one.max_points, one.status) for one in grade(course, "leaky")}
    return module.EXERCISE, results
