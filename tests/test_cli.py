"""The command line: what it prints, its exit status, and what it says to every foreseeable mistake."""

import csv
import json
import re
import shutil
import signal
import subprocess
import sys
from typing import ClassVar

import pytest
import typer.main
from typer.testing import CliRunner

from coursekit import __version__, book, data, doctor, networks
from coursekit.checks import check
from coursekit.cli import app
from coursekit.data import fashion_mnist
from coursekit.grading import release
from coursekit.training import LENET5
from tests.grading.tiny import hand_in, make_tiny_course

COMMANDS = sorted(typer.main.get_command(app).commands)
RIGHT = "def add(a, b):\n    return a + b"


def run(*arguments):
    """Run a command in this process. An error that nobody foresaw is raised."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="coursekit")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def assert_one_sentence(result, status, *parts):
    """Assert that a command said one sentence on stderr and ended with `status`."""
    lines = result.stderr.splitlines()
    assert result.exit_code == status, result.output
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("coursekit: ")
    for part in parts:
        assert part in lines[0]


@pytest.fixture(scope="module")
def graded_folder(tmp_path_factory):
    """A tiny course graded by the command line. Do not change it."""
    course = make_tiny_course(tmp_path_factory.mktemp("cli") / "course")
    release(course, "adding")
    hand_in(course, "ada", RIGHT)
    hand_in(course, "bob").write_text("{")
    assert run("grade", "adding", "--course", course.root).exit_code == 1
    return course.root


@pytest.fixture
def course_folder(graded_folder, tmp_path):
    """A copy of it."""
    return shutil.copytree(graded_folder, tmp_path / "course")


def test_the_library_is_not_loaded_for_the_help():
    code = "import sys, coursekit.cli; print([m for m in ('torch', 'numpy', 'nbgrader') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_version_is_that_of_the_package():
    assert run("--version").stdout == f"coursekit {__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"Example: coursekit {command}" in result.stdout


@pytest.mark.parametrize("name", networks.names())
def test_summary_prints_the_networks_summary(name):
    assert run("summary", name).stdout == networks.get(name).summary() + "\n"


def test_summary_as_json_has_a_row_for_each_layer():
    found = json.loads(run("summary", "lenet5", "--json").stdout)
    assert sum(layer["parameters"] for layer in found["layers"]) == found["parameter_count"] == 61706


@pytest.mark.parametrize("arguments", [("summary", "lenet6"), ("train", "lenet6", "--backend", "numpy")])
def test_an_unknown_network_is_answered_with_those_that_exist(arguments):
    assert_one_sentence(run(*arguments), 2, "there is no network 'lenet6'", "lenet5")


@pytest.fixture
def little_data(monkeypatch):
    """Let the embedded data be its first 500 training and 100 test images."""
    whole = data.load("fashion_mnist_small")
    train, test = slice(500), slice(100)
    arrays = (whole.x_train[train], whole.y_train[train], whole.x_test[test], whole.y_test[test])
    monkeypatch.setattr(data, "load", lambda *_: data.Split(*arrays, whole.classes, whole.card))


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_train_prints_the_test_accuracy_of_each_epoch(little_data, backend):
    result = run("train", "lenet5", "--backend", backend, "--epochs", 2, "--batch-size", 100)
    assert result.exit_code == 0
    lines = [re.fullmatch(r"epoch (\d): test accuracy 0\.\d{4}", line) for line in result.stdout.splitlines()]
    assert [line and line[1] for line in lines] == ["1", "2"]


def test_train_as_json_says_with_which_recipe(little_data):
    options = ("--backend", "numpy", "--epochs", 1, "--batch-size", 100, "--lr", 0.02)
    found = json.loads(run("train", "lenet5", *options, "--json").stdout)
    assert len(found["losses"]) == 5
    assert len(found["test_accuracies"]) == 1
    assert found["recipe"]["lr"] == 0.02
    assert found["recipe"]["momentum"] == LENET5.momentum


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (
            ("--backend", "numpy", "--data", "mnist"),
            "there is no data set 'mnist'; there are: fashion_mnist_small",
        ),
        (("--backend", "numpy", "--lr", "0"), "lr must be above 0"),
        (("--backend", "numpy", "--epochs", "-1"), "epochs must not be negative"),
        (("--backend", "numpy", "--device", "cpu"), "--device is for --backend torch"),
        (("--backend", "torch", "--device", "abacus"), "--device abacus cannot be used"),
    ],
)
def test_a_training_that_cannot_be_is_refused(options, part):
    assert_one_sentence(run("train", "lenet5", *options), 2, part)


def test_a_backend_that_is_not_there_is_refused():
    result = run("train", "lenet5", "--backend", "jax")
    assert result.exit_code == 2
    assert "'jax' is not one of 'numpy', 'torch'" in result.stderr


@pytest.mark.parametrize("kind", ["nothing", "a file", "an empty folder"])
def test_a_data_folder_that_is_none_is_named(tmp_path, kind):
    folder = tmp_path / "data"
    if kind == "a file":
        folder.write_text("")
    if kind == "an empty folder":
        folder.mkdir()
    options = ("--backend", "numpy", "--data", "fashion_mnist", "--folder", folder)
    assert_one_sentence(run("train", "lenet5", *options), 1, str(folder))


def test_a_harmed_data_file_is_not_trained_on(tmp_path, monkeypatch):
    embedded = shutil.copytree(fashion_mnist.EMBEDDED, tmp_path / "embedded")
    path = next(embedded.glob("train-images*"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    monkeypatch.setattr(fashion_mnist, "EMBEDDED", embedded)
    assert_one_sentence(run("train", "lenet5", "--backend", "numpy"), 1, path.name, "SHA-256")


def test_book_says_where_the_pages_are(tmp_path, monkeypatch):
    monkeypatch.setattr(book, "build", lambda root, repository: tmp_path / root / "html")
    assert run("book", "--root", "somewhere").stdout == f"The book is at {tmp_path / 'somewhere' / 'html'}\n"


def test_a_folder_without_a_book_is_named(tmp_path):
    assert_one_sentence(run("book", "--root", tmp_path), 1, str(tmp_path))


FINDINGS = [doctor.Finding("Python", True, "3.11"), doctor.Finding("torch", False, "none", "Install it.")]


@pytest.mark.parametrize(("findings", "status"), [(FINDINGS[:1], 0), (FINDINGS, 1)])
def test_doctor_ends_with_1_if_anything_is_wrong(monkeypatch, findings, status):
    monkeypatch.setattr(doctor, "diagnose", lambda: findings)
    result = run("doctor")
    assert result.exit_code == status
    assert ("Install it." in result.stdout) == (status == 1)
    assert [finding["ok"] for finding in json.loads(run("doctor", "--json").stdout)] == [
        f.ok for f in findings
    ]


FOR_AN_EXERCISE = ("release", "grade", "feedback", "lab")


@pytest.mark.parametrize("command", FOR_AN_EXERCISE)
def test_an_unknown_exercise_is_answered_with_those_that_exist(graded_folder, command):
    result = run(command, "subtracting", "--course", graded_folder)
    assert_one_sentence(result, 2, "there is no exercise 'subtracting'", "there are: adding")


@pytest.mark.parametrize("kind", ["nothing", "a file", "an empty folder"])
@pytest.mark.parametrize("command", [*FOR_AN_EXERCISE, "export", "sample-class"])
def test_a_course_folder_that_is_none_is_named(tmp_path, command, kind):
    folder = tmp_path / "course"
    if kind == "a file":
        folder.write_text("")
    if kind == "an empty folder":
        folder.mkdir()
    arguments = {"export": [], "sample-class": [tmp_path / "class"]}.get(command, ["adding"])
    assert_one_sentence(run(command, *arguments, "--course", folder), 2, str(folder))
    assert sorted(path.name for path in tmp_path.iterdir()) == ([] if kind == "nothing" else ["course"])


@pytest.mark.parametrize("command", ["release", "grade", "feedback", "export"])
def test_a_gradebook_that_is_none_is_refused_and_left_as_it_is(course_folder, command):
    (course_folder / "gradebook.db").write_text("points: many\n" * 100)
    before = {path: path.read_bytes() for path in course_folder.rglob("*") if path.is_file()}
    arguments = [] if command == "export" else ["adding"]
    result = run(command, *arguments, "--course", course_folder)
    assert_one_sentence(
        result, 1, "gradebook.db cannot be read: file is not a database", "Nothing was changed"
    )
    assert {path: path.read_bytes() for path in course_folder.rglob("*") if path.is_file()} == before


def test_release_says_where_the_release_is(course_folder, monkeypatch):
    monkeypatch.chdir(course_folder)
    assert (
        "is released in release/adding, with nothing of" in run("release", "adding", "--course", ".").stdout
    )


def test_a_source_that_is_not_json_is_not_released(course_folder):
    (course_folder / "source" / "adding" / "adding.ipynb").write_text("{")
    before = (course_folder / "release" / "adding" / "adding.ipynb").read_bytes()
    assert_one_sentence(
        run("release", "adding", "--course", course_folder), 1, "adding.ipynb is not a notebook"
    )
    assert (course_folder / "release" / "adding" / "adding.ipynb").read_bytes() == before


def test_grade_prints_a_row_for_each_student_and_where_everything_is(graded_folder):
    result = run("grade", "adding", "--course", graded_folder)
    assert result.exit_code == 1
    for part in (
        "│ ada     │  6 / 6 │",
        "unchanged",
        "NOT GRADED: adding.ipynb is not a notebook: it is not JSON",
    ):
        assert part in result.stdout
    for place in ("autograded", "gradebook.db"):
        assert str(graded_folder / place) in result.stdout
    assert str(graded_folder / "feedback") not in result.stdout  # which is not there yet
    assert result.stderr.splitlines()[-1] == "coursekit: could not be graded: bob"


def test_a_class_without_students_is_told_so(tmp_path):
    course = make_tiny_course(tmp_path / "course")
    release(course, "adding")
    result = run("grade", "adding", "--course", course.root)
    assert result.exit_code == 0
    assert result.stdout.startswith("Nothing was handed in")


def test_grade_of_one_student_looks_at_no_other(graded_folder):
    result = run("grade", "adding", "--course", graded_folder, "--student", "ada")
    assert result.exit_code == 0
    assert "bob" not in result.stdout


def test_grade_as_json_is_for_a_program_to_read(graded_folder):
    found = json.loads(run("grade", "adding", "--course", graded_folder, "--json").stdout)
    rows = [(row["student"], row["points"], row["status"]) for row in found["results"]]
    assert rows == [("ada", 6, "unchanged"), ("bob", 0, "failed")]
    assert found["places"]["gradebook"] == str(graded_folder / "gradebook.db")


@pytest.mark.parametrize(("points", "status"), [(6, 0), (5, 1)])
def test_grade_compares_with_the_points_expected(graded_folder, tmp_path, points, status):
    (tmp_path / "expected.json").write_text(
        json.dumps({"exercise": "adding", "points": {"ada": points, "zoe": 1}})
    )
    options = ("--course", graded_folder, "--student", "ada", "--expected", tmp_path / "expected.json")
    result = run("grade", "adding", *options)
    assert result.exit_code == status
    assert ("coursekit: ada has 6 points, expected 5 points" in result.stderr) == (status == 1)
    assert ("All points are those written down" in result.stdout) == (status == 0)


def test_grade_without_the_file_of_expected_points_grades_nothing(course_folder, tmp_path):
    shutil.rmtree(course_folder / "autograded")
    options = ("--course", course_folder, "--expected", tmp_path / "nowhere.json")
    assert_one_sentence(run("grade", "adding", *options), 1, "nowhere.json is not a file of expected points")
    assert not (course_folder / "autograded").exists()


@pytest.mark.parametrize("command", ["grade", "feedback"])
def test_an_unknown_student_is_named(graded_folder, command):
    result = run(command, "adding", "--course", graded_folder, "--student", "eve")
    assert_one_sentence(result, 2, "'eve'", "ada")


def test_feedback_says_where_the_pages_are(course_folder):
    result = run("feedback", "adding", "--course", course_folder)
    assert result.exit_code == 0
    assert result.stdout == f"ada: {course_folder / 'feedback' / 'ada' / 'adding'}\n"
    assert (course_folder / "feedback" / "ada" / "adding" / "adding.html").is_file()


def test_export_writes_the_grades(course_folder, tmp_path):
    result = run("export", "--course", course_folder, "--to", tmp_path / "grades.csv")
    assert result.stdout == f"2 grades are in {tmp_path / 'grades.csv'}\n"
    rows = csv.DictReader((tmp_path / "grades.csv").read_text().splitlines())
    assert {row["student_id"]: row["score"] for row in rows} == {"ada": "6.0", "bob": "0.0"}


def test_an_unknown_format_is_answered_with_those_that_exist(graded_folder):
    assert_one_sentence(run("export", "--course", graded_folder, "--format", "xls"), 2, "there are: csv")


class FakeJupyterLab:
    """Stands in for the process: remembers what was started, and ends with status 3."""

    started: ClassVar[list] = []
    interrupts: ClassVar[list] = []

    def __init__(self, command, cwd):
        self.started.append((command, cwd))
        self.ended = False

    def terminate(self):
        self.ended = True

    def wait(self):
        for number in self.interrupts:
            signal.raise_signal(number)
        return -15 if self.ended else 3


@pytest.fixture
def started(monkeypatch):
    """What `lab` starts in place of JupyterLab."""
    monkeypatch.setattr(FakeJupyterLab, "started", [])
    monkeypatch.setattr(subprocess, "Popen", FakeJupyterLab)
    return FakeJupyterLab.started


def test_lab_opens_the_students_copy_in_jupyterlab(graded_folder, tmp_path, started, monkeypatch):
    monkeypatch.setattr(FakeJupyterLab, "interrupts", [signal.SIGINT])  # Ctrl-C, JupyterLab's to answer
    options = ("--course", graded_folder, "--folder", tmp_path / "mine", "--no-browser", "--port=8890")
    result = run("lab", "adding", *options)
    ((command, cwd),) = started
    assert result.exit_code == 3
    assert cwd == tmp_path / "mine"
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert command[3:] == [
        "--LabApp.default_url=/lab/tree/adding/adding.ipynb",
        "--no-browser",
        "--port=8890",
    ]
    assert (tmp_path / "mine" / "adding" / "adding.ipynb").is_file()


def test_who_ends_lab_ends_jupyterlab(graded_folder, tmp_path, started, monkeypatch):
    monkeypatch.setattr(FakeJupyterLab, "interrupts", [signal.SIGTERM])
    assert run("lab", "--course", graded_folder, "--folder", tmp_path).exit_code == -15


def test_lab_without_an_exercise_takes_options_for_jupyterlab(graded_folder, tmp_path, started):
    run("lab", "--course", graded_folder, "--folder", tmp_path, "--allow-root")
    assert started[0][0][3:] == ["--LabApp.default_url=/lab/tree/progress.ipynb", "--allow-root"]
    assert (tmp_path / "adding" / "adding.ipynb").is_file()


@pytest.mark.usefixtures("started")
def test_lab_shows_the_points_so_far(graded_folder, tmp_path, monkeypatch):
    options = ("--course", graded_folder / "release", "--folder", tmp_path)
    assert "│ adding   │         0 / 6 │" in run("lab", *options).stdout
    monkeypatch.chdir(tmp_path / "adding")
    check("adding.add", {"add": lambda a, b: a + b})
    assert "│ adding   │         2 / 6 │" in run("lab", *options).stdout
    assert "[adding](adding/adding.ipynb) | 2 | 6 |" in (tmp_path / "progress.ipynb").read_text()


@pytest.mark.usefixtures("started")
def test_lab_names_a_folder_that_cannot_be_written(graded_folder, tmp_path, monkeypatch):
    def refuse(*_args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(shutil, "copyfile", refuse)  # the superuser may write everywhere
    result = run("lab", "--course", graded_folder, "--folder", tmp_path)
    assert result.exit_code == 1
    assert f"cannot write to {tmp_path}: Permission denied; see: coursekit doctor" in result.stderr


@pytest.mark.usefixtures("started")
def test_lab_says_that_work_stays(graded_folder, tmp_path):
    (tmp_path / "adding").mkdir()
    (tmp_path / "adding" / "adding.ipynb").write_text("my work")
    result = run("lab", "adding", "--course", graded_folder, "--folder", tmp_path)
    assert "your work is there and stays as it is" in result.stdout
    assert (tmp_path / "adding" / "adding.ipynb").read_text() == "my work"


def test_lab_names_a_file_in_the_place_of_its_folder(graded_folder, tmp_path):
    (tmp_path / "mine").write_text("")
    result = run("lab", "adding", "--course", graded_folder, "--folder", tmp_path / "mine")
    assert_one_sentence(result, 1, "mine is a file")


def test_lab_before_a_release_says_what_to_do(tmp_path):
    course = make_tiny_course(tmp_path / "course")
    assert_one_sentence(run("lab", "--course", course.root), 1, "coursekit release EXERCISE")


def test_a_sample_class_is_not_made_over_other_files(tmp_path, root):
    (tmp_path / "thesis.tex").write_text("chapter one")
    result = run("sample-class", tmp_path, "--course", root / "exercises")
    assert_one_sentence(result, 1, "is not empty and not a sample class")
