"""The source notebook of an exercise, and the answers in it."""

import functools
from pathlib import Path

import nbformat

from coursekit import checks
from coursekit.checks import Outcome, mutation

SOURCE = Path(__file__).parents[2] / "exercises" / "source"


def read(name):
    """Return the source notebook of an exercise."""
    return nbformat.read(SOURCE / name / f"{name}.ipynb", as_version=4)


def mark(cell):
    """Return nbgrader's mark of a cell."""
    return cell.metadata.get("nbgrader", {})


def is_check(cell):
    """Whether the cell checks an answer."""
    return bool(mark(cell).get("grade")) and not mark(cell).get("solution")


def solution(name):
    """Return the names after the code before the last check, without checks and experiments."""
    return mutation.solution(read(name))


def mutated(namespace, mutant):
    """Return the namespace with a mutant in the place of the right answer."""
    namespace[mutant.function] = functools.partial(mutant.wrong, namespace[mutant.function])
    return namespace


def lost(name, namespace, seed=0, student=""):
    """Return the checks that the answers in `namespace` fail, as "question.check", and all messages."""
    verdicts = mutation.verdicts(checks.get(name), namespace, seed, student)
    assert [v.message for v in verdicts.values() if v.outcome is Outcome.BROKEN] == []
    return {check for check, v in verdicts.items() if v.points < v.max_points}, [
        v.message for v in verdicts.values()
    ]
