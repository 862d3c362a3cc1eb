"""Entering what was judged into nbgrader's gradebook, as its own autograder would."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from traitlets.config import Config

from coursekit.grading.judge import Judged
from coursekit.grading.late import penalty


def book(
    gradebook: Any,
    exercise: str,
    student: str,
    judged: Mapping[str, Judged],
    submitted_at: datetime | None,
    config: Config,
) -> None:
    """Enter the points of a submission, in one transaction.

    Points and comments that a person gave stay; a question that a person had graded is marked for another
    look, since the submission has changed.

    Parameters
    ----------
    gradebook
        An open `nbgrader.api.Gradebook`.
    exercise, student
        Whose it is.
    judged
        By notebook, without ending.
    submitted_at
        When it was handed in (UTC), None if that is not known.
    config
        The course's: it may name another plug-in for late submissions.
    """
    when = {} if submitted_at is None else {"timestamp": submitted_at}
    with _one_transaction(gradebook):
        gradebook.update_or_create_student(student)
        submission = gradebook.update_or_create_submission(exercise, student, **when)
        for notebook in submission.notebooks:
            found = judged[notebook.name]
            for entry in notebook.grades:
                entry.auto_score = found.scores[entry.name]
                entry.needs_manual_grade = entry.manual_score is not None or entry.auto_score is None
            for comment in notebook.comments:
                comment.auto_comment = "No response." if found.unchanged.get(comment.name) else None
            notebook.late_submission_penalty = None
            if submission.total_seconds_late > 0:
                gradebook.db.flush()  # the score is computed by the database
                gradebook.db.refresh(notebook)
                late = submission.total_seconds_late
                notebook.late_submission_penalty = penalty(
                    gradebook, exercise, student, notebook.score, late, config
                )


def book_zero(gradebook: Any, exercise: str, student: str) -> None:
    """Enter zero points for a submission that could not be graded."""
    with _one_transaction(gradebook):
        gradebook.update_or_create_student(student)
        submission = gradebook.update_or_create_submission(exercise, student)
        for notebook in submission.notebooks:
            for entry in notebook.grades:
                entry.auto_score = 0.0
                entry.needs_manual_grade = False


@contextmanager
def _one_transaction(gradebook: Any) -> Iterator[None]:
    """Make nbgrader's methods, each of which commits what it did, part of one transaction: the block."""
    session = gradebook.db
    session.commit = session.flush  # hides the method of the class
    try:
        with session.no_autoflush:
            yield
    except BaseException:
        session.rollback()
        raise
    finally:
        del session.commit
    session.commit()
