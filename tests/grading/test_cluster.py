"""Grading with the real Dask: a cluster of this machine's, and schedulers and workers of their own."""

import os
import re
import signal
import subprocess

import dask
import distributed  # noqa: F401  its settings must be there before a test changes some
import pytest

from coursekit.grading import CourseError, grade
from coursekit.grading.cluster import KILLED, check_address
from coursekit.grading.engine import close_processes
from tests.grading.dask_here import (
    alive,
    answer_processes,
    processes,
    start_scheduler,
    start_worker,
    wait_until,
)
from tests.grading.test_grade import RIGHT
from tests.grading.tiny import hand_in

WRONG = "def add(a, b):\n    return None"
SLOW = f"import time\ntime.sleep(0.7)\n{RIGHT}"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1:8786",
        "tcp://127.0.0.1:8786",
        "tcp://127.8.9.1:8786",
        "tcp://localhost:8786",
        "tcp://[::1]:8786",
        "tls://127.0.0.1:8786",
        "tls://10.0.0.5:8786",
        "tls://[2001:db8::7]:8786",
        "tls://dask.example.org:8786",
    ],
)
def test_an_address_here_or_encrypted_is_taken(address):
    check_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.5:8786",
        "tcp://10.0.0.5:8786",
        "tcp://0.0.0.0:8786",
        "tcp://[2001:db8::7]:8786",
        "tcp://[::]:8786",
        "tcp://dask.example.org:8786",
        "tcp://localhost.example.org:8786",
        "tcp://127.0.0.1.example.org:8786",
    ],
)
def test_an_address_elsewhere_must_be_encrypted(address):
    with pytest.raises(CourseError, match=rf"{re.escape(address)} is on another machine and not encrypted"):
        check_address(address)


@pytest.mark.parametrize(
    "address",
    ["", "8786", "tls://", "tls://10.0.0.5", "tcp://:8786", "tcp://127.0.0.1:port", "tcp://[::1:8786",
     "tcp://127.0.0.1:99999", "http://127.0.0.1:8786", "inproc://127.0.0.1:8786", "my cluster"],
)  # fmt: skip
def test_what_is_no_address_is_named(address):
    with pytest.raises(CourseError, match=rf"{re.escape(repr(address))} is no address of a Dask scheduler"):
        check_address(address)


@pytest.fixture
def tiny_class(released_course):
    """Six students, five of them right."""
    for number in range(6):
        hand_in(released_course, f"s{number}", WRONG if number == 3 else RIGHT)
    return released_course


@pytest.fixture
def started(tmp_path):
    with processes(tmp_path) as started:
        yield started


def points(results):
    return {result.student: result.points for result in results}


EXPECTED = {f"s{number}": 0 if number == 3 else 6 for number in range(6)}


@pytest.mark.slow
def test_two_processes_grade_as_one_does_and_leave_nothing(tiny_class, capfd):
    close_processes()  # a warm one that an earlier test left in this process
    seen = set()

    def look(result):
        seen.update(answer_processes(os.getpid()))

    with dask.config.set({"distributed.worker.preload": ["tests.grading.tiny"]}):
        results = grade(tiny_class, "adding", jobs=2, on_progress=look)
    assert points(results) == EXPECTED
    assert seen
    wait_until(lambda: not any(map(alive, seen)))
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")


@pytest.mark.slow
def test_workers_of_a_scheduler_grade_by_its_address(tiny_class, started):
    address = start_scheduler(started)
    workers = [start_worker(started, address) for _ in range(2)]
    results = grade(tiny_class, "adding", scheduler=address)
    assert points(results) == EXPECTED
    # A worker is there for the next course; its answer process ends with it, however it ends.
    left = set().union(*(answer_processes(worker.pid) for worker in workers))
    assert left
    for worker in workers:
        os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: not any(map(alive, left)))


@pytest.mark.slow
def test_a_worker_with_several_threads_judges_one_at_a_time(tiny_class, started):
    address = start_scheduler(started)
    start_worker(started, address, "--nthreads", "4")
    assert points(grade(tiny_class, "adding", scheduler=address)) == EXPECTED


@pytest.mark.slow
def test_what_a_killed_worker_had_in_hand_is_given_to_another(released_course, started):
    for number in range(6):
        hand_in(released_course, f"s{number}", SLOW)
    address = start_scheduler(started)
    workers = [start_worker(started, address) for _ in range(2)]
    killed = []

    def kill(result):
        if not killed:
            killed.append(result.student)
            os.kill(workers[0].pid, signal.SIGKILL)

    results = grade(released_course, "adding", scheduler=address, on_progress=kill)
    assert killed
    assert points(results) == {f"s{number}": 6 for number in range(6)}
    assert {result.status for result in results} == {"graded"}
    assert workers[1].poll() is None


@pytest.mark.slow
def test_one_whose_worker_is_killed_each_time_is_a_row_and_the_run_goes_on(released_course, started):
    hand_in(released_course, "a-killer", f"{RIGHT}\n# kills the worker")
    hand_in(released_course, "b-honest", RIGHT)
    address = start_scheduler(started)
    preload = '["tests.grading.tiny", "tests.grading.fragile"]'
    start_worker(started, address, nanny=True, DASK_DISTRIBUTED__WORKER__PRELOAD=preload)
    results = {result.student: result for result in grade(released_course, "adding", scheduler=address)}
    assert (results["a-killer"].status, results["a-killer"].points) == ("failed", 0)
    assert results["a-killer"].remark == KILLED
    assert (results["b-honest"].status, results["b-honest"].points) == ("graded", 6)


@pytest.mark.slow
def test_a_scheduler_that_goes_away_is_one_sentence_and_what_was_graded_stays(released_course, started):
    for number in range(6):
        hand_in(released_course, f"s{number}", SLOW)
    address = start_scheduler(started)
    start_worker(started, address)

    def end_scheduler(result):
        os.kill(started.started[0].pid, signal.SIGKILL)

    with pytest.raises(CourseError, match=r"was lost; what was graded is kept: run the same command again"):
        grade(released_course, "adding", scheduler=address, on_progress=end_scheduler)
    results = grade(released_course, "adding")
    assert points(results) == {f"s{number}": 6 for number in range(6)}
    assert "unchanged" in {result.status for result in results}


@pytest.mark.slow
def test_a_scheduler_that_loses_all_its_workers_is_not_waited_for_without_end(
    released_course, started, monkeypatch
):
    monkeypatch.setattr("coursekit.grading.cluster.ALONE_SECONDS", 8)
    for number in range(6):
        hand_in(released_course, f"s{number}", SLOW)
    address = start_scheduler(started)
    worker = start_worker(started, address)
    with pytest.raises(CourseError, match=r"has had no worker for 8 s; what was graded is kept"):
        grade(
            released_course,
            "adding",
            scheduler=address,
            on_progress=lambda result: os.kill(worker.pid, signal.SIGKILL),
        )


@pytest.mark.slow
def test_a_scheduler_that_is_not_there_is_named_in_one_sentence(tiny_class, monkeypatch):
    monkeypatch.setattr("coursekit.grading.cluster.CONNECT_SECONDS", 1)
    with pytest.raises(CourseError) as caught:
        grade(tiny_class, "adding", scheduler="tcp://127.0.0.1:1")
    assert str(caught.value).startswith("the Dask scheduler tcp://127.0.0.1:1 cannot be reached: ")
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_scheduler_without_workers_is_told_how_to_get_some(tiny_class, started):
    address = start_scheduler(started)
    with pytest.raises(CourseError, match=f"{address} has no worker; start some .*: dask worker {address}"):
        grade(tiny_class, "adding", scheduler=address)


@pytest.mark.slow
def test_a_worker_with_another_library_is_refused(tiny_class, started):
    address = start_scheduler(started)
    start_worker(started, address, DASK_DISTRIBUTED__WORKER__PRELOAD='["tests.grading.other_version"]')
    with pytest.raises(CourseError, match="has another version of coursekit, nbgrader, NumPy or PyTorch"):
        grade(tiny_class, "adding", scheduler=address)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A key and a certificate of its own for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=here"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    try:
        subprocess.run(
            [*command, *files, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("the program openssl, which makes a certificate, is not installed")
    return folder / "cert.pem", folder / "key.pem"


@pytest.mark.slow
def test_an_encrypted_scheduler_grades_for_who_has_the_certificate(tiny_class, started, certificate):
    cert, key = map(str, certificate)
    options = ("--tls-ca-file", cert, "--tls-cert", cert, "--tls-key", key)
    address = start_scheduler(started, "tls", *options)
    start_worker(started, address, *options)
    with pytest.raises(CourseError, match=rf"{address} cannot be reached"):
        grade(tiny_class, "adding", scheduler=address)
    names = {"ca-file": cert, "client.cert": cert, "client.key": key}
    with dask.config.set({f"distributed.comm.tls.{name}": file for name, file in names.items()}):
        assert points(grade(tiny_class, "adding", scheduler=address)) == EXPECTED
