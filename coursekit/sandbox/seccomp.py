"""The system calls that a submission may not make.

Threat: most holes of the Linux kernel are in calls that no exercise needs. Measure: a filter in the kernel
(seccomp, `man 2 seccomp`) that answers them with "Operation not permitted", so that a library that merely
tries goes on. It stays for ever and holds for all that the submission starts. The program is classic BPF, as
the kernel documents it in Documentation/userspace-api/seccomp_filter.rst.

Denied:

- looking into or changing other processes, or handing over their files;
- mounts, new namespaces (through `clone` too; `clone3`, whose flags a filter cannot see, does not exist);
- kernel modules, BPF, performance counters, keys, clocks, swap, reboot, accounting, handles to files;
- `io_uring`, which would carry out other calls unseen by the filter;
- sockets of every family but AF_UNIX: no internet, and none of the rarely used families;
- memory that no limit counts: `memfd_create`, System V shared memory, queues and semaphores, POSIX queues;
- putting characters into a terminal's input (`TIOCSTI`, `TIOCLINUX`).

A program for another processor (32-bit, x32) is killed: its calls have other numbers.
"""

import ctypes
import errno
import platform
import socket
import struct
from collections.abc import Sequence

from coursekit.sandbox import linux

# Name: numbers on x86_64 (asm/unistd_64.h) and aarch64 (asm-generic/unistd.h); None: not there.
DENIED: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "modify_ldt": (154, None),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "semget": (64, 190),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "shmget": (29, 194),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vhangup": (153, 58),
}
CLONE = (56, 220)
CLONE3 = (435, 435)
SOCKET = (41, 198)
SOCKETPAIR = (53, 199)
IOCTL = (16, 29)

# AUDIT_ARCH_* of linux/audit.h, in the order of the columns above.
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_X32_BIT = 0x40000000
_NAMESPACES = (
    linux.CLONE_NEWNS
    | linux.CLONE_NEWCGROUP
    | linux.CLONE_NEWUTS
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWUSER
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWNET
)
_TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX of asm-generic/ioctls.h

_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
# Offsets in struct seccomp_data: the call's number, the architecture, and the low halves of two arguments.
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24


def program(machine: str) -> list[tuple[int, int, int, int]]:
    """Return the filter for a processor: instructions (code, jump if true, jump if false, value).

    Raises
    ------
    OSError
        If there is no filter for this processor.
    """
    if machine not in _ARCHITECTURES:
        raise OSError(
            f"there is no system call filter for the processor {machine}, only for x86_64 and aarch64"
        )
    column, architecture = _ARCHITECTURES[machine]
    refuse = _ERRNO | errno.EPERM

    code: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]

    def answer(call: int, result: int) -> None:
        code.extend([(_JUMP_EQUAL, 0, 1, call), (_RETURN, 0, 0, result)])

    def look(call: int, argument: int, *tests: tuple[int, int, int, int]) -> None:
        """Test one argument of one call; the tests end in refusal or fall through to permission."""
        body = [(_LOAD, 0, 0, argument), *tests, (_RETURN, 0, 0, _ALLOW)]
        code.extend([(_JUMP_EQUAL, 0, len(body), call), *body])

    if machine == "x86_64":
        code.extend([(_JUMP_GREATER_EQUAL, 0, 1, _X32_BIT), (_RETURN, 0, 0, _KILL)])
    look(CLONE[column], _FIRST, (_JUMP_ANY_BIT, 0, 1, _NAMESPACES), (_RETURN, 0, 0, refuse))
    for call in (SOCKET, SOCKETPAIR):
        look(call[column], _FIRST, (_JUMP_EQUAL, 1, 0, int(socket.AF_UNIX)), (_RETURN, 0, 0, refuse))
    first, second = _TERMINAL_INPUT
    look(
        IOCTL[column],
        _SECOND,
        (_JUMP_EQUAL, 1, 0, first),
        (_JUMP_EQUAL, 0, 1, second),
        (_RETURN, 0, 0, refuse),
    )
    answer(CLONE3[column], _ERRNO | errno.ENOSYS)
    for numbers in DENIED.values():
        number = numbers[column]
        if number is not None:
            answer(number, refuse)
    code.append((_RETURN, 0, 0, _ALLOW))
    return code


class _Program(ctypes.Structure):
    """`struct sock_fprog` of linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def assemble(code: Sequence[tuple[int, int, int, int]]) -> bytes:
    """Return instructions as an array of `struct sock_filter`."""
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def prepare() -> ctypes.Structure:
    """Return this machine's filter, ready for `linux.install_filter`. Made once, before the fork."""
    code = program(platform.machine())
    return _Program(len(code), assemble(code))
