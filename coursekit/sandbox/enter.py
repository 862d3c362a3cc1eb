"""The tier that needs nothing but the kernel: `python -m coursekit.sandbox.enter STEPS ARGV...`.

What bubblewrap does, done with the same system calls (`man 2 unshare`, `man 2 mount`, `man 2 pivot_root`):

1. new namespaces for mounts, processes, network, System V objects and host name; for users too, unless root;
2. a new root in memory, with what the view shows bound into it, then made read-only;
3. the first process of the new process list gives up every right, starts the program, takes note of the end
   of orphans, and ends with the program. The kernel then ends all the rest;
4. root becomes nobody for good, an ordinary user stays itself; no capability stays, none can come back.
"""

import contextlib
import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import NoReturn

from coursekit.sandbox import linux
from coursekit.sandbox.confine import HOME
from coursekit.sandbox.errors import SandboxError, measure
from coursekit.sandbox.view import NOBODY, user_and_group

_NEW, _OLD = "/new", "/old"
_SAFE = linux.MS_NOSUID | linux.MS_NODEV


def main(steps: list[tuple[str, str, str]], argv: list[str]) -> NoReturn:
    """Enter a sandbox that shows what the steps say, and run a program in it."""
    user, group = user_and_group()
    as_nobody = os.getuid() == 0 and user == NOBODY
    spaces = (
        linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWNET | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS
    )
    with measure("own namespaces"):
        linux.unshare(spaces | (0 if as_nobody else linux.CLONE_NEWUSER), "namespaces")
        if not as_nobody:
            linux.map_own_ids(user, group)
        with contextlib.suppress(OSError):
            linux.unshare(linux.CLONE_NEWCGROUP, "control group namespace")
    os.setsid()
    first = os.fork()
    if first:
        _end_as(first)
    linux.die_with_parent(0)
    with measure("own mounts"):
        _new_root(steps)
    with measure("no privileges"):
        linux.bound_capabilities()
        if as_nobody:
            os.setgroups([])
            os.setresgid(group, group, group)
            os.setresuid(user, user, user)
        linux.no_new_privileges()
        linux.drop_capabilities()
        linux.die_with_parent(0)
    program = os.fork()
    if program == 0:
        try:
            os.execvp(argv[0], argv)
        except OSError as error:
            raise SandboxError(f"{argv[0]} cannot be started in the sandbox: {error.strerror}") from error
    linux.protect_memory()
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    while True:  # as the first process, also take note of the end of orphans
        process, status = os.wait()
        if process == program:
            os._exit(_code(status))


def _new_root(steps: list[tuple[str, str, str]]) -> None:
    """Make a new root in memory and go there; what was visible before is visible no more."""
    base = "/tmp"
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    linux.mount("tmpfs", base, "tmpfs", _SAFE, "mode=0755")
    for folder in (_NEW, _OLD):
        os.mkdir(base + folder)
    linux.mount(base + _NEW, base + _NEW, flags=linux.MS_BIND)
    linux.pivot_root(base, base + _OLD)
    os.chdir("/")
    os.umask(0o022)
    _make_folder(_NEW + "/proc")
    for what, path, detail in steps:
        _step(what, _NEW + path, detail)
    os.mkdir(_NEW + _OLD)
    # Still in the sight of the former /proc, which the kernel asks for before it shows a new one.
    linux.mount("proc", _NEW + "/proc", "proc", _SAFE | linux.MS_NOEXEC)
    linux.unmount(_OLD)
    os.rmdir(_NEW + _OLD)
    linux.pivot_root(_NEW, _NEW)
    linux.unmount("/")
    os.chdir("/")
    linux.mount("none", "/", flags=linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | _SAFE)
    os.chdir(Path(HOME).parent)


def _step(what: str, path: str, detail: str) -> None:
    match what:
        case "tmpfs":
            _make_folder(path)
            linux.mount("tmpfs", path, "tmpfs", _SAFE, "mode=0755")
        case "folder":
            _make_folder(path)
            os.chmod(path, int(detail, 8))
        case "device":
            _bind(_OLD + path.removeprefix(_NEW), path)
        case "link":
            _make_folder(os.path.dirname(path))
            os.symlink(detail, path)
        case "show":
            _bind(_OLD + detail, path)
            _make_read_only(path)
        case "hide-folder":
            linux.mount("tmpfs", path, "tmpfs", _SAFE | linux.MS_RDONLY, "size=4k,mode=0755")
        case "hide-file":
            _text("/empty", "")
            linux.mount("/empty", path, flags=linux.MS_BIND)
            linux.mount("none", path, flags=linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | _SAFE)
        case "text":
            _text(path, detail)
        case _:
            raise AssertionError(what)


def _bind(source: str, path: str) -> None:
    if os.path.isdir(source):
        _make_folder(path)
    elif not os.path.lexists(path):
        _text(path, "")
    linux.mount(source, path, flags=linux.MS_BIND | linux.MS_REC)


def _text(path: str, text: str) -> None:
    _make_folder(os.path.dirname(path))
    Path(path).write_text(text)


def _make_folder(path: str) -> None:
    os.makedirs(path, mode=0o755, exist_ok=True)


def _make_read_only(path: str) -> None:
    """Make a mount and those beneath it read-only; flags that the kernel has locked are kept."""
    for line in Path("/old/proc/self/mountinfo").read_text().splitlines():
        target = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), line.split()[4])
        if target == path or target.startswith(path + "/"):
            held = os.statvfs(target).f_flag
            flags = linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | _SAFE
            # What statvfs says and what mount is told are the same numbers but for the last.
            flags |= held & (os.ST_NOEXEC | os.ST_NOATIME | os.ST_NODIRATIME)
            flags |= linux.MS_RELATIME if held & os.ST_RELATIME else 0
            linux.mount("none", target, flags=flags)


def _end_as(process: int) -> NoReturn:
    """Wait for a process, then end as it did; told to end before, take it along."""
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: os.kill(process, signal.SIGKILL))
    _, status = os.waitpid(process, 0)
    os._exit(_code(status))


def _code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    try:
        linux.die_with_parent(int(sys.argv[1]))
        main(json.loads(sys.argv[2]), sys.argv[3:])
    except SandboxError as error:
        sys.exit(str(error))
