"""Judging one submission: the student's cells run behind the door, the checks run here.

A submission runs twice, in processes that share nothing. In the first run the hidden cases are asked, and
all that comes of it is which checks are right. In the second the cells' outputs are kept, and of checks
that were not right the notebook's own cases are asked again, for what the student reads. So nothing that a
student reads comes from a process that ever saw a hidden case, whatever its code notes down and prints
later. Where no cell showed anything in the first run, the second goes no further than the last check that
was not right.
"""

import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.utils import compute_checksum

from coursekit import checks
from coursekit.checks import Exercise, Outcome, Report
from coursekit.grading.answering import AnswerProcess, Submission
from coursekit.grading.checked import metadata_of
from coursekit.grading.course import CourseError
from coursekit.grading.harmless import make_harmless
from coursekit.grading.limits import Limits
from coursekit.grading.rebuild import grade_id, is_answer, is_check, rebuild
from coursekit.grading.sanitise import one_line
from coursekit.grading.suspicion import suspicions

CALL = re.compile(r'check\("(\w+)\.(\w+)", globals\(\)(?:, student=\w+)?\)')
EXPERIMENT = "experiment"
"""The tag of a cell whose outcome no check looks at: it is not run when it counts."""
ONLY_HIDDEN = (
    "Right with the numbers of the notebook's check, wrong with other numbers of the same kind. "
    "Is something made to fit the example?"
)
TOO_SLOW = (
    "Stopped, or not tried since a call before it was stopped: a call may take {call_seconds:g} seconds, all "
    "calls of a question {question_seconds:g} (the limits call_seconds and question_seconds). Does a loop "
    "never end?"
)
MOST_FLAGS = 50


@dataclass(frozen=True)
class Judged:
    """What became of one notebook.

    Attributes
    ----------
    text
        The graded notebook, as the text of its file.
    scores
        For each graded cell its points; None where a person has to grade.
    unchanged
        For each cell that was the student's to write, whether it is as released.
    seconds
        How long each question took.
    flags
        What a person should look at.
    """

    text: str
    scores: Mapping[str, float | None]
    unchanged: Mapping[str, bool]
    seconds: Mapping[str, float] = field(default_factory=dict)
    flags: tuple[str, ...] = ()


def course_seed(root: Path) -> bytes:
    """Return the secret from which the cases of the graded checks are drawn; made at its first use."""
    path = root / ".seed"
    if not path.exists():
        partial = root / f".seed.{secrets.token_hex(4)}"
        partial.touch(mode=0o600)
        partial.write_text(secrets.token_hex(32) + "\n")
        partial.replace(path)
    try:
        return bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise CourseError(f"{path} does not hold the course's seed: put it back, or delete it") from error


def exercise_seed(secret: bytes, exercise: str) -> int:
    """Return the seed of an exercise's cases, the same for all students."""
    return int.from_bytes(hmac.digest(secret, exercise.encode(), hashlib.sha256)[:8], "big")


def exercise_of(released: Any) -> Exercise:
    """Return the exercise whose checks a released notebook calls.

    Raises
    ------
    CourseError
        If a check cell is anything but a call of `check`, or its points are not those of the checks.
    """
    names = set()
    for cell in released.cells:
        if is_check(cell):
            call = CALL.fullmatch(cell.source.strip())
            if call is None:
                raise CourseError(
                    f'the cell {grade_id(cell)} is not a call such as check("conv_forward.pad", globals()): '
                    "only such checks run outside of the student's Python. nbgrader autograde grades others, "
                    "without protection"
                )
            names.add(call[1])
            _question_of(cell)
    if len(names) != 1:
        raise CourseError(f"a notebook has the checks of one exercise, this one of {len(names)}")
    return checks.get(names.pop())


def setup_of(released: Any) -> str:
    """Return the released code that stands before the first answer, which every submission runs first."""
    sources = []
    for cell in released.cells:
        if is_answer(cell):
            break
        if cell.cell_type == "code":
            sources.append(cell.source)
    return "\n".join(sources)


def judge(released: Any, submitted: Any, process: AnswerProcess, seed: int, student: str) -> Judged:
    """Grade one submitted notebook.

    Parameters
    ----------
    released, submitted
        The notebooks.
    process
        Where the student's cells run.
    seed
        Draws the cases, besides those of the notebook's own check.
    student
        The student's id, for questions whose numbers every student has of their own.
    """
    rebuilt = rebuild(released, submitted)
    notebook = rebuilt.notebook
    exercise = exercise_of(released)
    flags = [*rebuilt.flags, *_suspicions(notebook, exercise)]
    reports: dict[str, Report] = {}
    seconds: dict[str, float] = {}
    last = 0  # the cell up to which there must be a second run
    with Submission(process) as submission:
        for number, cell in _cells_to_run(notebook):
            if is_check(cell):
                function = _question_of(cell)
                started = time.perf_counter()
                with submission.question() as answers:
                    report = exercise.run(function, answers, seed, student, explain=False)
                seconds[function] = time.perf_counter() - started
                flags += _flags_of(report)
                reports[str(grade_id(cell))] = report
                if _to_explain(report):
                    last = max(last, number)
            elif outputs := submission.cell(cell.source):
                last = len(notebook.cells)
                if any(output.get("ename") == "TimeLimit" for output in outputs):
                    flags.append(f"cell {number} took too long")
    flags += submission.flags
    with Submission(process) as submission:
        for number, cell in _cells_to_run(notebook):
            if is_check(cell):
                report = _explained(
                    reports[str(grade_id(cell))], exercise, submission, student, process.limits
                )
                cell.outputs = [_shown(report, number)]
            else:
                outputs = submission.cell(cell.source) if number <= last else []
                cell.outputs = [nbformat.from_dict(output) for output in outputs]  # type: ignore[no-untyped-call]
            cell.execution_count = number
    flags += submission.flags
    scores: dict[str, float | None] = {name: report.points for name, report in reports.items()}
    unchanged = {str(grade_id(c)): _is_unchanged(c) for c in notebook.cells if is_answer(c)}
    for cell in notebook.cells:
        mark = cell.metadata.get("nbgrader", {})
        if mark.get("grade") and mark.get("solution"):
            scores[str(grade_id(cell))] = 0.0 if _is_unchanged(cell) else None
    make_harmless(notebook, released)
    return Judged(
        # In one line: Python writes indented JSON a hundred times slower, and no person reads it.
        text=json.dumps(notebook, ensure_ascii=False, sort_keys=True) + "\n",
        scores=scores,
        unchanged=unchanged,
        seconds=seconds,
        flags=_readable(flags),
    )


def _cells_to_run(notebook: Any) -> Iterator[tuple[int, Any]]:
    """Give the code cells up to the last graded one, with their numbers."""
    graded = [i for i, cell in enumerate(notebook.cells) if cell.metadata.get("nbgrader", {}).get("grade")]
    for number, cell in enumerate(notebook.cells[: max(graded, default=-1) + 1], start=1):
        if cell.cell_type == "code" and EXPERIMENT not in cell.metadata.get("tags", []):
            yield number, cell


def _to_explain(report: Report) -> set[str]:
    """Return the checks that are asked again with the notebook's own cases, for what the student reads."""
    return {v.check for v in report.verdicts if v.outcome not in (Outcome.RIGHT, Outcome.TOO_SLOW)}


def _explained(
    report: Report, exercise: Exercise, submission: Submission, student: str, limits: Limits
) -> Report:
    """Return a report of the hidden cases with messages about the notebook's own."""
    again = _to_explain(report)
    too_slow = TOO_SLOW.format(**asdict(limits))
    said = {v.check: too_slow for v in report.verdicts if v.outcome is Outcome.TOO_SLOW}
    if again:
        with submission.question() as answers:
            public = exercise.run(report.question, answers, 0, student, only=again)
        said |= {
            v.check: v.message if v.outcome is not Outcome.RIGHT else ONLY_HIDDEN for v in public.verdicts
        }
    return Report(report.question, tuple(replace(v, message=said.get(v.check, "")) for v in report.verdicts))


def _suspicions(notebook: Any, exercise: Exercise) -> Iterator[str]:
    for number, cell in _cells_to_run(notebook):
        if is_answer(cell) or grade_id(cell) is None:
            yield from (f"cell {number} {what}" for what in suspicions(cell.source, exercise.forbids))


def _flags_of(report: Report) -> Iterator[str]:
    for verdict in report.verdicts:
        if verdict.outcome is Outcome.BROKEN:
            yield f"the check {report.question}.{verdict.check} broke: {verdict.message}"
    if any(verdict.outcome is Outcome.TOO_SLOW for verdict in report.verdicts):
        yield f"{report.question} took too long"


def _readable(flags: list[str]) -> tuple[str, ...]:
    """Return flags, parts of which a stranger wrote, as a person can read them: each once, not too many."""
    found = list(dict.fromkeys(one_line(flag) for flag in flags))
    more = [f"and {len(found) - MOST_FLAGS} more"] if len(found) > MOST_FLAGS else []
    return tuple(found[:MOST_FLAGS] + more)


def _question_of(cell: Any) -> str:
    """Return the function that a check cell is about, whose points must be the cell's."""
    call = CALL.fullmatch(cell.source.strip())
    assert call is not None
    try:
        question = checks.get(call[1]).question(call[2])
    except ValueError as error:
        raise CourseError(f"the cell {grade_id(cell)}: {error}") from error
    points = sum(check.points for check in question.checks)
    if points != cell.metadata.nbgrader.points:
        raise CourseError(
            f"the cell {grade_id(cell)} gives {cell.metadata.nbgrader.points:g} points, its checks {points:g}"
        )
    return question.function


def _is_unchanged(cell: Any) -> bool:
    return bool(cell.metadata.nbgrader.get("checksum") == compute_checksum(cell))


def _shown(report: Report, number: int) -> Any:
    data = {"text/plain": repr(report), "text/html": report._repr_html_()}
    output = {"output_type": "execute_result", "execution_count": number, "data": data}
    return nbformat.from_dict(output | {"metadata": metadata_of(report)})  # type: ignore[no-untyped-call]
