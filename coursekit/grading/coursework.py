"""A student's own copy of the released exercises."""

import shutil
from pathlib import Path

from coursekit.grading.course import Course, CourseError


def released(course: Course) -> list[str]:
    """Return the names of the exercises that were released."""
    return [name for name in course.exercises() if course.folder("release", name).is_dir()]


def copy_exercise(course: Course, exercise: str, folder: Path) -> tuple[Path, bool]:
    """Copy a released exercise to `folder`/`exercise`; a file that is there already is never touched.

    Parameters
    ----------
    course, exercise
        What to copy.
    folder
        The student's folder; made if it is not there.

    Returns
    -------
    tuple of (Path, bool)
        The student's notebook, and whether it was there before.

    Raises
    ------
    NotInCourseError
        If there is no such exercise.
    CourseError
        If it is not released, or `folder` is no folder.
    """
    course.check_exercise(exercise)
    source = course.folder("release", exercise)
    if not source.is_dir():
        raise CourseError(
            f"{exercise} is not released yet; run: coursekit release {exercise} --course {course.root}"
        )
    target = folder.resolve() / exercise
    for part in (target, *target.parents):
        if part.exists() and not part.is_dir():
            raise CourseError(f"{part} is a file, where the folder for the coursework should be")
    notebook = target / course.notebooks(exercise)[0]
    kept = notebook.exists()
    for path in sorted(source.rglob("*")):
        copy = target / path.relative_to(source)
        if path.is_file() and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            partial = copy.with_name(f".{copy.name}.partial")
            shutil.copyfile(path, partial)
            partial.rename(copy)
    return notebook, kept
