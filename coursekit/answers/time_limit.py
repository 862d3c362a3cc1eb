"""Stopping Python code that takes too long, where the system has interval timers (not on Windows)."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


class OutOfTime(BaseException):
    """The time is up. No Exception, so that a student's `except Exception` lets it through."""


@dataclass
class Limit:
    """A running limit: whether it was reached, which code that swallows every exception cannot hide."""

    reached: bool = False


@contextmanager
def time_limit(seconds: float) -> Iterator[Limit]:
    """Raise `OutOfTime` in the block after so many seconds, where the system can."""
    limit = Limit()
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield limit
        return

    def ring(_signal: int, _frame: FrameType | None) -> None:
        limit.reached = True
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield limit
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
