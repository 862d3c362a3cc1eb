"""Exercise 2: the measured truth is PyTorch's, other right answers pass, half-right ones get their half."""

import numpy as np
import pytest
import torch

from coursekit import checks
from coursekit.answers import LocalAnswers
from coursekit.checks.conv_backward.questions import QUESTIONS
from coursekit.checks.exercise import draw
from tests.checks.notebook import lost
from tests.checks.notebook import solution as answers_of

EXERCISE = checks.get("conv_backward")
CASES = [
    (question, check, case)
    for question in QUESTIONS
    for check in question.checks
    for case in check.cases
    if check.name != "speed"
]


@pytest.fixture
def solution():
    return answers_of("conv_backward")


def by_torch(dout, x, w, **settings):
    """Return the gradients by PyTorch, for arrays or tensors."""
    dout, x, w = (torch.as_tensor(array) for array in (dout, x, w))
    leaves = [t.clone().requires_grad_() for t in (x, w, torch.zeros(len(w), dtype=w.dtype))]
    loss = (torch.nn.functional.conv2d(*leaves, **settings) * dout).sum()
    return torch.autograd.grad(loss, leaves)


@pytest.mark.parametrize(("question", "check", "case"), CASES, ids=lambda value: getattr(value, "name", ""))
def test_the_reference_is_torchs(question, check, case):
    case = draw(case, np.random.default_rng(0))
    if question.function == "col2im":
        settings = {key: value for key, value in case.items() if key not in ("cols", "shape")}
        cols = torch.tensor(case["cols"])
        expected = [torch.nn.functional.fold(cols, case["shape"][2:], **settings)]
        got = [question.reference(**case)]
    else:
        expected, got = by_torch(**case), question.reference(**case)
    for g, e in zip(got, expected, strict=True):
        np.testing.assert_allclose(g, e.numpy(), atol=1e-9)


def test_the_examples_by_hand_are_right(solution):
    x, w = np.arange(1.0, 10).reshape(1, 1, 3, 3), np.array([[[[1.0, 0], [0, 2]]]])
    dx, dw, db = solution["conv2d_backward_loops"](np.array([[[[1.0, 0], [0, 3]]]]), x, w)
    assert dw.tolist() == [[[[16, 20], [28, 32]]]]
    assert dx.tolist() == [[[[1, 0, 0], [0, 5, 0], [0, 0, 6]]]]
    assert db.tolist() == [4]
    cols = solution["im2col"](np.arange(6.0).reshape(1, 1, 2, 3), 2)
    assert cols.tolist() == [[[0, 1], [1, 2], [3, 4], [4, 5]]]
    assert solution["col2im"](cols, (1, 1, 2, 3), 2).tolist() == [[[[0, 2, 2], [3, 8, 5]]]]


def every(change):
    """Return what makes `change` to one result or to each of several."""
    return lambda value: tuple(map(change, value)) if isinstance(value, tuple) else change(value)


ALTERNATIVES = {
    "float32": lambda right: (
        lambda **case: right(
            **{k: v.astype(np.float32) if isinstance(v, np.ndarray) else v for k, v in case.items()}
        )
    ),
    "memory in another order": lambda right: lambda **case: every(np.asfortranarray)(right(**case)),
    "rounding": lambda right: lambda **case: every(lambda a: a + 1e-7)(right(**case)),
    "nested lists": lambda right: lambda **case: every(np.ndarray.tolist)(right(**case)),
    "a list of three": lambda right: (
        lambda **case: list(value) if isinstance(value := right(**case), tuple) else value
    ),
}


@pytest.mark.parametrize("change", ALTERNATIVES.values(), ids=ALTERNATIVES.keys())
@pytest.mark.parametrize("function", [question.function for question in QUESTIONS])
def test_right_answers_of_other_shapes_pass(solution, function, change):
    solution[function] = change(solution[function])
    report = EXERCISE.run(function, LocalAnswers(solution))
    assert {v.message for v in report.verdicts if v.check != "speed"} == {""}


def test_loops_may_answer_every_question_but_the_one_for_speed(solution):
    solution["conv2d_backward"] = solution["conv2d_backward_loops"]
    assert lost("conv_backward", solution)[0] == {"conv2d_backward.speed"}


def test_tensor_products_of_pytorch_may_do_the_work(solution):
    def conv2d_backward(dout, x, w, stride=1, padding=0):
        n, m = dout.shape[:2]
        cols = torch.tensor(solution["im2col"](x, w.shape[2:], stride, padding))
        d = torch.tensor(dout).reshape(n, m, -1)
        dw = torch.einsum("nmp,nkp->mk", d, cols).reshape(w.shape)
        dcols = torch.einsum("nmp,mk->nkp", d, torch.tensor(w).reshape(m, -1))
        dx = solution["col2im"](dcols.numpy(), x.shape, w.shape[2:], stride, padding)
        return dx, dw, d.sum(dim=(0, 2))

    solution["conv2d_backward"] = conv2d_backward
    report = EXERCISE.run("conv2d_backward", LocalAnswers(solution))
    assert {v.message for v in report.verdicts} == {""}


def test_an_object_may_be_called_in_place_of_a_function(solution):
    class Backward:
        def __call__(self, dout, x, w, stride=1, padding=0):
            return answers_of("conv_backward")["conv2d_backward"](dout, x, w, stride, padding)

    solution["conv2d_backward_loops"] = Backward()
    assert lost("conv_backward", solution)[0] == set()


@pytest.mark.parametrize(
    ("have", "missing"),
    [
        ("db", {"dw", "dw_steps", "dx", "dx_steps"}),
        ("dw", {"db", "dx", "dx_steps"}),
        ("dx", {"db", "dw", "dw_steps"}),
    ],
)
def test_a_gradient_that_is_there_counts_and_none_costs_its_own_points(solution, have, missing):
    right = solution["conv2d_backward_loops"]

    def loops(dout, x, w, stride=1, padding=0):
        gradients = dict(zip(("dx", "dw", "db"), right(dout, x, w, stride, padding), strict=True))
        return tuple(gradients[name] if name == have else None for name in gradients)

    solution["conv2d_backward_loops"] = loops
    assert lost("conv_backward", solution)[0] == {f"conv2d_backward_loops.{name}" for name in missing}


def test_without_stride_and_padding_the_plain_cases_still_count(solution):
    right = solution["conv2d_backward_loops"]
    solution["conv2d_backward_loops"] = lambda dout, x, w, stride=1, padding=0: right(
        dout, x[:, :, : dout.shape[2] + w.shape[2] - 1, : dout.shape[3] + w.shape[3] - 1], w
    )
    got = lost("conv_backward", solution)[0]
    assert got == {"conv2d_backward_loops.dw_steps", "conv2d_backward_loops.dx_steps"}


@pytest.mark.parametrize("value", [1.0, "dx", (np.zeros(3),), {"dx": np.zeros(3)}, np.zeros((3, 2))])
def test_something_other_than_three_gradients_is_wrong_and_told_so(solution, value):
    solution["conv2d_backward_loops"] = lambda *_, **__: value
    got, messages = lost("conv_backward", solution)
    assert got == {f"conv2d_backward_loops.{c.name}" for c in QUESTIONS[0].checks}
    assert sum("expected the tuple (dx, dw, db)" in message for message in messages) == len(got)


def test_a_message_names_gradient_and_place(solution):
    right = solution["conv2d_backward_loops"]
    solution["conv2d_backward_loops"] = lambda *a, **s: (right(*a, **s)[0] + 1, *right(*a, **s)[1:])
    _, messages = lost("conv_backward", solution)
    assert any("The value of 'dx': 16 of 16 values differ. The first is at [" in m for m in messages)


@pytest.mark.parametrize(
    ("name", "shortcut"),
    [
        ("torch.nn.functional.conv2d", by_torch),
        (
            "torch.nn.grad.conv2d_weight",
            lambda dout, x, w, **settings: torch.nn.grad.conv2d_weight(torch.tensor(x), w.shape, dout),
        ),
    ],
)
def test_a_library_that_does_it_is_refused_by_name(solution, name, shortcut):
    solution["conv2d_backward"] = shortcut
    failed, messages = lost("conv_backward", solution)
    assert {f"conv2d_backward.{check}" for check in ("db", "dw", "dx", "speed")} <= failed
    assert any(f"`{name}` is not to be used" in message for message in messages)
