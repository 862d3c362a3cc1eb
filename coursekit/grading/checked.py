"""What the judge found at each check, kept in the graded notebook, where only the judge writes outputs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from coursekit.checks import Report

_KEY = "coursekit"


@dataclass(frozen=True)
class Checked:
    """One check of one submission.

    Attributes
    ----------
    check
        Its name, "question.check".
    about
        What it looks at.
    outcome
        The value of `coursekit.checks.verdict.Outcome`.
    points, max_points
        What it gave and may give.
    message
        What the student was told.
    """

    check: str
    about: str
    outcome: str
    points: float
    max_points: float
    message: str


def metadata_of(report: Report) -> dict[str, Any]:
    """Return the metadata of the output that shows a report."""
    rows = [
        Checked(f"{report.question}.{v.check}", v.about, v.outcome.value, v.points, v.max_points, v.message)
        for v in report.verdicts
    ]
    return {_KEY: [asdict(row) for row in rows]}


def read_checked(folder: Path) -> dict[str, Checked]:
    """Return what was found at each check of a graded submission, by the check's name.

    Parameters
    ----------
    folder
        The submission's, under `autograded/`. What cannot be read there, or was graded before such notes were
        made, is left out.
    """
    found: dict[str, Checked] = {}
    for path in sorted(folder.glob("*.ipynb")):
        try:
            cells = json.loads(path.read_bytes())["cells"]
            outputs = [output for cell in cells for output in cell.get("outputs", ())]
            rows = [Checked(**row) for output in outputs for row in output.get("metadata", {}).get(_KEY, ())]
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            continue
        found |= {row.check: row for row in rows}
    return found


def changes_between(before: Mapping[str, Checked], after: Mapping[str, Checked]) -> Iterator[str]:
    """Give the checks whose points differ; a check that was not there before, or is no longer, had none."""
    for name in dict.fromkeys([*before, *after]):
        old, new = (found[name].points if name in found else 0.0 for found in (before, after))
        if before and old != new:
            yield f"{name} {old:g} -> {new:g}"
