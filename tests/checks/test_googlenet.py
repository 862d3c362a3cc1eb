"""Exercise 10: what is right agrees with PyTorch and the published counts; other right answers pass."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from coursekit import checks
from coursekit.answers import LocalAnswers
from coursekit.checks.googlenet.networks import TABLE
from coursekit.checks.googlenet.questions import (
    WIDTHS,
    auxiliary_head,
    global_average_pool,
    googlenet,
    inception_cost,
    inception_module,
)
from tests.checks.notebook import lost, mutated
from tests.checks.notebook import solution as answers_of

EXERCISE = checks.get("googlenet")
STUDENTS = ["ada", "alan", "barbara", "donald", "edsger", "emmy", "grace", "katherine", "kurt", "s1234567"]
GOOGLENET = {f"GoogLeNet.{check}" for check in ("count", "count_with_heads", "scores", "heads")}


@pytest.fixture
def solution():
    return answers_of("googlenet")


def count(net):
    return sum(p.numel() for p in net.parameters())


def test_counts_are_those_of_the_onnx_model_zoo_with_heads_of_the_paper():
    assert count(googlenet(TABLE)) == 6_998_552
    one_head = [(c + 1) * 128 + 2049 * 1024 + 1025 * 1000 for c in (512, 528)]
    assert count(googlenet(TABLE, auxiliary=True)) == 6_998_552 + sum(one_head) == 13_378_280


def test_the_module_computes_what_four_functional_branches_do():
    w = dict(zip(WIDTHS, (5, 2, 6, 3, 7, 4), strict=True))
    net, x = inception_module(8, **w).double(), torch.randn(2, 8, 5, 6, dtype=torch.float64)
    p = list(net.parameters())
    branches = [
        F.conv2d(x, p[0], p[1]),
        F.conv2d(F.conv2d(x, p[2], p[3]).relu(), p[4], p[5], padding=1),
        F.conv2d(F.conv2d(x, p[6], p[7]).relu(), p[8], p[9], padding=2),
        F.conv2d(F.max_pool2d(x, 3, 1, 1), p[10], p[11]),
    ]
    torch.testing.assert_close(net(x), torch.cat(branches, dim=1).relu())


def test_the_head_computes_what_the_paper_lists():
    net, x = auxiliary_head(6, 5, 3, 8).double().eval(), torch.randn(2, 6, 14, 14, dtype=torch.float64)
    p = list(net.parameters())
    maps = F.conv2d(F.avg_pool2d(x, 5, 3), p[0], p[1]).relu()
    expected = F.linear(F.linear(maps.flatten(1), p[2], p[3]).relu(), p[4], p[5])
    torch.testing.assert_close(net(x), expected)


def test_the_average_is_that_of_pytorch():
    x = torch.randn(2, 3, 4, 5)
    torch.testing.assert_close(global_average_pool(x), nn.AdaptiveAvgPool2d(1)(x).flatten(1))


@pytest.mark.parametrize("student", STUDENTS)
def test_costs_are_those_of_modules_in_pytorch(student):
    from torch.utils.flop_counter import FlopCounterMode

    question = EXERCISE.question("inception_cost")
    for check in question.checks:
        for case in EXERCISE.cases(check, question, student):
            c, w = case["channels"], {name: case[name] for name in WIDTHS}
            with torch.device("meta"), FlopCounterMode(display=False) as counter:
                x = torch.empty(1, c, case["size"], case["size"])
                if case["reduced"]:
                    net = inception_module(c, **w)
                    net(x)
                else:
                    kernels = {"conv_1x1": 1, "conv_3x3": 3, "conv_5x5": 5}
                    net = nn.ModuleList(nn.Conv2d(c, w[n], k, padding=k // 2) for n, k in kernels.items())
                    for conv in net:
                        conv(x)
            assert inception_cost(**case) == (count(net), counter.get_total_flops() // 2)


@pytest.mark.parametrize("student", STUDENTS)
def test_the_solution_is_right_for_every_student(solution, student):
    assert lost("googlenet", solution, 0, student)[0] == set()


def test_mutants_of_modules_die_for_other_students_too(solution):
    for mutant in (m for m in EXERCISE.mutants if m.function == "Inception"):
        namespace = mutated(dict(solution), mutant)
        report = EXERCISE.run("Inception", LocalAnswers(namespace), 0, "ada")
        failed = {f"Inception.{v.check}" for v in report.verdicts if v.message}
        assert failed == {check for check in mutant.loses if check.startswith("Inception")}


class Functional(nn.Module):
    """An Inception module with functional calls, other names, and its layers listed in another order."""

    def __init__(self, channels, conv_1x1, reduce_3x3, conv_3x3, reduce_5x5, conv_5x5, pool_proj):
        super().__init__()
        self.pool = nn.Conv2d(channels, pool_proj, 1)
        self.big = nn.Conv2d(reduce_5x5, conv_5x5, (5, 5), padding="same")
        self.big_before = nn.Conv2d(channels, reduce_5x5, 1)
        self.middle = nn.Conv2d(reduce_3x3, conv_3x3, 3, padding=(1, 1))
        self.middle_before = nn.Conv2d(channels, reduce_3x3, 1)
        self.small = nn.Conv2d(channels, conv_1x1, 1)

    def forward(self, x):
        pooled = F.max_pool2d(F.pad(x, (1, 1, 1, 1), value=float("-inf")), 3, stride=1)
        middle = self.middle(torch.relu(self.middle_before(x)))
        big = self.big(self.big_before(x).clamp(min=0))
        return F.relu(torch.cat((self.small(x), middle, big, self.pool(pooled)), dim=1))


def test_a_module_with_functional_calls_and_another_order_of_layers_passes(solution):
    solution["Inception"] = Functional
    assert lost("googlenet", solution, 0, "ada")[0] == set()


def test_averages_by_other_means_pass(solution):
    for average in (
        lambda x: nn.AdaptiveAvgPool2d(1)(x).flatten(1),
        lambda x: x.flatten(2).mean(dim=2),
        lambda x: torch.einsum("nchw->nc", x) / (x.shape[2] * x.shape[3]),
    ):
        solution["global_average_pool"] = average
        assert EXERCISE.run("global_average_pool", LocalAnswers(solution)).points == 1


def test_functions_that_return_modules_pass_as_classes_do(solution):
    right = solution["AuxiliaryHead"]
    solution["AuxiliaryHead"] = lambda *a, **k: right(*a, **k).layers
    solution["Inception"] = lambda *a, **k: inception_module(*a, **k)
    assert lost("googlenet", solution, 0, "ada")[0] == set()


def test_costs_as_floats_or_arrays_pass(solution):
    right = solution["inception_cost"]
    for change in (np.array, lambda v: [float(n) for n in v], torch.tensor):
        solution["inception_cost"] = lambda *a, change=change, **k: change(right(*a, **k))
        assert EXERCISE.run("inception_cost", LocalAnswers(solution), 0, "ada").points == 2


def test_branches_in_another_order_keep_widths_and_values(solution):
    class Turned(solution["Inception"]):
        def forward(self, x):
            return torch.cat([branch(x) for branch in reversed(self.branches)], dim=1)

    solution["Inception"] = Turned
    assert lost("googlenet", solution)[0] == {"Inception.order", "GoogLeNet.scores"}


def test_a_network_without_heads_gets_half_of_its_points(solution):
    right = solution["GoogLeNet"]
    solution["GoogLeNet"] = lambda table, stem=(64, 64, 192), classes=1000, **_: right(table, stem, classes)
    assert lost("googlenet", solution)[0] == {"GoogLeNet.count_with_heads", "GoogLeNet.heads"}


def test_the_reduced_cost_alone_gets_its_point(solution):
    right = solution["inception_cost"]
    solution["inception_cost"] = lambda *a, reduced=True, **k: right(*a, **k)
    assert lost("googlenet", solution)[0] == {"inception_cost.naive"}


def test_a_head_with_dropout_of_one_half_loses_that_point_alone(solution):
    right = solution["AuxiliaryHead"]

    def half(*a, **k):
        net = right(*a, **k)
        for m in net.modules():
            if isinstance(m, nn.Dropout):
                m.p = 0.5
        return net

    solution["AuxiliaryHead"] = half
    failed, messages = lost("googlenet", solution)
    assert failed == {"AuxiliaryHead.dropout"}
    assert any("'training: share of numbers that pass': got 0.5, expected 0.3." in m for m in messages)


@pytest.mark.parametrize("wrong", [3, "a module", np.zeros(3), nn.ReLU, {}, (1, 2)], ids=str)
def test_what_is_no_module_is_wrong_and_breaks_nothing(solution, wrong):
    for name in ("Inception", "AuxiliaryHead", "GoogLeNet"):
        solution[name] = lambda *_, **__: wrong
    failed, _ = lost("googlenet", solution)
    assert failed >= GOOGLENET | {"Inception.values", "AuxiliaryHead.dropout"}
