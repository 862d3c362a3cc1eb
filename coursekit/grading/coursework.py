"""A student's own copy of the released exercises."""

import shutil
from pathlib import Path

from coursekit.grading.course import CONFIG, Course, CourseError, NotInCourseError, read_notebook
from coursekit.grading.rebuild import is_check


def handout(root: Path) -> Path:
    """Return the folder of the released exercises.

    Parameters
    ----------
    root
        A course's folder; or what students get of it, which has a folder for each exercise and nothing else.

    Raises
    ------
    NotInCourseError
        If it is neither.
    """
    root = root.resolve()
    if (root / CONFIG).exists() or not released(root):
        return Course.open(root).folder("release", ".").resolve()
    return root


def released(release: Path) -> list[str]:
    """Return the names of the exercises in a folder of released ones."""
    return sorted(path.name for path in release.glob("*") if (path / f"{path.name}.ipynb").is_file())


def copy_exercise(release: Path, exercise: str, folder: Path) -> tuple[Path, bool]:
    """Copy a released exercise to `folder`/`exercise`; a file that is there already is never touched.

    Parameters
    ----------
    release, exercise
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
        If no such exercise is released.
    CourseError
        If none is, or `folder` is no folder.
    """
    there_are = released(release)
    if not there_are:
        raise CourseError(f"nothing is released in {release} yet; run: coursekit release {exercise}")
    if exercise not in there_are:
        raise NotInCourseError(
            f"there is no exercise {exercise!r} released in {release}; there are: {', '.join(there_are)}"
        )
    target = folder.resolve() / exercise
    for part in (target, *target.parents):
        if part.exists() and not part.is_dir():
            raise CourseError(f"{part} is a file, where the folder for the coursework should be")
    notebook = target / f"{exercise}.ipynb"
    kept = notebook.exists()
    for path in sorted((release / exercise).rglob("*")):
        copy = target / path.relative_to(release / exercise)
        if path.is_file() and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            partial = copy.with_name(f".{copy.name}.partial")
            shutil.copyfile(path, partial)
            partial.rename(copy)
    return notebook, kept


def points_of_checks(release: Path, exercise: str) -> float:
    """Return what the checks in the notebook of a released exercise can give."""
    cells = read_notebook(release / exercise / f"{exercise}.ipynb").cells
    return sum(float(cell.metadata.nbgrader.points) for cell in cells if is_check(cell))
