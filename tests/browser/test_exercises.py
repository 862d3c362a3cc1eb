"""Every exercise is done once from its released file in a real JupyterLab, typed cell by cell."""

import json
import shutil
import sys
import urllib.request

import nbformat
import pytest

from coursekit import checks
from coursekit.grading import Course, release
from coursekit.grading.rebuild import grade_id, is_answer, is_check
from tests.browser.conftest import CHROMIUM
from tests.browser.jupyterlab import PATIENCE, running

pytestmark = [
    pytest.mark.browser,
    pytest.mark.debian,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's package chromium is not installed"),
]


@pytest.fixture(scope="module")
def course(root, tmp_path_factory):
    """A copy of the exercises, all released."""
    folder = tmp_path_factory.mktemp("course") / "exercises"
    shutil.copytree(root / "exercises" / "source", folder / "source")
    shutil.copyfile(root / "exercises" / "nbgrader_config.py", folder / "nbgrader_config.py")
    course = Course.open(folder)
    for name in checks.names():
        release(course, name)
    return course


@pytest.fixture(scope="module")
def lab(course, tmp_path_factory):
    """The address of a JupyterLab in the folder of the released exercises."""
    home = tmp_path_factory.mktemp("lab")
    command = [sys.executable, "-m", "jupyterlab", "--ServerApp.disable_check_xsrf=True"]  # for `opened`
    with running(command, home, course.root / "release") as address:
        yield address


@pytest.fixture
def opened(lab, page):
    """Return a function that opens an exercise's notebook; its kernel ends with the test."""

    def opened(name):
        page.goto(f"{lab}/lab/tree/{name}/{name}.ipynb?reset")
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        return Notebook(page)

    yield opened
    with urllib.request.urlopen(f"{lab}/api/sessions") as answer:
        sessions = json.load(answer)
    for session in sessions:
        request = urllib.request.Request(f"{lab}/api/sessions/{session['id']}", method="DELETE")
        urllib.request.urlopen(request).close()


class Notebook:
    """An open notebook; cells are counted from 0, all kinds together."""

    def __init__(self, page):
        self._page = page

    def type(self, number, source):
        """Write over a cell's source, as somebody does who types."""
        self._cell(number).locator(".cm-content").click()
        self._page.keyboard.press("Control+A")
        self._page.keyboard.insert_text(source)

    def run(self, number):
        """Run a cell and return the text of what it puts out."""
        cell = self._cell(number)
        prompt = cell.locator(".jp-InputPrompt").first
        before = prompt.inner_text()
        cell.locator(".cm-content").click()
        self._page.keyboard.press("Shift+Enter")
        self._page.wait_for_function(
            "([cell, before]) => { const now = cell.querySelector('.jp-InputPrompt').innerText;"
            " return now !== before && /\\d/.test(now); }",
            arg=[cell.element_handle(), before],
            timeout=2 * PATIENCE,
        )
        self._page.wait_for_timeout(100)  # what was put out last is drawn
        return "\n".join(cell.locator(".jp-OutputArea").all_inner_texts())

    def _cell(self, number):
        return self._page.locator(".jp-Notebook .jp-Cell").nth(number)


def solution(source):
    """Return the author's cell without nbgrader's marks."""
    return "\n".join(line for line in source.splitlines() if "### " not in line)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", checks.names())
def test_the_verdicts_change_while_the_answers_are_typed(course, opened, name):
    path = course.folder("source", name) / f"{name}.ipynb"
    written = {grade_id(cell): solution(cell.source) for cell in nbformat.read(path, as_version=4).cells}
    released = nbformat.read(course.folder("release", name) / f"{name}.ipynb", as_version=4).cells
    last = max(number for number, cell in enumerate(released) if is_check(cell))
    notebook, to_type, asked = opened(name), [], 0
    for number, cell in enumerate(released[: last + 1]):
        if is_check(cell):
            assert "All right" not in notebook.run(number), f"cell {number} before anything is written"
            for place in to_type:
                notebook.type(place, written[grade_id(released[place])])
                assert "Error" not in notebook.run(place)
            assert "All right" in notebook.run(number), f"cell {number} with the solution"
            to_type, asked = [], asked + 1
        elif cell.cell_type == "code" and "experiment" not in cell.metadata.get("tags", []):
            said = notebook.run(number)
            if is_answer(cell):
                to_type.append(number)
            else:
                assert "Error" not in said, said
    assert asked == len(checks.get(name).questions)
