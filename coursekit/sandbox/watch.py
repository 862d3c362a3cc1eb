"""Watching one submission to its end."""

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.sandbox.limits import Limits
from coursekit.sandbox.processes import Family, memory_of

# How long the processes that a submission started may take to end by themselves after it, in seconds.
GRACE = 0.1
# How often a submission is looked at, in seconds; and how often where its end does not announce itself.
WATCH = 0.05
_WITHOUT_NOTICE = 0.005
_PIECE = 1 << 16


@dataclass(frozen=True)
class Ended:
    """How a submission's process ended.

    Attributes
    ----------
    status
        Its exit status; None if a signal ended it.
    signal
        The signal that ended it; None if it ended by itself.
    limit
        The name of the limit in `Limits` for which it was stopped, or None; "cancelled" if the waiting parent
        was told to stop it.
    left_running
        Names of the processes that it left running, which were then killed. A process chooses its name.
    output
        What it and all that it started wrote to standard output and standard error.
    output_cut
        Whether there was more output than the limit.
    seconds, cpu_seconds
        Time on the clock; time of processors, its own and of those processes for whose end it waited.
    """

    status: int | None
    signal: int | None
    limit: str | None
    left_running: tuple[str, ...]
    output: bytes
    output_cut: bool
    seconds: float
    cpu_seconds: float


@dataclass
class Running:
    """A submission that runs.

    Attributes
    ----------
    process
        Its process, numbered as the warm parent sees it.
    init
        The first process of its process list; 0 where it has no list of its own.
    lifeline
        The pipe on which `init` lives.
    output
        The pipe of its output.
    limits
        What it may use.
    started
        When, on the monotonic clock.
    """

    process: int
    init: int
    lifeline: int
    output: int
    limits: Limits
    started: float


class _Output:
    """What comes through a pipe, up to a limit; the rest is read and thrown away."""

    def __init__(self, descriptor: int, limit: int) -> None:
        self.descriptor, self.limit = descriptor, limit
        self.kept = bytearray()
        self.cut = False
        os.set_blocking(descriptor, False)

    def read(self) -> bool:
        """Read a piece; return whether there may be more later."""
        try:
            piece = os.read(self.descriptor, _PIECE)
        except BlockingIOError:
            return False
        room = self.limit - len(self.kept)
        self.kept += piece[:room]
        self.cut |= len(piece) > room
        return bool(piece)


def watch(running: Running, cancel: int | None = None) -> Ended:
    """Watch a submission until it ends or must be stopped; leave nothing of it. See `Nursery.wait`."""
    family = Family(running.process, running.init or os.getpid())
    output = _Output(running.output, running.limits.output_bytes)
    try:
        limit = _until_end(running, family, output, cancel)
        left = () if limit else _left_running(family)
        _kill(running, family)
        _, status, usage = os.wait4(running.process, 0)
        seconds = time.monotonic() - running.started
        if running.init:
            os.waitpid(running.init, 0)
        else:
            _reap_orphans()
        while output.read():
            pass
    finally:
        os.close(running.output)
        if running.lifeline >= 0:
            os.close(running.lifeline)
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
    cpu = usage.ru_utime + usage.ru_stime
    # The kernel counts a little more than it reports.
    worn_out = number == signal.SIGKILL and cpu >= 0.9 * running.limits.cpu_seconds
    if limit is None and (number == signal.SIGXCPU or worn_out):
        limit = "cpu_seconds"
    return Ended(
        status=os.WEXITSTATUS(status) if number is None else None,
        signal=number,
        limit=limit,
        left_running=left,
        output=bytes(output.kept),
        output_cut=output.cut,
        seconds=seconds,
        cpu_seconds=cpu,
    )


def _until_end(running: Running, family: Family, output: _Output, cancel: int | None) -> str | None:
    """Return None when the process has ended, or the name of the limit for which it must be stopped."""
    limits = running.limits
    deadline = running.started + limits.seconds
    allowed = limits.memory_bytes + memory_of(os.getpid())
    next_look = time.monotonic() + WATCH
    poll = select.poll()
    poll.register(output.descriptor, select.POLLIN)
    if cancel is not None:
        poll.register(cancel, select.POLLIN)
    with _notice_of_end(running.process) as notice:
        if notice is not None:
            poll.register(notice, select.POLLIN)
        while True:
            pause = min(WATCH if notice is not None else _WITHOUT_NOTICE, deadline - time.monotonic())
            ready = {descriptor for descriptor, _ in poll.poll(1000 * max(0.0, pause))}
            if output.descriptor in ready and not output.read():
                poll.unregister(output.descriptor)
            if os.waitid(os.P_PID, running.process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                return None
            if cancel in ready:
                return "cancelled"
            now = time.monotonic()
            if now >= deadline:
                return "seconds"
            if now >= next_look:
                members = family.members()
                if len(members) > 1 and (limit := family.exceeds(members, limits.processes, allowed)):
                    return limit
                # However many processes there are, looking at them takes a tenth of the time.
                taken = time.monotonic() - now
                next_look = now + max(WATCH, 10 * taken)


@contextlib.contextmanager
def _notice_of_end(process: int) -> Iterator[int | None]:
    """Give an open file that is readable when the process has ended; None before Linux 5.3."""
    try:
        descriptor = os.pidfd_open(process)
    except OSError:
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _left_running(family: Family) -> tuple[str, ...]:
    """Return the names of what still runs a moment after the end."""
    until = time.monotonic() + GRACE
    while (members := family.members()) and time.monotonic() < until:
        time.sleep(0.005)
    return tuple(sorted(member.name for member in members.values()))


def _kill(running: Running, family: Family) -> None:
    """End the submission and all that it started."""
    if running.init:
        # The first process of a list takes all others along: the kernel sees to it.
        os.kill(running.init, signal.SIGKILL)
        return
    while members := family.members():
        for process in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.001)


def _reap_orphans() -> None:
    """Take note of the end of adopted orphans, of which nothing else is wanted."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
