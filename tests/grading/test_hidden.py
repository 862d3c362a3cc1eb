"""The cases of the instructor's seed stand in nothing that a student reads, whatever a submission tries."""

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell

from coursekit.checks import Check, Draw, Exercise, Question, register
from coursekit.checks.exercise import draw
from coursekit.grading.answering import AnswerProcess
from coursekit.grading.judge import judge
from coursekit.grading.limits import Limits
from coursekit.sandbox import strongest, tiers
from tests.grading.hostile import SOCKETS
from tests.grading.tiny import add, nbgrader_cell

pytestmark = pytest.mark.skipif(
    not any(tier.works for tier in tiers()), reason="no sandbox works on this machine"
)
SEED = 20_260_000_001
CASE = {"a": Draw(1), "b": Draw(1)}
register(Exercise("drawn", (Question("add", add, (Check("sum", "the sum", 2, (CASE,)),)),), ()))

NOTE = """
import os, tempfile
PATH = os.path.join(tempfile.gettempdir(), "noted")
def noted():
    return open(PATH).read() if os.path.exists(PATH) else ""
def note(*numbers):
    before = noted()
    with open(PATH, "a") as file:
        print("noted:", *(float(number[0]).hex() for number in numbers), file=file)
    return before + open(PATH).read()
"""
TRIES = {
    "printed by a later cell": "def add(a, b):\n    note(a, b)\n    return a + b",
    "in an error": "def add(a, b):\n    raise ValueError(note(a, b))",
    "in a function that is not written": "def add(a, b):\n    raise NotImplementedError(note(a, b))",
    "in a reply that says it is not written": SOCKETS
    + "def add(a, b):\n    forge({'error': 'not written', 'says': note(a, b)})",
    "in a reply that says it took too long": SOCKETS
    + "def add(a, b):\n    forge({'error': 'timed out', 'says': note(a, b)})",
    "in a name": "def add(a, b):\n    return type(note(a, b), (), {})()",
    "in what the check stumbles over": "def add(a, b):\n    return {note(a, b): a + b}",
}


@pytest.fixture(scope="module")
def released():
    check = nbgrader_cell("check_sum", 'check("drawn.add", globals())', 2)
    last = nbgrader_cell("check_last", 'check("drawn.add", globals())', 2)
    return nbformat.v4.new_notebook(cells=[nbgrader_cell("answer", ""), check, last])


@pytest.fixture(scope="module")
def process(released):
    from coursekit import checks

    with AnswerProcess(checks.get("drawn"), "", Limits(), strongest()) as process:
        yield process


def judged(released, process, answer, between="print(noted())"):
    """Judge a submission that prints in a cell between two checks what it has noted down."""
    submitted = nbformat.from_dict(released.copy())
    submitted = nbformat.reads(nbformat.writes(submitted), as_version=4)
    submitted.cells[0].source = NOTE + answer
    submitted.cells.insert(2, new_code_cell(between))
    return judge(released, submitted, process, SEED, "ada")


def numbers(seed):
    """Return the numbers of the case, as the tries note them."""
    case = draw(CASE, np.random.default_rng([seed, 0]))
    return [float(case[name][0]).hex() for name in "ab"]


@pytest.mark.parametrize("between", ["print(noted())", "print(noted(), end='')"])
@pytest.mark.parametrize("answer", TRIES.values(), ids=TRIES.keys())
def test_no_hidden_case_is_in_the_graded_notebook(released, process, answer, between):
    found = judged(released, process, answer, between)
    hidden, own = numbers(SEED), numbers(0)
    assert not any(number in found.text for number in hidden)
    assert not any(number in found.text for number in own) or found.scores["check_sum"] == 0


def test_what_is_noted_of_the_notebooks_own_case_is_there_to_be_found(released, process):
    found = judged(released, process, TRIES["in an error"])
    assert all(number in found.text for number in numbers(0))


@pytest.mark.parametrize(
    ("answer", "between", "runs"),
    [
        ("def add(a, b):\n    return a + b", "1;", 1),
        ("def add(a, b):\n    return a + b", "print()", 2),
        ("def add(a, b):\n    return a - b", "1;", 2),
    ],
)
def test_what_shows_nothing_and_is_right_is_run_once(released, process, monkeypatch, answer, between, runs):
    begun, fork = [], process.fork
    monkeypatch.setattr(process, "fork", lambda: begun.append(1) or fork())
    judged(released, process, answer, between)
    assert len(begun) == runs
