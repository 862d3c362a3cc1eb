"""Proving the checks of an exercise: each wrong answer of its bank fails what it should, and nothing else."""

import functools
import re
from dataclasses import dataclass
from typing import Any

from coursekit.answers import LocalAnswers
from coursekit.checks.exercise import Exercise, Mutant
from coursekit.checks.verdict import Outcome, Verdict


@dataclass(frozen=True)
class Trial:
    """What became of one mutant.

    Attributes
    ----------
    mutant
        The wrong answer.
    lost
        The checks that it failed, as "question.check".
    messages
        What a student with this answer is told.
    broken
        The checks that broke on it.
    """

    mutant: Mutant
    lost: frozenset[str]
    messages: tuple[str, ...]
    broken: frozenset[str]

    @property
    def complaint(self) -> str:
        """What is wrong about the trial, "" if nothing is."""
        if self.broken:
            return f"broke {', '.join(sorted(self.broken))}"
        if survived := self.mutant.loses - self.lost:
            return f"survived {', '.join(sorted(survived))}"
        if too_many := self.lost - self.mutant.loses:
            return f"failed {', '.join(sorted(too_many))}, which it should not"
        if self.mutant.told and not any(self.mutant.says in message for message in self.messages):
            return "is not named in any message"
        return ""


def solution(notebook: Any) -> dict[str, Any]:
    """Return the names after the code of a source notebook up to its last check.

    Checks and cells tagged as experiments do not run. The notebook is the author's own.
    """
    marks = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    last = max(i for i, mark in enumerate(marks) if mark.get("grade"))
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for cell, mark in zip(notebook.cells[:last], marks, strict=False):
        is_check = mark.get("grade") and not mark.get("solution")
        if cell.cell_type == "code" and not is_check and "experiment" not in cell.metadata.get("tags", []):
            exec(re.sub(r"^%.*$", "", cell.source, flags=re.MULTILINE), namespace)
    return namespace


def verdicts(
    exercise: Exercise, namespace: dict[str, Any], seed: int = 0, student: str = ""
) -> dict[str, Verdict]:
    """Return the verdicts on the answers in `namespace`, by "question.check"."""
    found: dict[str, Verdict] = {}
    for question in exercise.questions:
        answers = LocalAnswers(namespace, shortcuts=exercise.forbids)
        report = exercise.run(question.function, answers, seed, student)
        found |= {f"{question.function}.{verdict.check}": verdict for verdict in report.verdicts}
    return found


def trial(exercise: Exercise, mutant: Mutant, notebook: Any) -> Trial:
    """Run one mutant, put into the solution of a source notebook where the right answer stood."""
    names = solution(notebook)
    names[mutant.function] = functools.partial(mutant.wrong, names[mutant.function])
    found = verdicts(exercise, names)
    return Trial(
        mutant,
        frozenset(name for name, v in found.items() if v.points < v.max_points),
        tuple(v.message for v in found.values()),
        frozenset(name for name, v in found.items() if v.outcome is Outcome.BROKEN),
    )
