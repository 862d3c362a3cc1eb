"""Exercise 11: what is right agrees with torchvision and the ledger; other right answers pass."""

import numpy as np
import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from coursekit import checks
from coursekit.answers import LocalAnswers
from coursekit.checks.resnet import reference
from coursekit.networks import measure
from tests.checks.notebook import lost
from tests.checks.notebook import solution as answers_of

COUNTS = {18: 11_689_512, 34: 21_797_672, 50: 25_557_032, 101: 44_549_160, 152: 60_192_808}


@pytest.fixture
def solution():
    return answers_of("resnet")


@pytest.mark.parametrize(("depth", "count"), COUNTS.items())
def test_the_counts_are_the_published_ones(depth, count, solution):
    assert measure.parameter_count(reference.body(depth)) == count
    assert sum(p.numel() for p in solution["resnet"](depth, device="meta").parameters()) == count


@pytest.mark.parametrize("depth", [18, 50])
def test_the_network_is_torchvisions_with_its_weights(depth):
    torch.manual_seed(0)
    theirs = torchvision.models.get_model(f"resnet{depth}", weights=None).eval()
    ours = reference.resnet(depth).eval()
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)))
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x))


def test_the_gradient_of_the_first_layer_is_its_slope():
    torch.manual_seed(0)
    net = reference.resnet(18, width=2, classes=3).double().eval()
    x, upstream = torch.randn(1, 3, 32, 32).double(), torch.randn(1, 3).double()
    weight = next(net.parameters())
    (gradient,) = torch.autograd.grad((net(x) * upstream).sum(), weight)
    step = 1e-6
    with torch.no_grad():
        weight[0, 1, 2, 3] += step
        above = (net(x) * upstream).sum()
        weight[0, 1, 2, 3] -= 2 * step
        below = (net(x) * upstream).sum()
    assert gradient[0, 1, 2, 3] != 0
    torch.testing.assert_close(gradient[0, 1, 2, 3], (above - below) / (2 * step), rtol=1e-4, atol=1e-9)


def test_the_examples_by_hand_are_right(solution):
    def count(net):
        return sum(p.numel() for p in net.parameters())

    assert count(solution["shortcut"](64, 128, stride=2)) == 8448
    assert count(solution["BasicBlock"](64, 64)) == 73_984
    assert count(solution["Bottleneck"](256, 64)) == 70_400
    net = solution["resnet"](18, width=4, classes=10)
    assert net[:-3](torch.zeros(1, 3, 64, 64)).shape == (1, 32, 2, 2)
    assert count(net[-1]) == 330


def test_torchvisions_way_of_writing_passes(solution):
    resnet = torchvision.models.resnet

    def projection(channels, out_channels, stride=1):
        if stride == 1 and channels == out_channels:
            return nn.Sequential()
        return nn.Sequential(resnet.conv1x1(channels, out_channels, stride), nn.BatchNorm2d(out_channels))

    class Basic(nn.Module):
        def __init__(self, channels, width, stride=1):
            super().__init__()
            self.downsample = projection(channels, width, stride)
            self.layers = nn.Sequential(
                resnet.conv3x3(channels, width, stride),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
                resnet.conv3x3(width, width),
                nn.BatchNorm2d(width),
            )

        def forward(self, x):
            out = self.layers(x)
            out += self.downsample(x)
            return F.relu(out)

    def zero(block):
        if isinstance(block, Basic):
            nn.init.zeros_(block.layers[-1].weight)
            return block
        return right(block)

    right = solution["zero_residual"]
    solution |= {"shortcut": projection, "BasicBlock": Basic, "zero_residual": zero}
    assert lost("resnet", solution)[0] == set()


def test_functions_that_return_modules_pass(solution):
    class Sum(nn.Module):
        def __init__(self, branch, other):
            super().__init__()
            self.other, self.branch = other, branch

        def forward(self, x):
            return (self.branch(x) + self.other(x)).clamp(min=0)

    def bottleneck(channels, width, stride=1):
        branch = nn.Sequential()
        for name, conv, maps in (
            ("1", nn.Conv2d(channels, width, 1, bias=False), width),
            ("2", nn.Conv2d(width, width, 3, stride, 1, bias=False), width),
            ("3", nn.Conv2d(width, 4 * width, 1, bias=False), 4 * width),
        ):
            branch.add_module(f"conv{name}", conv)
            branch.add_module(f"bn{name}", nn.BatchNorm2d(maps))
            if name != "3":
                branch.add_module(f"relu{name}", nn.ReLU())
        return Sum(branch, solution["shortcut"](channels, 4 * width, stride))

    right = solution["zero_residual"]

    def zero(block):
        if isinstance(block, Sum):
            block.branch.bn3.weight.data = torch.zeros_like(block.branch.bn3.weight)
            return block
        return right(block)

    solution |= {"Bottleneck": bottleneck, "zero_residual": zero}
    assert lost("resnet", solution)[0] == set()


def test_a_network_that_ignores_the_device_and_averages_by_hand_passes(solution):
    right = solution["resnet"]

    class Net(nn.Module):
        def __init__(self, net):
            super().__init__()
            self.head, self.body = net[-1], nn.ModuleList(net[:-3])

        def forward(self, x):
            for layer in self.body:
                x = layer(x)
            return self.head(x.mean(dim=(2, 3)))

    solution["resnet"] = lambda depth, width=64, classes=1000, device=None: Net(right(depth, width, classes))
    assert lost("resnet", solution)[0] == set()


def test_a_bottleneck_that_is_missing_leaves_the_basic_half(solution):
    def later(*_, **__):
        raise NotImplementedError

    solution["Bottleneck"] = later
    failed, _ = lost("resnet", solution)
    blocks = {"Bottleneck.same", "Bottleneck.changed", "zero_residual.identity", "zero_residual.learns"}
    assert failed == blocks | {"resnet.bottleneck", "resnet.scores", "resnet.gradient"}


def test_blocks_that_cannot_change_shapes_keep_the_points_for_those_that_stay(solution):
    solution["shortcut"] = lambda channels, out_channels, stride=1: nn.Identity()
    failed, _ = lost("resnet", solution)
    kept = {"shortcut.identity", "BasicBlock.same", "Bottleneck.same", "zero_residual.identity"}
    assert not failed & kept
    assert {"shortcut.projection", "BasicBlock.changed", "Bottleneck.changed", "resnet.basic"} <= failed


def test_one_block_used_again_and_again_is_counted_once(solution):
    def shared(depth, width=64, classes=1000, device="cpu"):
        with torch.device(device):
            block = solution["BasicBlock"](width, width)
            first = [nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            last = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes)]
            return nn.Sequential(*first, *[block] * (depth // 2 - 1), *last)

    solution["resnet"] = shared
    assert lost("resnet", solution)[0] == {
        f"resnet.{n}" for n in ("basic", "bottleneck", "scores", "gradient")
    }


def test_a_detached_shortcut_loses_what_is_about_gradients_alone(solution):
    right = solution["BasicBlock"]

    class Detached(right):
        def forward(self, x):
            out = torch.relu(self.bn1(self.conv1(x)))
            return torch.relu(self.bn2(self.conv2(out)) + self.shortcut(x).detach())

    solution["BasicBlock"] = Detached
    assert lost("resnet", solution)[0] == {"resnet.gradient", "zero_residual.learns"}


@pytest.mark.parametrize("wrong", [3, "a network", np.zeros(3), (1, 2), nn.ReLU, {}], ids=str)
@pytest.mark.parametrize("function", ["shortcut", "BasicBlock", "zero_residual", "resnet"])
def test_what_is_no_answer_is_wrong_and_breaks_nothing(solution, function, wrong):
    solution[function] = lambda *_, **__: wrong
    verdicts = checks.get("resnet").run(function, LocalAnswers(solution)).verdicts
    assert {verdict.outcome for verdict in verdicts} == {checks.Outcome.WRONG}
