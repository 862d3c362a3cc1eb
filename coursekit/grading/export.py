"""Grades out of the gradebook, for other programs."""

import csv
import os
import warnings
from pathlib import Path

from coursekit.grading.course import Course, CourseError

FORMATS = ("csv",)


def export_grades(course: Course, to: Path, file_format: str = "csv") -> int:
    """Write all grades of the gradebook to a file, and return how many rows it has.

    The file is complete or is not touched.

    Parameters
    ----------
    course
        The course.
    to
        The file; one that exists is replaced.
    file_format
        One of `FORMATS`: *csv* is nbgrader's own.

    Raises
    ------
    CourseError
        If there is no gradebook, it is not this course's, or the file cannot be written.
    """
    from nbgrader.plugins import CsvExportPlugin

    if file_format not in FORMATS:
        raise ValueError(f"there is no format {file_format!r}; there are: {', '.join(FORMATS)}")
    if to.is_dir():
        raise CourseError(f"{to} is a folder; give the name of a file with --to")
    if not to.parent.is_dir():
        raise CourseError(f"there is no folder {to.parent} to write {to.name} to")
    partial = to.with_name(f".{to.name}.{os.getpid()}.partial")
    try:
        with course.gradebook() as gradebook, warnings.catch_warnings():
            if not gradebook.assignments:
                raise CourseError(f"the gradebook of {course.root} is empty; release an exercise first")
            warnings.simplefilter("ignore", ResourceWarning)  # the plugin leaves its file for Python to close
            CsvExportPlugin(config=course.config, to=str(partial)).export(gradebook)
        rows = list(csv.reader(partial.read_text().splitlines()))
        # The plugin puts no quotes round a name, so a comma in it moves every later column.
        for row in rows:
            if len(row) != len(rows[0]):
                raise CourseError(f"nothing was exported: a name or address has a comma in {','.join(row)!r}")
        partial.replace(to)
    except OSError as error:
        raise CourseError(f"{to} cannot be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
    return len(rows) - 1
