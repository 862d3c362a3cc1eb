"""Exercise 1: the solution passes, every wrong answer loses exactly the points that it should."""

import functools

import nbformat
import numpy as np
import pytest
import torch

from coursekit import checks
from coursekit.answers import LocalAnswers
from coursekit.checks import Outcome
from coursekit.checks.conv_forward import MUTANTS, QUESTIONS

EXERCISE = checks.get("conv_forward")
FUNCTIONS = [question.function for question in QUESTIONS]


@pytest.fixture(scope="session")
def notebook(root):
    return nbformat.read(root / "exercises/source/conv_forward/conv_forward.ipynb", as_version=4)


@pytest.fixture
def solution(notebook):
    """Return the namespace of the source notebook's given and solution cells."""
    namespace = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and (
            cell.id == "setup" or cell.metadata.get("nbgrader", {}).get("solution")
        ):
            exec(cell.source, namespace)
    return namespace


def lost(namespace, seed=0):
    """Return the checks that the answers in `namespace` fail, and all messages."""
    reports = [EXERCISE.run(function, LocalAnswers(namespace), seed) for function in FUNCTIONS]
    verdicts = [(f"{r.question}.{v.check}", v) for r in reports for v in r.verdicts]
    assert all(v.outcome is not Outcome.BROKEN for _, v in verdicts)
    return {name for name, v in verdicts if v.points < v.max_points}, [v.message for _, v in verdicts]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_solution_gets_all_points(solution, seed):
    assert lost(solution, seed)[0] == set()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_a_mutant_loses_exactly_what_it_should(solution, mutant):
    solution[mutant.function] = functools.partial(mutant.wrong, solution[mutant.function])
    got, messages = lost(solution)
    assert got == mutant.loses
    if mutant.wrong.__name__ != "loops_again":  # its result is right, so no difference can be explained
        assert any(mutant.says in message for message in messages)


def test_every_check_is_failed_by_two_mutants():
    every = [f"{q.function}.{c.name}" for q in QUESTIONS for c in q.checks]
    for name in every:
        assert sum(name in mutant.loses for mutant in MUTANTS) >= 2
    assert set().union(*(mutant.loses for mutant in MUTANTS)) == set(every)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.function)
def test_the_reference_is_torchs(question):
    from coursekit.checks.exercise import draw

    def by_torch(function, case):
        case = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in case.items()}
        if function == "pad":
            p = case["padding"]
            ph, pw = (p, p) if isinstance(p, int) else p
            return torch.nn.functional.pad(case["x"], (pw, pw, ph, ph))
        if function == "im2col":
            return torch.nn.functional.unfold(**{"input" if k == "x" else k: v for k, v in case.items()})
        return torch.nn.functional.conv2d(case.pop("x"), case.pop("w"), case.pop("b", None), **case)

    for check in question.checks:
        for case in check.cases:
            case = draw(case, np.random.default_rng(0))
            expected = by_torch(question.function, case).numpy()
            np.testing.assert_allclose(question.reference(**case), expected, atol=1e-9)


def test_a_blank_is_told_not_written_yet_and_gets_nothing(solution):
    def blank(**_):
        raise NotImplementedError

    namespace = dict.fromkeys(FUNCTIONS, blank)
    for function in FUNCTIONS:
        report = EXERCISE.run(function, LocalAnswers(namespace))
        assert report.points == 0
        assert {v.outcome for v in report.verdicts} == {Outcome.NOT_WRITTEN}
        assert "Not written yet." in report.headline
    assert lost({})[0] == lost(namespace)[0]


ALTERNATIVES = {
    "float32": lambda right: (
        lambda **case: right(
            **{k: v.astype(np.float32) if isinstance(v, np.ndarray) else v for k, v in case.items()}
        ).astype(np.float32)
    ),
    "memory in another order": lambda right: lambda **case: np.asfortranarray(right(**case)),
    "rounding": lambda right: lambda **case: right(**case) + 1e-7,
    "nested lists": lambda right: lambda **case: right(**case).tolist(),
}


@pytest.mark.parametrize("change", ALTERNATIVES.values(), ids=ALTERNATIVES.keys())
@pytest.mark.parametrize("function", FUNCTIONS)
def test_right_answers_of_other_shapes_pass(solution, function, change):
    solution[function] = change(solution[function])
    report = EXERCISE.run(function, LocalAnswers(solution))
    assert {v.message for v in report.verdicts if v.check != "speed"} == {""}


def test_loops_may_answer_every_question_but_the_one_for_speed(solution):
    solution["conv2d"] = solution["conv2d_loops"]
    assert lost(solution)[0] == {"conv2d.speed"}


def test_points_and_grade_cells_of_the_notebook_are_those_of_the_checks(notebook):
    cells = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]
    assert [c.source for c in cells] == [f'check("conv_forward.{f}", globals())' for f in FUNCTIONS]
    points = [sum(check.points for check in q.checks) for q in QUESTIONS]
    assert [c.metadata.nbgrader.points for c in cells] == points
    assert EXERCISE.points == sum(points) == 16
    assert EXERCISE.points_lost(MUTANTS[0]) == 8
