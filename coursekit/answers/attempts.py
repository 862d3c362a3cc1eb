"""Noticing what submitted code tries, for a person to look at.

This stops nothing and is easily evaded: the sandbox stops it. Most who try do not evade.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import coursekit
from coursekit.sandbox.confine import SANDBOX

MOST = 50
PACKAGE = Path(coursekit.__file__).parent
PRIVATE = ("/proc/", "/root/", "/home/", "/etc/shadow", "/etc/passwd")

# Events of Python's audit hooks (PEP 578; `sys.addaudithook`) that no answer needs.
EVENTS = {
    "ctypes.dlopen": "loaded a library of machine code",
    "os.exec": "started another program",
    "os.fork": "started another process",
    "os.forkpty": "started another process",
    "os.kill": "sent a signal to a process",
    "os.killpg": "sent a signal to a process",
    "os.posix_spawn": "started another program",
    "os.system": "started another program",
    "pty.spawn": "started another program",
    "socket.connect": "used the network",
    "socket.bind": "used the network",
    "socket.getaddrinfo": "used the network",
    "subprocess.Popen": "started another program",
}


class Attempts:
    """A list of what was tried since it was last taken."""

    def __init__(self, shortcuts: list[str]) -> None:
        self._found: dict[str, None] = {}
        self._shortcuts = shortcuts
        self._home = os.getcwd()
        self._asleep = False

    @classmethod
    def watch(cls, shortcuts: list[str]) -> "Attempts":
        """Notice from now on what this process and its children try.

        Parameters
        ----------
        shortcuts
            The list of forbidden functions that were called; see `shortcuts.forbidden`.
        """
        attempts = cls(shortcuts)
        sys.addaudithook(attempts._note)
        return attempts

    def take(self) -> tuple[str, ...]:
        """Return what was found since the last time."""
        found = [*self._found, *(f"called {name}, which the exercise forbids" for name in self._shortcuts)]
        self._found.clear()
        self._shortcuts.clear()
        return tuple(dict.fromkeys(found))[:MOST]

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Notice nothing in the block: what is done there is not the student's."""
        self._asleep = True
        try:
            yield
        finally:
            self._asleep = False

    def wake(self) -> None:
        """Notice again, in a child that was forked in a quiet block."""
        self._asleep = False

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._asleep or len(self._found) >= MOST:
            return
        if event in EVENTS:
            self._found[EVENTS[event]] = None
        elif event == "open" and isinstance(arguments[0], str | bytes) and isinstance(arguments[2], int):
            path, writes = os.fsdecode(arguments[0]), arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            # In the sandbox, /tmp and others lead to the one folder to write in.
            whole = os.path.realpath(path)
            if writes and not whole.startswith((self._home, SANDBOX, "/dev/")):
                self._found[f"wrote to {whole[:200]}"] = None
            elif whole.startswith(PRIVATE) and not _is_a_library(whole):
                self._found[f"read {whole[:200]}"] = None


def _is_a_library(path: str) -> bool:
    """Whether Python itself opens the file: to import it, or to show a line of it in a traceback.

    Of this package that holds for what answers may see; the rest is not there in the sandbox.
    """
    if path.startswith((sys.prefix, sys.base_prefix)):
        return True
    return path.startswith(f"{PACKAGE}/") and path.endswith(".py") and os.path.exists(path)
