"""All grades of a gradebook as plain values, for those who write them for other programs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from coursekit.grading.marks import Marks, read_marks


@dataclass(frozen=True)
class Student:
    """Who is in the gradebook. Names and address may be empty."""

    id: str
    first_name: str
    last_name: str
    email: str


@dataclass(frozen=True)
class Exercise:
    """What is in the gradebook; `duedate` is in UTC."""

    name: str
    max_score: float
    duedate: datetime | None


@dataclass(frozen=True)
class Submission:
    """What the gradebook has about one submission.

    Attributes
    ----------
    timestamp
        When it was handed in, in UTC; None if that is not known.
    notebooks
        The marks of each of its notebooks.
    """

    timestamp: datetime | None
    notebooks: tuple[Marks, ...]

    @property
    def raw_score(self) -> float:
        """The points before anything is taken off for being late."""
        return sum(marks.score + marks.late_penalty for marks in self.notebooks)

    @property
    def late_penalty(self) -> float:
        """The points taken off for being late."""
        return sum(marks.late_penalty for marks in self.notebooks)

    @property
    def score(self) -> float:
        """The points that count, never fewer than none."""
        return max(0.0, self.raw_score - self.late_penalty)

    def comments(self) -> list[str]:
        """Return the comments, each with the name of its cell, and what being late has cost."""
        cells = (item for marks in self.notebooks for item in marks.cells.items())
        return [f"{name}: {cell.comment}" for name, cell in cells if cell.comment] + self.lateness()

    def lateness(self) -> list[str]:
        """Return what being late has cost, in a sentence, or nothing."""
        lost = f"{self.late_penalty:g} points were taken off for handing in late."
        return [lost] if self.late_penalty else []


@dataclass(frozen=True)
class Grades:
    """Everything an export needs.

    Attributes
    ----------
    exercises, students
        In the gradebook's order.
    submissions
        {(exercise's name, student's id): submission}; who has handed in nothing is not in it.
    """

    exercises: tuple[Exercise, ...]
    students: tuple[Student, ...]
    submissions: Mapping[tuple[str, str], Submission]

    def of(self, exercise: str) -> "Grades":
        """Return the same with one exercise alone."""
        return replace(self, exercises=tuple(one for one in self.exercises if one.name == exercise))


def read_students(gradebook: Any) -> tuple[Student, ...]:
    """Read who is in an open `nbgrader.api.Gradebook`."""
    return tuple(
        Student(one.id, one.first_name or "", one.last_name or "", one.email or "")
        for one in gradebook.students
    )


def read_grades(gradebook: Any) -> Grades:
    """Read all grades from an open `nbgrader.api.Gradebook`."""
    submissions = {}
    for assignment in gradebook.assignments:
        marks: dict[str, list[Marks]] = {}
        for (student, _), one in read_marks(gradebook, assignment.name).items():
            marks.setdefault(student, []).append(one)
        for submission in assignment.submissions:
            notebooks = tuple(marks.get(submission.student_id, ()))
            submissions[assignment.name, submission.student_id] = Submission(submission.timestamp, notebooks)
    return Grades(
        tuple(Exercise(one.name, float(one.max_score), one.duedate) for one in gradebook.assignments),
        read_students(gradebook),
        submissions,
    )
