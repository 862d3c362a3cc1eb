"""Exercise 3: the references are PyTorch's, other right answers pass, half-right ones get their half."""

import numpy as np
import pytest
import torch

from coursekit import checks
from coursekit.answers import LocalAnswers
from coursekit.checks.exercise import draw
from coursekit.checks.pooling_and_fc.questions import QUESTIONS
from tests.checks.notebook import lost
from tests.checks.notebook import solution as answers_of
from tests.helpers import central_difference, drawn

EXERCISE = checks.get("pooling_and_fc")
CASES = [
    (question, check, case) for question in QUESTIONS for check in question.checks for case in check.cases
]
FORWARD = {
    "max_pool2d": torch.nn.functional.max_pool2d,
    "avg_pool2d": torch.nn.functional.avg_pool2d,
    "relu": torch.nn.functional.relu,
    "linear": torch.nn.functional.linear,
    "softmax_cross_entropy": torch.nn.functional.cross_entropy,
}


@pytest.fixture
def solution():
    return answers_of("pooling_and_fc")


def by_torch(function, dout=None, **case):
    """Return what PyTorch gives for a call of a function: the output, or the gradients, or both."""
    forward = FORWARD[function.removesuffix("_backward")]
    tensors = {
        key: torch.tensor(value) if isinstance(value, np.ndarray) else value for key, value in case.items()
    }
    if function == "linear_backward":
        tensors["b"] = torch.zeros(len(case["w"]), dtype=torch.float64)
    if dout is None and function != "softmax_cross_entropy":
        return forward(*tensors.values()).numpy()
    wanted = [
        tensor.requires_grad_()
        for tensor in tensors.values()
        if isinstance(tensor, torch.Tensor) and tensor.is_floating_point()
    ]
    out = forward(*tensors.values())
    gradients = torch.autograd.grad(out, wanted, None if dout is None else torch.tensor(dout))
    if dout is None:
        return out.item(), gradients[0].numpy()
    return gradients[0].numpy() if len(wanted) == 1 else tuple(g.numpy() for g in gradients)


@pytest.mark.parametrize("change", [lambda x: x, np.round], ids=["as drawn", "with ties"])
@pytest.mark.parametrize(("question", "check", "case"), CASES, ids=lambda value: getattr(value, "name", ""))
def test_the_references_are_torchs(question, check, case, change):
    case = draw(case, np.random.default_rng(0))
    case = {key: change(value) if key in ("x", "scores") else value for key, value in case.items()}
    got, expected = question.reference(**case), by_torch(question.function, **case)
    for g, e in zip(*((v if isinstance(v, tuple) else (v,)) for v in (got, expected)), strict=True):
        np.testing.assert_allclose(g, e, atol=1e-12)


@pytest.mark.parametrize("pool", ["max_pool2d", "avg_pool2d"])
def test_pooling_gradients_of_the_solution_are_measured_slopes(solution, pool):
    x, dout = drawn((2, 2, 7, 7), (2, 2, 3, 3))
    expected = central_difference(lambda: solution[pool](x, 3, 2), x, dout)
    np.testing.assert_allclose(solution[f"{pool}_backward"](dout, x, 3, 2), expected, atol=1e-8)


def test_the_examples_by_hand_are_right(solution):
    x = np.array([[[[1.0, 5, 2, 0, 3], [0, 1, 7, 2, 1], [4, 0, 1, 1, 6]]]])
    assert solution["max_pool2d"](x, 3, 2).tolist() == [[[[7, 7]]]]
    dx = solution["max_pool2d_backward"](np.array([[[[2.0, 3]]]]), x, 3, 2)
    assert dx.tolist() == [[[[0, 0, 0, 0, 0], [0, 0, 5, 0, 0], [0, 0, 0, 0, 0]]]]
    x = np.array([[[[0.0, 4, 1, 1], [4, 4, 1, 0]]]])
    dx = solution["max_pool2d_backward"](np.array([[[[2.0, 3]]]]), x, 2, 2)
    assert dx.tolist() == [[[[0, 2, 3, 0], [0, 0, 0, 0]]]]
    x = np.array([[[[1.0, 3, 7]]]])
    assert solution["avg_pool2d"](x, (1, 2), 1).tolist() == [[[[2, 5]]]]
    assert solution["avg_pool2d_backward"](np.array([[[[4.0, 6]]]]), x, (1, 2), 1).tolist() == [[[[2, 5, 3]]]]
    x = np.array([-2.0, 0, 3])
    assert solution["relu"](x).tolist() == [0, 0, 3]
    assert solution["relu_backward"](np.array([5.0, 6, -7]), x).tolist() == [0, 0, -7]
    x, w = np.array([[1.0, 2, 3]]), np.array([[1.0, 0, 1], [0, 2, 0]])
    assert solution["linear"](x, w, np.array([10.0, 20])).tolist() == [[14, 24]]
    dx, dw, db = solution["linear_backward"](np.array([[1.0, 10]]), x, w)
    assert (dx.tolist(), dw.tolist(), db.tolist()) == ([[1, 20, 1]], [[1, 2, 3], [10, 20, 30]], [1, 10])
    loss, dscores = solution["softmax_cross_entropy"](np.array([[0.0, np.log(3)]]), np.array([0]))
    assert loss == pytest.approx(np.log(4))
    np.testing.assert_allclose(dscores, [[-0.75, 0.75]])


def every(change):
    """Return what makes `change` to one result or to each of several."""
    return lambda value: tuple(map(change, value)) if isinstance(value, tuple) else change(value)


ALTERNATIVES = {
    "float32": lambda right: (
        lambda **case: right(
            **{
                k: v.astype(np.float32) if isinstance(v, np.ndarray) and v.dtype.kind == "f" else v
                for k, v in case.items()
            }
        )
    ),
    "memory in another order": lambda right: (
        lambda **case: every(lambda a: np.array(a, order="F"))(right(**case))
    ),
    "rounding": lambda right: lambda **case: every(lambda a: a + 1e-7)(right(**case)),
    "lists": lambda right: lambda **case: every(lambda a: np.asarray(a).tolist())(right(**case)),
    "tensors": lambda right: lambda **case: every(torch.as_tensor)(right(**case)),
}


@pytest.mark.parametrize("change", ALTERNATIVES.values(), ids=ALTERNATIVES.keys())
@pytest.mark.parametrize("function", [question.function for question in QUESTIONS])
def test_right_answers_of_other_shapes_pass(solution, function, change):
    solution[function] = change(solution[function])
    report = EXERCISE.run(function, LocalAnswers(solution))
    assert {v.message for v in report.verdicts} == {""}


def test_loops_over_every_window_pass(solution):
    def max_pool2d_backward(dout, x, kernel_size, stride):
        (kh, kw), (sh, sw) = solution["pair"](kernel_size), solution["pair"](stride)
        dx = np.zeros(x.shape)
        for n, c, i, j in np.ndindex(dout.shape):
            window = x[n, c, sh * i : sh * i + kh, sw * j : sw * j + kw]
            u, v = np.unravel_index(window.argmax(), window.shape)
            dx[n, c, sh * i + u, sw * j + v] += dout[n, c, i, j]
        return dx

    solution["max_pool2d_backward"] = max_pool2d_backward
    assert lost("pooling_and_fc", solution)[0] == set()


def test_pytorch_without_its_layers_may_do_the_work(solution):
    def softmax_cross_entropy(scores, labels):
        scores, rows = torch.tensor(scores), torch.arange(len(scores))
        log_p = scores - torch.logsumexp(scores, dim=1, keepdim=True)
        right = torch.zeros_like(scores)
        right[rows, torch.tensor(labels)] = 1
        return -log_p[rows, torch.tensor(labels)].mean(), (log_p.exp() - right) / len(scores)

    solution["softmax_cross_entropy"] = softmax_cross_entropy
    assert lost("pooling_and_fc", solution)[0] == set()


def test_max_pooling_for_windows_side_by_side_alone_gets_their_points(solution):
    def max_pool2d_backward(dout, x, kernel_size, stride):
        (kh, kw), (height, width) = solution["pair"](kernel_size), dout.shape[2:]
        dx = np.zeros_like(x)
        windows = x[:, :, : kh * height, : kw * width].reshape(*x.shape[:2], height, kh, width, kw)
        flat = windows.swapaxes(3, 4).reshape(*dout.shape, kh * kw)
        mask = np.arange(kh * kw) == flat.argmax(axis=-1)[..., None]
        back = (dout[..., None] * mask).reshape(*dout.shape, kh, kw).swapaxes(3, 4)
        dx[:, :, : kh * height, : kw * width] = back.reshape(*x.shape[:2], kh * height, kw * width)
        return dx

    solution["max_pool2d_backward"] = max_pool2d_backward
    assert lost("pooling_and_fc", solution)[0] == {"max_pool2d_backward.overlap"}


@pytest.mark.parametrize("have", ["dx", "dw", "db"])
def test_a_gradient_that_is_there_counts_and_none_costs_its_own_point(solution, have):
    right = solution["linear_backward"]

    def linear_backward(dout, x, w):
        gradients = dict(zip(("dx", "dw", "db"), right(dout, x, w), strict=True))
        return tuple(gradients[name] if name == have else None for name in gradients)

    solution["linear_backward"] = linear_backward
    expected = {f"linear_backward.{name}" for name in ("dx", "dw", "db") if name != have}
    assert lost("pooling_and_fc", solution)[0] == expected


def test_a_loss_without_its_gradient_gets_one_point(solution):
    right = solution["softmax_cross_entropy"]
    solution["softmax_cross_entropy"] = lambda scores, labels: (right(scores, labels)[0], None)
    expected = {"softmax_cross_entropy.gradient", "softmax_cross_entropy.large"}
    assert lost("pooling_and_fc", solution)[0] == expected


def test_a_loss_that_overflows_is_told_where(solution):
    def softmax_cross_entropy(scores, labels):
        with np.errstate(all="ignore"):
            p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
            rows = np.arange(len(p))
            loss = -np.log(p[rows, labels]).mean()
        p[rows, labels] -= 1
        return loss, p / len(p)

    solution["softmax_cross_entropy"] = softmax_cross_entropy
    failed, messages = lost("pooling_and_fc", solution)
    assert failed == {"softmax_cross_entropy.large"}
    assert any("'loss for 1000 * scores'" in m and "not finite" in m for m in messages)


@pytest.mark.parametrize("value", [1.0, "loss", (1.0,), np.zeros((3, 2)), {"loss": 1.0}])
def test_something_other_than_loss_and_gradient_is_wrong_and_told_so(solution, value):
    solution["softmax_cross_entropy"] = lambda scores, labels: value
    failed, messages = lost("pooling_and_fc", solution)
    assert failed == {f"softmax_cross_entropy.{c}" for c in ("loss", "gradient", "large")}
    assert sum("expected the tuple (loss, dscores)" in message for message in messages) == 3


def test_a_library_that_does_it_is_refused_by_name(solution):
    solution["relu"] = lambda x: torch.nn.functional.relu(torch.tensor(x))
    failed, messages = lost("pooling_and_fc", solution)
    assert failed == {"relu.values"}
    assert any("`torch.nn.functional.relu` is not to be used" in message for message in messages)
