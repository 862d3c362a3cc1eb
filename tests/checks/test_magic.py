"""`%check` in any notebook, tried in an IPython of the test's own; in grading it does nothing."""

import subprocess
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from coursekit.checks import Report

PAD = """
import numpy as np
def pad(x, padding):
    ph, pw = (padding, padding) if isinstance(padding, int) else padding
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs a cell and returns the points shown and all that was said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    monkeypatch.setattr(shell.history_manager, "enabled", False)

    def run(source):
        with capture_output() as said:
            shell.run_cell(source)
        texts = [output.data["text/plain"] for output in said.outputs]
        return texts, said.stdout + said.stderr

    run("%load_ext coursekit")
    yield run
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def test_one_function_is_checked(run):
    run(PAD)
    assert run("%check conv_forward.pad")[0] == ["2"]


def test_a_whole_exercise_is_checked_and_summed_up(run):
    run(PAD)
    points, said = run("%check conv_forward")
    assert points == ["2", "0", "0", "0", "0"]
    assert said == "conv_forward: 2 of 16 points.\n"


@pytest.mark.parametrize("known_by", ["session", "folder"])
def test_without_a_name_it_is_the_exercise_of_this_notebook(run, tmp_path, monkeypatch, known_by):
    if known_by == "session":
        monkeypatch.setenv("JPY_SESSION_NAME", "/anywhere/conv_forward.ipynb")
    else:
        (tmp_path / "conv_forward").mkdir()
        monkeypatch.chdir(tmp_path / "conv_forward")
    assert run("%check")[1] == "conv_forward: 0 of 16 points.\n"


def test_where_it_cannot_know_it_says_how_to_ask(run):
    assert "which exercise? For instance: %check conv_forward" in run("%check")[1]


@pytest.mark.parametrize("asked", ["conv_forwards", "conv_forward.pads"])
def test_what_is_not_there_is_answered_by_what_is(run, asked):
    _, said = run(f"%check {asked}")
    assert "there are: " in said
    assert "Traceback" not in said


def test_a_students_numbers_come_from_the_id_in_the_notebook(run, monkeypatch):
    asked = []

    def check(question, namespace, student):
        asked.append((question, student))
        return Report(question, ())

    monkeypatch.setattr("coursekit.checks.check", check)
    run("%check counting.output_shape")
    run('STUDENT = "ada"')
    run("%check counting.output_shape")
    assert asked == [("counting.output_shape", ""), ("counting.output_shape", "ada")]


def test_where_answers_are_graded_it_says_nothing():
    code = (
        "from coursekit.answers.process import _warm_up\n"
        "print(_warm_up('').run('%load_ext coursekit\\n%check conv_forward\\n%check', 10.0))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
