"""Exercise 7: what is right agrees with the published counts and with PyTorch; other right answers pass."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from coursekit import checks, networks
from coursekit.answers import LocalAnswers
from coursekit.checks.alexnet import reference
from coursekit.networks import measure
from tests.checks.notebook import lost
from tests.checks.notebook import solution as answers_of

EXERCISE = checks.get("alexnet")


@pytest.fixture
def solution():
    return answers_of("alexnet")


def parameters(net):
    """Return the parameters under the names of the exercise."""
    found = [m for m in net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    names = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")
    pairs = zip(names, found, strict=True)
    return {f"{name}.{key}": p for name, m in pairs for key, p in m.named_parameters()}


@pytest.mark.parametrize(("groups", "count"), [(1, 62_378_344), (2, 60_965_224)])
def test_the_counts_are_the_published_ones(groups, count, solution):
    assert measure.parameter_count(reference.body(groups)) == count
    for build in (reference.alexnet, solution["alexnet"]):
        assert sum(p.numel() for p in build(groups, device="meta").parameters()) == count


def test_at_full_width_it_is_the_librarys_network():
    ours, theirs = reference.body(groups=2), networks.get("alexnet").body
    assert measure.trace(ours, (3, 227, 227)) == measure.trace(theirs, (3, 227, 227))


def test_two_halves_give_the_scores_of_one_network_with_groups(solution):
    torch.manual_seed(0)
    net = solution["alexnet"](groups=2, width=12, classes=6).eval()
    x = 50 * torch.randn(2, 3, 227, 227)
    with torch.no_grad():
        expected = net(x)
        for answers in (EXERCISE.reference(), solution):
            got = answers["two_columns"](x, *answers["halves"](parameters(net)))
            torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-5)


def test_the_papers_rule_is_pytorchs_while_the_rate_stays():
    start, gradients = torch.randn(5, dtype=torch.float64), torch.randn(4, 5, dtype=torch.float64)
    parameter = nn.Parameter(start.clone())
    optimiser = reference.make_optimiser(nn.ParameterList([parameter]))
    weight, velocity = start, torch.zeros(5, dtype=torch.float64)
    for gradient in gradients:
        weight, velocity = reference.paper_step(weight, velocity, gradient, 0.01)
        parameter.grad = gradient
        optimiser.step()
    torch.testing.assert_close(parameter.data, weight)


def test_the_rates_are_pytorchs_on_a_plateau():
    errors = np.random.default_rng(0).uniform(size=12).round(1)
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.01)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser, patience=0, threshold=0.0, threshold_mode="abs", min_lr=1e-5
    )
    expected = []
    for error in errors:
        expected.append(optimiser.param_groups[0]["lr"])
        plateau.step(error)
    np.testing.assert_allclose(reference.rates(errors), expected)


def test_the_examples_by_hand_are_right(solution):
    net = solution["alexnet"](groups=2, width=6, classes=10)
    convolutions = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
    assert [m.out_channels for m in convolutions] == [6, 16, 24, 24, 16]
    assert convolutions[1].weight.shape == (16, 3, 5, 5)
    assert convolutions[3].weight.shape == (24, 12, 3, 3)
    assert solution["rates"]([0.9, 0.7, 0.7, 0.6]) == [0.01, 0.01, 0.01, 0.001]
    weight, velocity = solution["paper_step"](*(torch.tensor(n) for n in (100.0, 1.0, 2.0)), 0.1)
    assert (round(float(weight), 4), round(float(velocity), 4)) == (100.695, 0.695)


class Net(nn.Module):
    """AlexNet as a class with functional calls, whose layers are listed in another order."""

    def __init__(self, groups, width, classes):
        super().__init__()
        maps, more, hidden = 8 * width // 3, 4 * width, 128 * width // 3
        self.scores = nn.Linear(hidden, classes)
        self.hidden = nn.ModuleList([nn.Linear(36 * maps, hidden), nn.Linear(hidden, hidden)])
        self.first = nn.Conv2d(3, width, 11, 4)
        self.second = nn.Conv2d(width, maps, 5, padding="same", groups=groups)
        self.third = nn.Conv2d(maps, more, 3, padding="same")
        self.fourth = nn.Conv2d(more, more, 3, padding="same", groups=groups)
        self.fifth = nn.Conv2d(more, maps, 3, padding="same", groups=groups)

    def forward(self, x):
        for layer in (self.first, self.second):
            x = layer(x).clamp(min=0)
            squares = F.pad((x * x).transpose(1, 3), (2, 2)).unfold(3, 5, 1).sum(-1).transpose(1, 3)
            x = F.max_pool2d(x / (2 + 1e-4 * squares) ** 0.75, 3, 2)
        for layer in (self.third, self.fourth, self.fifth):
            x = torch.relu(layer(x))
        x = F.max_pool2d(x, 3, 2).reshape(len(x), -1)
        for layer in self.hidden:
            x = F.dropout(torch.relu(layer(x)), 0.5, self.training)
        return self.scores(x)


def test_a_class_with_functional_calls_passes(solution):
    def alexnet(groups=1, width=96, classes=1000, device="cpu"):
        with torch.device(device):
            return Net(groups, width, classes)

    solution["alexnet"] = alexnet
    assert lost("alexnet", solution)[0] == set()


def test_parameters_that_are_really_there_are_counted_too(solution):
    right = solution["alexnet"]
    solution["alexnet"] = lambda groups=1, width=96, classes=1000, device="cpu": right(groups, width, classes)
    report = EXERCISE.run("alexnet", LocalAnswers(solution), only=["two_columns"])
    assert report.points == 1


def test_halves_that_are_copies_or_doubles_or_arrays_pass(solution):
    right = solution["halves"]

    def halves(state):
        first, second = right(state)
        return [{n: p.double().clone() for n, p in first.items()}, {n: p.numpy() for n, p in second.items()}]

    solution["halves"] = halves
    assert lost("alexnet", solution)[0] == set()


def test_one_network_with_the_halves_put_together_gives_the_same_scores(solution):
    build = solution["alexnet"]

    def two_columns(x, first, second):
        whole = {name: torch.cat([first[name], second[name]]) for name in first}
        width, classes = len(whole["conv1.bias"]), len(whole["fc8.bias"])
        net = build(groups=2, width=width, classes=classes).eval()
        for p, value in zip(net.parameters(), whole.values(), strict=True):
            p.data = value
        return net(x)  # still asks for gradients

    solution["two_columns"] = two_columns
    assert lost("alexnet", solution)[0] == set()


def test_an_optimiser_with_a_group_for_each_layer_passes(solution):
    def make_optimiser(net):
        groups = [{"params": [p], "momentum": 0.9} for p in net.parameters()]
        return torch.optim.SGD(groups, lr=1e-2, weight_decay=5e-4)

    solution["make_optimiser"] = make_optimiser
    assert lost("alexnet", solution)[0] == set()


def test_steps_in_single_precision_and_rates_as_an_array_pass(solution):
    step, rates = solution["paper_step"], solution["rates"]
    solution["paper_step"] = lambda lr, **tensors: [
        t.numpy() for t in step(lr=lr, **{name: t.float() for name, t in tensors.items()})
    ]
    solution["rates"] = lambda errors, lr=0.01: np.array(rates(errors, lr))
    assert lost("alexnet", solution)[0] == set()


def test_one_column_alone_keeps_its_count_and_its_dropout(solution):
    right = solution["alexnet"]

    def ungrouped(groups=1, **named):
        if groups != 1:
            raise ValueError("two columns: later")
        return right(1, **named)

    solution["alexnet"] = ungrouped
    expected = {"alexnet.two_columns", "alexnet.layers", "alexnet.scores", "alexnet.bright"}
    assert lost("alexnet", solution)[0] == expected


def test_alpha_as_in_the_paper_given_to_pytorch_loses_the_bright_images_alone(solution):
    right = solution["alexnet"]

    def misread(*settings, **named):
        net = right(*settings, **named)
        for m in net.modules():
            if isinstance(m, nn.LocalResponseNorm):
                m.alpha = 1e-4
        return net

    solution["alexnet"] = misread
    failed, messages = lost("alexnet", solution)
    assert failed == {"alexnet.bright"}
    assert any("with alpha divided by the five channels" in message for message in messages)


def test_a_velocity_alone_gets_its_point(solution):
    right = solution["paper_step"]
    solution["paper_step"] = lambda **named: (None, right(**named)[1])
    assert lost("alexnet", solution)[0] == {"paper_step.weight"}


def test_right_settings_for_the_last_layer_alone_get_their_point(solution):
    solution["make_optimiser"] = lambda net: torch.optim.SGD(
        list(net.parameters())[-2:], lr=0.01, momentum=0.9, weight_decay=5e-4
    )
    failed, messages = lost("alexnet", solution)
    assert failed == {"make_optimiser.parameters"}
    assert any("parameters that it leaves as they are" in m and "'14', expected '0'" in m for m in messages)


@pytest.mark.parametrize("wrong", [3, "a network", np.zeros(3), (1, 2), nn.ReLU, {}], ids=str)
@pytest.mark.parametrize("function", ["alexnet", "halves", "two_columns", "make_optimiser", "rates"])
def test_what_is_no_answer_is_wrong_and_breaks_nothing(solution, function, wrong):
    solution[function] = lambda *_, **__: wrong
    verdicts = EXERCISE.run(function, LocalAnswers(solution)).verdicts
    assert {verdict.outcome for verdict in verdicts} == {checks.Outcome.WRONG}
