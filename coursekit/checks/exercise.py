"""What a graded exercise is made of: questions, checks, and the wrong answers that prove them.

An exercise is data: a tuple of questions, a tuple of mutants. One function, `Exercise.run`, walks it.
"""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np

from coursekit.answers import AnswerError, Answers, LocalAnswers, NotWritten, TimedOut, Value
from coursekit.checks.compare import describe, difference, equal
from coursekit.checks.picture import picture
from coursekit.checks.verdict import Outcome, Report, Verdict


class Wrong(Exception):  # noqa: N818  an outcome, not an error
    """The answer is wrong. The message says in which case, where, and what was expected.

    Attributes
    ----------
    values
        The result and what was expected, where the two were compared.
    """

    def __init__(self, message: str, *values: Value) -> None:
        super().__init__(message)
        self.values = values


@dataclass(frozen=True)
class Draw:
    """An array argument that is drawn anew for every seed: standard normal, float64."""

    shape: tuple[int, ...]

    def __init__(self, *shape: int) -> None:
        object.__setattr__(self, "shape", shape)


Case = dict[str, Any]
"""Arguments by name; a Draw stands for an array."""
Cases = tuple[Case, ...] | Callable[[np.random.Generator], tuple[Case, ...]]
"""The cases, or what draws them from the student's own random numbers."""
Observe = Callable[[Answers, Case], Value]
"""Looks at answers in one case and returns what is to be compared with the reference's."""


@dataclass(frozen=True, eq=False)
class Mutant:
    """A wrong answer that students really give.

    Attributes
    ----------
    function
        The student's function that is wrong.
    wrong
        Computes the wrong result, or makes the wrong object; its first argument is the right function or
        class, the others are its own. The first line of its docstring says what it computes.
    loses
        The checks that it must fail, as "question.check". It passes all others, but for:
    may_lose
        The checks that it fails for some seeds and not for others: a share of images told right that is near
        the one asked for.
    told
        Whether a student whose results are the same is told so. Not where what is wrong is not the result: a
        speed, an accuracy.
    """

    function: str
    wrong: Callable[..., Any]
    loses: frozenset[str] | set[str]
    told: bool = True
    may_lose: frozenset[str] | set[str] = frozenset()

    @property
    def name(self) -> str:
        """How the mutant is called in tables."""
        return f"{self.function}: {self.wrong.__name__.replace('_', ' ')}"

    @property
    def says(self) -> str:
        """What the wrong result is, for a student whose result is the same."""
        line = (self.wrong.__doc__ or "").splitlines()[0].removesuffix(".")
        return f"Your result equals {line[:1].lower()}{line[1:]}."


@dataclass(frozen=True, eq=False)
class Check:
    """One thing that is looked at.

    In every case, what `observe` finds in the answers is compared with what it finds in the reference and, if
    they differ, in each mutant, so that a known mistake can be named.

    Attributes
    ----------
    name
        Unique within the question.
    about
        What it looks at, in a few words, for the student.
    points
        What a right answer earns.
    cases
        The arguments to call the question's function with, or a function that draws them for the student.
    observe
        What is compared; None compares what the question's function returns.
    judge
        Looks at the answers itself and raises `Wrong`, where there is nothing to compare with: a speed, an
        accuracy. It takes the place of `observe`.
    """

    name: str
    about: str
    points: float
    cases: Cases
    observe: Observe | None = None
    judge: Callable[[Answers, Case], None] | None = None


@dataclass(frozen=True, eq=False)
class Question:
    """One function for the student to write, and its checks. One test cell of the notebook.

    Attributes
    ----------
    function
        The student's function, after which the question is called.
    reference
        Gives the right result for the same arguments.
    checks
        What is looked at.
    """

    function: str
    reference: Callable[..., Any]
    checks: tuple[Check, ...]


@dataclass(frozen=True, eq=False)
class Exercise:
    """A graded exercise: one notebook.

    Attributes
    ----------
    name
        The name of its folder and notebook.
    questions
        In the order of the notebook.
    mutants
        The wrong answers that prove the checks.
    forbids
        Dotted names of functions that must not be called, since that would be the exercise.
    visible
        What of coursekit the answers may import when it counts, as dotted names such as
        "coursekit.networks"; nothing in them may know what is right.
    """

    name: str
    questions: tuple[Question, ...]
    mutants: tuple[Mutant, ...]
    forbids: tuple[str, ...] = ()
    visible: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        """What a right answer to everything earns."""
        return sum(check.points for question in self.questions for check in question.checks)

    def points_lost(self, mutant: Mutant) -> float:
        """Return how many points the mutant must lose."""
        return sum(
            check.points
            for question in self.questions
            for check in question.checks
            if f"{question.function}.{check.name}" in mutant.loses
        )

    def reference(self) -> dict[str, Callable[..., Any]]:
        """Return the right answers by name."""
        return {question.function: question.reference for question in self.questions}

    def run(
        self,
        function: str,
        answers: Answers,
        seed: int = 0,
        student: str = "",
        only: Collection[str] | None = None,
        pictures: bool = False,
        explain: bool = True,
    ) -> Report:
        """Run the checks of the question about `function`.

        Parameters
        ----------
        function
            The question.
        answers
            The door to the submission.
        seed
            Draws the arrays of the cases.
        student
            Whose answers they are, for cases that every student has of their own.
        only
            The names of the checks to run; None runs all.
        pictures
            Whether to draw expected beside yours: for instant help only. There is none where the numbers
            of a case are a student's own, since there the result is the exercise.
        explain
            Whether to look for a mutant that gives the same result as a wrong answer.

        Raises
        ------
        ValueError
            If the exercise has no such question.
        """
        question = self.question(function)
        verdicts: list[Verdict] = []
        too_slow = False
        for check in question.checks:
            if only is not None and check.name not in only:
                continue
            outcome, message, shown = Outcome.RIGHT, "", ""
            try:
                if too_slow:
                    raise TimedOut("Not tried, since the call before did not end.")
                whose = student if callable(check.cases) else ""
                for number, case in enumerate(self._drawn(check, question, seed, whose)):
                    known = partial(_known, self, question, check, seed, whose, number)
                    self._judge(question, check, answers, case, known, explain)
            except NotWritten as error:
                outcome, message = Outcome.NOT_WRITTEN, str(error)
            except TimedOut as error:
                too_slow = True
                outcome, message = Outcome.TOO_SLOW, str(error)
            except (AnswerError, Wrong) as error:
                outcome, message = Outcome.WRONG, str(error)
                if pictures and isinstance(error, Wrong) and error.values and not callable(check.cases):
                    shown = picture(*error.values)
            except Exception as error:
                outcome = Outcome.BROKEN
                message = f"{type(error).__name__}: {error}. This is not your fault: tell your instructor."
            verdicts.append(Verdict(check.name, check.about, outcome, check.points, message, shown))
        return Report(function, tuple(verdicts))

    def question(self, function: str) -> Question:
        """Return the question about `function`; raise `ValueError` if there is none."""
        for question in self.questions:
            if question.function == function:
                return question
        there_are = ", ".join(question.function for question in self.questions)
        raise ValueError(f"{self.name} has no question {function!r}; there are: {there_are}")

    def cases(self, check: Check, question: Question, student: str) -> tuple[Case, ...]:
        """Return the cases of a check, drawn for the student where every student has cases of their own."""
        if not callable(check.cases):
            return check.cases
        text = f"{self.name}.{question.function}.{check.name}.{student}"
        return check.cases(np.random.default_rng(list(hashlib.sha256(text.encode()).digest())))

    def _drawn(self, check: Check, question: Question, seed: int, student: str) -> list[Case]:
        # A stream of its own for every check: the same arrays whatever ran before.
        rng = np.random.default_rng([seed, question.checks.index(check)])
        return [draw(case, rng) for case in self.cases(check, question, student)]

    def _judge(
        self,
        question: Question,
        check: Check,
        answers: Answers,
        case: Case,
        known: Callable[[Mutant | None], Value],
        explain: bool,
    ) -> None:
        if check.judge is not None:
            check.judge(answers, case)
            return
        expected = known(None)
        try:
            got = _observe(check, question, answers, case)
        except (NotWritten, TimedOut):
            raise
        except AnswerError as error:
            raise Wrong(f"{call_text(question.function, case)}\n{error}") from None
        if (what := difference(got, expected)) is None:
            return
        message = f"{call_text(question.function, case)}\n{what}"
        for mutant in self.mutants if explain else ():
            if mutant.function != question.function or (wrong := known(mutant)) is None:
                continue
            if equal(got, wrong):
                message += f"\n{mutant.says}"
                break
        raise Wrong(message, got, expected)


@lru_cache(maxsize=512)
def _known(
    exercise: Exercise,
    question: Question,
    check: Check,
    seed: int,
    student: str,
    number: int,
    mutant: Mutant | None,
) -> Value:
    """Return what is right in a drawn case, or what a mutant gives (None if it gives nothing).

    Computed once for all who are asked the same.
    """
    case = exercise._drawn(check, question, seed, student)[number]
    right = exercise.reference()
    if mutant is None:
        return _observe(check, question, LocalAnswers(right), case)
    wrong = right | {mutant.function: partial(mutant.wrong, right[mutant.function])}
    try:
        return _observe(check, question, LocalAnswers(wrong), case)
    except Exception:  # a wrong way of computing need not work for every case
        return None


def _observe(check: Check, question: Question, answers: Answers, case: Case) -> Value:
    if check.observe is not None:
        return check.observe(answers, case)
    return answers.call(question.function, **case)


def draw(case: Case, rng: np.random.Generator) -> Case:
    """Return the case with an array for every `Draw`."""
    return {
        name: rng.standard_normal(value.shape) if isinstance(value, Draw) else value
        for name, value in case.items()
    }


def call_text(function: str, case: Case) -> str:
    """Return the call as a message names it: arrays by their shape."""
    return f"{function}({', '.join(f'{name}={describe(value)}' for name, value in case.items())})"
