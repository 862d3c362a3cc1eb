"""Judging one submission: the student's cells run behind the door, the checks run here."""

import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.utils import compute_checksum

from coursekit import checks
from coursekit.checks import Exercise, Outcome, Report
from coursekit.grading.answering import AnswerProcess, Submission
from coursekit.grading.checked import metadata_of
from coursekit.grading.course import CourseError
from coursekit.grading.rebuild import grade_id, is_answer, is_check, rebuild
from coursekit.grading.suspicion import suspicions

CALL = re.compile(r'check\("(\w+)\.(\w+)", globals\(\)(?:, student=\w+)?\)')
EXPERIMENT = "experiment"
"""The tag of a cell whose outcome no check looks at: it is not run when it counts."""
ONLY_HIDDEN = (
    "Right with the numbers of the notebook's check, wrong with other numbers of the same kind. "
    "Is something made to fit the example?"
)


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
    flags = list(rebuilt.flags)
    scores: dict[str, float | None] = {}
    seconds: dict[str, float] = {}
    graded = [i for i, cell in enumerate(notebook.cells) if cell.metadata.get("nbgrader", {}).get("grade")]
    with Submission(process) as submission:
        for number, cell in enumerate(notebook.cells[: max(graded, default=-1) + 1], start=1):
            if cell.cell_type != "code":
                continue
            if is_check(cell):
                started = time.perf_counter()
                function = _question_of(cell)
                report = ask(exercise, function, submission, seed, student)
                seconds[function] = time.perf_counter() - started
                flags += [
                    f"the check {function}.{verdict.check} broke: {verdict.message.splitlines()[0]}"
                    for verdict in report.verdicts
                    if verdict.outcome is Outcome.BROKEN
                ]
                if any(verdict.outcome is Outcome.TOO_SLOW for verdict in report.verdicts):
                    flags.append(f"{function} took too long")
                scores[str(grade_id(cell))] = report.points
                cell.outputs = [_shown(report, number)]
            elif EXPERIMENT not in cell.metadata.get("tags", []):
                if is_answer(cell) or grade_id(cell) is None:
                    flags += [f"cell {number} {what}" for what in suspicions(cell.source, exercise.forbids)]
                outputs = submission.cell(cell.source)
                if any(output.get("ename") == "TimeLimit" for output in outputs):
                    flags.append(f"cell {number} took too long")
                cell.outputs = [nbformat.from_dict(output) for output in outputs]  # type: ignore[no-untyped-call]
            cell.execution_count = number
    unchanged = {str(grade_id(c)): _is_unchanged(c) for c in notebook.cells if is_answer(c)}
    for cell in notebook.cells:
        mark = cell.metadata.get("nbgrader", {})
        if mark.get("grade") and mark.get("solution"):
            scores[str(grade_id(cell))] = 0.0 if _is_unchanged(cell) else None
    return Judged(
        # In one line: Python writes indented JSON a hundred times slower, and no person reads it.
        text=json.dumps(notebook, ensure_ascii=False, sort_keys=True) + "\n",
        scores=scores,
        unchanged=unchanged,
        seconds=seconds,
        flags=tuple(dict.fromkeys([*flags, *submission.flags])),
    )


def ask(exercise: Exercise, function: str, submission: Submission, seed: int, student: str) -> Report:
    """Return the report of a question; messages are about the notebook's own cases, not the hidden ones."""
    with submission.question() as answers:
        hidden = exercise.run(function, answers, seed, student)
    wrong = {verdict.check for verdict in hidden.verdicts if verdict.outcome is Outcome.WRONG}
    if not wrong:
        return hidden
    with submission.question() as answers:
        public = exercise.run(function, answers, 0, student, only=wrong)
    said = {v.check: v.message if v.outcome is not Outcome.RIGHT else ONLY_HIDDEN for v in public.verdicts}
    verdicts = [replace(v, message=said[v.check]) if v.check in wrong else v for v in hidden.verdicts]
    return Report(function, tuple(verdicts))


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
