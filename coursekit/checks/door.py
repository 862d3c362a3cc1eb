"""The door between a check and an answer: arguments go in by name, a value comes out.

A check never touches the student's objects. It asks the door to call a function and gets arrays back, or
one of the errors below. In a notebook the function runs in the same process (`LocalAnswers`); the check
cannot tell, and would be the same if it ran in another one.
"""

import copy
import linecache
import signal
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import numpy as np

_COURSEKIT = str(Path(__file__).parents[1])


class AnswerError(Exception):
    """The answer gave nothing to compare. The message is for the student."""


class NotWritten(AnswerError):  # noqa: N818  the name is what it says to a student
    """The function is not there yet."""


class TimedOut(AnswerError):  # noqa: N818
    """The function took longer than it may."""


class Answers(Protocol):
    """What a check sees of a submission."""

    def call(self, function: str, /, **arguments: Any) -> Any:
        """Return what the student's `function` gives for these arguments.

        Arrays come back as plain float or integer arrays, tuples and lists of arrays as tuples.

        Raises
        ------
        NotWritten
            If there is no such function, or it raises `NotImplementedError`.
        TimedOut
            If it does not return in time.
        AnswerError
            If it fails in any other way, or returns something that is no number or array.
        """
        ...


class LocalAnswers:
    """Answers that live in this process, as in a student's notebook.

    Parameters
    ----------
    namespace
        Where the functions are: a notebook passes `globals()`.
    time_limit
        Seconds that one call may take. Kept where the system has interval timers (not on Windows).
    """

    def __init__(self, namespace: Mapping[str, Any], time_limit: float = 10.0) -> None:
        self._namespace = namespace
        self._time_limit = time_limit

    def call(self, function: str, /, **arguments: Any) -> Any:
        """Call the function on copies of the arguments; see `Answers.call`."""
        answer = self._namespace.get(function)
        if not callable(answer):
            raise NotWritten(f"There is no function `{function}` yet. Run the cell that defines it.")
        try:
            with _time_limit(self._time_limit):
                value = answer(**copy.deepcopy(arguments))
        except NotImplementedError:
            raise NotWritten(f"`{function}` is not written yet.") from None
        except _Alarm:
            raise TimedOut(
                f"`{function}` was stopped after {self._time_limit:g} seconds. Does a loop never end?"
            ) from None
        except Exception as error:
            raise AnswerError(f"`{function}` stopped with {_describe(error)}") from None
        return _plain(value, function)


def _plain(value: Any, function: str) -> Any:
    """Return numbers and arrays as plain arrays: no subclass, no view of the student's memory."""
    if isinstance(value, tuple | list) and any(isinstance(v, np.ndarray) for v in value):
        return tuple(_plain(v, function) for v in value)
    if value is None:
        raise AnswerError(f"`{function}` returned None. Is there a `return` at its end?")
    try:
        array = np.array(value)
    except Exception:
        array = np.array(None)
    if array.dtype.kind not in "biuf":
        raise AnswerError(f"`{function}` returned a {type(value).__name__}, not an array of numbers.")
    return array


def _describe(error: BaseException) -> str:
    """Return the error with the line of the student's code in which it arose."""
    what = f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "site-packages" not in f.filename and not f.filename.startswith(_COURSEKIT)]
    if not own:
        return what
    line = (own[-1].line or linecache.getline(own[-1].filename, own[-1].lineno or 0)).strip()
    return f"{what}\nin `{own[-1].name}`, line {own[-1].lineno}: {line}"


class _Alarm(BaseException):
    """The time is up. No Exception, so that a student's `except Exception` lets it through."""


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise `_Alarm` in the block after so many seconds, where the system can."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise _Alarm

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
