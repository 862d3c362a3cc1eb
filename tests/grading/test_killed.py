"""Killed at any moment and started again, grading ends as if nothing had been."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coursekit.grading import Course, release
from coursekit.grading.judge import course_seed
from tests.grading.dask_here import PRELOAD, ROOT, alive, answer_processes
from tests.grading.honest import read_all
from tests.grading.test_grade import RIGHT
from tests.grading.tiny import hand_in, make_tiny_course

pytestmark = pytest.mark.slow
STUDENTS = 10
# `coursekit` with the exercise that the tests made up.
COMMAND = [sys.executable, "-c", "import tests.grading.tiny; from coursekit.cli import main; main()"]
# What a run takes is measured; the moments are drawn once and for all.
MOMENTS = random.Random(5)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A class, not graded, and the folder of the same class graded undisturbed, with the time it took."""
    course = make_tiny_course(tmp_path_factory.mktemp("killed") / "course")
    release(course, "adding")
    answers = (RIGHT, "def add(a, b):\n    return None", "def add(a, b):\n    return a if b == 0 else 3")
    for number in range(STUDENTS):
        hand_in(course, f"s{number}", f"{answers[number % 3]}\n# {number}")
    hand_in(course, "broken").write_text("{")
    course_seed(course.root)  # all copies of the class draw the same cases
    undisturbed = shutil.copytree(course.root, course.root.with_name("undisturbed"))
    began = time.monotonic()
    finish(undisturbed)
    return course.root, undisturbed, time.monotonic() - began


def start(root, *options):
    """Start grading a class."""
    return subprocess.Popen(
        [*COMMAND, "grade", "adding", "--course", str(root), *options],
        cwd=ROOT,
        env={**os.environ, **PRELOAD, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def finish(root, *options):
    """Grade what is left, make the feedback, and return what was said."""
    grading = start(root, *options)
    said = grading.communicate()[1].decode()
    assert grading.returncode == 1, said  # one submission is broken
    command = [*COMMAND, "feedback", "adding", "--course", str(root), "--jobs", "1"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return said


def outcome(root):
    """Return what the gradebook and the folders hold, but for ids and times."""
    files = {}
    for folder in ("autograded", "feedback"):
        for path in sorted((root / folder).rglob("*")):
            if path.is_file():
                content = path.read_bytes()
                if path.parent.name == ".adding":  # the record says how long each question took
                    content = re.sub(rb'(": )[0-9.e-]+', rb"\1", content)
                files[str(path.relative_to(root))] = content
    return read_all(Course.open(root), "adding"), files, sorted(path.name for path in root.iterdir())


def graded_lines(process, count):
    """Wait until a run has said of so many students that they are done."""
    for _ in range(count):
        if not process.stderr.readline():
            return


def kill_an_answer_process(process):
    """Kill an answer process of a run, whichever it has just then, and return its number."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if found := answer_processes(process.pid):
            number = MOMENTS.choice(sorted(found))
            os.kill(number, signal.SIGKILL)
            return number
        time.sleep(0.01)
    return None


@pytest.mark.parametrize("moment", range(10))
def test_the_coordinator_killed(template, tmp_path, moment):
    course, undisturbed, seconds = template
    root = shutil.copytree(course, tmp_path / "course")
    process = start(root, "--jobs", "1")
    graded_lines(process, moment)
    time.sleep(MOMENTS.random() * seconds / STUDENTS / 2)
    below = answer_processes(process.pid)
    process.kill()
    process.communicate()
    finish(root, "--jobs", "1")
    assert outcome(root) == outcome(undisturbed)
    assert not any(map(alive, below))


@pytest.mark.parametrize("moment", range(8))
def test_the_answer_process_killed(template, tmp_path, moment):
    course, undisturbed, seconds = template
    root = shutil.copytree(course, tmp_path / "course")
    process = start(root, "--jobs", "1", "--force")
    graded_lines(process, moment)
    time.sleep(MOMENTS.random() * seconds / STUDENTS / 4)
    killed = kill_an_answer_process(process)
    process.communicate()
    assert killed or process.returncode is not None
    finish(root, "--jobs", "1")
    assert outcome(root) == outcome(undisturbed)


@pytest.mark.parametrize("moment", range(4))
def test_a_judge_killed(template, tmp_path, moment):
    course, undisturbed, _ = template
    root = shutil.copytree(course, tmp_path / "course")
    process = start(root, "--jobs", "2")
    graded_lines(process, 1 + 2 * moment)
    time.sleep(MOMENTS.random() / 4)
    workers = [number for number in children(process.pid) if b"spawn_main" in line_of(number)]
    if workers:
        os.kill(MOMENTS.choice(workers), signal.SIGKILL)
    process.communicate()
    finish(root, "--jobs", "1")
    assert outcome(root) == outcome(undisturbed)


def children(process):
    """Return the numbers of a process's children."""
    return [
        int(n) for task in Path(f"/proc/{process}/task").glob("*/children") for n in task.read_text().split()
    ]


def line_of(process):
    """Return a process's command line."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""
