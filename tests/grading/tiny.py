"""A tiny course of one exercise, `adding`, whose checks are quick."""

import shutil
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from coursekit.checks import Check, Exercise, Question, register
from coursekit.grading import Course

EXERCISES = Path(__file__).parents[2] / "exercises"

SOLUTION = """\
def add(a, b):
    ### BEGIN SOLUTION
    total_of_both = a + b
    return total_of_both
    ### END SOLUTION"""

CHECKS = {  # name: (points, source)
    "check_small": (2, 'check("adding.add", globals())'),
    "check_partial": (4, 'check("adding.sums", globals())'),
}


def add(a, b):
    """The right answer."""
    return a + b


def call_add(answers, case):
    """Look at `add`, which both questions are about."""
    return answers.call("add", **case)


SMALL = Check("small", "one and two", 2, ({"a": 1, "b": 2},))
PARTS = [("zero", 2, (1, 0)), ("equal", 1.5, (2, 2)), ("opposite", 0.5, (-1, 1))]
SUMS = tuple(Check(name, name, points, ({"a": a, "b": b},), call_add) for name, points, (a, b) in PARTS)
register(Exercise("adding", (Question("add", add, (SMALL,)), Question("sums", add, SUMS)), ()))


def nbgrader_cell(name, source, points=None):
    """Return a solution cell, or a check cell if it has points."""
    mark = {"grade_id": name, "schema_version": 3, "locked": points is not None, "task": False}
    mark |= {"grade": points is not None, "solution": points is None}
    if points is not None:
        mark["points"] = points
    return new_code_cell(source, id=name.replace("_", "-"), metadata={"nbgrader": mark})


def adding_notebook():
    """Return the source notebook of the exercise `adding`."""
    setup = {"grade_id": "setup", "locked": True, "grade": False, "solution": False, "task": False}
    cells = [
        new_markdown_cell("# Adding", id="title"),
        nbgrader_cell("answer", SOLUTION),
        new_code_cell(
            "from coursekit.checks import check",
            id="setup",
            metadata={"nbgrader": {**setup, "schema_version": 3}},
        ),
    ]
    cells += [nbgrader_cell(name, source, points) for name, (points, source) in CHECKS.items()]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def make_tiny_course(root: Path) -> Course:
    """Make a course with one small exercise, `adding`."""
    (root / "source" / "adding").mkdir(parents=True)
    shutil.copy(EXERCISES / "nbgrader_config.py", root)
    nbformat.write(adding_notebook(), root / "source" / "adding" / "adding.ipynb")
    return Course.open(root)


def hand_in(course: Course, student: str, answer: str | None = None) -> Path:
    """Hand in the released notebook, with `answer` in place of the solution cell's text."""
    notebook = nbformat.read(course.folder("release", "adding") / "adding.ipynb", as_version=4)
    if answer is not None:
        notebook.cells[1].source = answer
    path = course.folder("submitted", "adding", student) / "adding.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path
