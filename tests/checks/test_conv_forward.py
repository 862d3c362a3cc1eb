"""Exercise 1: the solution passes, every wrong answer loses exactly the points that it should."""

import numpy as np
import pytest
import torch

from coursekit import checks
from coursekit.answers import LocalAnswers
from coursekit.checks.conv_forward import QUESTIONS
from tests.checks.notebook import lost
from tests.checks.notebook import solution as answers_of

EXERCISE = checks.get("conv_forward")
FUNCTIONS = [question.function for question in QUESTIONS]


@pytest.fixture
def solution():
    return answers_of("conv_forward")


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
    assert lost("conv_forward", solution)[0] == {"conv2d.speed"}


def test_half_right_answers_get_the_right_half(solution):
    right = solution["conv2d_loops"]
    solution["conv2d_loops"] = lambda x, w, b=None, stride=1, padding=0: right(x, w)
    assert lost("conv_forward", solution)[0] == {f"conv2d_loops.{c}" for c in ("bias", "stride", "padding")}


def test_half_right_padding_by_one_number_alone(solution):
    right = solution["pad"]
    solution["pad"] = lambda x, padding: right(x, padding + 0)  # a TypeError for a pair
    failed, messages = lost("conv_forward", solution)
    assert "pad.pair" in failed
    assert "pad.ring" not in failed
    assert any("TypeError" in message for message in messages)


def test_half_right_windows_without_stride_and_padding(solution):
    right = solution["im2col"]
    solution["im2col"] = lambda x, kernel_size, stride=1, padding=0: right(x, kernel_size)
    failed, _ = lost("conv_forward", solution)
    assert failed == {"im2col.steps", "conv2d.steps", "conv2d_grouped.two", "conv2d_grouped.depthwise"}


def test_half_right_two_groups_and_no_more(solution):
    right = solution["conv2d_grouped"]

    def two(x, w, b=None, stride=1, padding=0, groups=1):
        return right(x, w, b, stride, padding, groups=2)

    solution["conv2d_grouped"] = two
    assert lost("conv_forward", solution)[0] == {"conv2d_grouped.depthwise"}


def test_an_object_with_helpers_and_pytorchs_matrix_product_passes(solution):
    class Convolution:
        def columns(self, x, w, stride, padding):
            return torch.tensor(solution["im2col"](x, w.shape[2:], stride, padding))

        def __call__(self, x, w, b=None, stride=1, padding=0):
            height, width = solution["output_size"](x.shape[2:], w.shape[2:], stride, padding)
            out = torch.tensor(w).flatten(1) @ self.columns(x, w, stride, padding)
            out = out.reshape(len(x), len(w), height, width)
            return out if b is None else out + torch.tensor(b)[:, None, None]

    solution["conv2d"] = Convolution()
    report = EXERCISE.run("conv2d", LocalAnswers(solution))
    assert {v.message for v in report.verdicts} == {""}


def test_a_library_that_does_it_is_refused_by_name(solution):
    def conv2d(x, w, b=None, stride=1, padding=0):
        b = None if b is None else torch.tensor(b)
        return torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(w), b, stride, padding)

    solution["conv2d"] = conv2d
    failed, messages = lost("conv_forward", solution)
    assert {"conv2d.values", "conv2d.steps", "conv2d.speed"} <= failed
    assert any("`torch.nn.functional.conv2d` is not to be used" in message for message in messages)
