"""The ways to a sandbox that there are, strongest first, and what this machine can do of them."""

import errno
import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.sandbox import bubblewrap
from coursekit.sandbox.errors import SandboxError
from coursekit.sandbox.view import ENVIRONMENT, View, view

# The command line that runs a program behind a view; open files that it needs are appended to the list.
Command = Callable[[View, Sequence[str], list[int]], list[str]]


@dataclass(frozen=True)
class Tier:
    """One way to a sandbox. Get one from `tiers`, `strongest` or `unsafe`.

    Attributes
    ----------
    name
        bubblewrap, unshare, or none.
    works
        Whether it works here, tried for real.
    reason
        If it does not: why, and how to get it, in one sentence. If it does: what it is.
    confines
        Whether it confines at all; what `Nursery(confined=...)` must be told.
    """

    name: str
    works: bool
    reason: str
    confines: bool = True

    def start(
        self,
        argv: Sequence[str],
        *,
        pass_fds: Sequence[int] = (),
        visible: Sequence[Path] = (),
        hidden: Sequence[Path] = (),
        replaced: Mapping[Path, Path] | None = None,
        environment: Mapping[str, str] | None = None,
        stdout: int | None = subprocess.DEVNULL,
        stderr: int | None = subprocess.DEVNULL,
    ) -> "subprocess.Popen[bytes]":
        """Start a program in a sandbox; it ends with the *thread* that calls this.

        Inside, `/sandbox` can be written to, and is gone at the end. See `view` for what can be read.

        Parameters
        ----------
        argv
            The program and its arguments, as inside.
        pass_fds
            Open files that the program keeps, under their numbers. Nothing else that is open here gets in.
        visible, hidden, replaced
            See `view`.
        environment
            Variables to add to `ENVIRONMENT`, which is all that the program gets else.
        stdout, stderr
            As for `subprocess.Popen`. Standard input is empty.

        Raises
        ------
        SandboxError
            If the tier does not work here.
        """
        if not self.works:
            raise SandboxError(self.reason)
        return _start(self.name, argv, view(visible, hidden, replaced), pass_fds, environment, stdout, stderr)


def _start(
    name: str,
    argv: Sequence[str],
    shown: View,
    pass_fds: Sequence[int],
    environment: Mapping[str, str] | None,
    stdout: int | None,
    stderr: int | None,
) -> "subprocess.Popen[bytes]":
    files: list[int] = []
    try:
        return subprocess.Popen(
            _COMMANDS[name](shown, argv, files),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            pass_fds=[*pass_fds, *files],
            env={**ENVIRONMENT, **(environment or {})},
            cwd="/",
        )
    finally:
        for descriptor in files:
            os.close(descriptor)


def _unshare(shown: View, argv: Sequence[str], files: list[int]) -> list[str]:
    module = "coursekit.sandbox.enter"
    steps = json.dumps(list(shown.steps()))
    return [sys.executable, "-I", "-m", module, str(os.getpid()), steps, *argv]


def _none(shown: View, argv: Sequence[str], files: list[int]) -> list[str]:
    return list(argv)


_COMMANDS: dict[str, Command] = {"bubblewrap": bubblewrap.command, "unshare": _unshare, "none": _none}
_WHAT = {
    "bubblewrap": "namespaces made by bubblewrap, an allow-list of files",
    "unshare": "the same namespaces and the same allow-list, made by coursekit itself",
}
_TRIAL = """
import sys
from coursekit.sandbox import Nursery
nursery = Nursery()
ended = nursery.wait(nursery.start(lambda: print("inside")))
sys.exit(0 if ended.output == b"inside\\n" else f"the trial ended unexpectedly: {ended}")
"""


@functools.cache
def tiers() -> tuple[Tier, ...]:
    """Return the tiers, strongest first, each tried once for real: a submission that prints a word."""
    return tuple(_try(name, what) for name, what in _WHAT.items())


def _try(name: str, what: str) -> Tier:
    argv = [sys.executable, "-I", "-c", _TRIAL]
    try:
        trial = _start(name, argv, view(), (), None, subprocess.DEVNULL, subprocess.PIPE)
        try:
            _, errors = trial.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            trial.kill()
            trial.communicate()
            return Tier(name, False, f"{name} does not work here: a trial took more than a minute")
    except SandboxError as error:
        return Tier(name, False, str(error))
    except OSError as error:
        return Tier(name, False, f"{name} does not work here: {error}")
    if trial.returncode == 0:
        return Tier(name, True, what)
    lines = errors.decode(errors="replace").strip().splitlines() or [f"status {trial.returncode}"]
    said = lines[-1].rpartition("SandboxError: ")[2]
    return Tier(name, False, f"{name} does not work here: {said}; {_remedy(said)}")


def _remedy(said: str) -> str:
    """Return what to do about what most likely stands in the way on this machine."""
    if os.getuid() == 0 and os.strerror(errno.EACCES) in said:
        return f"root grades as nobody, who must be able to read {sys.prefix}; or grade as an ordinary user"
    for setting, bad, remedy in (
        ("user/max_user_namespaces", "0", "as root, run: sysctl -w user.max_user_namespaces=15000"),
        (
            "kernel/unprivileged_userns_clone",
            "0",
            "as root, run: sysctl -w kernel.unprivileged_userns_clone=1",
        ),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "as root, run: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ):
        try:
            value = Path("/proc/sys", setting).read_text().strip()
        except OSError:
            continue
        if value == bad:
            return remedy
    return (
        "user namespaces must be allowed; in a Docker container, start it with "
        "--security-opt seccomp=unconfined --security-opt systempaths=unconfined"
    )


def strongest() -> Tier:
    """Return the strongest tier that works here.

    Raises
    ------
    SandboxError
        If none does: why, and how to get one. What runs without a sandbox is never chosen by itself.
    """
    for tier in tiers():
        if tier.works:
            return tier
    raise SandboxError("there is no sandbox here: " + "; ".join(tier.reason for tier in tiers()))


def unsafe() -> Tier:
    """Return the tier that confines nothing, for who chose it (`--unsafe-no-sandbox`)."""
    return Tier(
        "none", True, "no sandbox: submissions run with all rights of the user who grades", confines=False
    )
