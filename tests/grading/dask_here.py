"""A Dask scheduler and its workers as processes of their own, for the time of a test."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The exercises that tests make up are known in every worker.
PRELOAD = {"DASK_DISTRIBUTED__WORKER__PRELOAD": '["tests.grading.tiny"]', "PYTHONPATH": str(ROOT)}
QUICK = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "None"}


class Processes:
    """Started programs; all end with the block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *argv: str, **settings: str) -> subprocess.Popen[bytes]:
        """Start a module of Python's in a session of its own; what it says goes to a file."""
        log = open(self.folder / f"log{len(self.started)}.txt", "wb")  # noqa: SIM115
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", *argv],
                env={**os.environ, **PRELOAD, **QUICK, "OMP_NUM_THREADS": "1", **settings},
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def end(self) -> None:
        """End them and all that they started."""
        for process in self.started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def processes(folder: Path) -> Iterator[Processes]:
    """Give a place to start processes from."""
    started = Processes(folder)
    try:
        yield started
    finally:
        started.end()


def start_scheduler(started: Processes, protocol: str = "tcp", *options: str, **settings: str) -> str:
    """Start a scheduler on loopback and return its address."""
    file = started.folder / f"scheduler{len(started.started)}.json"
    started.start(
        "distributed.cli.dask_scheduler",
        *("--host", f"{protocol}://127.0.0.1", "--port", "0", "--no-dashboard"),
        *("--scheduler-file", str(file), *options),
        **settings,
    )
    wait_until(lambda: file.exists() and file.read_text().endswith("}"))
    return str(json.loads(file.read_text())["address"])


def start_worker(
    started: Processes, address: str, *options: str, nanny: bool = False, **settings: str
) -> subprocess.Popen[bytes]:
    """Start a worker, wait until the scheduler has it, and return its process.

    With a nanny a worker that dies is started again; the process is then the nanny's.
    """
    log = started.folder / f"log{len(started.started)}.txt"
    process = started.start(
        "distributed.cli.dask_worker",
        *(address, "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1"),
        *("--local-directory", str(started.folder), "--nanny" if nanny else "--no-nanny", *options),
        **settings,
    )
    wait_until(lambda: b"Registered to:" in log.read_bytes())
    return process


def wait_until(true, seconds: float = 120.0) -> None:
    """Wait for something to be so."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.02)


def answer_processes(worker: int) -> set[int]:
    """Return the numbers of the answer processes below a process."""
    parents, lines = {}, {}
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            lines[int(path.name)] = (path / "cmdline").read_bytes()
    found = set()
    for number, line in lines.items():
        above = number
        while above > 1 and above != worker:
            above = parents.get(above, 0)
        if above == worker and number != worker and b"coursekit.answers.process" in line:
            found.add(number)
    return found


def alive(number: int) -> bool:
    """Whether a process runs."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False
