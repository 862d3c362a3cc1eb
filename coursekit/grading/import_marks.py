"""Marks out of a table that was edited in a spreadsheet, into the gradebook."""

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursekit.grading.course import Course, CourseError
from coursekit.grading.spreadsheets import EDITABLE, MARKS_COLUMNS, read_text, text_field

_KEY = ("assignment", "notebook", "student_id", "question")


@dataclass(frozen=True)
class Change:
    """What an edited table changes in the gradebook.

    Attributes
    ----------
    student, exercise, question
        Where; the question is empty for what is taken off for being late.
    what
        One of `spreadsheets.EDITABLE`.
    before, after
        A number, a text, or None for nothing.
    """

    student: str
    exercise: str
    question: str
    what: str
    before: float | str | None
    after: float | str | None


def import_marks(course: Course, path: Path, *, dry_run: bool = False) -> list[Change]:
    """Enter what was edited in a table that `export_grades` wrote as *marks*.

    Rows may be missing or in another order, as may all columns but those that say where a mark belongs.
    Separators may be commas, semicolons or tabs, and numbers have decimal commas, as spreadsheets write them
    in some languages. Names are only for the reader; the gradebook's stay. All changes are made, or none.

    Parameters
    ----------
    course, path
        Whose gradebook, and the table.
    dry_run
        Whether to return the changes without making them.

    Returns
    -------
    list of Change
        In the table's order.

    Raises
    ------
    CourseError
        If the table cannot be read, has a row that belongs nowhere, is there twice or was graded anew since,
        or a value that is no mark. The message lists the first ten such rows. Nothing is changed then.
    """
    rows = list(_rows(path))
    with course.gradebook() as gradebook:
        places = _places(gradebook)
        faults: list[str] = []
        changes: list[tuple[Change, Any]] = []
        seen = set()
        for line, row in rows:
            key = tuple(row[name] for name in _KEY)
            try:
                if key in seen:
                    raise ValueError("is there twice")
                seen.add(key)
                if not row["notebook"] and not row["question"]:  # who has handed in nothing
                    if any(row.get(name) for name in EDITABLE):
                        raise ValueError("has marks, but nothing was handed in")
                    continue
                if key not in places:
                    raise ValueError("is not in the gradebook")
                changes += _changes(places[key], row)
            except ValueError as error:
                faults.append(f"row {line} ({', '.join(filter(None, key))}) {error}")
        if faults:
            more = f"\n... and {len(faults) - 10} more" if len(faults) > 10 else ""
            said = "\n".join(faults[:10])
            raise CourseError(f"{path} is not entered, nothing was changed:\n{said}{more}")
        if not dry_run:
            for change, entry in changes:
                _enter(change, entry)
            gradebook.db.commit()
        return [change for change, _ in changes]


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Give the table's rows as {column: field}, each with the number that a spreadsheet shows."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CourseError(f"{path} is not UTF-8: save it as CSV UTF-8") from error
    heading = text.partition("\n")[0]
    delimiter = max(",;\t", key=heading.count)
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise CourseError(f"{path} is no table of comma-separated values: {error}") from error
    columns = table[0] if table else []
    if missing := [name for name in _KEY if name not in columns]:
        raise CourseError(f"{path} has no column {missing[0]}; it needs: {', '.join(MARKS_COLUMNS)}")
    for number, fields in enumerate(table[1:], start=2):
        if any(fields):
            padded = [*fields, *[""] * (len(columns) - len(fields))]
            yield number, dict(zip(columns, padded, strict=False))


def _places(gradebook: Any) -> dict[tuple[str, ...], Any]:
    """Return {where, as it stands in the table: the gradebook's (submitted notebook, grade, comment)}."""
    places: dict[tuple[str, ...], Any] = {}
    for assignment in gradebook.assignments:
        for submission in assignment.submissions:
            for notebook in submission.notebooks:
                where = tuple(map(text_field, (assignment.name, notebook.name, submission.student_id)))
                places[(*where, "")] = (notebook, None, None)
                grades = {one.name: one for one in notebook.grades}
                comments = {one.name: one for one in notebook.comments}
                for name in grades.keys() | comments.keys():
                    places[(*where, text_field(name))] = (notebook, grades.get(name), comments.get(name))
    return places


def _changes(place: Any, row: dict[str, str]) -> Iterator[tuple[Change, Any]]:
    """Give what a row changes, each with the gradebook's entry that it changes.

    Raises
    ------
    ValueError
        If a value is no mark, or the mark was made anew since the table was written.
    """
    notebook, grade, comment = place
    at_cell = bool(row["question"])
    for what, entry in {
        "manual_score": grade,
        "extra_credit": grade,
        "late_submission_penalty": None if at_cell else notebook,
        "comment": comment,
    }.items():
        if what not in row:
            continue
        after: float | str | None
        if what == "comment":
            before, after = (comment.manual_comment or "") if comment else "", read_text(row[what])
            if after == read_text(text_field(before)):
                continue
        else:
            before, after = getattr(entry, what, None), _number(row[what], what)
            if after == before or (what.startswith("late") and (after or 0) == (before or 0)):
                continue
        if entry is None:
            raise ValueError(f"has no place for {what}")
        if what == "manual_score" and after is not None and after > grade.max_score:
            raise ValueError(f"has manual_score {after:g} of {grade.max_score:g}: give more as extra_credit")
        if grade is not None and _number(row.get("auto_score", ""), "auto_score") not in (
            None,
            grade.auto_score,
        ):
            raise ValueError("was graded anew since the table was written: export it again")
        where = (notebook.assignment.student_id, notebook.assignment.name, row["question"])
        yield Change(*where, what, before, after), entry


def _number(field: str, what: str) -> float | None:
    text = field.strip().removeprefix("'").replace(",", ".")
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"has {what} {field!r}, which is no number") from None
    if not math.isfinite(number) or (number < 0 and what != "extra_credit"):
        raise ValueError(f"has {what} {field!r}, which is no number of points")
    return number


def _enter(change: Change, entry: Any) -> None:
    """Change one entry as the formgrader does."""
    if change.what == "comment":
        entry.manual_comment = change.after or None
        return
    setattr(entry, change.what, change.after)
    if change.what != "late_submission_penalty":
        entry.needs_manual_grade = entry.manual_score is None and entry.auto_score is None
