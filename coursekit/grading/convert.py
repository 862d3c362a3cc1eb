"""Running one of nbgrader's converters on one exercise of one student."""

import copy
import logging
import sys
import warnings
from typing import Any

from nbgrader.converters.base import NbGraderException
from sqlalchemy.exc import SAWarning

from coursekit.grading.course import Course, CourseError


def run_converter(
    converter_class: Any,
    course: Course,
    exercise: str,
    student: str = "*",
    *,
    step_folder: tuple[str, str] | None = None,
    config: dict[str, dict[str, object]] | None = None,
) -> list[str]:
    """Run a converter of nbgrader's, always anew, and return the warnings that it logged.

    Parameters
    ----------
    converter_class
        `Autograde`, `GenerateAssignment` or `GenerateFeedback`.
    course, exercise, student
        What to run it on.
    step_folder
        ("release", "somewhere else") to write to another folder of the course than the usual one.
    config
        Settings on top of `nbgrader_config.py`: {class name: {trait: value}}.

    Raises
    ------
    CourseError
        If the converter failed; the message is the last line of what went wrong.
    """
    settings = copy.deepcopy(course.config)
    for section, values in (config or {}).items():
        settings[section].update(values)
    directory = course.directory(student, exercise)
    if step_folder is not None:
        setattr(directory, f"{step_folder[0]}_directory", step_folder[1])
    log = _Listener()
    converter = converter_class(coursedir=directory, config=settings, log=log, force=True)
    try:
        with warnings.catch_warnings():
            # nbgrader's own use of SQLAlchemy: nothing that anyone here could mend.
            warnings.simplefilter("ignore", SAWarning)
            converter.start()
    except NbGraderException as error:
        cause = log.cause or error
        lines = [line for line in str(cause).splitlines() if line.strip()] or [type(cause).__name__]
        raise CourseError(lines[0]) from cause
    return log.warnings


class _Listener(logging.Logger):
    """A logger that keeps what nbgrader says instead of printing it."""

    def __init__(self) -> None:
        super().__init__("coursekit.nbgrader", logging.WARNING)
        self.propagate = False
        self.warnings: list[str] = []
        self.cause: BaseException | None = None
        handler = logging.Handler()
        handler.emit = self._keep  # type: ignore[method-assign]
        self.addHandler(handler)

    def _keep(self, record: logging.LogRecord) -> None:
        self.warnings.append(record.getMessage())
        # nbgrader logs an error while it handles the exception, and does not pass the exception on.
        self.cause = sys.exc_info()[1] or self.cause
