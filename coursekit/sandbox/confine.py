"""What a fork of the warm parent does to itself before the first line of a submission runs."""

import contextlib
import ctypes
import os
import resource
import signal
import socket
import sys
from collections.abc import Collection
from pathlib import Path

from coursekit.sandbox import linux
from coursekit.sandbox.errors import measure
from coursekit.sandbox.limits import Limits

# The one writable folder of a sandbox, and what is in it.
SANDBOX = "/sandbox"
HOME = f"{SANDBOX}/home"
FOLDERS = {HOME: 0o700, f"{SANDBOX}/tmp": 0o1777, f"{SANDBOX}/shm": 0o1777}
# Files and folders in a work folder: a small file takes memory that its size does not show.
_INODES = 20_000


def confine(limits: Limits, system_calls: ctypes.Structure) -> None:
    """Confine this process for ever; it is a new fork in a new process list. See `nursery` for the threats.

    Parameters
    ----------
    limits
        What it may use.
    system_calls
        From `seccomp.prepare`.

    Raises
    ------
    SandboxError
        If the kernel refuses a measure, naming it.
    """
    with measure("first to be killed when the machine runs out of memory"):
        Path("/proc/self/oom_score_adj").write_text("1000")
    with measure("own mounts, network, System V objects and host name"):
        spaces = linux.CLONE_NEWNS | linux.CLONE_NEWNET | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS
        linux.unshare(spaces, "namespaces")
        socket.sethostname("sandbox")
    with contextlib.suppress(OSError):  # optional: it only hides the name of the control group
        linux.unshare(linux.CLONE_NEWCGROUP, "control group namespace")
    with measure("own work folder of limited size"):
        options = f"size={limits.file_bytes},nr_inodes={_INODES},mode=0755"
        linux.mount("tmpfs", SANDBOX, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)
        make_folders()
    with measure("own list of processes in /proc"):
        mount_proc()
    with measure("own user namespace"):
        user, group = os.getuid(), os.getgid()
        linux.unshare(linux.CLONE_NEWUSER, "user namespace")
        linux.map_own_ids(user, group)
    set_limits(limits)
    # In kernels before 5.14 the number is the user's on the whole machine; there the watch alone counts.
    if linux.kernel_version() >= (5, 14):
        with measure("limited number of processes"):
            resource.setrlimit(resource.RLIMIT_NPROC, (limits.processes, limits.processes))
    with measure("no capabilities, no new privileges"):
        linux.no_new_privileges()
        linux.bound_capabilities()
        linux.drop_capabilities()
        linux.die_with_parent(0)
    with measure("filter on system calls"):
        linux.install_filter(system_calls)


def make_folders() -> None:
    """Make what a work folder holds, and go home."""
    for folder, mode in FOLDERS.items():
        os.mkdir(folder)
        os.chmod(folder, mode)
    os.chdir(HOME)


def mount_proc() -> None:
    """Mount the process list that this process is in."""
    linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)


def set_limits(limits: Limits) -> None:
    """Set the kernel's limits of one process."""
    with measure("limits of memory, processor time, files and messages"):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        held = pages * resource.getpagesize()
        for kind, soft, hard in (
            (resource.RLIMIT_AS, held + limits.memory_bytes, held + limits.memory_bytes),
            (resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1),
            (resource.RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes),
            (resource.RLIMIT_NOFILE, limits.open_files, limits.open_files),
            (resource.RLIMIT_CORE, 0, 0),
            (resource.RLIMIT_MEMLOCK, 0, 0),
            (resource.RLIMIT_MSGQUEUE, 0, 0),
            (resource.RLIMIT_SIGPENDING, 1024, 1024),
        ):
            most = resource.getrlimit(kind)[1]
            if most != resource.RLIM_INFINITY:  # what is smaller outside stays so
                soft, hard = min(soft, most), min(hard, most)
            resource.setrlimit(kind, (soft, hard))


def detach(output: int, keep: Collection[int]) -> None:
    """Begin a session of its own: empty input, output to one pipe, no other open file, ordinary signals."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        with contextlib.suppress(OSError):  # those that the C library keeps for itself
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # as Python starts: errors, in place of its end
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    start = 3
    for descriptor in sorted(keep):
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX"))
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  these stay open to the end
    sys.stdout = open(1, "w", closefd=False, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
    sys.stderr = open(2, "w", closefd=False, encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115
