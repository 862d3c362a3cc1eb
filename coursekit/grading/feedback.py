"""Pages that tell each student what was right and what was not."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from coursekit.grading.course import Course, CourseError, NotInCourseError


@dataclass(frozen=True)
class Feedback:
    """One student's feedback: where it lies, or why there is none."""

    student: str
    folder: Path
    error: str = ""


def graded_students(course: Course, exercise: str) -> list[str]:
    """Return the ids of all whose submission of the exercise was graded."""
    return sorted(path.parent.name for path in course.root.glob(f"autograded/*/{exercise}") if path.is_dir())


def generate_feedback(
    course: Course,
    exercise: str,
    student: str | None = None,
    *,
    on_progress: Callable[[Feedback], None] | None = None,
) -> list[Feedback]:
    """Write an HTML page for each graded notebook through nbgrader; `page.FeedbackExporter` sets it.

    Parameters
    ----------
    course, exercise
        What to write for.
    student
        For whom; None means all who were graded.
    on_progress
        Called with each student's feedback as soon as it is there.

    Returns
    -------
    list of Feedback
        One for each student.

    Raises
    ------
    NotInCourseError
        If there is no such exercise, or nothing of it, or of that student, was graded.
    CourseError
        If the gradebook is not this course's, or what writes the formulas is not installed.
    """
    if find_spec("latex2mathml") is None:
        raise CourseError('latex2mathml is not installed; run: python -m pip install "coursekit[grade]"')
    from nbgrader.converters import GenerateFeedback

    from coursekit.grading.convert import run_converter

    course.check_exercise(exercise)
    course.check_gradebook()
    graded = graded_students(course, exercise)
    if not graded:
        raise NotInCourseError(f"nothing of {exercise} is graded yet; run: coursekit grade {exercise}")
    if student is not None and student not in graded:
        raise NotInCourseError(f"{exercise} of {student!r} is not graded; graded: {', '.join(graded)}")
    written = []
    for name in graded if student is None else [student]:
        folder = course.folder("feedback", exercise, name)
        try:
            run_converter(GenerateFeedback, course, exercise, name)
            feedback = Feedback(name, folder)
        except CourseError as error:
            feedback = Feedback(name, folder, str(error))
        written.append(feedback)
        if on_progress is not None:
            on_progress(feedback)
    return written
