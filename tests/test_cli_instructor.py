"""What the instructor's commands print, and what they say to foreseeable mistakes."""

import json

import pytest

from coursekit.grading import release
from tests.grading.archives import write_zip
from tests.grading.tiny import hand_in, make_tiny_course
from tests.test_cli import RIGHT, assert_one_sentence, run


@pytest.fixture
def folder(tmp_path):
    """A released course that Ada is in."""
    course = make_tiny_course(tmp_path / "course")
    release(course, "adding")
    with course.gradebook() as gradebook:
        gradebook.add_student("ada", first_name="Ada", last_name="Lovelace")
    return course.root


def test_collect_prints_what_became_of_each_file_and_steers_no_terminal(folder, tmp_path):
    names = ["ada/adding/adding.ipynb", "eve\x1b[2J/adding/adding.ipynb"]
    archive = write_zip(tmp_path / "a.zip", dict.fromkeys(names, b"{}"))
    result = run("collect", "adding", archive, "--course", folder)
    assert result.exit_code == 1
    assert "\x1b" not in result.stdout
    assert "eve\\x1b[2J" in result.stdout
    assert result.stdout.splitlines()[-1] == "1 refused, 1 taken"
    found = json.loads(run("collect", "adding", archive, "--course", folder, "--json").stdout)
    assert [one["outcome"] for one in found] == ["unchanged", "refused"]


MISUSED = {
    (
        "collect",
        "adding",
        "x.zip",
        "--platform",
        "blackboard",
    ): "there is no platform 'blackboard'; there are: nbgr",
    (
        "collect",
        "adding",
        "x.zip",
        "--times-in",
        "Berlin",
    ): "there is no time zone 'Berlin'; one is Europe/Berlin",
    ("collect", "adding", "x.zip"): "there is no archive or folder x.zip",
    ("collect", "dividing", "x.zip"): "there is no exercise 'dividing'",
    ("release", "--due", "2026-05-03"): "--due and --zip are about one exercise: name it",
    ("release", "adding", "--due", "tomorrow"): "'tomorrow' is no time; one is '2026-05-03 23:59+02:00'",
    ("report",): "nothing is graded yet; run: coursekit grade EXERCISE",
}


@pytest.mark.parametrize("arguments", MISUSED)
def test_a_mistake_is_answered_in_one_sentence(arguments, folder):
    assert_one_sentence(run(*arguments, "--course", folder), 2, MISUSED[arguments])


def test_a_table_that_cannot_be_entered_ends_with_status_1(folder, tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n")
    assert_one_sentence(
        run("import-grades", tmp_path / "t.csv", "--course", folder), 1, "has no column assignment"
    )


def test_marks_go_to_a_spreadsheet_and_back(folder):
    from coursekit.grading import Course

    hand_in(Course.open(folder), "ada", RIGHT)
    run("grade", "adding", "--course", folder)
    said = run("export", "--format", "marks", "--course", folder).stdout
    assert said.startswith("4 rows are in ")
    table = folder / "grades-marks.csv"
    table.write_text(table.read_text().replace("check_small,,2.0,,", "check_small,,2.0,1.0,"))
    dry = run("import-grades", table, "--course", folder, "--dry-run").stdout
    assert dry.splitlines()[-1] == "1 would change."
    assert run("import-grades", table, "--course", folder).stdout.splitlines()[-1] == "1 changed."
    assert run("import-grades", table, "--course", folder).stdout == "0 changed.\n"
    run("report", "--course", folder)
    assert "median is 5 of 6 points" in " ".join((folder / "report.html").read_text().split())
