"""A student's hour and an instructor's look, in a real JupyterLab driven by headless Chromium."""

import shutil
import sys
from pathlib import Path

import nbformat
import pytest

from coursekit.grading import Course, grade, make_sample_class, release
from tests.browser.jupyterlab import running

pytestmark = [
    pytest.mark.browser,
    pytest.mark.debian,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Debian's package chromium is not installed"),
]


@pytest.fixture(scope="module")
def course(root, tmp_path_factory):
    """A copy of the exercises, with exercise 1 released."""
    folder = tmp_path_factory.mktemp("course") / "exercises"
    shutil.copytree(root / "exercises" / "source", folder / "source")
    shutil.copyfile(root / "exercises" / "nbgrader_config.py", folder / "nbgrader_config.py")
    course = Course.open(folder)
    release(course, "conv_forward")
    return course


def run_all(page, headline, count):
    """Run all cells, and wait until `headline` stands there `count` times."""
    page.locator(".lm-MenuBar-itemLabel", has_text="Run").click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.wait_for_function(
        "([text, n]) => [...document.querySelectorAll('.jp-OutputArea strong')]"
        ".filter(line => line.textContent.includes(text)).length === n",
        arg=[headline, count],
    )
    page.wait_for_function("!document.querySelector('.jp-InputPrompt')?.textContent.includes('*')")


def solutions(course):
    """Return the source of every solution cell, without nbgrader's marks, by grade id."""
    notebook = nbformat.read(course.folder("source", "conv_forward") / "conv_forward.ipynb", as_version=4)
    return {
        cell.metadata.nbgrader.grade_id: "\n".join(
            line for line in cell.source.splitlines() if "SOLUTION" not in line
        )
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }


def test_a_student_sees_not_written_yet_then_full_marks_and_validates(course, page, tmp_path):
    program = str(Path(sys.executable).with_name("coursekit"))
    command = [program, "lab", "conv_forward", "--course", str(course.root)]
    with running([*command, "--folder", str(tmp_path / "work")], tmp_path, tmp_path) as address:
        page.goto(address)  # `coursekit lab` opens the exercise
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()

        run_all(page, "Not written yet.", 5)
        assert page.locator(".jp-OutputArea-output[data-mime-type*=error]").count() == 0
        page.screenshot(path=tmp_path / "blank.png")

        for grade_id, source in solutions(course).items():
            editor = page.locator(".jp-CodeCell .cm-content", has_text=f"def {grade_id}(")
            editor.click()
            page.keyboard.press("Control+A")
            page.keyboard.insert_text(source)
        run_all(page, "All right. Well done!", 5)
        page.get_by_text("LeNet-5 with your convolution tells").wait_for()
        page.screenshot(path=tmp_path / "solved.png")

        page.get_by_text("Validate", exact=True).click()
        page.get_by_text("Success! Your notebook passes all the tests.").wait_for()
        page.screenshot(path=tmp_path / "validated.png")


def test_the_formgrader_lists_the_graded_class(course, page, tmp_path):
    folder = tmp_path / "class"
    make_sample_class(course, folder)
    (result,) = grade(Course.open(folder), "conv_forward", ["amara"])
    with running([sys.executable, "-m", "jupyterlab"], tmp_path, folder) as address:
        page.goto(f"{address}/formgrader/manage_submissions/conv_forward")
        row = page.locator("tr", has_text="amara")
        row.get_by_text(f"{result.points:g} / {result.max_points:g}").wait_for()
        page.screenshot(path=tmp_path / "formgrader.png")
        assert page.locator("tr", has_text="Hadd").count() == 1
