"""The processes of one submission, seen from the warm parent through /proc."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Member:
    """A process that is not a zombie: its name (chosen by itself) and its number of threads."""

    name: str
    threads: int


class Family:
    """All that descends from a submission's process, orphans included.

    Parameters
    ----------
    process
        The submission's process.
    adopter
        The process that becomes the parent of orphans; never itself a member.
    """

    def __init__(self, process: int, adopter: int) -> None:
        self._roots = (process, adopter)
        self._adopter = adopter

    def members(self) -> dict[int, Member]:
        """Return the family's processes by number."""
        parents: dict[int, int] = {}
        found: dict[int, Member] = {}
        for name in os.listdir(_PROC):
            if name.isdigit() and (fields := _fields(int(name))):
                process = int(name)
                parents[process] = int(fields[2])
                if fields[1] not in ("Z", "X"):
                    found[process] = Member(fields[0], int(fields[18]))
        return {process: found[process] for process in found if self._is_member(process, parents)}

    def _is_member(self, process: int, parents: dict[int, int]) -> bool:
        if process == self._adopter:
            return False
        while process not in self._roots:
            process = parents.get(process, 0)
            if process == 0:
                return False
        return True

    def exceeds(self, members: dict[int, Member], processes: int, memory_bytes: int) -> str | None:
        """Return the name of the limit that the processes together exceed, or None."""
        if sum(member.threads for member in members.values()) > processes:
            return "processes"
        # What forks share is counted for each here; only if that is too much is it worth to look closer.
        if sum(map(memory_of, members)) > memory_bytes and share_of(members) > memory_bytes:
            return "memory_bytes"
        return None


def memory_of(process: int) -> int:
    """Return the bytes of memory that a process has of its own or shares with forks."""
    return _sum(process, "status", ("RssAnon:", "RssShmem:", "VmSwap:"))


def share_of(processes: Collection[int]) -> int:
    """Return the bytes of memory of several processes together; what n processes share counts a n-th each."""
    total = 0
    for process in processes:
        share = _sum(process, "smaps_rollup", ("Pss_Anon:", "Pss_Shmem:", "SwapPss:"))
        # A process can forbid the look, and an old kernel has not these lines: then all counts.
        total += share or memory_of(process)
    return total


def _sum(process: int, file: str, names: tuple[str, ...]) -> int:
    try:
        lines = (_PROC / str(process) / file).read_text().splitlines()
    except OSError:  # it has ended, or may not be looked into
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith(names))


def _fields(process: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the second on (`man 5 proc`), or nothing if it has ended."""
    try:
        text = (_PROC / str(process) / "stat").read_text(errors="replace")
    except OSError:
        return []
    start, end = text.index("("), text.rindex(")")  # a name may hold blanks and brackets
    return [text[start + 1 : end], *text[end + 2 :].split()]
