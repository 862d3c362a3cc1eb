"""Grades out of the gradebook, for other programs."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from coursekit.grading.course import Course, CourseError, NotInCourseError, replace_folder
from coursekit.grading.grades import Grades, read_grades
from coursekit.grading.gradescope import write_gradescope
from coursekit.grading.spreadsheets import write_canvas, write_csv, write_marks, write_moodle

_SPREADSHEETS = {"csv": write_csv, "canvas": write_canvas, "moodle": write_moodle, "marks": write_marks}
FORMATS = (*_SPREADSHEETS, "gradescope")


def default_target(course: Course, file_format: str = "csv") -> Path:
    """Return where `coursekit export` writes a format: the folder `grades-gradescope`, or a CSV file."""
    name = {"csv": "grades.csv", "gradescope": "grades-gradescope"}
    return course.root / name.get(file_format, f"grades-{file_format}.csv")


def export_grades(course: Course, to: Path, file_format: str = "csv", exercise: str | None = None) -> int:
    """Write the grades of the gradebook for another program.

    What is written is complete or nothing is touched.

    Parameters
    ----------
    course
        The course.
    to
        The file, or for *gradescope* the folder; one that exists is replaced. A folder must be new, empty or
        an earlier export.
    file_format
        One of `FORMATS`: *csv* is nbgrader's own, a row for each student and exercise; see `spreadsheets` for
        *canvas*, *moodle* and *marks* and `gradescope` for *gradescope*.
    exercise
        Of which exercise; None means all in the gradebook.

    Returns
    -------
    int
        The number of rows, without headings; for *gradescope* of files.

    Raises
    ------
    NotInCourseError
        If there is no such exercise in the gradebook.
    CourseError
        If there is no gradebook, it is not this course's, or `to` cannot be written.
    """
    if file_format not in FORMATS:
        raise ValueError(f"there is no format {file_format!r}; there are: {', '.join(FORMATS)}")
    in_folder = file_format not in _SPREADSHEETS
    if to.is_dir() and not in_folder:
        raise CourseError(f"{to} is a folder; give the name of a file with --to")
    if to.exists() and not to.is_dir() and in_folder:
        raise CourseError(f"{to} is a file; {file_format} needs the name of a folder with --to")
    if not to.parent.is_dir():
        raise CourseError(f"there is no folder {to.parent} to write {to.name} to")
    grades = _chosen(course, exercise)
    if in_folder:
        return _write_folder(to, grades)
    with _partial(to) as partial:
        rows = _SPREADSHEETS[file_format](partial, grades)
        partial.replace(to)
    return rows


def _chosen(course: Course, exercise: str | None) -> Grades:
    with course.gradebook() as gradebook:
        grades = read_grades(gradebook)
    if not grades.exercises:
        raise CourseError(f"the gradebook of {course.root} is empty; release an exercise first")
    if exercise is None:
        return grades
    names = [one.name for one in grades.exercises]
    if exercise not in names:
        raise NotInCourseError(
            f"there is no exercise {exercise!r} in the gradebook; there are: {', '.join(names)}"
        )
    return grades.of(exercise)


def _write_folder(to: Path, grades: Grades) -> int:
    _check_ours(to, [one.name for one in grades.exercises])
    with _partial(to) as partial:
        partial.mkdir()
        files = write_gradescope(partial, grades)
        replace_folder(to, partial)
    return files


def _check_ours(folder: Path, exercises: Sequence[str]) -> None:
    """Raise `CourseError` if there is something in the folder that no export has written."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        strange = [path] if not path.is_dir() else [one for one in path.iterdir() if one.suffix != ".json"]
        if strange:
            raise CourseError(f"{folder} holds {strange[0].relative_to(folder)}: name a new folder with --to")


@contextmanager
def _partial(to: Path) -> Iterator[Path]:
    """Give the path beside `to` where it is made; nothing is left there, and faults of the disk are said."""
    partial = to.with_name(f".{to.name}.{os.getpid()}.partial")
    try:
        yield partial
    except OSError as error:
        raise CourseError(f"{to} cannot be written: {error.strerror}") from error
    finally:
        if partial.is_dir():
            shutil.rmtree(partial, ignore_errors=True)
        partial.unlink(missing_ok=True)
