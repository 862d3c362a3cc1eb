"""The judge's end of the answer process: starting it, running a submission's cells, asking its questions.

Whatever comes from there was written by a stranger: it is read as data, within limits of size and time, and
its form is checked here.
"""

import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import coursekit
from coursekit.answers import AnswerError, Held, NotWritten, TimedOut, Value, ValueTooLarge, wire
from coursekit.checks import Exercise
from coursekit.grading.course import CourseError
from coursekit.grading.limits import MIB, Limits
from coursekit.sandbox import Tier

ERRORS = {"not written": NotWritten, "timed out": TimedOut, "failed": AnswerError}
START_SECONDS = 120.0
# What the answer process may be late when it keeps a limit itself; after that the judge ends it.
GRACE = 3.0
RESTARTS = 5
MOST_FLAGS = 1000
PACKAGE = Path(coursekit.__file__).parent


class Gone(Exception):  # noqa: N818  an outcome of a cell or a call
    """The submission's process ended, or said what cannot be understood. The message says why."""


class Disturbed(Exception):  # noqa: N818  no submission's fault
    """The warm parent was ended from outside: what a submission got until then says nothing about it."""


class AnswerProcess:
    """A warm parent in a sandbox, which forks for each submission. One submission at a time.

    Parameters
    ----------
    exercise
        Whose answers: it says what they may import and what is forbidden.
    setup
        A cell that imports what most submissions import.
    limits
        The limits of each submission.
    tier
        The sandbox.
    """

    def __init__(self, exercise: Exercise, setup: str, limits: Limits, tier: Tier) -> None:
        self.limits = limits
        self._exercise = exercise
        self._setup = setup
        self._tier = tier
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "AnswerProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fork(self) -> socket.socket:
        """Begin a submission and return the line to it."""
        if self._process is None:
            self._start()
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._pass(self._judge, {"do": "fork"}, theirs)
            except OSError:  # killed from outside since the last submission
                self.close()
                self._start()
                self._pass(self._judge, {"do": "fork"}, theirs)
        return ours

    def end(self, line: socket.socket, stop: bool = False) -> dict[str, Any]:
        """End the submission whose line this is, and return the limit that it met and what it left running.

        Parameters
        ----------
        line
            From `fork`; it is closed.
        stop
            Whether it is to be killed; otherwise it ends because its line is closed.

        Raises
        ------
        Disturbed
            If the warm parent was gone already. The next submission gets a new one.
        """
        line.close()
        deadline = time.monotonic() + GRACE
        try:
            if stop:
                wire.send(self._judge, {"do": "stop"})
            try:
                ended = wire.receive(self._judge, deadline)
            except TimeoutError:
                wire.send(self._judge, {"do": "stop"})
                ended = wire.receive(self._judge, deadline + GRACE)
            return dict(ended)
        except TimeoutError:
            self.close()  # the next submission gets a new one
            return {"limit": None, "left_running": ()}
        except (wire.WireError, OSError) as error:
            self.close()
            raise Disturbed(f"the answer process was killed ({error})") from error

    def close(self) -> None:
        """End the process and all that it started."""
        if self._process is not None:
            self._judge.close()
            try:
                self._process.wait(timeout=GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    @staticmethod
    def _pass(line: socket.socket, message: dict[str, Any], end: socket.socket) -> None:
        wire.send(line, message)
        socket.send_fds(line, [b"."], [end.fileno()])

    def _start(self) -> None:
        self._judge, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "coursekit.answers.process"]
            confined = "confined" if self._tier.confines else "unconfined"
            self._process = self._tier.start(
                [*command, str(theirs.fileno()), confined],
                pass_fds=[theirs.fileno()],
                hidden=hidden_parts(self._exercise.visible),
            )
        settings = {
            "visible": self._exercise.visible,
            "forbids": self._exercise.forbids,
            "setup": self._setup,
            "limits": self.limits.sandbox(),
            "call_seconds": self.limits.call_seconds,
            "answer_bytes": self.limits.answer_bytes,
        }
        try:
            wire.send(self._judge, settings)
            wire.receive(self._judge, time.monotonic() + START_SECONDS)
        except (wire.WireError, OSError, TimeoutError) as error:
            self.close()
            raise CourseError(
                f"the answer process did not start in the sandbox {self._tier.name!r} ({error}); "
                "run: coursekit doctor"
            ) from error


def hidden_parts(visible: tuple[str, ...]) -> list[Path]:
    """Return the files and folders of this package that answers must not see, given what they may."""
    shown = {"__init__.py", "answers", "sandbox"}
    shown |= {f"{name.split('.')[1]}{ending}" for name in visible for ending in ("", ".py")}
    return sorted(path for path in PACKAGE.iterdir() if path.name not in shown and path.name != "__pycache__")


class Submission:
    """One run of a submission's cells and questions, over as many forks as it takes.

    Attributes
    ----------
    flags
        What was tried, and how it ended, for a person to look at.
    """

    def __init__(self, process: AnswerProcess) -> None:
        self.flags: dict[str, None] = {}
        self._process = process
        self._limits = process.limits
        self._deadline = time.monotonic() + process.limits.seconds
        self._room = process.limits.total_output_bytes
        self._line: socket.socket | None = None
        self._ran: list[str] = []
        self._starts = 0

    def __enter__(self) -> "Submission":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def cell(self, source: str) -> list[dict[str, Any]]:
        """Run a cell and return its outputs; one that ends Python or its time is as if it had not been."""
        try:
            outputs = self._cell(source)
        except Gone as gone:
            self.flags[f"a cell: {gone}"] = None
            return [
                {"output_type": "error", "ename": "Stopped", "evalue": str(gone), "traceback": [str(gone)]}
            ]
        if not any(output.get("ename") == "TimeLimit" for output in outputs):
            self._ran.append(source)
        return self._fitting(outputs)

    def _fitting(self, outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return a cell's outputs if they fit in what is left for all cells, a word about it otherwise."""
        size = sum(len(json.dumps(output)) for output in outputs)
        if size > self._room:
            most = self._limits.total_output_bytes / MIB
            says = f"[not kept: all cells together show more than {most:g} MiB, the limit total_output_bytes]"
            outputs = [{"output_type": "stream", "name": "stderr", "text": says}]
        self._room -= min(size, self._room)
        return outputs

    @contextlib.contextmanager
    def question(self) -> Iterator["QuestionAnswers"]:
        """Open the door to the answers as they are now, for one question."""
        ours, theirs = socket.socketpair()
        deadline = min(self._deadline, time.monotonic() + self._limits.question_seconds)
        with ours:
            answers = QuestionAnswers(ours, self._limits, self.flags, deadline)
            with theirs:
                try:
                    line = self._open()
                    AnswerProcess._pass(
                        line, {"do": "question", "seconds": self._limits.question_seconds}, theirs
                    )
                except (Gone, OSError) as error:
                    answers.over = AnswerError(f"Python had stopped before: {error}.")
            yield answers

    def _cell(self, source: str) -> list[dict[str, Any]]:
        line = self._open()
        seconds = self._limits.cell_seconds
        message = {
            "do": "cell",
            "source": source,
            "seconds": seconds,
            "output_bytes": self._limits.output_bytes,
        }
        try:
            # A question that was asked before may still take its time.
            deadline = time.monotonic() + seconds + GRACE
            wire.send(line, message, deadline=deadline)
            reply = wire.receive(line, deadline, MIB)
            outputs = _checked_outputs(reply)
        except TimeoutError:
            self._end(stop=True)
            raise Gone(f"stopped after {seconds:g} seconds, the limit cell_seconds") from None
        except (wire.WireError, ValueTooLarge, OSError, ValueError) as error:
            ended = self._end(stop=True)
            raise Gone(_why(ended["limit"], self._limits, str(error))) from None
        _take_attempts(reply, self.flags)
        return outputs

    def _open(self) -> socket.socket:
        """Return the line, to a new fork in which the same cells have run if the former one is gone."""
        if time.monotonic() > self._deadline:
            raise Gone(_why("seconds", self._limits, ""))
        if self._line is None:
            if self._starts > RESTARTS:
                raise Gone(f"it had to be started more than {RESTARTS} times")
            self._starts += 1
            self._line = self._process.fork()
            for source in list(self._ran):
                self._cell(source)
        return self._line

    def _end(self, stop: bool = False) -> dict[str, Any]:
        if self._line is None:
            return {"limit": None}
        line, self._line = self._line, None
        ended = self._process.end(line, stop)
        for name in ended["left_running"]:
            self.flags[f"left a process running ({str(name)[:50]})"] = None
        if ended["limit"] not in (None, "cancelled"):
            self.flags[f"met the limit {ended['limit']}"] = None
        return ended


class QuestionAnswers:
    """The door to a submission's answers, for one question; see `coursekit.answers.Answers`."""

    def __init__(self, line: socket.socket, limits: Limits, flags: dict[str, None], deadline: float) -> None:
        self.over: AnswerError | None = None
        self._line = line
        self._limits = limits
        self._flags = flags
        self._deadline = deadline

    def call(self, function: str, /, *arguments: Value, **settings: Value) -> Value:
        """Return what the student's function gives."""
        return self._ask("call", function, (function, *arguments), settings)

    def do(self, operation: str, thing: Held, /, *arguments: Value, **settings: Value) -> Value:
        """Return what an operation gives for an object behind the door."""
        return self._ask("do", thing.kind, (operation, thing, *arguments), settings)

    def _ask(self, what: str, name: str, arguments: tuple[Value, ...], settings: dict[str, Value]) -> Value:
        if self.over is not None:
            raise self.over
        now = time.monotonic()
        deadline = min(now + self._limits.call_seconds + GRACE, self._deadline)
        try:
            message = {"do": what, "arguments": arguments, "settings": settings}
            wire.send(self._line, message, deadline=deadline)
            reply = wire.receive(self._line, deadline, self._limits.answer_bytes)
        except TimeoutError:
            self._flags[f"`{name}` took more than its time"] = None
            self.over = TimedOut(
                f"`{name}` was stopped after {time.monotonic() - now:.0f} seconds. Is there an endless loop?"
            )
        except ValueTooLarge as error:
            self.over = AnswerError(f"The result of `{name}` is too large: {error}, the limit answer_bytes.")
        except (wire.WireError, OSError):
            self._flags[f"`{name}` stopped Python"] = None
            memory = self._limits.memory_bytes / 2**30
            self.over = AnswerError(
                f"Python stopped while `{name}` ran: it ended itself, crashed, or asked for more than the "
                f"{memory:g} GiB of memory that it may have (the limit memory_bytes)."
            )
        if self.over is not None:
            raise self.over
        _take_attempts(reply, self._flags)
        match reply:
            case {"value": value}:
                return value
            case {"error": str(kind), "says": str(says)} if kind in ERRORS:
                raise ERRORS[kind](says[:5000])
        self._flags["a reply that is none"] = None
        raise AnswerError(f"`{name}` gave nothing that can be understood.")


def _take_attempts(reply: Any, flags: dict[str, None]) -> None:
    attempts = reply.get("attempts", ()) if isinstance(reply, dict) else ()
    for attempt in attempts[:50] if isinstance(attempts, tuple) else ():
        if len(flags) < MOST_FLAGS:
            flags[str(attempt)[:300]] = None


def _checked_outputs(reply: Any) -> list[dict[str, Any]]:
    """Return the outputs of a reply in nbformat's form; raise `ValueError` if they are none."""
    outputs: list[dict[str, Any]] = []
    match reply:
        case {"outputs": tuple(found)}:
            for output in found:
                match output:
                    case {"output_type": "stream", "name": "stdout" | "stderr" as name, "text": str(text)}:
                        outputs.append({"output_type": "stream", "name": name, "text": text})
                    case {
                        "output_type": "error",
                        "ename": str(ename),
                        "evalue": str(evalue),
                        "traceback": tuple(lines),
                    }:
                        lines_ = [str(line) for line in lines]
                        outputs.append(
                            {"output_type": "error", "ename": ename, "evalue": evalue, "traceback": lines_}
                        )
                    case {"output_type": "display_data" | "execute_result" as kind, "data": dict(data)} if (
                        all(isinstance(value, str) for value in data.values())
                    ):
                        new = {"output_type": kind, "data": dict(data), "metadata": {}}
                        outputs.append(new | ({"execution_count": None} if kind == "execute_result" else {}))
                    case _:
                        raise ValueError("an output that is none")
            return outputs
    raise ValueError("no outputs")


def _why(limit: str | None, limits: Limits, error: str) -> str:
    match limit:
        case "memory_bytes":
            what = f"because it took more than {limits.memory_bytes / 2**30:g} GiB of memory"
        case "processes":
            what = f"because it had more than {limits.processes} processes"
        case "cpu_seconds":
            what = f"after {limits.cpu_seconds} seconds of computing"
        case "seconds":
            what = f"after {limits.seconds:g} seconds"
        case _:
            return f"Python stopped ({error})"
    return f"stopped {what}, the limit {limit}"
