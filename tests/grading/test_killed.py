"""Killed at any moment and started again, grading ends as if nothing had been."""

import contextlib
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
from tests.grading.dask_here import PRELOAD, ROOT, alive, answer_processes, wait_until
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
    assert grading.returncode == 1, said
    assert "broken" in said  # it fails because of this submission, and of nothing else
    command = [*COMMAND, "feedback", "adding", "--course", str(root), "--jobs", "1"]
    feedback = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert feedback.returncode == 0, feedback.stdout + feedback.stderr
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


def wait_for_student(process):
    """Wait until a run has said that one more student is done; return whether it goes on."""
    return bool(process.stderr.readline())


def test_the_coordinator_killed_ten_times(template, tmp_path):
    course, undisturbed, seconds = template
    root = shutil.copytree(course, tmp_path / "course")
    for moment in range(10):
        process = start(root, "--jobs", "1")
        for _ in range(1 + moment):
            wait_for_student(process)
        time.sleep(MOMENTS.random() * seconds / STUDENTS)
        below = answer_processes(process.pid)
        process.kill()
        process.communicate()
        wait_until(lambda below=below: not any(map(alive, below)))
    finish(root, "--jobs", "1")
    assert outcome(root) == outcome(undisturbed)


def test_the_answer_process_killed_after_every_student(template, tmp_path):
    course, undisturbed, _ = template
    root = shutil.copytree(course, tmp_path / "course")
    process = start(root, "--jobs", "1")
    killed = set()
    while wait_for_student(process):
        time.sleep(MOMENTS.random() / 4)
        # The first of them, with which all others end.
        for number in answer_processes(process.pid) & set(children(process.pid)):
            os.kill(number, signal.SIGKILL)
            killed.add(number)
    process.communicate()
    assert len(killed) >= 6
    finish(root, "--jobs", "1")
    assert outcome(root) == outcome(undisturbed)


def test_a_judge_killed_four_times(template, tmp_path):
    course, undisturbed, _ = template
    root = shutil.copytree(course, tmp_path / "course")
    process = start(root, "--jobs", "2")
    killed = 0
    while wait_for_student(process):
        time.sleep(MOMENTS.random() / 4)
        workers = [n for n in children(process.pid) if b"spawn_main" in line_of(n)]
        if killed < 4 and workers:
            os.kill(MOMENTS.choice(workers), signal.SIGKILL)
            killed += 1
    process.communicate()
    assert killed == 4
    finish(root, "--jobs", "1")
    assert outcome(root) == outcome(undisturbed)


def test_every_judge_killed_while_it_starts(template, tmp_path):
    course, undisturbed, _ = template
    root = shutil.copytree(course, tmp_path / "course")
    process = start(root, "--jobs", "2")
    wait_for_student(process)
    killed = 0
    end = time.monotonic() + 17  # Dask gives up after 15 seconds who has not come back
    while time.monotonic() < end:
        for number in children(process.pid):
            if b"spawn_main" in line_of(number):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
                    killed += 1
        time.sleep(0.05)
    assert killed > 10
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
