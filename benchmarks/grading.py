"""How fast a class is graded, beside stock `nbgrader autograde`: `python -m benchmarks.grading`.

The class is that of `tests/grading/honest.py`: sixty different honest submissions of conv_forward, with eight
checks each (and more). Everything is measured in one run on one machine, each in a process of its own:

- stock: `nbgrader autograde` with nbgrader's own steps, bound to one core;
- coursekit, bound to one core (`--jobs 1`), on two (`--jobs 2`), and on two workers of a Dask scheduler on
  loopback; "warm" leaves out what passes until the first submission is done: imports, sandbox, warm parent;
- what is in both gradebooks afterwards is compared;
- what sandbox and judge add to a submission: its time less that of the same cells and calls in this process;
- the memory of all answer processes: their proportional set sizes, at their largest; what the second job
  adds is the memory of one more submission at a time;
- a class of a thousand on two cores: time, the coordinator's largest memory, the gradebook's size.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from coursekit.grading import Course
from coursekit.grading.sample import EXERCISE
from tests.grading.dask_here import processes, start_scheduler, start_worker
from tests.grading.honest import differences, honest_class, make_honest_course, read_all, stock

CORES = sorted(os.sched_getaffinity(0))[:2]

# Runs in a process of its own: grades a course and prints what it took.
GRADE = """
import json, os, resource, sys, time
began = time.perf_counter()
from coursekit.grading import Course, grade
root, options = sys.argv[1], json.loads(sys.argv[2])
done = []
note = lambda _: done.append(time.perf_counter())
results = grade(Course.open(root), "conv_forward", on_progress=note, **options)
seconds = time.perf_counter() - began
print(json.dumps({
    "seconds": seconds,
    "warm": (done[-1] - done[0]) / (len(done) - 1),
    "failed": [result.student for result in results if result.status != "graded"],
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
}))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=60, help="in the class graded beside stock nbgrader")
    parser.add_argument("--stock", type=int, default=60, help="so many of them by stock nbgrader; 0: none")
    parser.add_argument("--large", type=int, default=1000, help="students in the large class; 0: none")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load before: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="grading") as folder:
        if options.students:
            table(beside_stock(Path(folder), options.students, options.stock))
            added(Path(folder))
        if options.large:
            table(large(Path(folder), options.large))
    print(f"load after: {os.getloadavg()[0]:.1f}")


def beside_stock(folder: Path, students: int, by_stock: int) -> list[dict[str, str]]:
    """Grade the class in each way and return a row for each."""
    course = make_honest_course(folder / "class", honest_class(students))
    rows, per_second = [], 0.0
    if by_stock:
        theirs = stock(course, folder / "stock")
        for student in honest_class(students)[by_stock:]:
            shutil.rmtree(theirs.folder("submitted", EXERCISE, student.name).parent)
        seconds = run_stock(theirs, CORES[:1])
        per_second = by_stock / seconds
        rows.append(row("nbgrader autograde, one core", by_stock, seconds, None, None, per_second))
    ways = {
        "coursekit, one core": (CORES[:1], {"jobs": 1}),
        "coursekit, two cores": (CORES, {"jobs": len(CORES)}),
    }
    for name, (cores, way) in ways.items():
        root = shutil.copytree(course.root, folder / name)
        found = run_ours(root, cores, way)
        memory = run_ours(root, cores, way | {"force": True}, watched=True)["submission"]
        rows.append(row(name, students, found["seconds"], found["warm"], memory, per_second))
    root = shutil.copytree(course.root, folder / "dask")
    (folder / "logs").mkdir()
    with processes(folder / "logs") as started:
        address = start_scheduler(started)
        for _ in CORES:
            start_worker(started, address)
        for name in ("coursekit, Dask, two workers", "the same again, workers warm"):
            found = run_ours(root, CORES, {"scheduler": address, "force": True})
            rows.append(row(name, students, found["seconds"], found["warm"], None, per_second))
    if by_stock:
        ours = read_all(Course.open(folder / "coursekit, one core"))
        seen = read_all(theirs)
        different = differences({name: ours[name] for name in seen}, seen)
        print(f"differences between the gradebooks of {len(seen)} students: {len(different)}")
        print(*different[:20], sep="\n")
    return rows


def run_stock(course: Course, cores: list[int]) -> float:
    """Return the seconds that nbgrader's own command takes."""
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    began = time.perf_counter()
    subprocess.run(
        [*bound(cores), "-m", "nbgrader", "autograde", EXERCISE],
        cwd=course.root,
        env={**os.environ, "PATH": path, "OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - began


def run_ours(root: Path, cores: list[int], way: dict[str, object], watched: bool = False) -> dict[str, float]:
    """Return what grading took; the memory of answer processes only if `watched`, which costs time."""
    process = subprocess.Popen(
        [*bound(cores), "-c", GRADE, str(root), json.dumps(way)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
    )
    memory = Memory() if watched else None
    out, _ = process.communicate()
    if memory:
        memory.stop()
    assert process.returncode == 0
    found = json.loads(out)
    assert not found["failed"], found["failed"]
    return found | ({"submission": memory.most} if memory else {})


def bound(cores: list[int]) -> list[str]:
    """Return how a Python is started that stays on some cores."""
    return ["taskset", "-c", ",".join(map(str, cores)), sys.executable]


class Memory(threading.Thread):
    """Watches the answer processes of a run: the most memory that they take together."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = 0
        self._ended = threading.Event()
        self.start()

    def run(self) -> None:
        """Look four times a second."""
        while not self._ended.wait(0.25):
            sizes = []
            for path in Path("/proc").glob("[0-9]*"):
                try:
                    if b"coursekit.answers.process" in (path / "cmdline").read_bytes():
                        lines = (path / "smaps_rollup").read_text().splitlines()
                        sizes.append(sum(1024 * int(line.split()[1]) for line in lines if "Pss:" in line))
                except (OSError, ValueError):
                    continue
            self.most = max(self.most, sum(sizes))

    def stop(self) -> None:
        """End the watch."""
        self._ended.set()
        self.join()


def added(folder: Path) -> None:
    """Print what sandbox and judge add to a right submission."""
    from coursekit.answers import LocalAnswers
    from coursekit.answers.shell import Shell
    from coursekit.grading.answering import AnswerProcess
    from coursekit.grading.course import read_notebook
    from coursekit.grading.judge import exercise_of, judge, setup_of
    from coursekit.grading.limits import Limits
    from coursekit.sandbox import strongest

    course = Course.open(folder / "class")
    released = read_notebook(course.folder("release", EXERCISE) / f"{EXERCISE}.ipynb")
    path = course.folder("submitted", EXERCISE, "student0000") / f"{EXERCISE}.ipynb"
    exercise = exercise_of(released)
    cells = [cell.source for cell in read_notebook(path).cells if cell.cell_type == "code"]
    answers = [source for source in cells if source.startswith(("def ", "import numpy"))]
    shell = Shell.make()
    apart, alone = [], []
    with AnswerProcess(exercise, setup_of(released), Limits(), strongest()) as process:
        for _ in range(21):
            began = time.perf_counter()
            judge(released, read_notebook(path), process, 1, "student0000")
            middle = time.perf_counter()
            for source in answers:
                shell.run(source, 30.0)
            for question in exercise.questions:
                exercise.run(question.function, LocalAnswers(shell.user_ns, 10.0), 1, "student0000")
            apart.append(middle - began)
            alone.append(time.perf_counter() - middle)
    checks = sum(len(question.checks) for question in exercise.questions)
    more = statistics.median(a - b for a, b in zip(apart[1:], alone[1:], strict=True))
    print(
        f"a right submission with {checks} checks: {1000 * statistics.median(apart):.0f} ms, in one process "
        f"{1000 * statistics.median(alone):.0f} ms; sandbox and judge add {1000 * more:.0f} ms"
    )


def large(folder: Path, students: int) -> list[dict[str, str]]:
    """Grade a large class and a tenth of it, and return what each takes."""
    rows = []
    for size in (students // 10, students):
        course = make_honest_course(folder / f"class of {size}", honest_class(size))
        found = run_ours(course.root, CORES, {"jobs": len(CORES)})
        gradebook = (course.root / "gradebook.db").stat().st_size
        rows.append(
            {
                "students": f"{size}",
                "seconds, two cores": f"{found['seconds']:.0f}",
                "coordinator's peak memory, MiB": f"{found['peak'] / 2**20:.0f}",
                "gradebook, MiB": f"{gradebook / 2**20:.1f}",
            }
        )
    return rows


def row(
    name: str,
    submissions: int,
    seconds: float,
    warm: float | None,
    memory: float | None,
    stock_per_second: float,
) -> dict[str, str]:
    """Return a row of the table; `warm`: seconds for one of those after the first."""
    times = submissions / seconds / stock_per_second if stock_per_second else None
    warm_times = 1 / warm / stock_per_second if warm and stock_per_second else None
    return {
        "graded by": name,
        "submissions": f"{submissions}",
        "seconds": f"{seconds:.1f}",
        "a second": f"{submissions / seconds:.2f}",
        "times nbgrader": f"{times:.1f}" if times else "",
        "warm: a second": f"{1 / warm:.2f}" if warm else "",
        "warm: times nbgrader": f"{warm_times:.1f}" if warm_times else "",
        "answer processes, MiB": f"{memory / 2**20:.0f}" if memory else "",
    }


def table(rows: list[dict[str, str]]) -> None:
    """Print rows as Markdown."""
    print("| " + " | ".join(rows[0]) + " |")
    print("|---" + "|--:" * (len(rows[0]) - 1) + "|")
    for one in rows:
        print("| " + " | ".join(one.values()) + " |", flush=True)


if __name__ == "__main__":
    main()
