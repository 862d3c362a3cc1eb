"""From the author's notebook to the one that students get."""

import json
import re
import shutil
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

from coursekit.grading.course import Course, CourseError, read_notebook, replace_folder

# A line of a solution shorter than this says nothing: `return out` may stand anywhere.
_TELLING = 10
_MARKS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "END HIDDEN TESTS")


def release(course: Course, exercise: str, due: datetime | None = None) -> Path:
    """Make the students' version of an exercise through nbgrader, and return its folder.

    It is made beside the folder that it replaces and moved into place once it is complete and was seen to
    hold nothing of the solution, so whatever goes wrong leaves the former release and the gradebook as
    they were.

    Parameters
    ----------
    course
        The course.
    exercise
        The exercise's name.
    due
        When it is due; None leaves what the gradebook has.

    Returns
    -------
    Path
        The folder of the release.

    Raises
    ------
    NotInCourseError
        If there is no such exercise.
    CourseError
        If a source notebook is broken, if solution text is left, or if the gradebook refuses.
    """
    course.check_exercise(exercise)
    course.check_gradebook()
    for name in course.notebooks(exercise):
        read_notebook(course.folder("source", exercise) / name)
    _generate(course, exercise, into_gradebook=False)  # a rehearsal: it shows whether the result may go out
    course.gradebook(make=True).close()  # make it if there is none
    made = _generate(course, exercise, into_gradebook=True)
    if due is not None:
        with course.gradebook() as gradebook:
            gradebook.update_or_create_assignment(exercise, duedate=due)
    target = course.folder("release", exercise).resolve()
    replace_folder(target, made)
    shutil.rmtree(made.parent)
    return target


def pack(folder: Path, archive: Path) -> None:
    """Write a released exercise's folder to a zip archive, as that folder.

    Raises
    ------
    CourseError
        If the file cannot be written.
    """
    partial = archive.with_name(f".{archive.name}.partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    packed.write(path, path.relative_to(folder.parent))
        partial.replace(archive)
    except OSError as error:
        raise CourseError(f"{archive} cannot be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)


def leaks(course: Course, exercise: str, folder: Path) -> list[str]:
    """Return the lines of the solution that can be read in `folder`, in cells, outputs, metadata or files.

    A line that the source shows outside of its solutions as well, such as a signature, is not a leak.
    """
    hidden, shown = set[str](), ""
    for name in course.notebooks(exercise):
        for cell in read_notebook(course.folder("source", exercise) / name).cells:
            secret, public = split_solution(cell)
            hidden |= {line.strip() for line in secret.splitlines() if len(line.strip()) >= _TELLING}
            shown += public + "\n"
    hidden = {line for line in hidden if line not in shown} | set(_MARKS)
    released = ""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            released += path.read_bytes().decode(errors="replace")
    # In a notebook's JSON a line stands with its quotes escaped.
    return sorted(line for line in hidden if line in released or json.dumps(line)[1:-1] in released)


def split_solution(cell: Any) -> tuple[str, str]:
    """Return the text of a source cell that students do not get and the text that they do get."""
    regions = r"^[^\n]*BEGIN (SOLUTION|HIDDEN TESTS)[^\n]*$.*?^[^\n]*END \1[^\n]*$"
    secret = "\n".join(m.group(0) for m in re.finditer(regions, cell.source, re.MULTILINE | re.DOTALL))
    if secret:
        return secret, re.sub(regions, "", cell.source, flags=re.MULTILINE | re.DOTALL)
    whole = cell.metadata.get("nbgrader", {}).get("solution", False)
    return (cell.source, "") if whole else ("", cell.source)


def _generate(course: Course, exercise: str, into_gradebook: bool) -> Path:
    """Write the students' version into a folder beside release/ and return it."""
    from nbgrader.converters import GenerateAssignment

    from coursekit.grading.convert import run_converter

    partial = course.root / "release.partial"
    shutil.rmtree(partial, ignore_errors=True)
    no_gradebook: dict[str, dict[str, object]] = {
        "SaveCells": {"enabled": False},
        "GenerateAssignment": {"no_database": True},
    }
    try:
        run_converter(
            GenerateAssignment,
            course,
            exercise,
            step_folder=("release", partial.name),
            config={} if into_gradebook else no_gradebook,
        )
        if left := leaks(course, exercise, partial / exercise):
            raise CourseError(f"text of the solution is left in it: {left[0]!r}")
    except CourseError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise CourseError(f"{exercise} cannot be released: {error}") from error
    return partial / exercise
