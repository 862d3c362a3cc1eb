"""Exercise 9: what is right agrees with torchvision and the paper; other right answers pass."""

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from coursekit import checks
from coursekit.answers import LocalAnswers
from coursekit.checks.vgg.questions import (
    activation_bytes,
    count_parameters,
    receptive_field,
    replace_window,
    vgg,
)
from tests.checks.notebook import lost, mutated
from tests.checks.notebook import solution as answers_of

EXERCISE = checks.get("vgg")
TORCHVISION = {"A": "vgg11", "B": "vgg13", "D": "vgg16", "E": "vgg19"}
STUDENTS = ["ada", "alan", "barbara", "donald", "edsger", "emmy", "grace", "katherine", "kurt", "s1234567"]


@pytest.fixture
def solution():
    return answers_of("vgg")


@pytest.mark.parametrize(("configuration", "name"), TORCHVISION.items())
def test_counts_are_torchvisions(configuration, name):
    with torch.device("meta"):
        net = torchvision.models.get_model(name)
    assert count_parameters(configuration) == sum(p.numel() for p in net.parameters())


def test_counts_in_millions_are_those_of_table_2():
    assert [round(count_parameters(c) / 1e6) for c in "ABCDE"] == [133, 133, 134, 138, 144]


def test_the_network_is_torchvisions_with_its_weights():
    theirs = torchvision.models.vgg.make_layers(torchvision.models.vgg.cfgs["A"])
    ours = vgg("A", classes=7, image_size=32)
    weights = dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=False))
    ours.load_state_dict(weights, strict=False)
    x = torch.randn(1, 3, 32, 32)
    features = nn.Sequential(*list(ours.children())[: len(theirs)])
    torch.testing.assert_close(features(x), theirs(x))


@pytest.mark.parametrize("configuration", "ABCDE")
def test_activation_bytes_are_those_of_what_hooks_see(configuration):
    settings = {"width": 3, "classes": 11, "image_size": 96}
    seen = [4 * 3 * 96**2]
    net = vgg(configuration, **settings)
    for m in net.modules():
        if isinstance(m, nn.Conv2d | nn.MaxPool2d | nn.Linear):
            m.register_forward_hook(lambda _m, _i, out: seen.append(out.nbytes))
    net(torch.zeros(1, 3, 96, 96))
    assert activation_bytes(configuration, batch_size=5, **settings) == 5 * sum(seen)


@pytest.mark.parametrize("configuration", "ABCDE")
def test_the_receptive_field_is_where_the_gradient_is(configuration):
    layers = []
    for m in vgg(configuration, width=1, classes=1, image_size=32).modules():
        if isinstance(m, nn.Conv2d):
            layers.append(nn.Conv2d(1, 1, m.kernel_size, padding=m.padding, bias=False).double())
            nn.init.ones_(layers[-1].weight)
        elif isinstance(m, nn.MaxPool2d):
            layers.append(nn.AvgPool2d(m.kernel_size, m.stride))
    x = torch.zeros(1, 1, 640, 640, dtype=torch.float64, requires_grad=True)
    nn.Sequential(*layers)(x)[0, 0, 10, 10].backward()
    rows = x.grad[0, 0].sum(dim=1).nonzero()
    assert receptive_field(configuration) == rows.max() - rows.min() + 1


def test_the_stack_has_the_weights_that_pytorch_gives_it():
    for window in (3, 5, 7, 11):
        layers, small, large = replace_window(window, 6)
        stack = nn.Sequential(*(nn.Conv2d(6, 6, 3, bias=False) for _ in range(layers)))
        assert stack(torch.zeros(1, 6, window, window)).shape == (1, 6, 1, 1)
        assert small == sum(p.numel() for p in stack.parameters())
        assert large == nn.Conv2d(6, 6, window, bias=False).weight.numel()


@pytest.mark.parametrize("student", STUDENTS)
def test_the_solution_is_right_for_every_student(solution, student):
    assert lost("vgg", solution, 0, student)[0] == set()


def test_mutants_of_the_counts_die_for_other_students_too(solution):
    for mutant in (m for m in EXERCISE.mutants if m.function != "vgg"):
        right = solution[mutant.function]
        assert lost("vgg", mutated(solution, mutant), 0, "ada")[0] == mutant.loses
        solution[mutant.function] = right


class Net(nn.Module):
    """A VGG as a class with other names, functional calls, and the classifier apart."""

    def __init__(self, blocks, width, classes, image_size):
        super().__init__()
        self.blocks = nn.ModuleList()
        channels = 3
        for block in blocks:
            layers = nn.ModuleList()
            for filters, kernel in block:
                out = filters * width // 64
                layers.append(nn.Conv2d(channels, out, kernel, padding="same"))
                channels = out
            self.blocks.append(layers)
        self.head = nn.ModuleDict(
            {
                "one": nn.Linear(channels * (image_size // 32) ** 2, 64 * width),
                "two": nn.Linear(64 * width, 64 * width),
                "three": nn.Linear(64 * width, classes),
            }
        )

    def forward(self, x):
        for block in self.blocks:
            for layer in block:
                x = torch.relu(layer(x))
            x = nn.functional.max_pool2d(x, 2)
        x = x.reshape(len(x), -1)
        for name in ("one", "two"):
            x = nn.functional.dropout(self.head[name](x).clamp(min=0), 0.5, self.training)
        return self.head["three"](x)


def test_a_class_with_functional_calls_passes(solution):
    blocks = solution["blocks"]
    solution["vgg"] = lambda configuration, width=64, classes=1000, image_size=224: Net(
        blocks(configuration), width, classes, image_size
    )
    assert lost("vgg", solution, 0, "ada")[0] == set()


def test_layers_listed_in_groups_of_a_kind_pass(solution):
    right = solution["vgg"]

    class Turned(nn.Module):
        def __init__(self, net):
            super().__init__()
            modules = list(net)
            start = next(i for i, m in enumerate(modules) if isinstance(m, nn.Flatten))
            self.features, self.classifier = nn.Sequential(*modules[:start]), nn.Sequential(*modules[start:])

        def forward(self, x):
            return self.classifier(self.features(x))

    solution["vgg"] = lambda *a, **k: Turned(right(*a, **k))
    assert lost("vgg", solution, 0, "ada")[0] == set()


def test_counting_by_building_without_memory_passes(solution):
    builder = solution["vgg"]

    def count(*settings, **named):
        with torch.device("meta"):
            return sum(p.numel() for p in builder(*settings, **named).parameters())

    solution["count_parameters"] = count
    assert lost("vgg", solution, 0, "ada")[0] == set()


def test_numbers_of_other_types_pass(solution):
    field, stack, kept = (solution[n] for n in ("receptive_field", "replace_window", "activation_bytes"))
    solution["receptive_field"] = lambda configuration: float(field(configuration))
    solution["replace_window"] = lambda window, channels: np.array(stack(window, channels))
    solution["activation_bytes"] = lambda *a, **k: torch.tensor(kept(*a, **k))
    assert lost("vgg", solution, 0, "ada")[0] == set()


def test_a_builder_without_configuration_c_gets_the_point_for_dropout(solution):
    right = solution["vgg"]

    def no_c(configuration, **named):
        if configuration == "C":
            raise KeyError("C")
        return right(configuration, **named)

    solution["vgg"] = no_c
    failed, messages = lost("vgg", solution)
    assert failed == {"vgg.shapes", "vgg.output"}
    assert any("KeyError: 'C'" in message for message in messages)


def test_settings_that_are_ignored_keep_the_published_half(solution):
    count, kept = solution["count_parameters"], solution["activation_bytes"]
    solution["count_parameters"] = lambda configuration, **_: count(configuration)
    solution["activation_bytes"] = lambda configuration, batch_size, **_: kept(configuration, batch_size)
    assert lost("vgg", solution)[0] == {"count_parameters.yours", "activation_bytes.yours"}


def test_the_right_number_of_layers_alone_gets_its_point(solution):
    solution["replace_window"] = lambda window, channels: (window // 2, 0, 0)
    assert lost("vgg", solution)[0] == {"replace_window.weights"}


def test_a_network_without_relu_keeps_shapes_and_dropout(solution):
    right = solution["vgg"]
    solution["vgg"] = lambda *a, **k: nn.Sequential(
        *(m for m in right(*a, **k) if not isinstance(m, nn.ReLU))
    )
    assert lost("vgg", solution)[0] == {"vgg.output"}


@pytest.mark.parametrize("wrong", [3, "a network", np.zeros(3), (1, 2), nn.ReLU, {}], ids=str)
def test_what_is_no_network_is_wrong_and_breaks_nothing(solution, wrong):
    solution["vgg"] = lambda *_, **__: wrong
    assert lost("vgg", solution)[0] == {"vgg.shapes", "vgg.output", "vgg.dropout"}


def test_the_message_about_dropout_says_what_passes(solution):
    solution["vgg"] = lambda *a, **k: nn.Sequential(
        *(m for m in answers_of("vgg")["vgg"](*a, **k) if not isinstance(m, nn.Dropout))
    )
    message = EXERCISE.run("vgg", LocalAnswers(solution)).verdicts[2].message
    assert "'training: share of numbers that pass': got 1, expected 0.25." in message
