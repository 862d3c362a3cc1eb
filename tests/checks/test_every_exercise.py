"""What holds for every graded exercise: solution, blank, mutants, points, and the form of the notebook."""

import ast
import inspect
import re
from functools import cache
from pathlib import Path

import pytest

from coursekit import checks
from coursekit.answers import LocalAnswers
from coursekit.checks import Outcome
from coursekit.checks.mutation import Bank
from tests.checks.notebook import is_check, lost, mark, read, solution

ROOT = Path(__file__).parents[2]
NAMES = checks.names()
MUTANTS = [(name, mutant) for name in NAMES for mutant in checks.get(name).mutants]
QUESTIONS = [(name, q.function) for name in NAMES for q in checks.get(name).questions]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("seed", "student"), [(0, ""), (1, "ada"), (2, "grace"), (12345, "alan")])
def test_the_solution_gets_all_points(name, seed, student):
    assert lost(name, solution(name), seed, student)[0] == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_blank_is_told_not_written_yet_and_gets_nothing(name):
    def blank(*_, **__):
        raise NotImplementedError

    exercise = checks.get(name)
    for namespace in ({}, {q.function: blank for q in exercise.questions}):
        for question in exercise.questions:
            report = exercise.run(question.function, LocalAnswers(namespace))
            assert report.points == 0
            assert {v.outcome for v in report.verdicts} == {Outcome.NOT_WRITTEN}


@cache
def bank(name):
    return Bank(checks.get(name), read(name))


@pytest.mark.parametrize(("name", "mutant"), MUTANTS, ids=[f"{n}.{m.name}" for n, m in MUTANTS])
def test_a_mutant_loses_exactly_what_it_should(name, mutant):
    assert bank(name).trial(mutant).complaint == ""


@pytest.mark.parametrize("name", NAMES)
def test_every_check_is_failed_by_two_mutants_and_there_are_eight(name):
    exercise = checks.get(name)
    every = {f"{q.function}.{c.name}" for q in exercise.questions for c in q.checks}
    counts = {check: sum(check in m.loses for m in exercise.mutants) for check in every}
    assert {check for check, count in counts.items() if count < 2} == set()
    assert set().union(*(m.loses for m in exercise.mutants)) == every
    assert len(exercise.mutants) >= 8
    assert all(inspect.getdoc(m.wrong) for m in exercise.mutants)


@pytest.mark.parametrize("name", NAMES)
def test_check_cells_and_points_of_the_notebook_are_those_of_the_checks(name):
    exercise = checks.get(name)
    cells = [cell for cell in read(name).cells if is_check(cell)]
    calls = [cell.source.removesuffix(")").split(", ") for cell in cells]
    assert [call[0] for call in calls] == [f'check("{name}.{q.function}"' for q in exercise.questions]
    assert all(call[1:] in (["globals()"], ["globals()", "student=STUDENT"]) for call in calls)
    points = [sum(check.points for check in q.checks) for q in exercise.questions]
    assert [mark(cell)["points"] for cell in cells] == points


@pytest.mark.parametrize(("name", "function"), QUESTIONS, ids=[f"{n}.{f}" for n, f in QUESTIONS])
def test_the_names_of_checks_are_unique_and_about_says_something(name, function):
    names = [check.name for check in checks.get(name).question(function).checks]
    assert len(set(names)) == len(names)
    assert all(check.about and check.points > 0 for check in checks.get(name).question(function).checks)


@pytest.mark.parametrize("name", NAMES)
def test_a_source_notebook_keeps_no_output_and_its_code_is_python(name):
    notebook = read(name)
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
            ast.parse(cell.source)


@pytest.mark.parametrize("name", NAMES)
def test_the_student_writes_in_cells_that_hold_a_solution_and_nothing_else_is_open(name):
    for cell in read(name).cells:
        if mark(cell).get("solution") and cell.cell_type == "code" and not mark(cell).get("grade"):
            assert "### BEGIN SOLUTION" in cell.source
            assert "### END SOLUTION" in cell.source
        elif mark(cell):
            assert mark(cell)["locked"] or mark(cell).get("solution") or mark(cell).get("task")


@pytest.mark.parametrize("name", NAMES)
def test_there_is_a_note_for_the_instructor(name):
    note = (ROOT / "exercises" / "notes" / f"{name}.md").read_text()
    assert re.match(r"# Exercise \d+, .*: note for instructors\n", note)


@pytest.mark.parametrize("name", NAMES)
def test_a_chapter_leads_to_it_and_it_has_a_test_of_its_own(name):
    chapters = (path.read_text() for path in (ROOT / "book").glob("[0-9][0-9]_*.ipynb"))
    assert any(re.search(rf"coursekit lab {name}\b", chapter) for chapter in chapters)
    tests = (ROOT / "tests" / "checks").glob(f"test_{name}*.py")
    assert any("def test_" in path.read_text() for path in tests)
