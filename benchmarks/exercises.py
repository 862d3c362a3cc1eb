"""What an exercise asks of a student's machine: time and memory, without a network.

    unshare -rn sh -c 'ip link set lo up; python -m benchmarks.exercises [EXERCISE ...]'

Every source notebook, whose answers are the solutions, is run in a kernel of its own on one core with one
thread, and without a network but the loopback that Jupyter needs; this refuses to run where there is a route.
A check cell asks several checks; the slowest of the other cells is the longest wait, as a rule a training.
"""

import argparse
import os
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from coursekit.checks import names

SOURCE = Path(__file__).resolve().parents[1] / "exercises" / "source"
PEAK = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
HEAD = ("exercise", "cells", "slowest check cell, s", "slowest other cell, s", "all, s", "peak memory, MiB")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("exercises", nargs="*", default=names(), metavar="EXERCISE")
    options = parser.parse_args()
    if Path("/proc/net/route").read_text().count("\n") > 1:
        parser.error("there is a network here; start it by unshare -rn")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    os.environ["OMP_NUM_THREADS"] = "1"
    print("| " + " | ".join(HEAD) + " |")
    print("|---" + "|--:" * (len(HEAD) - 1) + "|")
    for name in options.exercises:
        print(f"| {' | '.join(measured(name))} |", flush=True)
    print(f"load after: {os.getloadavg()[0]:.1f}")


def measured(name: str) -> list[str]:
    """Run an exercise's solution and return its row of the table."""
    path = SOURCE / name / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    last = nbformat.v4.new_code_cell(PEAK)  # type: ignore[no-untyped-call]
    notebook.cells.append(last)
    began = time.perf_counter()
    NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=600,
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    seconds = time.perf_counter() - began
    checks = [seconds_of(cell) for cell in cells if cell.source.startswith("check(")]
    others = [seconds_of(cell) for cell in cells if not cell.source.startswith("check(")]
    peak = int(last.outputs[0].text) / 1024
    return [
        name,
        f"{len(cells)}",
        f"{max(checks):.2f}",
        f"{max(others):.1f}",
        f"{seconds:.0f}",
        f"{peak:.0f}",
    ]


def seconds_of(cell: Any) -> float:
    """Return how long a cell ran, as its kernel said."""
    times = cell.metadata.execution
    began, ended = times["iopub.execute_input"], times["shell.execute_reply"]
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()


if __name__ == "__main__":
    main()
