"""Grades as CSV files: nbgrader's own columns, what Canvas and Moodle import, and a table of all marks.

Every file is UTF-8 with fields quoted as RFC 4180 says. Names are the students', and a spreadsheet takes a
field that starts with one of = + - @ for a formula (CWE-1236; OWASP, *CSV Injection*). Such a field of text
gets an apostrophe in front, which spreadsheets read as "what follows is text"; so does one that starts with
apostrophes and such a sign, so that `read_text` gets every text back. Numbers are the course's own and stay
as they are. An id or address that starts so is no longer equal to the one in Canvas or Moodle: enter that
student's grade by hand, or change the id.
"""

import csv
import re
from collections.abc import Iterable
from pathlib import Path

from coursekit.grading.grades import Grades

# With the full-width forms, which some spreadsheets take for the same.
_FORMULA = re.compile("'*[=+\\-@\t\n＝＋－＠]")

CSV_COLUMNS = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
)


MARKS_COLUMNS = (
    "assignment",
    "notebook",
    "student_id",
    "last_name",
    "first_name",
    "question",
    "timestamp",
    "auto_score",
    "manual_score",
    "extra_credit",
    "late_submission_penalty",
    "score",
    "max_score",
    "to_be_looked_at",
    "comment",
)
EDITABLE = ("manual_score", "extra_credit", "late_submission_penalty", "comment")


def write_csv(path: Path, grades: Grades) -> int:
    """Write a row for each exercise and student, in the columns of `nbgrader export`.

    nbgrader's own exporter (`nbgrader.plugins.CsvExportPlugin`) puts no quotes round names. As there, who has
    handed in nothing has zero points.
    """
    rows: list[list[object]] = []
    for exercise in grades.exercises:
        for student in grades.students:
            submission = grades.submissions.get((exercise.name, student.id))
            due, handed_in = exercise.duedate, submission.timestamp if submission else None
            points = (
                (submission.raw_score, submission.late_penalty, submission.score)
                if submission
                else (0.0, 0.0, 0.0)
            )
            names = (student.id, student.last_name, student.first_name, student.email)
            rows.append(
                [exercise.name, str(due or ""), str(handed_in or ""), *names, *points, exercise.max_score]
            )
    return _write(path, CSV_COLUMNS, rows)


def write_canvas(path: Path, grades: Grades) -> int:
    """Write what *Grades, Import* of Canvas reads: a row for each student, a column for each exercise.

    Canvas wants the columns Student, ID, SIS User ID, SIS Login ID and Section first, and takes the row whose
    first field says *Points Possible* for the exercises' points (`lib/gradebook_importer.rb` of
    instructure/canvas-lms). The gradebook's student id goes into *SIS Login ID*, by which Canvas finds the
    student; *ID*, which is Canvas's own number, stays empty. An exercise that Canvas does not know is offered
    as a new one. A field is empty, which changes nothing in Canvas, where nothing was handed in.
    """
    header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    header += [exercise.name for exercise in grades.exercises]
    rows: list[list[object]] = [
        ["    Points Possible", "", "", "", "", *(exercise.max_score for exercise in grades.exercises)]
    ]
    for student in grades.students:
        name = _line(", ".join(part for part in (student.last_name, student.first_name) if part))
        # A student of this name would set everyone's points.
        name = re.sub("points possible", "points-possible", name, flags=re.IGNORECASE)
        rows.append([name, "", "", _line(student.id), "", *_scores(grades, student.id, "")])
    return _write(path, header, rows) - 1


def write_moodle(path: Path, grades: Grades) -> int:
    """Write what *Grades, Import, CSV file* of Moodle reads: a row for each student.

    While importing, Moodle asks which column tells students apart (*Email address*, or *ID number*, which is
    the gradebook's student id) and which grade item each other column belongs to. Map an exercise's two
    columns together: importing feedback alone clears the grades (MoodleDocs, *Grade import*). A dash, which
    Moodle reads as "no grade" (`grade/import/csv/classes/load_data.php` of moodle/moodle), stands where
    nothing was handed in. The feedback is the graders' comments.
    """
    header = ["First name", "Last name", "ID number", "Email address"]
    for exercise in grades.exercises:
        header += [exercise.name, f"{exercise.name} (feedback)"]
    rows = []
    for student in grades.students:
        row: list[object] = [student.first_name, student.last_name, student.id, student.email]
        row = [_line(str(field)) for field in row]
        for exercise, score in zip(grades.exercises, _scores(grades, student.id, _NO_GRADE), strict=True):
            submission = grades.submissions.get((exercise.name, student.id))
            row += [score, "\n".join(submission.comments()) if submission else ""]
        rows.append(row)
    return _write(path, header, rows)


def write_marks(path: Path, grades: Grades) -> int:
    """Write a row for each mark of each student, to be edited in a spreadsheet and read by `import_marks`.

    The first row of a notebook has no question; it has what was taken off for being late, and the sums. Who
    has handed in nothing has a row without points. What `EDITABLE` names may be changed. The file begins with
    a byte order mark, by which Excel knows UTF-8.
    """
    rows: list[list[object]] = []
    for exercise in grades.exercises:
        for student in grades.students:
            who = [student.id, student.last_name, student.first_name]
            submission = grades.submissions.get((exercise.name, student.id))
            if submission is None:
                rows.append([exercise.name, "", *who, *[""] * (len(MARKS_COLUMNS) - 5)])
                continue
            handed_in = str(submission.timestamp or "")
            for marks in submission.notebooks:
                here = [exercise.name, marks.notebook, *who]
                late = marks.late_penalty
                rows.append([*here, "", handed_in, "", "", "", late, marks.score, marks.max_score, "", ""])
                for name, cell in marks.cells.items():
                    parts = [cell.auto_points, cell.manual_points, cell.extra_credit]
                    points = [*parts, None, cell.points, cell.max_points]
                    look = "yes" if cell.by_hand else ""
                    rows.append([*here, name, "", *points, look, cell.manual_comment])
    return _write(path, MARKS_COLUMNS, rows, encoding="utf-8-sig")


class _NoGrade(str):
    """Moodle's dash: ours, so no formula."""


_NO_GRADE = _NoGrade("-")


def _scores(grades: Grades, student: str, absent: str) -> list[object]:
    found = [grades.submissions.get((exercise.name, student)) for exercise in grades.exercises]
    return [submission.score if submission else absent for submission in found]


def _line(text: str) -> str:
    """Return text on one line: Canvas looks for its separator in a file's first lines."""
    return " ".join(text.split())


def _write(
    path: Path, header: Iterable[str], rows: Iterable[Iterable[object]], encoding: str = "utf-8"
) -> int:
    written = -1
    with path.open("w", encoding=encoding, errors="backslashreplace", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for row in (header, *rows):
            writer.writerow([text_field(field) if isinstance(field, str) else field for field in row])
            written += 1
    return written


def text_field(text: str) -> str:
    """Return what stands in a file for a text: a spreadsheet does not take it for a formula."""
    if isinstance(text, _NoGrade):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # a lone return would end the row
    return f"'{text}" if _FORMULA.match(text) else text


def read_text(field: str) -> str:
    """Return the text for which a field stands: what `text_field` was given, but for its line ends."""
    return field[1:] if field.startswith("'") and _FORMULA.match(field) else field
