"""Exercise 5: the references are the library's networks; right answers of other shapes pass."""

from collections import OrderedDict
from itertools import chain

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import coursekit.torch_nn as ct
from coursekit import checks
from coursekit.answers import LocalAnswers
from coursekit.answers.values import TensorArgument
from coursekit.checks.lenet5 import questions, reference
from coursekit.networks import lenet_1998
from coursekit.numpy_nn import functional as cnf
from tests.checks.notebook import lost
from tests.checks.notebook import solution as answers_of

EXERCISE = checks.get("lenet5")
CODES = torch.from_numpy(questions.CODES.array)
UNTRAINED = [q.function for q in EXERCISE.questions if q.function != "train"]


@pytest.fixture
def solution():
    return answers_of("lenet5")


def failed(solution, *functions):
    """Return the checks of some questions that the answers fail, as "question.check"."""
    answers = LocalAnswers(solution)
    reports = [EXERCISE.run(function, answers) for function in functions or UNTRAINED]
    return {f"{r.question}.{v.check}" for r in reports for v in r.verdicts if v.points < v.max_points}


def test_the_checks_and_the_text_are_18_points():
    assert EXERCISE.points == 16


def test_the_codes_of_the_notebook_are_the_librarys(solution):
    np.testing.assert_array_equal(solution["CODES"], lenet_1998.codes())


def test_the_reference_of_1998_is_the_librarys_network():
    net, library = reference.LeNet1998(CODES), ct.build("lenet5_1998", device="cpu")
    mask = torch.from_numpy(reference.connection_mask()).bool()
    state = net.state_dict() | {"c3.weight": net.c3.weight[mask].detach(), "output.codes": CODES}
    library.load_state_dict({name: state[name] for name in library.state_dict()})
    x = torch.randn(3, 1, 32, 32)
    torch.testing.assert_close(net(x), library(x))


def test_the_reference_of_today_is_the_librarys_network():
    net, library = reference.LeNet5(), ct.build("lenet5", device="cpu")
    library.load_state_dict(net.state_dict())
    x = torch.randn(3, 1, 28, 28)
    torch.testing.assert_close(net(x), library(x))


def test_the_reference_of_the_loss_is_the_librarys_in_numpy():
    distances, labels = (
        torch.rand(5, 10, dtype=torch.float64, requires_grad=True),
        torch.tensor([3, 1, 0, 9, 3]),
    )
    loss = reference.rbf_loss(distances, labels)
    loss.backward()
    expected, gradient = cnf.rbf_loss(distances.detach().numpy(), labels.numpy())
    assert loss.item() == pytest.approx(expected)
    np.testing.assert_allclose(distances.grad, gradient)


@pytest.mark.parametrize(("name", "count"), [("LeNet1998", 60_000), ("LeNet5", 61_706)])
def test_as_many_weights_learn_as_published(name, count):
    answers = LocalAnswers(EXERCISE.reference())
    case = {
        "x": np.random.default_rng(0).normal(size=questions._STEPS[name].shape),
        "upstream": np.ones((12, 10)),
    }
    counts = questions.learning(name, answers, case)
    assert counts["all weights that learn"] == count


def test_labels_of_the_digits_that_are_asked_for_stay_with_the_judge():
    seen = []

    class Watched(LocalAnswers):
        def call(self, function, *arguments, **settings):
            seen.extend(a.array for a in arguments if isinstance(a, TensorArgument))
            return super().call(function, *arguments, **settings)

    rng = np.random.default_rng(0)
    case = {"order": rng.normal(size=2000), "asked": rng.normal(size=2000)}
    questions.judge_accuracy("LeNet5", Watched(EXERCISE.reference()), case)
    images, labels = seen
    assert len(images) == len(labels) == questions.TRAINED_ON
    tested = questions.prepared("LeNet5")[1]
    known = {image.tobytes() for image in images}
    assert not any(image.tobytes() in known for image in tested)


class Loops(nn.Module):
    """Subsampling one window at a time, its numbers kept in a list."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels) / 4)
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        out = []
        for i in range(0, x.shape[2], 2):
            for j in range(0, x.shape[3], 2):
                window = x[:, :, i : i + 2, j : j + 2].sum(dim=(2, 3))
                out.append(window * self.weight + self.bias)
        return torch.stack(out, dim=-1).reshape(*x.shape[:2], x.shape[2] // 2, -1)


class MapByMap(nn.Module):
    """A masked convolution that adds up the maps that are seen, without a mask on the weights."""

    def __init__(self, mask):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(*mask.shape, 5, 5, dtype=torch.float32))
        self.bias = nn.Parameter(torch.zeros(len(mask)))
        self.seen = [np.flatnonzero(row).tolist() for row in np.asarray(mask)]

    def forward(self, x):
        maps = [
            F.conv2d(x[:, s], w[None, s], b[None])
            for s, w, b in zip(self.seen, self.weight, self.bias, strict=True)
        ]
        return torch.cat(maps, dim=1)


class InARow(nn.Sequential):
    """LeNet-5 as a list of layers."""

    def __init__(self):
        layers = [
            ("conv1", nn.Conv2d(1, 6, 5, padding=2)), ("a", nn.Tanh()), ("p", nn.AvgPool2d(2)),
            ("conv2", nn.Conv2d(6, 16, 5)), ("b", nn.Tanh()), ("q", nn.AvgPool2d(2)), ("f", nn.Flatten()),
            ("fc1", nn.Linear(400, 120)), ("c", nn.Tanh()), ("fc2", nn.Linear(120, 84)), ("d", nn.Tanh()),
            ("fc3", nn.Linear(84, 10)),
        ]  # fmt: skip
        super().__init__(OrderedDict(layers))

    def loss(self, out, labels):
        return nn.CrossEntropyLoss()(out, labels)


def step_with_a_tensor(net, optimiser, images, labels):
    net.zero_grad()
    loss = net.loss(net(images.contiguous()), labels)
    loss.backward()
    optimiser.step()
    return loss


ALTERNATIVES = {
    "mask as a list of truths": ("connection_mask", lambda: (reference.connection_mask() > 0).tolist()),
    "subsampling by loops": ("Subsampling", Loops),
    "a convolution for each map": ("MaskedConv2d", MapByMap),
    "distances by the binomial formula, in float64": (
        "rbf",
        lambda x, codes: (
            (x**2).sum(1, keepdim=True).double() - 2 * x.double() @ codes.double().T + (codes**2).sum(1)
        ),
    ),
    "a loss that is a number of NumPy's": (
        "rbf_loss", lambda *args: reference.rbf_loss(*args).numpy().astype(np.float64)
    ),
    "layers in a row": ("LeNet5", InARow),
    "a loss that is a tensor": ("train_step", step_with_a_tensor),
}  # fmt: skip


@pytest.mark.parametrize(("function", "answer"), ALTERNATIVES.values(), ids=ALTERNATIVES.keys())
def test_right_answers_of_other_shapes_pass(solution, function, answer):
    solution[function] = answer
    assert failed(solution, function) == set()


def test_momentum_written_by_hand_reaches_the_accuracy_too(solution):
    def train(net, images, labels, lr, epochs=4, batch_size=16):
        weights = list(net.parameters())
        velocities, losses = [torch.zeros_like(w) for w in weights], []
        for batch in chain.from_iterable(
            torch.randperm(len(images)).split(batch_size) for _ in range(epochs)
        ):
            loss = net.loss(net(images[batch]), labels[batch])
            with torch.no_grad():
                for w, v, g in zip(weights, velocities, torch.autograd.grad(loss, weights), strict=True):
                    w -= lr * v.mul_(0.9).add_(g)
            losses.append(loss)
        return torch.stack(losses)

    assert failed(solution | {"train": train}, "train") == set()


def test_half_right_a_layer_that_is_right_but_not_trained(solution):
    right = solution["Subsampling"]
    solution["Subsampling"] = lambda channels: right(channels).requires_grad_(False)
    assert failed(solution, "Subsampling") == {"Subsampling.parameters"}


def test_half_right_a_mask_that_only_the_output_knows(solution):
    class Masked(nn.Conv2d):
        def __init__(self, mask):
            super().__init__(mask.shape[1], mask.shape[0], 5)
            self.keep = torch.tensor(mask)[:, :, None, None].float()

        def forward(self, x):
            with torch.no_grad():
                self.weight.mul_(self.keep)
            return super().forward(x)

    solution["MaskedConv2d"] = Masked
    assert failed(solution, "MaskedConv2d") == {"MaskedConv2d.gradients"}


def test_half_right_only_the_network_of_today(solution):
    def blank(*_):
        raise NotImplementedError

    for function in ("Subsampling", "MaskedConv2d", "rbf", "rbf_loss", "LeNet1998"):
        solution[function] = blank
    today = {"LeNet5.count", "LeNet5.output", "train_step.today", "train.today"}
    every = {f"{q.function}.{c.name}" for q in EXERCISE.questions for c in q.checks}
    mask = {"connection_mask.neighbours", "connection_mask.others"}
    assert lost("lenet5", solution)[0] == every - today - mask


def test_a_weight_of_another_name_is_named(solution):
    class Named(nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.coefficient, self.bias = (
                nn.Parameter(torch.ones(channels)),
                nn.Parameter(torch.ones(channels)),
            )

    solution["Subsampling"] = Named
    report = EXERCISE.run("Subsampling", LocalAnswers(solution))
    assert "has no weights called 'weight'; it has: coefficient, bias." in report.verdicts[1].message


def test_a_class_that_is_no_module_is_wrong_and_does_not_break_the_check(solution):
    for answer in (lambda *_: 3, lambda *_: "net", lambda *_: object()):
        solution["LeNet5"] = answer
        report = EXERCISE.run("LeNet5", LocalAnswers(solution))
        assert {v.outcome for v in report.verdicts} == {checks.Outcome.WRONG}
