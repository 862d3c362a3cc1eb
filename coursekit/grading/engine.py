"""Where submissions are judged: one after the other in this process, or on the workers of a Dask cluster."""

import atexit
import contextlib
import hashlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any, Protocol

from coursekit.grading.answering import AnswerProcess, Disturbed
from coursekit.grading.course import CourseError, parse_notebook
from coursekit.grading.judge import Judged, exercise_of, judge, setup_of
from coursekit.grading.limits import Limits
from coursekit.sandbox import SandboxError, Tier, strongest, tiers, unsafe


@dataclass(frozen=True)
class Request:
    """All that judging one submission needs, to be sent to whoever does it.

    Attributes
    ----------
    student
        The student's id.
    notebooks
        By name without ending: the released notebook and the submitted file.
    seed
        Draws the cases.
    limits
        What the submission may take.
    sandbox
        The tier's name; "strongest" leaves the choice to the machine.
    """

    student: str
    notebooks: dict[str, tuple[str, bytes]]
    seed: int
    limits: Limits
    sandbox: str = "strongest"


@dataclass(frozen=True)
class Answered:
    """What came of a request: each notebook judged, or a sentence why not."""

    student: str
    judged: dict[str, Judged]
    seconds: float
    error: str = ""


class Engine(Protocol):
    """Something that judges."""

    def run(self, requests: Iterable[Request]) -> Iterator[Answered]:
        """Judge requests and give the results as they come, in any order. Few requests are held at a time."""
        ...


class Serial:
    """Judges in this process, one submission after the other."""

    def run(self, requests: Iterable[Request]) -> Iterator[Answered]:
        """Judge each request in turn."""
        return map(answer, requests)


# How often a submission is begun whose answer process somebody kills.
ATTEMPTS = 3
# A Dask worker may have several threads; an answer process serves one submission at a time.
_one_at_a_time = Lock()


def answer(request: Request) -> Answered:
    """Judge one submission in this process; one that cannot be judged is answered with the reason."""
    with _one_at_a_time:
        for _ in range(ATTEMPTS - 1):
            with contextlib.suppress(Disturbed):
                return _answer(request)
        try:
            return _answer(request)
        except Disturbed as error:
            return Answered(request.student, {}, 0.0, f"{error}, {ATTEMPTS} times in a row")


def _answer(request: Request) -> Answered:
    started = time.perf_counter()
    judged: dict[str, Judged] = {}
    try:
        for name, (released_text, submitted) in request.notebooks.items():
            released = _released(released_text)
            process = process_for(released_text, request.limits, request.sandbox)
            notebook = parse_notebook(submitted, f"{name}.ipynb")
            judged[name] = judge(released, notebook, process, request.seed, request.student)
    except SandboxError as error:
        raise CourseError(str(error)) from error
    except CourseError as error:
        return Answered(request.student, {}, time.perf_counter() - started, str(error))
    except Disturbed:
        raise
    except Exception as error:  # what nobody foresaw costs one submission, not the class
        close_processes()
        reason = f"it could not be judged ({type(error).__name__}: {error})"
        return Answered(request.student, {}, time.perf_counter() - started, reason)
    return Answered(request.student, judged, time.perf_counter() - started)


def tier_named(name: str) -> Tier:
    """Return a tier of the sandbox; "strongest" that works here, "none" for no sandbox at all."""
    if name == "none":
        return unsafe()
    if name == "strongest":
        return strongest()
    return next(tier for tier in tiers() if tier.name == name)


# One warm answer process for each exercise, kept from one submission to the next.
_processes: dict[str, AnswerProcess] = {}


def process_for(released_text: str, limits: Limits, sandbox: str = "strongest") -> AnswerProcess:
    """Return the warm answer process for a released notebook; it starts with its first submission."""
    key = hashlib.sha256(f"{limits}{sandbox}{released_text}".encode()).hexdigest()
    if key not in _processes:
        close_processes()
        released = _released(released_text)
        _processes[key] = AnswerProcess(
            exercise_of(released), setup_of(released), limits, tier_named(sandbox)
        )
    return _processes[key]


@atexit.register
def close_processes() -> None:
    """End the answer processes of this process."""
    while _processes:
        _processes.popitem()[1].close()


@cache
def _released(text: str) -> Any:
    return parse_notebook(text.encode(), "the released notebook")
