"""An honest class that hands in conv_forward: right, half right, wrong in every known way, blank.

The exercise has one more question here than in the course, a text that a person grades.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

from coursekit import checks
from coursekit.grading import Course, release
from coursekit.grading.sample import EXERCISE, Sample, submission
from tests.grading.tiny import EXERCISES

TEXT = "why"
STOCK = "\nc.Autograde.autograde_preprocessors = Autograde().autograde_preprocessors\n"
LATE = """
c.AssignLatePenalties.plugin_class = "nbgrader.plugins.LateSubmissionPlugin"
c.LateSubmissionPlugin.penalty_method = "zero"
"""
DUE = "2026-03-01 12:00:00"
ON_TIME, TOO_LATE = "2026-03-01 11:00:00 UTC", "2026-03-02 09:30:00 UTC"


@dataclass(frozen=True)
class Student:
    """A student and what they handed in.

    Attributes
    ----------
    name
        The student's id.
    mutants
        Wrong answers, "function.wrong", that take the right ones' place.
    left
        Functions whose cells they left as they were.
    text
        What they wrote where a person grades; "" leaves the cell as it was.
    handed_in
        What stands in timestamp.txt; "" for no such file.
    extra
        A cell of their own at the end.
    """

    name: str
    mutants: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    text: str = ""
    handed_in: str = ""
    extra: str = ""


def honest_class(size: int = 60) -> list[Student]:
    """Return the first of sixty different students, and the same again under other names for more."""
    exercise = checks.get(EXERCISE)
    functions = [question.function for question in exercise.questions]
    wrong = [f"{mutant.function}.{mutant.wrong.__name__}" for mutant in exercise.mutants]
    pairs = [
        (first, second)
        for first in wrong
        for second in wrong
        if functions.index(first.split(".")[0]) + 2 == functions.index(second.split(".")[0])
    ]
    kinds = [
        *({"text": f"Reason {number}."} for number in range(12)),
        *({"mutants": (name,)} for name in wrong),
        *({"left": tuple(functions[count:]), "text": "Half."} for count in range(1, len(functions))),
        *({"left": (function,)} for function in functions),
        *({"mutants": pair} for pair in pairs[::7][:10]),
        *({"left": tuple(functions)} for _ in range(3)),
        {"extra": "print(conv2d(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2))))"},
        {"extra": "raise ValueError('my own experiment')", "text": "It did not work."},
    ]
    # Neighbours differ, so that the first few are of several kinds.
    order = [kinds[index * 17 % len(kinds)] for index in range(len(kinds))]
    times = ("", ON_TIME, TOO_LATE)
    return [
        Student(f"student{number:04}", handed_in=times[number % 3], **order[number % len(order)])
        for number in range(size)
    ]


def make_honest_course(root: Path, students: Sequence[Student], settings: str = "") -> Course:
    """Make a course with the exercise released and all submissions handed in.

    Parameters
    ----------
    root
        A folder that is not there yet.
    students
        Who is in it.
    settings
        Lines for the course's configuration, such as `LATE`.
    """
    folder = root / "source" / EXERCISE
    folder.mkdir(parents=True)
    shutil.copy(EXERCISES / "nbgrader_config.py", root)
    with open(root / "nbgrader_config.py", "a") as config:
        config.write(settings)
    for path in (EXERCISES / "source" / EXERCISE).glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        ids = [cell.id for cell in notebook.cells]
        notebook.cells.insert(ids.index("check-conv2d-grouped"), _text_cell())
        nbformat.write(notebook, folder / path.name)
    course = Course.open(root)
    release(course, EXERCISE)
    with course.gradebook() as gradebook:
        gradebook.update_or_create_assignment(EXERCISE, duedate=DUE)
    written: dict[tuple[object, ...], str] = {}
    for student in students:
        target = course.folder("submitted", EXERCISE, student.name)
        target.mkdir(parents=True)
        for name in course.notebooks(EXERCISE):
            kind = (name, student.mutants, student.left, student.text, student.extra)
            if kind not in written:
                written[kind] = nbformat.writes(handed_in(course, name, student))
            (target / name).write_text(written[kind], encoding="utf-8")
        if student.handed_in:
            (target / "timestamp.txt").write_text(student.handed_in)
    return course


def handed_in(course: Course, name: str, student: Student) -> nbformat.NotebookNode:
    """Return the notebook as a student hands it in."""
    sample = Sample(student.name, "", "", "honest", 0, student.mutants)
    notebook = submission(course, name, sample)
    released = submission(course, name, Sample(student.name, "", "", "blank", 0, solved=False))
    as_released = {cell.id: cell.source for cell in released.cells}
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in student.left:
            cell.source = as_released[cell.id]
        if grade_id == TEXT:
            cell.source = student.text or as_released[cell.id]
    if student.extra:
        notebook.cells.append(new_code_cell(student.extra, id="own"))
    return notebook


def stock(course: Course, root: Path) -> Course:
    """Copy a course to `root`, with a configuration that leaves nbgrader's own way of running as it is."""
    shutil.copytree(course.root, root)
    with open(root / "nbgrader_config.py", "a") as config:
        config.write("\nfrom nbgrader.converters import Autograde\n" + STOCK)
    return Course.open(root)


def stock_autograde(course: Course, exercise: str = EXERCISE, *options: str) -> None:
    """Run nbgrader's own command."""
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", exercise, *options],
        cwd=course.root,
        env={**os.environ, "PATH": path},
        check=True,
        capture_output=True,
    )


def read_all(course: Course, exercise: str = EXERCISE) -> dict[str, object]:
    """Return everything that the gradebook holds of an exercise's submissions, but for ids."""
    found: dict[str, object] = {}
    with course.gradebook() as gradebook:
        for submitted in gradebook.assignment_submissions(exercise):
            row: dict[str, object] = {
                "timestamp": str(submitted.timestamp),
                "score": submitted.score,
                "needs_manual_grade": submitted.needs_manual_grade,
            }
            for notebook in submitted.notebooks:
                row[f"{notebook.name} penalty"] = notebook.late_submission_penalty
                for grade in notebook.grades:
                    row[f"{notebook.name} {grade.name}"] = (
                        grade.auto_score,
                        grade.manual_score,
                        grade.extra_credit,
                        grade.needs_manual_grade,
                    )
                for comment in notebook.comments:
                    row[f"{notebook.name} {comment.name} said"] = (
                        comment.auto_comment,
                        comment.manual_comment,
                    )
            found[submitted.student.id] = row
    return found


def differences(first: dict[str, object], second: dict[str, object]) -> list[str]:
    """Return a line for each thing in which what `read_all` found differs."""
    lines = []
    for student in sorted(first.keys() | second.keys()):
        one, other = dict(first.get(student, {})), dict(second.get(student, {}))  # type: ignore[call-overload]
        lines += [
            f"{student}, {name}: {json.dumps(one.get(name))} and {json.dumps(other.get(name))}"
            for name in sorted(one.keys() | other.keys())
            if one.get(name) != other.get(name)
        ]
    return lines


def _text_cell() -> nbformat.NotebookNode:
    mark = {"grade_id": TEXT, "schema_version": 3, "locked": False, "task": False}
    mark |= {"grade": True, "solution": True, "points": 4}
    return new_markdown_cell("Why is a matrix product faster?", id=TEXT, metadata={"nbgrader": mark})
