"""The guides for authors and instructors: what they show works, what they name is there."""

import re

import pytest
from typer.main import get_command

from coursekit.checks.mutation import verdicts
from coursekit.cli import app
from tests.book.test_notebooks import BOOK
from tests.conftest import ROOT

GUIDES = ("author_guide", "instructor_guide", "training_at_scale", "mutants", "claims_ledger")
TEXTS = {name: (BOOK / f"{name}.md").read_text() for name in GUIDES}


@pytest.fixture
def example():
    """What the module that the author guide shows defines."""
    (code,) = re.findall(r"(?s)```python\n(.*?)```", TEXTS["author_guide"])
    namespace = {}
    exec(code, namespace)
    return namespace


def test_the_exercise_that_the_author_guide_shows_tells_right_from_wrong(example):
    exercise, wrong = example["EXERCISE"], lambda x: abs(x)
    assert verdicts(exercise, {"relu": example["relu"]})["relu.values"].points == 2
    verdict = verdicts(exercise, {"relu": wrong})["relu.values"]
    assert verdict.points == 0
    assert "Your result equals the absolute value of x." in verdict.message


def test_the_tests_that_the_author_guide_names_are_there():
    named = set(re.findall(r"`(test_\w+)`", TEXTS["author_guide"]))
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 15
    assert {name for name in named if f"def {name}(" not in tests} == set()


@pytest.mark.parametrize("name", GUIDES)
def test_the_commands_and_options_that_a_guide_names_are_there(name):
    commands = get_command(app).commands
    called = re.findall(r"(?m)(?:^|`)coursekit ([a-z][a-z-]+)((?: [\w<>:/.=-]+)*)", TEXTS[name])
    assert called
    for command, arguments in called:
        options = {option for parameter in commands[command].params for option in parameter.opts}
        assert {word for word in arguments.split() if word.startswith("--")} <= options


@pytest.mark.parametrize("name", GUIDES)
def test_the_files_that_a_guide_names_are_there(name):
    made = {"relu", "subject", "STUDENT", ".seed", "grades.csv", "exercises/feedback", "exercises/release"}
    made |= {"exercises/replaced", "exercises/report.html"}
    named = set(re.findall(r"`((?:book|coursekit|exercises|tests)/[\w./]+)`", TEXTS[name]))
    missing = [path for path in named if not (ROOT / path).exists()]
    assert [path for path in missing if not any(part in path for part in made)] == []
