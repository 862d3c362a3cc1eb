"""The filter on system calls, as a program."""

import re
from pathlib import Path

import pytest

from coursekit.sandbox import seccomp

HEADERS = [
    ("x86_64", 0, Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")),
    ("aarch64", 1, Path("/usr/include/asm-generic/unistd.h")),
]
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
KILL, ALLOW, REFUSE, NOT_THERE = 0x80000000, 0x7FFF0000, 0x00050001, 0x00050026


def run(machine: str, call: int, first: int = 0, second: int = 0, architecture: int | None = None) -> int:
    """Return what the filter answers: the four instructions that it uses, carried out."""
    data = {
        0: call,
        4: ARCHITECTURES[machine] if architecture is None else architecture,
        16: first,
        24: second,
    }
    code = seccomp.program(machine)
    held, at = 0, 0
    while True:
        operation, yes, no, value = code[at]
        at += 1
        if operation == 0x06:
            return value
        if operation == 0x20:
            held = data[value]
        else:
            true = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[operation]
            at += yes if true else no


@pytest.mark.parametrize(("machine", "column", "header"), HEADERS)
def test_numbers_are_those_of_the_kernels_headers(machine, column, header):
    if not header.exists():
        pytest.skip(f"there is no {header}")
    known = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text()))
    ours = seccomp.DENIED | {
        "clone": seccomp.CLONE,
        "clone3": seccomp.CLONE3,
        "socket": seccomp.SOCKET,
        "socketpair": seccomp.SOCKETPAIR,
        "ioctl": seccomp.IOCTL,
    }
    checked = {name: numbers[column] for name, numbers in ours.items() if name in known}
    assert checked == {name: int(known[name]) for name in checked}
    assert len(checked) > 50
    # What a header of this age does not know is newer, or never was on this processor.
    newer = {name for name, numbers in ours.items() if name not in known and numbers[column] is not None}
    assert newer <= {"memfd_secret", "quotactl_fd", "open_tree_attr", "process_madvise", "mount_setattr"}


@pytest.mark.parametrize(("machine", "column", "header"), HEADERS)
def test_denied_calls_are_refused_and_others_pass(machine, column, header):
    denied = {numbers[column] for numbers in seccomp.DENIED.values()} - {None}
    special = {seccomp.CLONE3[column], seccomp.SOCKET[column], seccomp.SOCKETPAIR[column]}
    for call in set(range(500)) - special:
        assert run(machine, call) == (REFUSE if call in denied else ALLOW), call
    assert run(machine, seccomp.CLONE3[column]) == NOT_THERE


@pytest.mark.parametrize(("machine", "column", "header"), HEADERS)
def test_arguments_decide_where_a_call_is_needed(machine, column, header):
    for call in (seccomp.SOCKET[column], seccomp.SOCKETPAIR[column]):
        assert [run(machine, call, first=family) for family in (1, 2, 10, 16, 40)] == [ALLOW] + [REFUSE] * 4
    for flag in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert run(machine, seccomp.CLONE[column], first=flag | 0x11) == REFUSE
    assert run(machine, seccomp.CLONE[column], first=0x01200011) == ALLOW  # fork
    assert run(machine, seccomp.CLONE[column], first=0x003D0F00) == ALLOW  # a thread
    assert [run(machine, seccomp.IOCTL[column], second=n) for n in (0x5412, 0x541C)] == [REFUSE] * 2
    assert run(machine, seccomp.IOCTL[column], second=0x5401) == ALLOW  # isatty


def test_another_processors_calls_are_killed():
    assert run("x86_64", 0, architecture=0x40000003) == KILL  # i386
    assert run("aarch64", 0, architecture=0x40000028) == KILL  # arm
    assert run("x86_64", 0x40000000 + 39) == KILL  # x32


def test_an_unknown_processor_is_an_error():
    with pytest.raises(OSError, match=r"processor riscv64, only for x86_64 and aarch64"):
        seccomp.program("riscv64")
