"""Pages that tell each student what was right and what was not."""

import multiprocessing
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from coursekit.grading.course import Course, CourseError, NotInCourseError, read_notebook, replace_folder
from coursekit.grading.marks import Marks, read_marks
from coursekit.grading.outputs import Limits

PARTIAL = "feedback.partial"
# By the first nbgrader knows whether feedback is older than the grade, by the second its exchange finds whose
# it is.
EXCHANGE_FILES = ("timestamp.txt", "submission_secret.txt")
# A class smaller than this is done before other processes have started.
_WORTH_A_PROCESS = 8


@dataclass(frozen=True)
class Feedback:
    """One student's feedback: where it lies, or why there is none."""

    student: str
    folder: Path
    error: str = ""


@dataclass(frozen=True)
class _Task:
    """What a process needs to know to write one student's pages."""

    student: str
    autograded: Path
    target: Path
    partial: Path
    marks: tuple[tuple[str, Marks | None, frozenset[str]], ...]
    limits: Limits


def graded_students(course: Course, exercise: str) -> list[str]:
    """Return the ids of all whose submission of the exercise was graded."""
    return sorted(path.parent.name for path in course.root.glob(f"autograded/*/{exercise}") if path.is_dir())


def generate_feedback(
    course: Course,
    exercise: str,
    student: str | None = None,
    *,
    jobs: int | None = None,
    on_progress: Callable[[Feedback], None] | None = None,
) -> list[Feedback]:
    """Write an HTML page for each graded notebook; see `page` for what stands in it.

    A student's folder is made beside the one that it replaces and moved there once it is complete. It holds
    the pages and nothing that was handed in. A notebook of which no page can be made costs its own page
    only, and the one made earlier stays.

    Parameters
    ----------
    course, exercise
        What to write for.
    student
        For whom; None means all who were graded.
    jobs
        How many processes; None means one for each core. Few pages are written by this process.
    on_progress
        Called with each student's feedback as soon as it is there.

    Returns
    -------
    list of Feedback
        One for each student, by id.

    Raises
    ------
    NotInCourseError
        If there is no such exercise, or nothing of it, or of that student, was graded.
    CourseError
        If the gradebook is not this course's, or what makes the pages safe is not installed.
    """
    for package in ("latex2mathml", "nh3"):
        if find_spec(package) is None:
            raise CourseError(f'{package} is not installed; run: python -m pip install "coursekit[grade]"')
    course.check_exercise(exercise)
    course.check_gradebook()
    graded = graded_students(course, exercise)
    if not graded:
        raise NotInCourseError(f"nothing of {exercise} is graded yet; run: coursekit grade {exercise}")
    if student is not None and student not in graded:
        raise NotInCourseError(f"{exercise} of {student!r} is not graded; graded: {', '.join(graded)}")
    tasks = _tasks(course, exercise, graded if student is None else [student])
    written = []
    try:
        for feedback in _done(tasks, jobs or os.cpu_count() or 1):
            written.append(feedback)
            if on_progress is not None:
                on_progress(feedback)
    finally:
        shutil.rmtree(course.root / PARTIAL / exercise, ignore_errors=True)
        with suppress(OSError):  # another exercise's pages may be in the making
            (course.root / PARTIAL).rmdir()
    return sorted(written, key=lambda feedback: feedback.student)


def keep_pages_only(assignment: str, student: str, notebooks: list[str]) -> None:
    """Remove what nbgrader's own *Generate feedback* put beside the pages.

    Parameters
    ----------
    assignment, student, notebooks
        As nbgrader calls its `post_convert_hook`, in the course's folder: which graded notebooks the pages
        were made of.
    """
    pages = {Path(notebook).with_suffix(".html").name for notebook in notebooks}
    for owner in {Path(notebook).parts[-3] for notebook in notebooks}:
        for path in Path("feedback", owner, assignment).iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name not in {*pages, *EXCHANGE_FILES}:
                path.unlink()


def copy_exchange_files(source: Path, target: Path) -> None:
    """Copy what nbgrader's exchange put beside a submission to the folder `target`: short files, or none."""
    for name in EXCHANGE_FILES:
        path = source / name
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= 200:
            shutil.copyfile(path, target / name)


def _tasks(course: Course, exercise: str, students: list[str]) -> list[_Task]:
    from coursekit.grading.page import limits_of, released_texts

    with course.gradebook() as gradebook:
        marks = read_marks(gradebook, exercise)
    limits = limits_of(course.config)
    stems = [Path(name).stem for name in course.notebooks(exercise)]
    released = {stem: released_texts(course.folder("release", exercise) / f"{stem}.ipynb") for stem in stems}
    partial = course.root / PARTIAL / exercise
    shutil.rmtree(partial, ignore_errors=True)  # of a run that was killed
    return [
        _Task(
            name,
            course.folder("autograded", exercise, name),
            course.folder("feedback", exercise, name),
            partial / name,
            tuple((stem, marks.get((name, stem)), released[stem]) for stem in stems),
            limits,
        )
        for name in students
    ]


def _done(tasks: list[_Task], jobs: int) -> Iterator[Feedback]:
    """Write the pages of all, and yield each as soon as it is there."""
    jobs = min(jobs, -(-len(tasks) // _WORTH_A_PROCESS))
    if jobs < 2:
        yield from map(_write, tasks)
        return
    lost = []
    with _pool(jobs) as pool:
        futures: dict[Future[Feedback], _Task] = {pool.submit(_write, task): task for task in tasks}
        for future in as_completed(futures):
            try:
                yield future.result()
            except BrokenExecutor:  # a process was killed, and the pool with it
                lost.append(futures[future])
    for task in lost:
        with _pool(1) as pool:
            try:
                yield pool.submit(_write, task).result()
            except BrokenExecutor:
                reason = _with_earlier(task, "the process that made its page was killed")
                yield Feedback(task.student, task.target, reason)


def _pool(jobs: int) -> ProcessPoolExecutor:
    """Return processes for the pages.

    On Linux they are forks of this one: what takes longest about few pages is importing nbconvert. A page
    needs no locks and no OpenMP, which forks of a process with threads must not touch.
    """
    start = "fork" if sys.platform == "linux" else "spawn"
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context(start))


def _write(task: _Task) -> Feedback:
    try:
        shutil.rmtree(task.partial, ignore_errors=True)
        task.partial.mkdir(parents=True)
        for stem, marks, released in task.marks:
            _write_page(task, stem, marks, released)
        replace_folder(task.target, task.partial)
    except CourseError as error:
        return Feedback(task.student, task.target, _with_earlier(task, str(error)))
    except OSError as error:
        reason = f"its page cannot be written: {error.strerror}"
        return Feedback(task.student, task.target, _with_earlier(task, reason))
    except Exception as error:  # a notebook is anyone's: whatever is wrong with it costs its own page only
        reason = f"no page could be made of it ({type(error).__name__}: {error})"
        return Feedback(task.student, task.target, _with_earlier(task, reason))
    return Feedback(task.student, task.target)


def _write_page(task: _Task, stem: str, marks: Marks | None, released: frozenset[str]) -> None:
    from coursekit.grading.page import render_page

    if marks is None:
        raise CourseError(f"{stem} is graded but not in the gradebook; grade it again")
    notebook = read_notebook(task.autograded / f"{stem}.ipynb")
    html = render_page(notebook, marks, released, task.limits)
    (task.partial / f"{stem}.html").write_text(html, encoding="utf-8")
    copy_exchange_files(task.autograded, task.partial)


def _with_earlier(task: _Task, reason: str) -> str:
    return f"{reason}; the page made earlier stays" if task.target.is_dir() else reason
