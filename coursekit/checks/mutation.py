"""Proving the checks of an exercise: each wrong answer of its bank fails what it should, and nothing else."""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from types import CodeType
from typing import Any

from coursekit.answers import LocalAnswers
from coursekit.checks.exercise import Exercise, Mutant, Question
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
        if too_many := self.lost - self.mutant.loses - self.mutant.may_lose:
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
    exercise: Exercise,
    namespace: dict[str, Any],
    seed: int = 0,
    student: str = "",
    questions: Iterable[Question] | None = None,
) -> dict[str, Verdict]:
    """Return the verdicts on the answers in `namespace`, to all questions or some, by "question.check"."""
    found: dict[str, Verdict] = {}
    for question in exercise.questions if questions is None else questions:
        answers = LocalAnswers(namespace, shortcuts=exercise.forbids)
        report = exercise.run(question.function, answers, seed, student)
        found |= {f"{question.function}.{verdict.check}": verdict for verdict in report.verdicts}
    return found


class Bank:
    """The wrong answers of an exercise, tried one by one in the solution of its source notebook.

    A mutant is asked those questions only whose checks or right answers use its function, directly or through
    others: to the rest it answers as the solution does, which loses nothing.

    Parameters
    ----------
    exercise
        Its mutants are the bank.
    notebook
        The source notebook.
    """

    def __init__(self, exercise: Exercise, notebook: Any) -> None:
        self._exercise = exercise
        self._notebook = notebook
        names = solution(notebook)
        self._uses: dict[str, set[str]] = {}
        for question in exercise.questions:
            asked = _Asked(names)
            verdicts(exercise, asked, questions=(question,))
            self._uses[question.function] = _reached(asked.names, names)

    def trial(self, mutant: Mutant) -> Trial:
        """Run one mutant, put where the right answer stood."""
        names = solution(self._notebook)
        names[mutant.function] = functools.partial(mutant.wrong, names[mutant.function])
        concerned = [q for q in self._exercise.questions if mutant.function in self._uses[q.function]]
        found = verdicts(self._exercise, names, questions=concerned)
        return Trial(
            mutant,
            frozenset(name for name, v in found.items() if v.points < v.max_points),
            tuple(v.message for v in found.values()),
            frozenset(name for name, v in found.items() if v.outcome is Outcome.BROKEN),
        )


class _Asked(dict[str, Any]):
    """Names that remember which of them were asked for."""

    def __init__(self, names: dict[str, Any]) -> None:
        super().__init__(names)
        self.names: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.names.add(key)
        return super().get(key, default)


def _reached(start: Iterable[str], names: dict[str, Any]) -> set[str]:
    """Return which of the names the code of some of them names, directly or through others."""
    waiting, reached = list(start), set[str]()
    while waiting:
        name = waiting.pop()
        if name in names and name not in reached:
            reached.add(name)
            waiting += _named_in(names[name])
    return reached


def _named_in(thing: Any) -> set[str]:
    """Return the names in the code of a function, of a class and its own bases, or of code itself."""
    if isinstance(thing, type):
        own = [base for base in thing.__mro__ if base.__module__ == "__main__"]
        parts = [part for base in own for part in vars(base).values()]
    elif isinstance(thing, property):
        parts = [thing.fget, thing.fset]
    else:
        thing = getattr(thing, "__func__", thing)  # of a static method or a class method
        code = getattr(thing, "__code__", thing)
        if not isinstance(code, CodeType):
            return set()
        return set(code.co_names).union(*map(_named_in, code.co_consts))
    return set().union(*map(_named_in, parts))
