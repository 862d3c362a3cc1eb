"""Carrying out a study: one process per core, each measurement kept as soon as it is there."""

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib.metadata import version
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from coursekit.experiments.results import Results
from coursekit.experiments.study import Study

_LIBRARIES = ("coursekit", "numpy", "scikit-learn", "torch")


def carry_out(
    study: Study,
    folder: Path,
    *,
    jobs: int | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> Results:
    """Measure what is not measured yet, and return all.

    Every measurement is appended to `folder`/NAME.runs.jsonl as soon as it is there, so a run that was
    stopped goes on where it was. Each process computes on one thread: the figures do not depend on the
    number of processes or cores.

    Parameters
    ----------
    study
        What to measure.
    folder
        Where files are kept; made if it is not there.
    jobs
        How many processes; as many as there are cores if None.
    on_progress
        Called with a few words after the preparation and after each measurement, those kept from before
        included: 1 + sizes x seeds times in all.

    Returns
    -------
    Results
        Also written to `folder`/NAME.json.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{study.name}.runs.jsonl"
    report = on_progress or (lambda _: None)
    found = _read(kept, study)
    # The largest first: what takes longest is not left over for one process at the end.
    wanted = [(size, seed) for size in sorted(study.sizes, reverse=True) for seed in study.seeds]
    missing = [task for task in wanted if task not in found]
    others = set(multiprocessing.active_children())
    # A new interpreter for each process: a fork would take over thread pools in an unknown state.
    with ProcessPoolExecutor(
        jobs or os.cpu_count(), multiprocessing.get_context("spawn"), initializer=_begin
    ) as pool:
        try:
            shared = [pool.submit(make, study.settings, folder) for make in study.prepare if missing]
            for made in shared:
                made.result()
            report("preparation")
            for size, seed in set(wanted) - set(missing):
                report(f"{size} {study.x}, seed {seed}")
            tasks = {pool.submit(study.measure, study.settings, folder, *task): task for task in missing}
            for future in as_completed(tasks):
                size, seed = tasks[future]
                figures = {arm: float(future.result()[arm]) for arm in study.arms}
                _append(kept, study, size, seed, figures)
                found[size, seed] = figures
                report(f"{size} {study.x}, seed {seed}")
        except BaseException:
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()  # the pool then ends by itself, and gives up what is not measured
            raise
    values = {
        arm: [[found[size, seed][arm] for seed in study.seeds] for size in study.sizes] for arm in study.arms
    }
    results = Results(
        study.name, study.x, study.y, study.arms, study.sizes, study.seeds, dict(study.settings), values,
        {library: version(library) for library in _LIBRARIES},
    )  # fmt: skip
    results.save(folder / f"{study.name}.json")
    return results


def _begin() -> None:
    """Let this process compute on one thread: PyTorch, which is not imported yet, and what NumPy uses.

    Ctrl-C, which a terminal sends to all processes, is left to the one that began: it ends the others.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = "1"
    threadpool_limits(1)


def _read(kept: Path, study: Study) -> dict[tuple[int, int], dict[str, float]]:
    """Return the measurements with these settings; a last line that was cut off is passed over."""
    found: dict[tuple[int, int], dict[str, float]] = {}
    for line in kept.read_text(encoding="utf-8").splitlines() if kept.is_file() else []:
        try:
            run: dict[str, Any] = json.loads(line)
            if run["study"] == study.fingerprint():
                found[run["size"], run["seed"]] = {arm: float(run["figures"][arm]) for arm in study.arms}
        except (ValueError, KeyError, TypeError):
            continue
    return found


def _append(kept: Path, study: Study, size: int, seed: int, figures: dict[str, float]) -> None:
    run = {"study": study.fingerprint(), "size": size, "seed": seed, "figures": figures}
    with kept.open("a+b") as file:
        file.seek(0, os.SEEK_END)
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":  # a run that was killed while it wrote
                file.write(b"\n")
        file.write(json.dumps(run).encode() + b"\n")
