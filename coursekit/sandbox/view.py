"""What a worker's sandbox shows of this machine's files.

Threat: a submission reads what lies on the machine (the solutions, the gradebook, a peer's work, keys and
passwords in home folders). Measure: an allow-list. The sandbox begins empty; it gets the system's programs
and libraries, the Python environment, and what the caller names. All is read-only; the one writable folder is
`/sandbox`, in memory.
"""

import importlib.util
import os
import site
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from coursekit.sandbox.confine import FOLDERS, HOME, SANDBOX
from coursekit.sandbox.errors import SandboxError

# The processors' description is for torch, which chooses its kernels by it.
SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/sys/devices/system/cpu",
)
NOBODY = 65534
DEVICES = ("null", "zero", "full", "random", "urandom")
DEVICE_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "shm": f"{SANDBOX}/shm",
}
# The whole environment. One thread: the worker forks. One arena: address space is limited.
ENVIRONMENT = {
    "HOME": HOME,
    "LANG": "C.UTF-8",
    "LOGNAME": "student",
    "MALLOC_ARENA_MAX": "2",
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "TMPDIR": f"{SANDBOX}/tmp",
    "USER": "student",
}


@dataclass
class View:
    """What is at which path inside. Made by `view`.

    Attributes
    ----------
    shown
        Path inside -> path on this machine of a file or folder, shown read-only. Deeper paths cover others.
    hidden
        Paths over which something empty lies.
    links
        Path inside -> where the symbolic link leads.
    texts
        Path inside -> content of a small file.
    """

    shown: dict[Path, Path] = field(default_factory=dict)
    hidden: set[Path] = field(default_factory=set)
    links: dict[Path, str] = field(default_factory=dict)
    texts: dict[Path, str] = field(default_factory=dict)

    def steps(self) -> Iterator[tuple[str, str, str]]:
        """Give what to do, in order: (what, path inside, detail).

        What: tmpfs (a writable folder in memory), folder (detail: its mode), device, link (detail: target),
        show (detail: path outside), hide-folder, hide-file, text (detail: content).
        """
        yield "tmpfs", SANDBOX, ""
        for name in FOLDERS:
            yield "folder", name, "1777"
        yield "folder", "/dev", "755"
        for name in DEVICES:
            yield "device", f"/dev/{name}", ""
        for name, target in DEVICE_LINKS.items():
            yield "link", f"/dev/{name}", target
        covers = {path: ("show", str(source)) for path, source in self.shown.items()}
        for path in self.hidden:
            covers[path] = ("hide-folder" if path.is_dir() else "hide-file", "")
        for folder in sorted(
            {parent for path in (*covers, *self.links, *self.texts) for parent in path.parents}
        ):
            if not any(parent in covers for parent in (folder, *folder.parents)):
                yield "folder", str(folder), "755"
        for path, (what, detail) in sorted(covers.items(), key=lambda item: (len(item[0].parts), item[0])):
            yield what, str(path), detail
        for path, target in self.links.items():
            yield "link", str(path), target
        for path, text in self.texts.items():
            yield "text", str(path), text


def view(
    visible: Sequence[Path] = (), hidden: Sequence[Path] = (), replaced: Mapping[Path, Path] | None = None
) -> View:
    """Return what a sandbox shows: the system, the Python environment, and what is asked for.

    Of two paths of which one lies in the other, what is said of the inner one counts.

    Parameters
    ----------
    visible
        Files and folders to show, each at its own path.
    hidden
        Files and folders to cover, where they lie in something visible.
    replaced
        Path to cover -> file or folder to show in its place.

    Raises
    ------
    SandboxError
        If something to show, or to put in place of another, does not exist.
    """
    made = View()
    for path in (*map(Path, SYSTEM), *python_environment()):
        if path.exists():
            _show(made, path)
    for path in visible:
        if not path.exists():
            raise SandboxError(f"the sandbox cannot show {path}: there is no such file or folder")
        _show(made, path)
    for path, source in (replaced or {}).items():
        if not source.exists():
            raise SandboxError(f"the sandbox cannot show {source}: there is no such file or folder")
        if path.exists():
            made.shown[path.resolve()] = source.resolve()
    for path in hidden:
        real = path.resolve()
        if real.exists() and any(parent in made.shown for parent in (real, *real.parents)):
            made.hidden.add(real)
            made.shown.pop(real, None)
    if not any(path.is_relative_to("/tmp") for path in made.shown):
        made.links[Path("/tmp")] = f"{SANDBOX}/tmp"
    for path in [path for path in made.shown if _comes_with_its_folder(made, path)]:
        del made.shown[path]
    for link in [link for link in made.links if any(parent in made.shown for parent in link.parents)]:
        del made.links[link]
    user, group = user_and_group()
    made.texts[Path("/etc/passwd")] = f"student:x:{user}:{group}::{HOME}:/bin/sh\n"
    made.texts[Path("/etc/group")] = f"student:x:{group}:\n"
    return made


def python_environment() -> list[Path]:
    """Return the folders of the running Python: its own, its virtual environment's, its packages'.

    Of an editable installation of coursekit the package's folder is there, not the repository around it.
    """
    found = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix, *site.getsitepackages()}
    if site.ENABLE_USER_SITE:
        found.add(site.getusersitepackages())
    package = importlib.util.find_spec("coursekit")
    if package is not None:
        found.update(package.submodule_search_locations or ())
    return sorted(Path(path) for path in found)


def _show(made: View, path: Path) -> None:
    """Show a path, symbolic links on the way to it included."""
    path = Path(os.path.abspath(path))
    for part in (*reversed(path.parents), path):
        if part.is_symlink():
            made.links[part] = str(part.resolve())
            _show(made, part.resolve() / path.relative_to(part))
            return
    if path == Path("/"):
        raise SandboxError("the sandbox does not show the whole machine: name the folders that are needed")
    made.shown[path] = path


def _comes_with_its_folder(made: View, path: Path) -> bool:
    for parent in path.parents:
        if parent in made.hidden or path in made.hidden or made.shown[path] != path:
            return False
        if parent in made.shown:
            return made.shown[parent] == parent
    return False


def user_and_group() -> tuple[int, int]:
    """Return as whom a worker runs: an ordinary user as itself, root as nobody.

    What belongs to root stays out of reach even where it is visible; and root's processes the kernel does not
    limit in number.
    A root that is one only in its own user namespace is an ordinary user outside, and stays itself.
    """
    mapped = Path("/proc/self/uid_map").read_text().splitlines()
    if os.getuid() == 0 and any(_holds(line, NOBODY) for line in mapped):
        return NOBODY, NOBODY
    return os.getuid(), os.getgid()


def _holds(line: str, user: int) -> bool:
    first, _, count = map(int, line.split())
    return first <= user < first + count
