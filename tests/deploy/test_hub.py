"""The hub of `deploy/`, as plain processes on loopback: two students, from release to feedback."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import nbformat
import pytest

from coursekit.grading import generate_feedback, grade, release
from tests.browser.conftest import CHROMIUM, browser, page  # noqa: F401  fixtures
from tests.browser.jupyterlab import PATIENCE
from tests.conftest import ROOT
from tests.grading.tiny import make_tiny_course

pytestmark = [
    pytest.mark.browser,
    pytest.mark.debian,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's package chromium is not installed"),
    pytest.mark.skipif(
        shutil.which("jupyterhub") is None or shutil.which("configurable-http-proxy") is None,
        reason="the extra hub is not installed, or no configurable-http-proxy",
    ),
]

PASSWORD = "as long as it must be"
ANSWERS = {"ada": "def add(a, b):\n    return a + b", "bo": "def add(a, b):\n    return a - b"}


def until(holds):
    """Wait until something holds."""
    for _ in range(PATIENCE // 500):
        if holds():
            return
        time.sleep(0.5)
    raise TimeoutError(f"not within {PATIENCE / 1000:g} seconds")


def answers(address):
    """Return whether somebody answers there."""
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except OSError:
        return False
    return True


@contextmanager
def hub(folder):
    """Run the hub, with ports of its own, by the command that the image runs; give its address."""
    with socket.socket() as one, socket.socket() as two, socket.socket() as three:
        for free in (one, two, three):
            free.bind(("127.0.0.1", 0))
        ports = [free.getsockname()[1] for free in (one, two, three)]
    address = f"http://127.0.0.1:{ports[0]}"
    settings = {
        "HUB_FOLDER": folder,
        "HUB_PASSWORD": PASSWORD,
        "HUB_SPAWNER": "simple",
        "HUB_ADDRESS": address,
    }
    own = [
        f"--JupyterHub.hub_port={ports[1]}",
        f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{ports[2]}",
    ]
    root = ["--SimpleLocalProcessSpawner.args=--allow-root"]
    with (folder / "log").open("w") as log:
        started = subprocess.Popen(
            [ROOT / "deploy" / "start-hub", *own, *root],
            env={**os.environ, **settings},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        until(lambda: answers(f"{address}/hub/api") or started.poll() is not None)
        assert started.poll() is None, (folder / "log").read_text()
        yield address
    finally:
        started.send_signal(signal.SIGTERM)  # ends the students' servers too
        started.wait(60)


def nbgrader(course, exchange, *arguments):
    """Run one of nbgrader's commands in the course's folder, as the container that grades does."""
    settings = {"JUPYTER_CONFIG_PATH": str(ROOT / "deploy"), "NBGRADER_EXCHANGE": str(exchange)}
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(
        command, cwd=course.root, env={**os.environ, **settings}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def log_in(page, address, student):  # noqa: F811
    """Log in, wait for the student's JupyterLab, and return a function that does what its buttons do."""
    page.goto(f"{address}/hub/login")
    page.fill("#username_input", student)
    page.fill("#password_input", PASSWORD)
    page.click("#login_submit")
    page.wait_for_url("**/hub/spawn-pending/**")
    server = f"{address}/user/{student}"
    until(
        lambda: page.request.get(f"{server}/api").ok
    )  # proxies in Python do not pass on the page's own news
    page.goto(f"{server}/lab")
    page.get_by_text("Launcher").first.wait_for()
    (xsrf,) = [
        one["value"]
        for one in page.context.cookies(f"{server}/")
        if one["name"] == "_xsrf" and student in one["path"]
    ]

    def press(action):
        about = {"course_id": "coursekit", "assignment_id": "adding"}
        said = page.request.post(
            f"{server}/assignments/{action}", data=about, headers={"X-XSRFToken": xsrf}, timeout=PATIENCE
        )
        assert said.ok, said.text()
        assert said.json()["success"], said.text()

    return press


def test_two_students_fetch_submit_and_get_their_feedback(browser, tmp_path):  # noqa: F811
    course, state = make_tiny_course(tmp_path / "course"), tmp_path / "state"
    exchange = state / "exchange"
    state.mkdir()
    release(course, "adding")
    with course.gradebook() as gradebook:
        for student in ANSWERS:
            gradebook.add_student(student)
    with hub(state) as address:
        nbgrader(course, exchange, "release_assignment", "adding")
        pages, buttons = {}, {}
        for student, answer in ANSWERS.items():
            pages[student] = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
            pages[student].set_default_timeout(PATIENCE)
            buttons[student] = log_in(pages[student], address, student)
            buttons[student]("fetch")
            path = state / "home" / student / "adding" / "adding.ipynb"
            notebook = nbformat.read(path, as_version=4)
            notebook.cells[1].source = answer
            nbformat.write(notebook, path)
            buttons[student]("submit")

        nbgrader(course, exchange, "collect", "adding")
        points = {one.student: one.points for one in grade(course, "adding")}
        assert points == {"ada": 6, "bo": 2}
        generate_feedback(course, "adding")
        nbgrader(course, exchange, "release_feedback", "adding")

        for student, page in pages.items():
            buttons[student]("fetch_feedback")
            (feedback,) = (state / "home" / student / "adding" / "feedback").rglob("adding.html")
            assert f"Feedback for {student}" in feedback.read_text()
            page.reload()
            page.get_by_text("Launcher").first.wait_for()
            page.screenshot(path=tmp_path / f"{student}.png")
