"""Grading a class: submissions in, a row for each student and an nbgrader gradebook out."""

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from jupyter_client.kernelspec import KernelSpecManager

from coursekit.grading.course import (
    Course,
    CourseError,
    NotInCourseError,
    read_notebook,
    replace_folder,
)
from coursekit.grading.record import Record, fingerprint

Status = Literal["graded", "unchanged", "missing", "failed"]


@dataclass(frozen=True)
class Result:
    """What became of one student's submission.

    Attributes
    ----------
    student
        The student's id, which is the name of the folder under `submitted/`.
    points, max_points
        As in the gradebook, so with whatever a person changed there.
    seconds
        Time spent now: 0 where nothing had to be done.
    status
        *graded* now; *unchanged* since it was graded; *missing*: nothing was handed in, zero points;
        *failed*: could not be graded, `remark` says why; zero points, unless an earlier submission of the
        student's was graded: then that grade stays.
    remark
        What a person should know about it.
    """

    student: str
    points: float
    max_points: float
    seconds: float
    status: Status
    remark: str = ""


def students(course: Course, exercise: str) -> list[str]:
    """Return the ids of all who are in the gradebook or have handed in the exercise."""
    handed_in = {path.parent.name for path in course.root.glob(f"submitted/*/{exercise}")}
    with course.gradebook() as gradebook:
        return sorted(handed_in | {student.id for student in gradebook.students})


def grade(
    course: Course,
    exercise: str,
    chosen: Sequence[str] | None = None,
    *,
    force: bool = False,
    on_progress: Callable[[Result], None] | None = None,
) -> list[Result]:
    """Grade an exercise for a class, one student after the other.

    A submission that cannot be graded never ends the run. One that was graded and has not changed since,
    nor has the exercise or the code that grades, is left alone.

    Parameters
    ----------
    course, exercise
        What to grade; the exercise must have been released.
    chosen
        The students' ids; None means all.
    force
        Grade also what has not changed.
    on_progress
        Called with each student's result as soon as it is known.

    Returns
    -------
    list of Result
        One for each student, by id.

    Raises
    ------
    NotInCourseError
        If there is no such exercise or student.
    CourseError
        If the exercise is not released or the gradebook is not this course's. Nothing is changed then.
    """
    check_released(course, exercise)
    known = students(course, exercise)
    if unknown := set(chosen or ()) - set(known):
        there_are = ", ".join(known) or "none"
        raise NotInCourseError(f"there is no student {min(unknown)!r}; there are: {there_are}")
    record = Record.of(course, exercise)
    results = []
    for student in known if chosen is None else sorted(set(chosen)):
        result = _grade_one(course, exercise, student, record, force)
        results.append(result)
        if on_progress is not None:
            on_progress(result)
    return results


def check_released(course: Course, exercise: str) -> None:
    """Raise `CourseError` unless the gradebook and `release/` both have the exercise, with the same cells."""
    course.check_exercise(exercise)
    course.check_gradebook()
    remedy = f"run: coursekit release {exercise} --course {course.root}"
    names = [Path(name).stem for name in course.notebooks(exercise)]
    folder = course.folder("release", exercise)
    if not all((folder / f"{name}.ipynb").is_file() for name in names):
        raise CourseError(f"{exercise} is not released yet; {remedy}")
    released = {name: _graded_cells(read_notebook(folder / f"{name}.ipynb")) for name in names}
    with course.gradebook() as gradebook:
        assignment = next((a for a in gradebook.assignments if a.name == exercise), None)
        notebooks = assignment.notebooks if assignment else []
        booked = {
            notebook.name: {cell.name: float(cell.max_score) for cell in notebook.grade_cells}
            for notebook in notebooks
        }
        kernels = {json.loads(notebook.kernelspec or "{}").get("name") for notebook in notebooks}
    if not booked:
        raise CourseError(f"{exercise} is not in the gradebook; {remedy}")
    if booked != released:
        raise CourseError(
            f"the gradebook has other cells or points for {exercise} than its release; {remedy}"
        )
    if absent := kernels - {None, *KernelSpecManager().find_kernel_specs()}:
        raise CourseError(f"the kernel {min(absent)!r} that {exercise} asks for is not installed; {remedy}")


def _graded_cells(notebook: Any) -> dict[str, float]:
    marked = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    return {mark["grade_id"]: float(mark["points"]) for mark in marked if mark.get("grade")}


def _grade_one(course: Course, exercise: str, student: str, record: Record, force: bool) -> Result:
    started = time.perf_counter()
    submitted = course.folder("submitted", exercise, student)
    autograded = course.folder("autograded", exercise, student)
    if not submitted.exists():
        points, max_points = _points(course, exercise, student)
        remark = (
            "its grade stays, but the submission is gone" if autograded.is_dir() else "nothing was handed in"
        )
        return Result(student, points, max_points, 0.0, "missing", remark)
    key = fingerprint(course, exercise, submitted)
    status: Status
    if not force and record.key(student) == key and autograded.is_dir():
        status, remark, seconds = "unchanged", record.remark(student), 0.0
    else:
        try:
            remark = _autograde(course, exercise, student)
            status = "graded"
            record.write(student, key, remark)
        except CourseError as error:
            status, remark = "failed", str(error)
            record.forget(student)
            if autograded.is_dir():
                remark += "; the grade of the earlier submission stays"
            else:
                _book_zero(course, exercise, student)
        seconds = time.perf_counter() - started
    points, max_points = _points(course, exercise, student)
    return Result(student, points, max_points, seconds, status, remark)


def _autograde(course: Course, exercise: str, student: str) -> str:
    """Run nbgrader's autograder on one submission and return what a person should know about it.

    The executed notebook is written beside `autograded/` and moved there once it is complete.
    """
    from nbgrader.converters import Autograde

    from coursekit.grading.convert import run_converter

    _check_submission(course, exercise, course.folder("submitted", exercise, student))
    partial = course.root / "autograded.partial"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        run_converter(Autograde, course, exercise, student, step_folder=("autograded", partial.name))
        autograded = course.folder("autograded", exercise, student)
        replace_folder(autograded, partial / student / exercise)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    remarks: list[str] = []
    for name in course.notebooks(exercise):
        executed = read_notebook(autograded / name)
        expected = _graded_cells(read_notebook(course.folder("release", exercise) / name))
        if lost := expected.keys() - _graded_cells(executed).keys():
            remarks.append(f"lost the check cells {', '.join(sorted(lost))}")
        remarks += _stopped_cells(executed)
    return "; ".join(remarks)


def _check_submission(course: Course, exercise: str, submitted: Path) -> None:
    """Raise `CourseError` for a submission that nbgrader would stumble over, before it touches anything."""
    if set("*?[]") & set(submitted.parent.name):
        raise CourseError("nbgrader takes no student id with any of * ? [ ]: rename the folder")
    if not submitted.is_dir():
        raise CourseError(f"{submitted.relative_to(course.root)} is not a folder")
    wanted = course.notebooks(exercise)
    there = sorted(path.name for path in submitted.iterdir())
    for name in wanted:
        if name not in there:
            raise CourseError(f"{name} is missing; handed in: {', '.join(there) or 'an empty folder'}")
        try:
            read_notebook(submitted / name)
        except CourseError as error:
            raise CourseError(str(error).replace(f"{submitted}/", "")) from error


def _stopped_cells(notebook: Any) -> list[str]:
    """Say in which cells of an executed notebook Python died or ran out of time."""
    from coursekit.grading.execute import KERNEL_DIED

    remarks: list[str] = []
    for number, cell in enumerate(notebook.cells, start=1):
        errors = [output.ename for output in cell.get("outputs", []) if output.output_type == "error"]
        if KERNEL_DIED in errors:
            return [*remarks, f"Python died in cell {number}"]
        if "CellTimeoutError" in errors:
            remarks.append(f"cell {number} took too long")
    return remarks


def _points(course: Course, exercise: str, student: str) -> tuple[float, float]:
    """Return a student's points, and those that can be had, from the gradebook."""
    from nbgrader.api import MissingEntry

    with course.gradebook() as gradebook:
        max_points = float(gradebook.find_assignment(exercise).max_score)
        try:
            return float(gradebook.find_submission(exercise, student).score), max_points
        except MissingEntry:
            return 0.0, max_points


def _book_zero(course: Course, exercise: str, student: str) -> None:
    """Enter zero points for a submission that could not be graded."""
    with course.gradebook() as gradebook, gradebook.db.no_autoflush:
        gradebook.update_or_create_student(student)
        submission = gradebook.update_or_create_submission(exercise, student)
        for notebook in submission.notebooks:
            for entry in notebook.grades:
                entry.auto_score = 0.0
                entry.needs_manual_grade = False
        gradebook.db.commit()
