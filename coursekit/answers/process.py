"""The answer process: a warm parent that forks for each submission, and runs its cells and its functions.

It knows nothing: which cells to run, which functions to call and with what, comes from the judge, one message
at a time; what is right never comes. Three generations:

- the *parent* has imported the libraries, once. Nothing of a student's ever runs in it;
- the *submission*, a child of it, confined, runs the cells in their order;
- a *question*, a child of that, answers the calls of one question and ends. So a call that never returns
  costs its question and no more, and no cell ever sees what the judge asked.
"""

import contextlib
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn

from coursekit.answers import wire
from coursekit.answers.attempts import Attempts
from coursekit.answers.door import AnswerError, LocalAnswers, NotWritten, TimedOut
from coursekit.answers.kept_limits import limit_met
from coursekit.answers.shell import Shell
from coursekit.answers.shortcuts import forbidden
from coursekit.answers.values import ValueTooLarge
from coursekit.sandbox import Limits, Nursery

ERRORS: dict[str, type[AnswerError]] = {
    "not written": NotWritten,
    "timed out": TimedOut,
    "failed": AnswerError,
}
"""What an answer's errors are called in messages."""
_KINDS = {error: kind for kind, error in ERRORS.items()}


def main(fd: int, confined: bool) -> None:
    """Be the warm parent of one worker, whose judge is at the other end of the socket `fd`."""
    nursery = Nursery(confined)
    judge = socket.socket(fileno=fd)
    settings = wire.receive(judge)
    sys.meta_path.insert(0, _Hidden(settings["visible"]))
    shell = _warm_up(settings["setup"])
    limits = Limits(**settings["limits"])
    shell.explain = partial(limit_met, limits=limits)
    wire.send(judge, {"ready": True})
    with forbidden(settings["forbids"]) as shortcuts:
        while True:
            try:
                if wire.receive(judge)["do"] == "stop":  # what was to be stopped has ended meanwhile
                    continue
                _, fds, _, _ = socket.recv_fds(judge, 1, 1)
            except (wire.WireError, OSError):
                return
            line = socket.socket(fileno=fds[0])
            submission = Submission(line, shell, settings, shortcuts)
            running = nursery.start(submission.serve, limits, keep=[line.fileno()])
            line.close()
            ended = nursery.wait(running, cancel=judge.fileno())
            wire.send(judge, {"limit": ended.limit, "left_running": ended.left_running})


class Submission:
    """One submission: its cells run here, its questions are answered in children."""

    def __init__(
        self, line: socket.socket, shell: Shell, settings: dict[str, Any], shortcuts: list[str]
    ) -> None:
        self._line = line
        self._shell = shell
        self._settings = settings
        self._shortcuts = shortcuts

    def serve(self) -> None:
        """Do what the judge asks until it hangs up."""
        self._attempts = Attempts.watch(self._shortcuts)
        while True:
            try:
                message = wire.receive(self._line)
            except wire.WireError:
                return
            if message["do"] == "cell":
                outputs = self._shell.run(message["source"], message["seconds"], message["output_bytes"])
                self._reply(self._line, {"outputs": outputs})
            else:
                with self._attempts.quiet():
                    _, fds, _, _ = socket.recv_fds(self._line, 1, 1)
                    self._in_a_child(socket.socket(fileno=fds[0]), message["seconds"])

    def _reply(self, line: socket.socket, reply: dict[str, Any]) -> None:
        wire.send(line, reply | {"attempts": self._attempts.take()})

    def _in_a_child(self, asked: socket.socket, seconds: float) -> None:
        """Answer a question in a child, and end the child when its time is up."""
        child = os.fork()
        if child == 0:
            self._line.close()
            _run_and_exit(lambda: self._answer(asked))
        asked.close()
        notice = os.pidfd_open(child)
        poll = select.poll()
        poll.register(notice, select.POLLIN)
        ended = poll.poll(1000 * seconds)
        os.close(notice)
        if not ended:
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

    def _answer(self, asked: socket.socket) -> None:
        """Serve the calls of one question until the judge hangs up."""
        seconds, explain = self._settings["call_seconds"], self._shell.explain
        answers = LocalAnswers(self._shell.user_ns, seconds, explain=explain)
        most = self._settings["answer_bytes"]
        while True:
            message = wire.receive(asked)
            name, *arguments = message["arguments"]
            self._attempts.wake()
            try:
                ask = answers.do if message["do"] == "do" else answers.call
                reply = {"value": ask(name, *arguments, **message["settings"])}
            except AnswerError as error:
                reply = {"error": _KINDS[type(error)], "says": str(error)[:5000]}
            try:
                wire.send(asked, reply | {"attempts": self._attempts.take()}, most)
            except ValueTooLarge as error:
                says = f"The result of `{name}` is too large: {error}."
                self._reply(asked, {"error": "failed", "says": says})
            except TypeError as error:
                says = f"The result of `{name}` cannot be compared: {error}."
                self._reply(asked, {"error": "failed", "says": says})


class _Hidden:
    """An importer that stands before all others and hides what answers may not import of coursekit."""

    def __init__(self, visible: Sequence[str]) -> None:
        self._visible = ("coursekit.answers", "coursekit.sandbox", *visible)

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        if not name.startswith("coursekit."):
            return None
        if any(f"{name}.".startswith(f"{one}.") or f"{one}.".startswith(f"{name}.") for one in self._visible):
            return None
        raise ModuleNotFoundError(f"{name} is not at hand where answers are graded", name=name)


def _run_and_exit(function: Callable[[], None]) -> NoReturn:
    """Run the function in this forked child and end it, whatever happens."""
    try:
        with contextlib.suppress(BaseException):
            function()
    finally:
        os._exit(0)


def _warm_up(setup: str) -> Shell:
    """Import what answers need, so that a fork has it at once, and return a shell."""
    checks = ModuleType("coursekit.checks", "The checks are elsewhere when answers are graded.")
    checks.check = lambda *_args, **_kwargs: None  # type: ignore[attr-defined]
    magic = ModuleType("coursekit.checks.magic", "A `%check` that checks nothing.")
    magic.load = lambda shell: shell.register_magic_function(lambda _line: None, "line", "check")  # type: ignore[attr-defined]
    sys.modules |= {"coursekit.checks": checks, "coursekit.checks.magic": magic}
    shell = Shell.make()
    shell.run(setup, seconds=60.0)
    shell.run("def f(x):\n    return x", seconds=60.0)  # IPython compiles its patterns at first use
    # PyTorch takes 300 MB, whose pages every fork copies the table of: only where the exercise imports it.
    if "torch" in sys.modules:
        _train_a_step()
    shell.reset(new_session=False)  # type: ignore[no-untyped-call]
    return shell


def _train_a_step() -> None:
    """Let PyTorch import and allocate what only its first step does."""
    import torch

    torch.set_num_threads(1)
    layer = torch.nn.Linear(2, 2)
    layer(torch.zeros(1, 2)).sum().backward()  # type: ignore[no-untyped-call]
    torch.optim.SGD(layer.parameters(), lr=0.1).step()


if __name__ == "__main__":
    main(int(sys.argv[1]), confined=sys.argv[2] == "confined")
    os._exit(0)  # nothing is to be saved, and to take PyTorch down takes a second
