"""Grading a class: submissions in, a row for each student and an nbgrader gradebook out."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from jupyter_client.kernelspec import KernelSpecManager
from nbgrader.utils import parse_utc

from coursekit.answers.values import whole
from coursekit.grading.booking import book, book_zero
from coursekit.grading.checked import changes_between, read_checked
from coursekit.grading.cluster import Cluster
from coursekit.grading.course import (
    Course,
    CourseError,
    NotInCourseError,
    read_notebook,
    replace_folder,
)
from coursekit.grading.engine import Answered, Engine, Request, Serial
from coursekit.grading.feedback import copy_exchange_files
from coursekit.grading.judge import course_seed, exercise_of, exercise_seed
from coursekit.grading.late import days
from coursekit.grading.limits import MIB, Limits
from coursekit.grading.record import Entry, Record, fingerprint, hash_of
from coursekit.grading.sanitise import one_line
from coursekit.sandbox import SandboxError, Tier, strongest, unsafe

WORTH_A_WORKER = 8
"""To start a worker takes about as long as to judge so many submissions."""
LONGEST_ID = 128
"""So many characters has the column of the gradebook."""
MOST_NAMES = 10
Status = Literal["graded", "unchanged", "missing", "failed"]


@dataclass(frozen=True)
class Result:
    """What became of one student's submission.

    Attributes
    ----------
    student
        The student's id, which is the name of the folder under `submitted/`.
    points, max_points
        As in the gradebook, so with whatever a person changed there; what being late costs is taken off.
    seconds
        Time spent now: 0 where nothing had to be done.
    status
        *graded* now; *unchanged* since it was graded; *missing*: nothing was handed in, zero points;
        *failed*: could not be graded, `remark` says why; zero points, unless an earlier submission of the
        student's was graded: then that grade stays.
    remark
        Why it could not be graded, that nothing was handed in, or how late it was and what that costs.
    flags
        What a person should look at. Flags cost no points.
    questions
        Seconds for each question.
    points_before
        What an earlier grading gave, None if there was none; None too where nothing was graded now.
    changes
        The checks that give other points than before, such as "conv2d.stride 0 -> 1".
    """

    student: str
    points: float
    max_points: float
    seconds: float
    status: Status
    remark: str = ""
    flags: tuple[str, ...] = ()
    questions: dict[str, float] = field(default_factory=dict)
    points_before: float | None = None
    changes: tuple[str, ...] = ()


def students(course: Course, exercise: str) -> list[str]:
    """Return the ids of all who are in the gradebook or have handed in the exercise.

    Raises
    ------
    CourseError
        If a student's folder has a name that can be no id.
    """
    handed_in = {path.parent.name for path in course.root.glob(f"submitted/*/{exercise}")}
    if strange := [name for name in handed_in if not name.isprintable() or len(name) > LONGEST_ID]:
        raise CourseError(
            f"the folder submitted/{one_line(whole(min(strange)))} has a name that is no student id (at most "
            f"{LONGEST_ID} signs that can be printed): rename it"
        )
    with course.gradebook() as gradebook:
        return sorted(handed_in | {student.id for student in gradebook.students})


def grade(
    course: Course,
    exercise: str,
    chosen: Sequence[str] | None = None,
    *,
    force: bool = False,
    jobs: int | None = 1,
    scheduler: str | None = None,
    sandbox: str = "strongest",
    on_progress: Callable[[Result], None] | None = None,
) -> list[Result]:
    """Grade an exercise for a class.

    A submission that cannot be graded never ends the run. One that was graded and has not changed since,
    nor has the exercise or the code that grades, is left alone. What is judged is entered at once: a run that
    was stopped, however, is taken up where it was by the next one.

    Parameters
    ----------
    course, exercise
        What to grade; the exercise must have been released.
    chosen
        The students' ids; None means all.
    force
        Grade also what has not changed.
    jobs
        How many submissions are judged at one time, each in a process of its own; 1 judges in this process.
        None takes all cores, if there are submissions enough to make up for starting the processes.
    scheduler
        The address of a Dask scheduler whose workers judge; see `cluster.Cluster`.
    sandbox
        The name of the sandbox's tier; "strongest" takes the strongest that works.
    on_progress
        Called with each student's result as soon as it is known.

    Returns
    -------
    list of Result
        One for each student, by id.

    Raises
    ------
    NotInCourseError
        If there is no such exercise or student.
    CourseError
        If the exercise is not released, the gradebook is not this course's, or there is no sandbox. Nothing
        is changed then.
    """
    check_released(course, exercise)
    known = students(course, exercise)
    if unknown := set(chosen or ()) - set(known):
        there_are = ", ".join(known) or "none"
        raise NotInCourseError(f"there is no student {min(unknown)!r}; there are: {there_are}")
    run = _Run(course, exercise, Record.of(course, exercise), sandbox)
    results: dict[str, Result] = {}

    def note(result: Result) -> None:
        results[result.student] = result
        if on_progress is not None:
            on_progress(result)

    def requests() -> Iterator[Request]:
        for student in known if chosen is None else sorted(set(chosen)):
            result = run.request(student, force)
            if isinstance(result, Request):
                yield result
            else:
                note(result)

    with course.gradebook() as gradebook:
        run.gradebook = gradebook
        with engine(jobs, scheduler, len(known if chosen is None else chosen)) as judges:
            for answered in judges.run(requests()):
                note(run.enter(answered))
    return [results[student] for student in sorted(results)]


def engine(jobs: int | None, scheduler: str | None, submissions: int) -> AbstractContextManager[Engine]:
    """Return what judges: this process, or workers; see `grade`."""
    jobs = jobs or max(1, min(os.cpu_count() or 1, submissions // WORTH_A_WORKER))
    return nullcontext(Serial()) if jobs == 1 and scheduler is None else Cluster(jobs, scheduler)


def choose_tier(course: Course, unsafe_no_sandbox: bool) -> Tier:
    """Return the strongest sandbox that works here, or none where that was asked for.

    For the sample class that coursekit made itself, as long as nobody changed it, none is taken where there
    is no other.

    Raises
    ------
    SandboxError
        If none works; it says why, and how to get one.
    """
    from coursekit.grading.sample import is_untouched

    if unsafe_no_sandbox:
        return unsafe()
    try:
        return strongest()
    except SandboxError:
        if is_untouched(course):
            return unsafe()
        raise


def check_released(course: Course, exercise: str) -> None:
    """Raise `CourseError` unless the gradebook and `release/` both have the exercise, with the same cells."""
    course.check_exercise(exercise)
    course.check_gradebook()
    remedy = f"run: coursekit release {exercise} --course {course.root}"
    names = [Path(name).stem for name in course.notebooks(exercise)]
    folder = course.folder("release", exercise)
    if not all((folder / f"{name}.ipynb").is_file() for name in names):
        raise CourseError(f"{exercise} is not released yet; {remedy}")
    notebooks = {name: read_notebook(folder / f"{name}.ipynb") for name in names}
    for notebook in notebooks.values():
        exercise_of(notebook)
    released = {name: _graded_cells(notebook) for name, notebook in notebooks.items()}
    with course.gradebook() as gradebook:
        assignment = next((a for a in gradebook.assignments if a.name == exercise), None)
        entries = assignment.notebooks if assignment else []
        booked = {
            entry.name: {cell.name: float(cell.max_score) for cell in entry.grade_cells} for entry in entries
        }
        kernels = {json.loads(entry.kernelspec or "{}").get("name") for entry in entries}
    if not booked:
        raise CourseError(f"{exercise} is not in the gradebook; {remedy}")
    if booked != released:
        raise CourseError(
            f"the gradebook has other cells or points for {exercise} than its release; {remedy}"
        )
    if absent := kernels - {None, *KernelSpecManager().find_kernel_specs()}:
        raise CourseError(f"the kernel {min(absent)!r} that {exercise} asks for is not installed; {remedy}")


def _graded_cells(notebook: Any) -> dict[str, float]:
    marked = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    return {mark["grade_id"]: float(mark["points"]) for mark in marked if mark.get("grade")}


@dataclass
class _Run:
    """One run over a class: from submissions to requests, from answers to the gradebook."""

    course: Course
    exercise: str
    record: Record
    sandbox: str
    gradebook: Any = None

    def __post_init__(self) -> None:
        self.limits = Limits.of(self.course.config)
        self.seed = exercise_seed(course_seed(self.course.root), self.exercise)
        self.released = {
            Path(name).stem: (self.course.folder("release", self.exercise) / name).read_text(encoding="utf-8")
            for name in self.course.notebooks(self.exercise)
        }
        self.fingerprint = fingerprint(self.course, self.exercise, self.seed)
        self.keys: dict[str, str] = {}

    def request(self, student: str, force: bool) -> Request | Result:
        """Return what is to be judged, or the result where there is nothing to judge."""
        submitted = self.course.folder("submitted", self.exercise, student)
        graded_before = self.course.folder("autograded", self.exercise, student).is_dir()
        if not submitted.exists():
            remark = (
                "its grade stays, but the submission is gone" if graded_before else "nothing was handed in"
            )
            return self._result(student, "missing", 0.0, Entry("", remark))
        try:
            notebooks = self._read(submitted)
            files = [submitted / f"{name}.ipynb" for name in self.released]
            salt = f"{self.fingerprint} {self._due(student)}"
            key = hash_of(*files, submitted / "timestamp.txt", salt=salt)
            before = self.record.read(student)
            if not force and before is not None and before.key == key and graded_before:
                return self._result(student, "unchanged", 0.0, before)
        except CourseError as error:
            return self._failed(student, str(error), 0.0)
        self.keys[student] = key
        pairs = {name: (self.released[name], content) for name, content in notebooks.items()}
        return Request(student, pairs, self.seed, self.limits, self.sandbox)

    def enter(self, answered: Answered) -> Result:
        """Enter what was judged: gradebook first, then the folder, then the note that it is done.

        If this is stopped anywhere, the note is missing, and the next run does all of it again.
        """
        student = answered.student
        if answered.error:
            return self._failed(student, answered.error, answered.seconds)
        submitted_at, bad = self._submitted_at(student)
        flags = [flag for judged in answered.judged.values() for flag in judged.flags] + bad
        questions = {name: s for judged in answered.judged.values() for name, s in judged.seconds.items()}
        folder = self.course.folder("autograded", self.exercise, student)
        points_before = self._points(student)[0] if folder.is_dir() else None
        checked_before = read_checked(folder)
        book(self.gradebook, self.exercise, student, answered.judged, submitted_at, self.course.config)
        self._write(student, answered)
        entry = Entry(self.keys.pop(student), "", tuple(flags), questions)
        self.record.write(student, entry)
        changes = changes_between(checked_before, read_checked(folder))
        result = self._result(student, "graded", answered.seconds, entry)
        return replace(result, points_before=points_before, changes=tuple(changes))

    def _failed(self, student: str, reason: str, seconds: float) -> Result:
        self.record.forget(student)
        if self.course.folder("autograded", self.exercise, student).is_dir():
            reason += "; the grade of the earlier submission stays"
        else:
            book_zero(self.gradebook, self.exercise, student)
        return self._result(student, "failed", seconds, Entry("", reason))

    def _result(self, student: str, status: Status, seconds: float, entry: Entry) -> Result:
        points, late = self._points(student)
        remark = "; ".join(filter(None, (one_line(entry.remark), late)))
        return Result(
            student, points, self._max_points, seconds, status, remark, entry.flags, entry.questions
        )

    def _read(self, submitted: Path) -> dict[str, bytes]:
        """Return the submitted notebooks' contents, by name without ending.

        Raises
        ------
        CourseError
            If one is missing, no plain file, or too large.
        """
        if set("*?[]") & set(submitted.parent.name):
            raise CourseError("nbgrader takes no student id with any of * ? [ ]: rename the folder")
        if submitted.is_symlink() or submitted.parent.is_symlink() or not submitted.is_dir():
            raise CourseError(f"{submitted.relative_to(self.course.root)} is not a folder")
        there = sorted(whole(path.name) for path in submitted.iterdir())
        contents: dict[str, bytes] = {}
        for name in self.course.notebooks(self.exercise):
            path = submitted / name
            if name not in there:
                more = ", ..." if len(there) > MOST_NAMES else ""
                found = ", ".join(there[:MOST_NAMES]) or "an empty folder"
                raise CourseError(f"{name} is missing; handed in: {found}{more}")
            if path.is_symlink() or not path.is_file():
                raise CourseError(f"{name} is not a file of its own")
            size = path.stat().st_size
            if size > self.limits.notebook_bytes:
                most = self.limits.notebook_bytes / MIB
                raise CourseError(f"{name} has {size / MIB:.0f} MiB; at most {most:.0f} MiB are read")
            try:
                contents[path.stem] = path.read_bytes()
            except OSError as error:
                raise CourseError(f"{name} cannot be read: {error.strerror}") from error
        return contents

    def _submitted_at(self, student: str) -> tuple[datetime | None, list[str]]:
        path = self.course.folder("submitted", self.exercise, student) / "timestamp.txt"
        if path.is_symlink() or not path.is_file() or path.stat().st_size > 1000:
            return None, ["timestamp.txt is no plain file"] if path.exists() or path.is_symlink() else []
        try:
            text = path.read_text().strip()
            return (parse_utc(text) if text else None), []
        except (ValueError, OverflowError, OSError):
            return None, ["timestamp.txt is no time; it counts as handed in at no known time"]

    def _write(self, student: str, answered: Answered) -> None:
        """Put the graded notebooks in the place of those from before, all at once."""
        partial = self.course.root / "autograded.partial" / student / self.exercise
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for name, judged in answered.judged.items():
            (partial / f"{name}.ipynb").write_text(judged.text, encoding="utf-8")
        copy_exchange_files(self.course.folder("submitted", self.exercise, student), partial)
        replace_folder(self.course.folder("autograded", self.exercise, student), partial)
        shutil.rmtree(self.course.root / "autograded.partial")

    @cached_property
    def _max_points(self) -> float:
        return float(self.gradebook.find_assignment(self.exercise).max_score)

    def _points(self, student: str) -> tuple[float, str]:
        """Return a student's points from the gradebook, and whether they came late."""
        submission = self._submission(student)
        if submission is None:
            return 0.0, ""
        score, penalty = float(submission.score), float(submission.late_submission_penalty)
        if not submission.total_seconds_late:
            return score, ""
        late = days(submission.total_seconds_late)
        cost = f"{penalty:g} points taken off" if penalty else "nothing taken off"
        return max(0.0, score - penalty), f"{late} {'day' if late == 1 else 'days'} late: {cost}"

    def _due(self, student: str) -> datetime | None:
        submission = self._submission(student)
        due: datetime | None = (submission or self.gradebook.find_assignment(self.exercise)).duedate
        return due

    def _submission(self, student: str) -> Any:
        from nbgrader.api import MissingEntry

        try:
            return self.gradebook.find_submission(self.exercise, student)
        except MissingEntry:
            return None
