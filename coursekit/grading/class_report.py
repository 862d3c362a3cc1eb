"""What a class did, for its instructor: one page for one or more exercises, in one file."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from coursekit import checks
from coursekit.checks import Outcome
from coursekit.grading.checked import Checked, read_checked
from coursekit.grading.course import Course, CourseError, NotInCourseError
from coursekit.grading.feedback import graded_students
from coursekit.grading.grades import Grades, read_grades
from coursekit.grading.record import Record

OUTCOMES = tuple(outcome.value for outcome in Outcome)
_SLOWEST = 10


@dataclass(frozen=True)
class CheckRow:
    """How a class did at one check: how many submissions ended in which outcome."""

    check: str
    about: str
    max_points: float
    outcomes: Mapping[str, int]


@dataclass(frozen=True)
class MutantRow:
    """A known mistake, what its result is, and who made it."""

    name: str
    says: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class ExerciseReport:
    """What a class did in one exercise.

    Attributes
    ----------
    name, max_points
        Of the exercise.
    points
        {student: points}, of all who handed in; what being late costs is taken off.
    missing
        Who handed in nothing.
    late
        {student: points taken off}.
    waiting
        Who has an answer at which a person has still to look.
    checks
        A row for each check, in the exercise's order.
    mutants
        The known mistakes that were recognised, the commonest first.
    slowest
        (student, question, seconds), the slowest first.
    flags
        {student: what a person should look at}.
    """

    name: str
    max_points: float
    points: Mapping[str, float]
    missing: tuple[str, ...]
    late: Mapping[str, float]
    waiting: tuple[str, ...]
    checks: tuple[CheckRow, ...]
    mutants: tuple[MutantRow, ...]
    slowest: tuple[tuple[str, str, float], ...]
    flags: Mapping[str, tuple[str, ...]]

    @property
    def median(self) -> float:
        """The points that half of those who handed in reach."""
        return median(self.points.values())


def report_exercise(course: Course, exercise: str, grades: Grades) -> ExerciseReport:
    """Gather what the gradebook, the graded notebooks and the notes about them say of an exercise.

    Raises
    ------
    NotInCourseError
        If there is no such exercise, or nothing of it is graded.
    """
    course.check_exercise(exercise)
    graded = graded_students(course, exercise)
    handed_in = {who: one for (name, who), one in grades.submissions.items() if name == exercise}
    if not graded or not handed_in:
        raise NotInCourseError(f"nothing of {exercise} is graded yet; run: coursekit grade {exercise}")
    found = {who: read_checked(course.folder("autograded", exercise, who)) for who in graded}
    record = Record.of(course, exercise)
    entries = {who: entry for who in graded if (entry := record.read(who)) is not None}
    seconds = [(who, name, s) for who, entry in entries.items() for name, s in entry.questions.items()]
    cells = {
        who: [cell for marks in one.notebooks for cell in marks.cells.values()]
        for who, one in handed_in.items()
    }
    return ExerciseReport(
        name=exercise,
        max_points=next(one.max_score for one in grades.exercises if one.name == exercise),
        points={who: one.score for who, one in handed_in.items()},
        missing=tuple(one.id for one in grades.students if one.id not in handed_in),
        late={who: one.late_penalty for who, one in handed_in.items() if one.late_penalty},
        waiting=tuple(who for who, marks in cells.items() if any(cell.by_hand for cell in marks)),
        checks=tuple(_check_rows(found.values())),
        mutants=tuple(_mutant_rows(exercise, found)),
        slowest=tuple(sorted(seconds, key=lambda one: -one[2])[:_SLOWEST]),
        flags={who: entry.flags for who, entry in entries.items() if entry.flags},
    )


def write_report(course: Course, to: Path, exercises: Iterable[str] = ()) -> list[ExerciseReport]:
    """Write the page, and return what is in it.

    The page needs no other file, no script and no network.

    Parameters
    ----------
    course
        The course.
    to
        The HTML file.
    exercises
        Which; none means all of which something is graded.

    Raises
    ------
    NotInCourseError
        If there is no such exercise, or nothing is graded.
    CourseError
        If there is no gradebook, or the file cannot be written.
    """
    from markupsafe import Markup

    from coursekit.grading.report_figures import draw_checks, draw_points

    names = list(exercises) or [name for name in course.exercises() if graded_students(course, name)]
    if not names:
        raise NotInCourseError("nothing is graded yet; run: coursekit grade EXERCISE")
    with course.gradebook() as gradebook:
        grades = read_grades(gradebook)
    reports = [report_exercise(course, name, grades) for name in names]
    figures = {one.name: (Markup(draw_points(one)), Markup(draw_checks(one))) for one in reports}
    page = _template().render(course=course.course_id, reports=reports, figures=figures, outcomes=OUTCOMES)
    try:
        to.write_text(page, encoding="utf-8")
    except OSError as error:
        raise CourseError(f"{to} cannot be written: {error.strerror}") from error
    return reports


def _check_rows(found: Iterable[Mapping[str, Checked]]) -> Iterable[CheckRow]:
    by_check: dict[str, list[Checked]] = {}
    for checked in found:
        for name, one in checked.items():
            by_check.setdefault(name, []).append(one)
    for name, rows in by_check.items():
        yield CheckRow(name, rows[0].about, rows[0].max_points, Counter(row.outcome for row in rows))


def _mutant_rows(exercise: str, found: Mapping[str, Mapping[str, Checked]]) -> Iterable[MutantRow]:
    """Give the mistakes that the checks' messages name."""
    if exercise not in checks.names():
        return []
    said = {who: "\n".join(one.message for one in rows.values()) for who, rows in found.items()}
    rows = [
        MutantRow(mutant.name, mutant.says, tuple(who for who, text in said.items() if mutant.says in text))
        for mutant in checks.get(exercise).mutants
    ]
    return sorted((row for row in rows if row.students), key=lambda row: -len(row.students))


def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from coursekit.grading.sanitise import visible

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["visible"] = visible
    environment.filters["points"] = lambda number: f"{number:g}"
    return environment.get_template("class_report.html.j2")
