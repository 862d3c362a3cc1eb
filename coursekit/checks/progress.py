"""Points so far: what a student's own checks last gave, kept in the student's own folder.

`coursekit lab` makes a folder `.progress` beside those of the exercises, with a small file of JSON for each.
Where there is one, a check writes down what it gave; elsewhere, as when a notebook is graded, nothing is
written. The notebook `progress.ipynb` shows the same for all exercises: of what JupyterLab can open at its
start, it is what comes formatted, with links that work.
"""

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = ".progress"
PAGE = "progress.ipynb"


@dataclass(frozen=True)
class Progress:
    """How far a student is with one exercise.

    Attributes
    ----------
    exercise
        The exercise's name.
    points
        What the checks last gave, together.
    max_points
        What they can give.
    """

    exercise: str
    points: float
    max_points: float


def begin(home: Path, exercise: str, max_points: float) -> None:
    """Let the checks of the notebook in `home`/`exercise` be remembered; points that are there stay.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    (home / FOLDER).mkdir(exist_ok=True)
    _save(home, exercise, max_points, _load(home, exercise)["questions"])


def note(exercise: str, question: str, points: float) -> None:
    """Remember what a check gave, if the current folder is that of an exercise which `begin` knows.

    Jupyter starts a kernel in the notebook's folder. A verdict matters more than its record: if it cannot be
    written, nobody is troubled.
    """
    home = Path.cwd().parent
    if (home / FOLDER / f"{exercise}.json").is_file():
        state = _load(home, exercise)
        with contextlib.suppress(OSError):
            _save(home, exercise, state["max_points"], state["questions"] | {question: points})


def read(home: Path) -> list[Progress]:
    """Return the progress of every exercise in a student's folder, in the order of the course."""
    from coursekit.checks import names

    there = {path.stem for path in (home / FOLDER).glob("*.json")}
    states = {
        name: _load(home, name) for name in [n for n in names() if n in there] + sorted(there - {*names()})
    }
    return [Progress(name, sum(s["questions"].values()), s["max_points"]) for name, s in states.items()]


def write_page(home: Path) -> Path:
    """Write `progress.ipynb` into the student's folder, for JupyterLab to show, and return its path.

    JupyterLab keeps what it has opened, so the page is written before it starts and never behind its back.
    """
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    anew = (
        "# Run this cell to see your points anew.\nfrom coursekit.checks import progress\n\nprogress.show()"
    )
    code: dict[str, Any] = {
        "cell_type": "code",
        "id": "anew",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
    }
    cells = [
        {"cell_type": "markdown", "id": "points", "metadata": {"editable": False}, "source": _table(home)},
        {**code, "source": anew},
    ]
    page = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return _replace(home / PAGE, json.dumps(page, indent=1))


def show() -> None:
    """Show the points so far in a notebook that lies in the student's folder."""
    from IPython.display import Markdown, display

    display(Markdown(_table(Path.cwd())))  # type: ignore[no-untyped-call]


def _table(home: Path) -> str:
    rows = read(home)
    names = [f"[{row.exercise}]({row.exercise}/{row.exercise}.ipynb)" for row in rows]
    rows.append(Progress("together", sum(row.points for row in rows), sum(row.max_points for row in rows)))
    table = [
        f"| {name} | {row.points:g} | {row.max_points:g} |"
        for name, row in zip([*names, "together"], rows, strict=True)
    ]
    text = [
        "# Your exercises",
        "| exercise | points so far | of |\n|:--|--:|--:|\n" + "\n".join(table),
        "The points are those that the checks in your notebooks last gave. This page stays with you: what "
        "counts is what you hand in.",
    ]
    return "\n\n".join(text)


def _load(home: Path, exercise: str) -> dict[str, Any]:
    """Return what is kept of an exercise; a file that is missing or harmed counts as empty."""
    try:
        state = json.loads((home / FOLDER / f"{exercise}.json").read_text(encoding="utf-8"))
        questions = {str(name): float(points) for name, points in state["questions"].items()}
        return {"max_points": float(state["max_points"]), "questions": questions}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {"max_points": 0.0, "questions": {}}


def _save(home: Path, exercise: str, max_points: float, questions: dict[str, float]) -> None:
    text = json.dumps({"max_points": max_points, "questions": questions}, indent=1)
    _replace(home / FOLDER / f"{exercise}.json", text)


def _replace(path: Path, text: str) -> Path:
    """Write a file that nobody sees half written."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    return partial.replace(path)
