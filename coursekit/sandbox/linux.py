"""The few calls of the Linux kernel that Python 3.11 has no function for. Only the standard library is used.

Each raises `OSError` that says what was asked for. Numbers are from the kernel's headers: linux/sched.h,
linux/mount.h, linux/prctl.h, linux/capability.h.
"""

import ctypes
import errno
import os
import platform
import signal
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MS_RELATIME = 1 << 21
MNT_DETACH = 2

_MADV_COLLAPSE = 25
_HUGE_PAGE = 2 << 20

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_CAPBSET_DROP = 24
_PR_SET_SECCOMP = 22
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x20080522
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, asked: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{asked}: {os.strerror(number)}")
    return result


def kernel_version() -> tuple[int, int]:
    """Return the first two numbers of the running kernel's version."""
    major, minor = platform.release().split("-")[0].split(".")[:2]
    return int(major), int(minor)


def unshare(flags: int, what: str) -> None:
    """Leave the namespaces in `flags` for new ones; `what` names them for the error."""
    _check(_libc.unshare(flags), f"new {what}")


def set_namespace(descriptor: int, flags: int) -> None:
    """Enter the namespace behind an open file of `/proc/PID/ns`."""
    _check(_libc.setns(descriptor, flags), "return to the namespace")


def map_own_ids(user: int, group: int) -> None:
    """Give the new user namespace one user and one group: those that the process had outside."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def mount(
    source: str, target: str, kind: str | None = None, flags: int = 0, options: str | None = None
) -> None:
    """Mount: see `man 2 mount`."""
    _check(
        _libc.mount(
            source.encode(),
            target.encode(),
            None if kind is None else kind.encode(),
            ctypes.c_ulong(flags),
            None if options is None else options.encode(),
        ),
        f"mount {source} on {target}",
    )


def unmount(target: str) -> None:
    """Take a mount away at once; what is open in it stays usable."""
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"unmount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make the folder `new` the root of this mount namespace, the former root appearing in `old`."""
    number = _PIVOT_ROOT.get(platform.machine())
    if number is None:
        raise OSError(f"pivot_root: not known for the processor {platform.machine()}")
    _check(_libc.syscall(ctypes.c_long(number), new.encode(), old.encode()), f"pivot_root to {new}")


def _prctl(asked: str, option: int, *arguments: object) -> int:
    numbers = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    numbers += [ctypes.c_ulong(0)] * (4 - len(numbers))
    return _check(_libc.prctl(option, *numbers), asked)


def die_with_parent(parent: int) -> None:
    """Be killed when the thread that started this process ends. `parent` is its process id (0: outside)."""
    _prctl("die with the parent", _PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:  # it ended before the line above
        os.kill(os.getpid(), signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _prctl("adopt orphans", _PR_SET_CHILD_SUBREAPER, 1)


def protect_memory() -> None:
    """Keep processes of the same user from reading or changing this process's memory and environment."""
    _prctl("protect memory", _PR_SET_DUMPABLE, 0)


def no_new_privileges() -> None:
    """Make set-user-id programs and file capabilities of no effect, for ever."""
    _prctl("no new privileges", _PR_SET_NO_NEW_PRIVS, 1)


def install_filter(program: ctypes.Structure) -> None:
    """Install a seccomp filter (`struct sock_fprog`)."""
    _prctl("system call filter", _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program))


def use_huge_pages() -> None:
    """Put this process's own memory into huge pages, where the kernel can (Linux 6.1): its forks cost less.

    A fork copies an entry for each page of 4 KiB. Of a process that has imported torch that is most of what a
    fork costs; in pages of 2 MiB it is next to nothing. What a fork then writes to is still copied by 4 KiB.
    """
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, rights, _, _, _, *name = line.split(maxsplit=5)
        start, end = (int(address, 16) for address in span.split("-"))
        if rights == "rw-p" and name in ([], ["[heap]"]) and end - start >= _HUGE_PAGE:
            # Refused for what has no memory in it yet, and by kernels that cannot: nothing is lost.
            _libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_COLLAPSE)


class _CapHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


def bound_capabilities() -> None:
    """Give up the means to get a capability back from a program. Needs CAP_SETPCAP."""
    for capability in range(64):
        try:
            _prctl(f"give up capability {capability}", _PR_CAPBSET_DROP, capability)
        except OSError as error:
            if error.errno != errno.EINVAL or not capability:  # past the last one that this kernel has
                raise
            return


def drop_capabilities() -> None:
    """Give up every capability."""
    _prctl("clear ambient capabilities", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    header = _CapHeader(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _check(_libc.capset(ctypes.byref(header), ctypes.byref(nothing)), "drop capabilities")
