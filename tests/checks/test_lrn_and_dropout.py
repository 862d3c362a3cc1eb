"""Exercise 6: the references are PyTorch's; right answers of other shapes pass."""

import numpy as np
import pytest
import torch

from coursekit import checks
from coursekit.answers import LocalAnswers
from coursekit.checks.lrn_and_dropout import reference
from tests.checks.notebook import lost
from tests.checks.notebook import solution as answers_of

EXERCISE = checks.get("lrn_and_dropout")


@pytest.fixture
def solution():
    return answers_of("lrn_and_dropout")


def failed(solution, function):
    """Return the checks of a question that the answers fail."""
    report = EXERCISE.run(function, LocalAnswers(solution, shortcuts=EXERCISE.forbids))
    return {v.check for v in report.verdicts if v.points < v.max_points}


def test_the_checks_are_16_points():
    assert EXERCISE.points == 16


@pytest.mark.parametrize("n", [1, 3, 5, 7])
def test_the_normalisation_is_torchs_with_alpha_times_n(n):
    rng = np.random.default_rng(n)
    x, dout = 50 * rng.normal(size=(2, 6, 3, 2)), rng.normal(size=(2, 6, 3, 2))
    leaf = torch.tensor(x, requires_grad=True)
    out = torch.nn.functional.local_response_norm(leaf, n, alpha=n * 1e-4, beta=0.75, k=2.0)
    out.backward(torch.tensor(dout))
    np.testing.assert_allclose(reference.lrn_forward(x, n), out.detach(), rtol=1e-10)
    np.testing.assert_allclose(reference.lrn_backward(dout, x, n), leaf.grad, atol=1e-12)


def test_the_normalisation_by_hand():
    x = np.array([3.0, 0.0, 4.0]).reshape(1, 3, 1, 1)
    out = reference.lrn_forward(x, n=3, k=1.0, alpha=1.0, beta=0.5)
    np.testing.assert_allclose(out.ravel(), [3 / 10**0.5, 0, 4 / 17**0.5])


def test_the_gradient_is_that_of_central_differences():
    rng = np.random.default_rng(0)
    x, dout = rng.normal(size=(1, 4, 1, 2)), rng.normal(size=(1, 4, 1, 2))
    settings = {"n": 3, "k": 1.0, "alpha": 0.5, "beta": 0.75}
    expected = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = 1e-6
        up, down = (reference.lrn_forward(x + s, **settings) for s in (step, -step))
        expected[index] = ((up - down) * dout).sum() / 2e-6
    np.testing.assert_allclose(reference.lrn_backward(dout, x, **settings), expected, atol=1e-8)


def test_the_sums_by_hand():
    x = np.array([1.0, 2.0, 3.0, 4.0]).reshape(1, 4, 1, 1)
    assert reference.channel_sums(x, 3).ravel().tolist() == [3, 6, 9, 7]


def test_the_dropout_by_hand():
    out = reference.dropout(np.array([1.0, 2.0, 3.0, 4.0]), 0.5, np.array([0.9, 0.1, 0.5, 0.3]))
    assert out.tolist() == [2, 0, 6, 0]


def loops(x, n):
    """The sums channel by channel, as float32."""
    x = x.astype(np.float32)
    groups = [x[:, max(0, c - n // 2) : c + n // 2 + 1] for c in range(x.shape[1])]
    return np.stack([group.sum(axis=1) for group in groups], axis=1)


def sums_by_a_matrix(x, n):
    """The sums as a product with a banded matrix, in another order in memory."""
    c = np.arange(x.shape[1])
    band = abs(c[:, None] - c) <= n // 2
    return np.asfortranarray(np.einsum("dc,nchw->ndhw", band.astype(float), x))


def backward_by_torch(dout, x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The gradient by autograd, through sums that are written out; a tensor."""
    x = torch.tensor(x, requires_grad=True)
    padded = torch.nn.functional.pad(x**2, (0, 0, 0, 0, n // 2, n // 2))
    s = k + alpha * sum(padded[:, i : i + x.shape[1]] for i in range(n))
    (x / s**beta).backward(torch.tensor(dout))
    return x.grad


class OtherNumbers:
    """A layer that keeps the kept places, draws from binomial numbers, and returns float32."""

    def __init__(self, p, seed=0):
        self.p, self.rng, self.kept = p, np.random.default_rng(seed), None
        self.training = True

    def train(self, mode=True):
        self.training = mode
        return self

    def eval(self):
        return self.train(False)

    def forward(self, x):
        self.kept = self.rng.binomial(1, 1 - self.p, x.shape) if self.training else None
        return x if self.kept is None else (x * self.kept / (1 - self.p)).astype(np.float32)

    def backward(self, dout):
        return dout if self.kept is None else torch.tensor(dout * self.kept / (1 - self.p))


ALTERNATIVES = {
    "loops in float32": ("channel_sums", loops),
    "a banded matrix": ("channel_sums", sums_by_a_matrix),
    "sums as nested lists": ("channel_sums", lambda x, n: reference.channel_sums(x, n).tolist()),
    "a normalisation with rounding": ("lrn_forward", lambda x, **s: reference.lrn_forward(x, **s) + 1e-7),
    "the gradient by autograd": ("lrn_backward", backward_by_torch),
    "dropout by an index": (
        "dropout", lambda x, p, u: np.where(u < p, 0 * x, x) * np.float32(1 / (1 - p))
    ),
    "a layer with other numbers": ("Dropout", OtherNumbers),
}  # fmt: skip


@pytest.mark.parametrize(("function", "answer"), ALTERNATIVES.values(), ids=ALTERNATIVES.keys())
def test_right_answers_of_other_shapes_pass(solution, function, answer):
    solution[function] = answer
    assert failed(solution, function) == set()


@pytest.mark.parametrize("seed", range(5))
def test_shares_are_certain_whatever_the_seed(solution, seed):
    solution["Dropout"] = lambda p, own: OtherNumbers(p, own + 100 * seed)
    assert failed(solution, "Dropout") == set()


def test_half_right_sums_that_are_wrong_at_the_edges_alone(solution):
    solution["channel_sums"] = lambda x, n: sum(np.roll(x, i, axis=1) for i in range(-(n // 2), n // 2 + 1))
    assert failed(solution, "channel_sums") == {"edges"}


def test_half_right_a_gradient_of_every_channel_for_itself(solution):
    def lrn_backward(dout, x, n=5, k=2.0, alpha=1e-4, beta=0.75):
        s = k + alpha * reference.channel_sums(x**2, n)
        return dout * (s**-beta - 2 * alpha * beta * x**2 * s ** (-beta - 1))

    solution["lrn_backward"] = lrn_backward
    assert failed(solution, "lrn_backward") == {"neighbours", "paper"}


def test_half_right_a_layer_without_a_backward_pass(solution):
    class Forward(OtherNumbers):
        def backward(self, dout):
            raise NotImplementedError

    solution["Dropout"] = Forward
    assert failed(solution, "Dropout") == {"dropped", "kept", "eval"}


def test_a_layer_that_drops_nothing_gets_nothing_for_its_gradient(solution):
    class Nothing:
        def __init__(self, p, seed=0):
            pass

        def forward(self, x):
            return x

        train = eval = lambda self: None
        backward = forward

    solution["Dropout"] = Nothing
    assert failed(solution, "Dropout") == {"share", "fresh", "dropped", "kept", "eval"}


def test_an_answer_of_another_kind_is_wrong_and_does_not_break_the_check(solution):
    for answer in (lambda *_, **__: 3, lambda *_, **__: "x", lambda *_, **__: object()):
        for question in EXERCISE.questions:
            solution[question.function] = answer
            report = EXERCISE.run(question.function, LocalAnswers(solution))
            assert {v.outcome for v in report.verdicts} == {checks.Outcome.WRONG}


def test_a_library_that_does_it_is_refused_by_name(solution):
    def lrn_forward(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
        return torch.nn.functional.local_response_norm(torch.tensor(x), n, alpha * n, beta, k)

    solution["lrn_forward"] = lrn_forward
    names, messages = lost("lrn_and_dropout", solution)
    assert {"lrn_forward.paper", "lrn_forward.constants"} <= names
    assert any("`torch.nn.functional.local_response_norm` is not to be used" in m for m in messages)
