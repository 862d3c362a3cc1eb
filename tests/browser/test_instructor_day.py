"""An instructor's day: release, collect, grade, review in the formgrader, feedback, report, export."""

import csv
import shutil
import subprocess
import sys
import zipfile

import nbformat
import pytest

from coursekit.grading import Course
from coursekit.grading.rebuild import grade_id
from tests.browser.conftest import CHROMIUM
from tests.browser.jupyterlab import running
from tests.grading.archives import write_zip
from tests.test_cli import run

pytestmark = [
    pytest.mark.browser,
    pytest.mark.debian,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's package chromium is not installed"),
]

# Answers that take no time to grade; what is not here is left as it was handed out.
SOLVED = {"connection_mask": 2, "Subsampling": 2, "MaskedConv2d": 2}
CLASS = 'id,first_name,last_name,email\nada,Ada,Lovelace,ada@example.org\nbo,Bo,"Li, Jr.",bo@example.org\n'


@pytest.fixture
def folder(root, tmp_path):
    """A course of exercise 5 alone, which has a question to be answered in words."""
    shutil.copytree(root / "exercises" / "source" / "lenet5", tmp_path / "course" / "source" / "lenet5")
    shutil.copyfile(root / "exercises" / "nbgrader_config.py", tmp_path / "course" / "nbgrader_config.py")
    return tmp_path / "course"


def answered(released, source):
    """Return the released notebook with some answers, one of which has an import that nobody needs."""
    notebook, solutions = (nbformat.reads(text, as_version=4) for text in (released, source))
    written = {grade_id(cell): cell.source for cell in solutions.cells}
    for cell in notebook.cells:
        if grade_id(cell) in SOLVED:
            lines = [line for line in written[grade_id(cell)].splitlines() if "SOLUTION" not in line]
            cell.source = "\n".join(lines)
        if grade_id(cell) == "connection_mask":
            cell.source = f"import subprocess\n{cell.source}"
        if grade_id(cell) == "two-networks":
            cell.source = "The old one sees through holes."
    return nbformat.writes(notebook)


def test_from_nothing_to_returned_grades(folder, page, tmp_path):
    course = Course.open(folder)
    here = ("--course", folder)

    run("release", "lenet5", *here, "--zip", tmp_path / "lenet5.zip", "--due", "2026-05-03 12:00+00:00")
    with zipfile.ZipFile(tmp_path / "lenet5.zip") as archive:
        assert archive.namelist() == ["lenet5/lenet5.ipynb"]
        released = archive.read("lenet5/lenet5.ipynb").decode()
    (folder / "class.csv").write_text(CLASS)
    nbgrader = [sys.executable, "-m", "nbgrader", "db", "student", "import", "class.csv"]
    subprocess.run(nbgrader, cwd=folder, check=True, capture_output=True)

    source = (folder / "source" / "lenet5" / "lenet5.ipynb").read_text()
    handed_in = {
        "Ada Lovelace_101_assignsubmission_file/lenet5.ipynb": answered(released, source).encode(),
        "Bo Li, Jr._102_assignsubmission_file/lenet5 (1).ipynb": released.encode(),
        "../Eve_103_assignsubmission_file/lenet5.ipynb": released.encode(),
    }
    archive = write_zip(tmp_path / "moodle.zip", handed_in)
    said = run("collect", "lenet5", archive, "--platform", "moodle", "--times-in", "Europe/Berlin", *here)
    assert said.exit_code == 1
    assert said.stdout.splitlines()[-1] == "1 refused, 2 taken"
    assert "has .. in its path" in said.stdout

    table = run("grade", "lenet5", *here).stdout
    assert "look: cell 5 imports subprocess" in table
    assert f"{sum(SOLVED.values())} / 18" in table

    review(page, course, tmp_path)

    run("feedback", "lenet5", *here)
    assert "Why is that in the paper?" in (folder / "feedback/ada/lenet5/lenet5.html").read_text()
    page.goto((folder / "feedback/ada/lenet5/lenet5.html").as_uri())
    page.screenshot(path=tmp_path / "feedback.png")
    run("report", "lenet5", *here)
    page.goto((folder / "report.html").as_uri())
    page.screenshot(path=tmp_path / "report.png", full_page=True)

    run("export", "--format", "canvas", *here)
    with (folder / "grades-canvas.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["SIS Login ID"]: row for row in csv.DictReader(file)}
    assert (rows["ada"]["lenet5"], rows["bo"]["Student"]) == ("7.5", "Li, Jr., Bo")
    run("export", "--format", "marks", *here)
    assert run("import-grades", folder / "grades-marks.csv", *here).stdout == "0 changed.\n"


def review(page, course, tmp_path):
    """Look at Ada's flagged cell in the formgrader, and give points and a comment to what she wrote."""
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission_notebook("lenet5", "lenet5", "ada").id
    with running([sys.executable, "-m", "jupyterlab"], tmp_path, course.root) as address:
        page.goto(f"{address}/formgrader/gradebook/lenet5/lenet5")
        page.get_by_text("Submission #1").wait_for()
        page.screenshot(path=tmp_path / "to-review.png")
        page.goto(f"{address}/formgrader/submissions/{submission}")
        page.get_by_text("import subprocess").wait_for()
        page.get_by_text("The old one sees through holes.").wait_for()
        points = page.locator("input#two-networks")
        points.fill("1.5")
        comment = page.locator("textarea#two-networks-comment")
        comment.fill("Why is that in the paper?")
        with page.expect_response(lambda answer: "/api/comment/" in answer.url and answer.ok):
            points.focus()  # the comment is saved when one leaves it
        page.screenshot(path=tmp_path / "reviewed.png")
    with course.gradebook() as gradebook:
        assert gradebook.find_submission("lenet5", "ada").score == 7.5
        assert not gradebook.find_submission("lenet5", "ada").needs_manual_grade
