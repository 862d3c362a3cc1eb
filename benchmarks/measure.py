"""What the benchmarks share: calls timed in turns, the machine they ran on, results as JSON, one picture.

A call and its rivals take turns, so that what else the machine does hits all of them. Before each there is a
pause in which the threads of the one before go to sleep. The ratio of two calls is the median, over the
rounds, of their ratios in the same round; beside it stand the quartiles.

With one thread the processor's seconds are measured, which a busy machine changes little; with more, seconds
on the wall.
"""

import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.ticker import LogLocator, NullFormatter
from threadpoolctl import threadpool_info

from coursekit import figures
from coursekit.numpy_nn.parallel import workers

RESULTS = Path(__file__).parent / "results"
PAUSE = 0.02


def interleaved(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each call in each round."""
    clock = time.process_time if workers() == 1 else time.perf_counter
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()  # fills caches, and the scratch memory of both sides
    for _ in range(rounds):
        for name, call in calls.items():
            time.sleep(PAUSE)
            start = clock()
            call()
            seconds[name].append(clock() - start)
    return seconds


def ratio(seconds: Mapping[str, Sequence[float]], ours: str, theirs: str) -> list[float]:
    """Return lower quartile, median and upper quartile of ours / theirs over the rounds."""
    quotients = np.divide(seconds[ours], seconds[theirs])
    return [round(float(q), 3) for q in np.quantile(quotients, [0.25, 0.5, 0.75])]


def milliseconds(seconds: Sequence[float]) -> float:
    """Return the median in milliseconds."""
    return round(float(np.median(seconds)) * 1e3, 3)


def geometric_mean(values: Sequence[float]) -> float:
    """Return the geometric mean, which ratios are averaged by."""
    return float(np.exp(np.mean(np.log(values))))


def machine() -> dict[str, Any]:
    """Return date, versions, hardware and load."""
    torch.set_num_threads(workers())
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    blas = next(library for library in threadpool_info() if library["user_api"] == "blas")
    return {
        "date": date.today().isoformat(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "blas": f"{blas['internal_api']} {blas['version']} {blas['architecture']}",
        "processor": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "threads": workers(),
        "clock": "processor" if workers() == 1 else "wall",
        "load": round(os.getloadavg()[0], 1),
    }


def save(name: str, results: Mapping[str, Any]) -> Path:
    """Write results/NAME-THREADS.json and return its path."""
    path = RESULTS / f"{name}-{workers()}.json"
    RESULTS.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n")
    return path


def picture(path: Path, rows: Mapping[str, Mapping[str, float]], title: str) -> None:
    """Draw for each row a dot for each method's time as a multiple of torch's, on a logarithmic axis."""
    fig, ax = figures.subplots(height=0.8 + 0.34 * len(rows))
    methods = list(dict.fromkeys(method for row in rows.values() for method in row))
    for number, method in enumerate(methods):
        points = [(row[method], -y) for y, row in enumerate(rows.values()) if method in row]
        ax.plot(*zip(*points, strict=True), "osD^vP*"[number % 7], linestyle="none", label=method)
    ax.axvline(1, color="black", linewidth=1, linestyle="-")
    ax.set(xscale="log", xlabel=title, yticks=[-y for y in range(len(rows))], yticklabels=list(rows))
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    fig.savefig(path, dpi=150, metadata={"Software": None})
