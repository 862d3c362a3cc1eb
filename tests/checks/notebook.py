"""The source notebook of an exercise, and the answers in it."""

import functools
import re
from pathlib import Path

import nbformat

from coursekit import checks
from coursekit.answers import LocalAnswers
from coursekit.checks import Outcome

SOURCE = Path(__file__).parents[2] / "exercises" / "source"


def read(name):
    """Return the source notebook of an exercise."""
    return nbformat.read(SOURCE / name / f"{name}.ipynb", as_version=4)


def mark(cell):
    """Return nbgrader's mark of a cell."""
    return cell.metadata.get("nbgrader", {})


def solution(name):
    """Return the namespace after the code before the last check, without checks and experiments."""
    cells = read(name).cells
    last = max(i for i, cell in enumerate(cells) if mark(cell).get("grade"))
    namespace = {"__name__": "__main__"}
    for cell in cells[:last]:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code" and not is_check(cell) and "experiment" not in tags:
            exec(re.sub(r"^%.*$", "", cell.source, flags=re.MULTILINE), namespace)
    return namespace


def is_check(cell):
    """Whether the cell checks an answer."""
    return bool(mark(cell).get("grade")) and not mark(cell).get("solution")


def mutated(namespace, mutant):
    """Return the namespace with a mutant in the place of the right answer."""
    right = namespace[mutant.function]
    namespace[mutant.function] = functools.partial(mutant.wrong, right)
    return namespace


def lost(name, namespace, seed=0, student=""):
    """Return the checks that the answers in `namespace` fail, as "question.check", and all messages."""
    exercise = checks.get(name)
    answers = [(q.function, LocalAnswers(namespace, shortcuts=exercise.forbids)) for q in exercise.questions]
    reports = [exercise.run(function, local, seed, student) for function, local in answers]
    verdicts = [(f"{r.question}.{v.check}", v) for r in reports for v in r.verdicts]
    assert [v.message for _, v in verdicts if v.outcome is Outcome.BROKEN] == []
    return {name for name, v in verdicts if v.points < v.max_points}, [v.message for _, v in verdicts]
