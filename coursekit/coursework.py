"""A student's own copy of the released exercises.

It needs nothing of grading, whose sandbox is there on Linux only: students work anywhere.
"""

import json
import shutil
from pathlib import Path


class CourseworkError(Exception):
    """An exercise cannot be copied. The message says why and what to do."""


class NotReleasedError(CourseworkError):
    """Something was asked for that is not among the released exercises. The message lists what is."""


def handout(root: Path) -> Path:
    """Return the folder of the released exercises.

    Parameters
    ----------
    root
        A course's folder, which has them in `release`; or what students get of it, with a folder for each
        exercise and nothing else.

    Raises
    ------
    NotReleasedError
        If it is neither.
    """
    root = root.resolve()
    if (root / "source").is_dir():
        return root / "release"
    if not released(root):
        raise NotReleasedError(f"{root} has no exercises; give their folder, or the course's, with --course")
    return root


def released(release: Path) -> list[str]:
    """Return the names of the exercises in a folder of released ones."""
    return sorted(path.parent.name for path in release.glob("*/*.ipynb") if path.stem == path.parent.name)


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
    NotReleasedError
        If no such exercise is released.
    CourseworkError
        If none is, or `folder` is no folder.
    """
    there_are = released(release)
    if not there_are:
        raise CourseworkError(f"nothing is released in {release} yet; run: coursekit release {exercise}")
    if exercise not in there_are:
        raise NotReleasedError(
            f"there is no exercise {exercise!r} released in {release}; there are: {', '.join(there_are)}"
        )
    target = folder.resolve() / exercise
    for part in (target, *target.parents):
        if part.exists() and not part.is_dir():
            raise CourseworkError(f"{part} is a file, where the folder for the coursework should be")
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
    notebook = json.loads((release / exercise / f"{exercise}.ipynb").read_text(encoding="utf-8"))
    marks = [cell["metadata"].get("nbgrader", {}) for cell in notebook["cells"]]
    return sum(float(mark["points"]) for mark in marks if mark.get("grade") and not mark.get("solution"))
