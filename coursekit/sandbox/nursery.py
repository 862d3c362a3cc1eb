"""From a warm parent to one confined process a submission, and back to how it ended.

The warm parent is a Python process inside one of the tiers (`coursekit.sandbox.tiers`) that has imported
all that a submission may want. It makes a `Nursery` *before* those imports, and for each submission calls
`Nursery.start`, which forks, and `Nursery.wait`, which watches the fork to its end. What the fork runs is
confined once more, so that two submissions of one worker never see each other:

========================  ==========================================================================
Threat                    Measure
========================  ==========================================================================
a process that stays      its own process list (pid namespace), whose first process is ours; when
behind, or kills others   that ends the kernel kills all the rest, however they hid
files of another          its own mounts: an empty work folder in memory, of limited size, over the
submission, a full disk   one writable folder of the sandbox; all else is read-only
network, shared memory,   its own network (with nothing on it), System V objects and host name
host name
memory, processors,       resource limits of the kernel, and a watch kept by the warm parent, which
process bombs             the submission cannot see, over what several processes take together
holes in the kernel       no capability, no set-user-id program, and a filter on system calls
                          (`coursekit.sandbox.seccomp`)
the machine out of        the submission is what the kernel kills first
memory
========================  ==========================================================================

Each measure is necessary: if the kernel refuses one, `SandboxError` names it and nothing of the submission
runs. Only the own view of control groups is optional, for kernels that have none.

How the own process list comes at the price of a single fork: the warm parent is the first process of a list
of its own and keeps, in a user namespace that exists for nothing else, the right to make more. It makes one,
puts a copy of `cat` in it as its first process, which waits for a pipe that only the warm parent holds, then
forks into it. So the submission's process is the warm parent's own child, and the kernel tells of its end.
"""

import contextlib
import gc
import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Collection, Iterable
from typing import NoReturn

from coursekit.sandbox import linux, seccomp
from coursekit.sandbox.confine import confine, detach, mount_proc, set_limits
from coursekit.sandbox.errors import SandboxError, measure
from coursekit.sandbox.limits import Limits
from coursekit.sandbox.watch import Ended, Running, watch


class Nursery:
    r"""Starts submissions as confined forks of this process.

    Make it first of all, while the process is small and has one thread: the process forks, the original only
    waits for the end of the fork, and the constructor returns in the fork, which is the first process of its
    own process list. When it ends, all that it started ends.

    Parameters
    ----------
    confined
        False only where somebody chose to run submissions without a sandbox: a time limit, limits of one
        process and the end of what was left running are then all, and none holds against malice.

    Raises
    ------
    SandboxError
        If the kernel refuses a measure, naming it.

    Examples
    --------
    >>> nursery = Nursery()                                   # doctest: +SKIP
    >>> import numpy, torch                                   # doctest: +SKIP
    >>> running = nursery.start(lambda: print("hello"))       # doctest: +SKIP
    >>> nursery.wait(running).output                          # doctest: +SKIP
    b'hello\n'
    """

    def __init__(self, confined: bool = True) -> None:
        self._confined = confined
        self._frozen = False
        if not confined:
            linux.adopt_orphans()
            return
        cat = shutil.which("cat", path="/usr/bin:/bin")
        if cat is None:
            raise SandboxError("the sandbox needs the program cat, which is not there; install coreutils")
        self._cat = cat
        with measure("filter on system calls"):
            self._system_calls = seccomp.prepare()
        check_one_thread()
        user, group = os.getuid(), os.getgid()
        with measure("own user namespace and process list for the worker"):
            spaces = linux.CLONE_NEWUSER | linux.CLONE_NEWPID | linux.CLONE_NEWNS
            linux.unshare(spaces, "namespaces")
            linux.map_own_ids(user, group)
        _continue_in_fork()
        with measure("own list of processes in /proc for the worker"):
            linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
            mount_proc()
            self._own_list = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    def start(
        self, function: Callable[[], object], limits: Limits | None = None, keep: Iterable[int] = ()
    ) -> Running:
        """Fork, confine the fork, and run `function` in it. Returns when every measure holds.

        When `function` returns, the process ends with status 0; if it raises, with status 1 and the traceback
        in the output; `SystemExit` is heeded. It starts in an empty work folder, which is also its home.

        Parameters
        ----------
        function
            What to run. It is called only if every measure holds.
        limits
            What it may use; None means the defaults.
        keep
            Open files that it keeps, under their numbers. All others are closed; standard input is empty.

        Raises
        ------
        SandboxError
            If a measure failed, or this process has more than one thread: `function` is not called.
        """
        limits = limits or Limits()
        kept = frozenset(keep)
        if any(descriptor < 3 for descriptor in kept):
            raise ValueError("keep must not name standard input, output or error")
        check_one_thread()
        self._freeze()
        with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
            output = _pipe(ours, theirs)
            trouble = _pipe(ours, theirs)
            lifeline = _pipe(theirs, ours)
            try:
                init = self._new_process_list(lifeline[0])
                with measure("a process for the submission"):
                    process = os.fork()
                if process == 0:
                    self._in_fork(function, limits, kept, output[1], trouble[1])
            finally:
                self._back_to_own_list()
            theirs.close()
            reason = os.read(trouble[0], 4096).decode(errors="replace")
            os.close(trouble[0])
            ours.pop_all()
        running = Running(process, init, lifeline[1], output[0], limits, time.monotonic())
        if reason:
            self.wait(running)
            raise SandboxError(reason)
        return running

    def wait(self, running: Running, cancel: int | None = None) -> Ended:
        """Watch a submission to its end, stop it where it exceeds a limit, end all that it left.

        Parameters
        ----------
        running
            From `start`; can be waited for once.
        cancel
            An open file. When there is something to read, or the other end closes it (as the judge's socket
            when the judge ends), the submission is stopped.
        """
        return watch(running, cancel)

    def _freeze(self) -> None:
        """Make forks cheap, once: their collector leaves untouched, so uncopied, all that was imported."""
        sys.stdout.flush()
        sys.stderr.flush()
        if not self._frozen:
            gc.collect()
            gc.freeze()
            linux.use_huge_pages()
            self._frozen = True

    def _new_process_list(self, lifeline: int) -> int:
        """Return the first process of a new list, which ends with the pipe; this process's forks go there."""
        if not self._confined:
            return 0
        with measure("own process list for the submission"):
            linux.unshare(linux.CLONE_NEWPID, "pid namespace")
            _inherit_nothing()
            actions = [
                (os.POSIX_SPAWN_DUP2, lifeline, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ]
            return os.posix_spawn(self._cat, ["init"], {}, file_actions=actions)

    def _back_to_own_list(self) -> None:
        if self._confined:
            with measure("return to the worker's process list"):
                linux.set_namespace(self._own_list, linux.CLONE_NEWPID)

    def _in_fork(
        self, function: Callable[[], object], limits: Limits, keep: Collection[int], output: int, trouble: int
    ) -> NoReturn:
        """Confine this fork, call the function, end. Never returns to the warm parent's code."""
        status = 1
        try:
            try:
                detach(output, {*keep, trouble})
                if self._confined:
                    confine(limits, self._system_calls)
                else:
                    set_limits(limits)
            except BaseException as error:
                os.write(trouble, str(error).encode()[:4096] or b"unknown")
                os._exit(1)
            os.close(trouble)
            gc.enable()
            status = _call(function)
        finally:
            os._exit(status)


def _inherit_nothing() -> None:
    """Let no program that this process starts have any of its open files: not the judge's socket either."""
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # the one that lists
            if int(name) > 2:
                os.set_inheritable(int(name), False)


def _pipe(reader: contextlib.ExitStack, writer: contextlib.ExitStack) -> tuple[int, int]:
    """Return a new pipe, each end of which is closed with its owner's other things."""
    read, write = os.pipe()
    reader.callback(os.close, read)
    writer.callback(os.close, write)
    return read, write


def _call(function: Callable[[], object]) -> int:
    status = 0
    try:
        function()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    return status & 0xFF


def check_one_thread() -> None:
    """Raise `SandboxError` if this process has more than one thread: a fork of it could hang."""
    threads = len(os.listdir("/proc/self/task"))
    if threads != 1:
        raise SandboxError(
            f"the worker has {threads} threads, and forks only with one; "
            "set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1 before it starts"
        )


def _continue_in_fork() -> None:
    """Return in a fork; this process waits for it and ends as it does."""
    parent = os.getpid()
    process = os.fork()
    if process == 0:
        # In its new list the parent has no number.
        linux.die_with_parent(0)
        return
    assert parent == os.getpid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: os.kill(process, signal.SIGKILL))
    _, status = os.waitpid(process, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)
