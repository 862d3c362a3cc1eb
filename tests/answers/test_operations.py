"""What a check may ask about a network behind the door, held against PyTorch used directly."""

import copy

import numpy as np
import pytest
import torch

from coursekit.answers import AnswerError, LocalAnswers


def make():
    """Return a small network."""
    torch.manual_seed(0)
    layers = [torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Flatten(), torch.nn.Linear(8, 3)]
    return torch.nn.Sequential(*layers)


@pytest.fixture
def network():
    return make()


@pytest.fixture
def door(network):
    sgd = lambda: torch.optim.SGD(  # noqa: E731
        [{"params": network[0].parameters(), "lr": 0.1}, {"params": network[3].parameters()}],
        lr=0.01,
        momentum=0.9,
    )
    answers = LocalAnswers({"net": lambda: network, "sgd": sgd})
    return answers, answers.call("net"), answers.call("sgd")


@pytest.fixture(autouse=True, scope="module")
def imported():
    """The first optimiser imports half of PyTorch, which on a busy machine takes longer than a call may."""
    torch.optim.SGD(make().parameters())


X = np.random.default_rng(0).standard_normal((4, 1, 4, 4)).astype(np.float32)
Y = np.array([0, 1, 2, 0])


def test_state_holds_parameters_and_buffers(door, network):
    state = door[0].do("state", door[1])
    assert list(state) == list(network.state_dict())
    np.testing.assert_array_equal(state["0.weight"], network[0].weight.detach().numpy())


def test_a_state_can_be_put_in(door, network):
    state = {name: np.zeros_like(value) for name, value in door[0].do("state", door[1]).items()}
    door[0].do("load_state", door[1], state)
    assert not network[3].weight.detach().any()
    with pytest.raises(AnswerError, match="Missing key"):
        door[0].do("load_state", door[1], {})


def test_only_parameters_that_ask_for_a_gradient_are_trainable(door, network):
    network[0].requires_grad_(False)
    shapes = door[0].do("trainable", door[1])
    assert {name: tuple(shape) for name, shape in shapes.items()} == {
        "1.weight": (2,),
        "1.bias": (2,),
        "3.weight": (3, 8),
        "3.bias": (3,),
    }


@pytest.mark.parametrize("training", [False, True])
def test_outputs_are_the_networks_in_either_mode(door, network, training):
    expected = copy.deepcopy(network).train(training)(torch.from_numpy(X)).detach().numpy()
    got = door[0].do("output", door[1], X, training=training)
    np.testing.assert_array_equal(got, expected)


def test_layers_and_their_shapes_are_named(door):
    assert door[0].do("layers", door[1])["1"] == "BatchNorm2d"
    shapes = door[0].do("layer_shapes", door[1], X)
    assert {name: tuple(shape) for name, shape in shapes.items()}["2"] == (4, 8)


def test_gradients_are_autograds(door, network):
    upstream = np.ones((4, 3), np.float32)
    twin = copy.deepcopy(network).eval()
    x = torch.from_numpy(X).requires_grad_()
    twin(x).sum().backward()
    got = door[0].do("gradients", door[1], X, upstream)
    np.testing.assert_allclose(got["x"], x.grad.numpy(), rtol=1e-6)
    np.testing.assert_allclose(got["3.weight"], twin[3].weight.grad.numpy(), rtol=1e-6)


def test_groups_name_rates_and_parameters(door):
    first, second = door[0].do("groups", door[2], door[1])
    assert (first["lr"], second["lr"], second["momentum"]) == (0.1, 0.01, 0.9)
    assert first["names"] == ("0.weight", "0.bias")


def test_training_takes_the_steps_of_the_judge(door, network):
    twin = copy.deepcopy(network).train()
    groups = [{"params": twin[0].parameters(), "lr": 0.1}, {"params": twin[3].parameters()}]
    sgd = torch.optim.SGD(groups, lr=0.01, momentum=0.9)
    losses = []
    for _ in range(3):
        sgd.zero_grad()
        loss = torch.nn.functional.cross_entropy(twin(torch.from_numpy(X)), torch.from_numpy(Y))
        loss.backward()
        sgd.step()
        losses.append(loss.item())
    got = door[0].do("train", door[1], door[2], [(X, Y)] * 3)
    np.testing.assert_allclose(got, losses, rtol=1e-6)


@pytest.mark.parametrize("training", [False, True])
def test_a_watch_notes_modes_gradients_and_how_many_images_came_at_once(door, network, training):
    watch = door[0].do("watch", door[1])
    network.train(training)
    with torch.set_grad_enabled(training):
        network(torch.from_numpy(X[:3]))
        network(torch.from_numpy(X[:2]))
    seen = door[0].do("attribute", watch, "seen")
    assert seen["images"] == 3
    assert seen["training"] == seen["gradients"] == ("0 1 2 3" if training else "")


def test_a_layer_without_parameters_before_the_first_ones_records_no_gradient(door):
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 2))
    answers = LocalAnswers({"net": lambda: net})
    held = answers.call("net")
    watch = answers.do("watch", held)
    net(torch.from_numpy(X))
    assert answers.do("attribute", watch, "seen")["gradients"] == "1"
