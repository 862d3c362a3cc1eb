"""The tier that rests on bubblewrap, the sandbox of Flatpak."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence

from coursekit.sandbox.confine import HOME
from coursekit.sandbox.errors import SandboxError
from coursekit.sandbox.view import NOBODY, View, user_and_group

HOW_TO_GET = "install the package bubblewrap (Debian, Ubuntu, Fedora)"


def command(view: View, argv: Sequence[str], files: list[int]) -> list[str]:
    """Return the command line that runs `argv` in a sandbox.

    bubblewrap makes the view, and new namespaces for users, processes, network, System V objects and host
    name. `--die-with-parent` ends all when the thread that started it ends; `--new-session` keeps the
    terminal's input out of reach.

    As root it makes no user namespace: root becomes nobody for good instead, once the view is there, since a
    root in a user namespace owns root's files still. That needs `mount` and `setpriv` of util-linux, inside.

    Parameters
    ----------
    view
        What is visible.
    argv
        The program to run and its arguments.
    files
        Open files that the command needs are appended here; to be passed on, then closed.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError(f"bubblewrap is not there; {HOW_TO_GET}")
    as_nobody = os.getuid() == 0 and user_and_group()[0] == NOBODY
    line = [program, "--die-with-parent", "--new-session", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    line += ["--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox", "--cap-drop", "ALL"]
    if as_nobody:
        line += [
            part
            for right in ("SYS_ADMIN", "SETUID", "SETGID", "SETPCAP")
            for part in ("--cap-add", f"CAP_{right}")
        ]
        line += ["--dir", "/proc"]
    else:
        line += ["--unshare-user", "--proc", "/proc"]
    for step in view.steps():
        line += _options(*step, files)
    line += ["--remount-ro", "/", "--chdir", HOME.rpartition("/")[0], "--"]
    return [*line, *(_as_nobody() if as_nobody else ()), *argv]


def _options(what: str, path: str, detail: str, files: list[int]) -> Sequence[str]:
    match what:
        case "tmpfs":
            return "--perms", "755", "--tmpfs", path
        case "folder":
            return "--perms", detail, "--dir", path
        case "device":
            return "--dev-bind", path, path
        case "link":
            return "--symlink", detail, path
        case "show":
            return "--ro-bind", detail, path
        case "hide-folder":
            return "--perms", "755", "--tmpfs", path, "--remount-ro", path
        case "hide-file" | "text":
            files.append(_file_of(detail))
            return "--perms", "444", "--ro-bind-data", str(files[-1]), path
    raise AssertionError(what)


def _file_of(text: str) -> int:
    """Return an open file that holds a text of at most a few hundred bytes."""
    read, write = os.pipe()
    os.write(write, text.encode())
    os.close(write)
    return read


def _as_nobody() -> Iterator[str]:
    who = (
        f"--reuid={NOBODY} --regid={NOBODY} --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all"
    )
    yield from ("/bin/sh", "-c", f'mount -t proc proc /proc && exec setpriv {who} -- "$@"', "sh")


def version() -> str:
    """Return what bubblewrap calls itself."""
    return subprocess.run(["bwrap", "--version"], capture_output=True, text=True, check=True).stdout.strip()
