"""A student's day, an author's and an instructor's look, in a real JupyterLab driven by headless Chromium."""

import shutil
import sys
from pathlib import Path

import nbformat
import pytest

from coursekit.checks import progress
from coursekit.grading import Course, grade, make_sample_class, release
from tests.authoring.copied import course_with_skeletons, graded
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


def write(page, function, source):
    """Type over the cell that defines the function."""
    page.locator(".jp-CodeCell .cm-content", has_text=f"def {function}(").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(source)


def test_a_students_day(course, page, tmp_path):
    """Open the list, read the help for a mistake, mend it, get full marks, validate, hand in."""
    program, work = str(Path(sys.executable).with_name("coursekit")), tmp_path / "work"
    command = [program, "lab", "--course", str(course.root / "release"), "--folder", str(work)]
    with running(command, tmp_path, tmp_path) as address:
        page.goto(address)  # the list of exercises
        page.get_by_role("cell", name="16", exact=True).first.wait_for()
        page.screenshot(path=tmp_path / "list.png")
        page.get_by_role("link", name="conv_forward").click()
        page.locator(".jp-CodeCell .cm-content", has_text="def pad(").wait_for()
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()

        run_all(page, "Not written yet.", 5)
        assert page.locator(".jp-OutputArea-output[data-mime-type*=error]").count() == 0

        answers = solutions(course)
        write(page, "pad", answers["pad"].replace("pair(padding)", "pair(padding)[::-1]"))
        run_all(page, "Not written yet.", 4)
        page.get_by_text("Your result equals an image padded with height and width exchanged.").wait_for()
        shown = page.locator("img[alt^='yours, '], img[alt^='expected, ']")
        assert shown.evaluate_all("all => all.map(one => one.naturalWidth > 0)") == [True, True]
        shown.first.scroll_into_view_if_needed()
        page.screenshot(path=tmp_path / "help.png")

        for function, source in answers.items():
            write(page, function, source)
        run_all(page, "All right. Well done!", 5)
        page.get_by_text("LeNet-5 with your convolution tells").wait_for()
        page.screenshot(path=tmp_path / "solved.png")

        page.locator(".jp-ToolbarButtonComponent-label:visible", has_text="Validate").click()
        page.get_by_text("Success! Your notebook passes all the tests.").wait_for()
        page.screenshot(path=tmp_path / "validated.png")
    assert progress.read(work) == [progress.Progress("conv_forward", 16, 16)]
    handed_in = course.folder("submitted", "conv_forward", "ada") / "conv_forward.ipynb"
    handed_in.parent.mkdir(parents=True)
    shutil.copyfile(work / "conv_forward" / "conv_forward.ipynb", handed_in)
    (result,) = grade(course, "conv_forward", ["ada"])
    assert (result.points, result.flags) == (16, ())


def test_an_authors_day(page, tmp_path, monkeypatch):
    """A new exercise from its skeleton: tried in JupyterLab, released, graded, in formgrader."""
    root = course_with_skeletons(tmp_path / "course")
    monkeypatch.setenv("PYTHONPATH", str(root))  # the kernel's
    with running([sys.executable, "-m", "jupyterlab"], tmp_path, root / "exercises") as address:
        page.goto(f"{address}/lab/tree/source/leaky/leaky.ipynb")
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        run_all(page, "All right. Well done!", 1)
        page.screenshot(path=tmp_path / "skeleton.png")
        assert graded(root)[1] == {"blank": (0, 2, "graded"), "solved": (2, 2, "graded")}
        page.goto(f"{address}/formgrader/manage_submissions/leaky")
        page.locator("tr", has_text="solved").get_by_text("2 / 2").wait_for()
        page.locator("tr", has_text="blank").get_by_text("0 / 2").wait_for()
        page.screenshot(path=tmp_path / "graded.png")


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
