"""Exercise 12: references against the library and PyTorch; other right answers pass, half-right ones half."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from coursekit import checks
from coursekit.answers import LocalAnswers
from coursekit.answers.values import TensorArgument
from coursekit.checks.transfer_images import ladder, reference
from coursekit.checks.transfer_images.networks import Given
from coursekit.transfer import images as library
from coursekit.transfer.letters import LetterNet
from tests.checks.notebook import read
from tests.checks.notebook import solution as answers_of

EXERCISE = checks.get("transfer_images")
QUICK = [q.function for q in EXERCISE.questions if q.function != "transfer"]


@pytest.fixture
def solution():
    return answers_of("transfer_images")


def failed(solution, *functions, only=None):
    """Return the checks of some questions that the answers fail, as "question.check"."""
    answers = LocalAnswers(solution)
    reports = [EXERCISE.run(function, answers, only=only) for function in functions or QUICK]
    return {f"{r.question}.{v.check}" for r in reports for v in r.verdicts if v.points < v.max_points}


def told(solution, function, only=None):
    """Return all messages about one question."""
    return " ".join(v.message for v in EXERCISE.run(function, LocalAnswers(solution), only=only).verdicts)


def filled():
    """Return a network with the judge's numbers in it."""
    net = LetterNet(5, 24, 0.0)
    net.load_state_dict({name: torch.from_numpy(array) for name, array in Given().state().items()})
    return net


# The references against independent truth


def test_the_checks_are_15_points_and_the_text_3():
    cells = read("transfer_images").cells
    by_hand = [cell.metadata.nbgrader for cell in cells if cell.cell_type == "markdown"]
    assert (EXERCISE.points, [m["points"] for m in by_hand if m["grade"]]) == (15, [3])


def test_features_are_what_a_hook_finds_before_the_head(solution):
    net, x, seen = filled().eval(), torch.randn(5, 1, 28, 28), []
    handle = net.head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    net(x)
    handle.remove()
    for features in (reference.features, solution["features"]):
        torch.testing.assert_close(features(net.train(), x, 2), seen[0])


@pytest.mark.parametrize("whose", ["reference", "solution"])
def test_a_frozen_body_stays_as_the_librarys_does(solution, whose):
    answers = solution if whose == "solution" else EXERCISE.reference()
    ours = answers["train_mode"](answers["freeze"](filled()))
    assert [n for n, p in ours.named_parameters() if p.requires_grad] == ["head.weight", "head.bias"]
    modes = {name: layer.training for name, layer in ours.body.named_children()}
    assert modes == dict.fromkeys(modes, False)
    before = {name: value.clone() for name, value in ours.state_dict().items()}
    optimiser = torch.optim.SGD(ours.parameters(), lr=0.5, momentum=0.9, weight_decay=0.1)
    for _ in range(3):
        F.cross_entropy(ours(torch.randn(8, 1, 28, 28)), torch.arange(8) % 5).backward()
        optimiser.step()
    same = {name for name, value in ours.state_dict().items() if torch.equal(value, before[name])}
    assert same == {name for name in before if name.startswith("body.")}


def test_the_groups_are_the_librarys(solution):
    model = library.pretrained("efficientnet_lite0")
    expected = {g["name"]: g["lr"] for g in library.parameter_groups(model, head_lr=0.02)}
    for two_rates in (reference.two_rates, solution["two_rates"]):
        body, head = two_rates(LetterNet(), 0.02).param_groups
        assert {"body": body["lr"], "head": head["lr"]} == pytest.approx(expected)


@pytest.mark.parametrize("whose", ["reference", "solution"])
def test_training_on_all_images_at_once_is_plain_gradient_descent(solution, whose):
    train = solution["train"] if whose == "solution" else reference.train
    net, x, y = filled(), torch.randn(6, 1, 28, 28), torch.arange(6) % 5
    twin = copy.deepcopy(net).train()
    losses = []
    for _ in range(2):  # without momentum a step is the rate times the gradient
        loss = F.cross_entropy(twin(x), y)
        gradients = torch.autograd.grad(loss, list(twin.parameters()))
        with torch.no_grad():
            for p, g in zip(twin.parameters(), gradients, strict=True):
                p -= 0.1 * g
        losses.append(loss.item())
    got = train(net, torch.optim.SGD(net.parameters(), lr=0.1), x, y, epochs=2, batch_size=6)
    assert got == pytest.approx(losses, rel=1e-4)
    for p, q in zip(net.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=1e-3, atol=1e-4)


def test_the_examples_by_hand_are_right(solution):
    assert solution["features"](LetterNet(features=24), torch.zeros(5, 1, 28, 28), 2).shape == (5, 24)
    net = solution["new_head"](LetterNet(), 10)
    assert sum(p.numel() for p in net.head.parameters()) == 330
    assert [n for n, p in solution["freeze"](net).named_parameters() if p.requires_grad] == [
        "head.weight",
        "head.bias",
    ]
    net = solution["train_mode"](net)
    assert (net.head.training, net.body.bn1.training) == (True, False)
    net = solution["train_mode"](LetterNet())
    assert (net.head.training, net.body.bn1.training) == (True, True)
    optimiser = solution["two_rates"](net, 0.02)
    assert sorted(round(group["lr"], 9) for group in optimiser.param_groups) == [0.002, 0.02]
    x, y = torch.randn(12, 1, 28, 28), torch.arange(12) % 3
    assert len(solution["train"](net, optimiser, x, y, epochs=2, batch_size=5)) == 6


def test_labels_of_the_digits_that_are_asked_for_stay_with_the_judge():
    given, asked = [], []

    class Watched(LocalAnswers):
        def call(self, function, *arguments, **settings):
            given.append([a.array for a in arguments if isinstance(a, TensorArgument)])
            return super().call(function, *arguments, **settings)

        def do(self, operation, thing, *arguments, **settings):
            if operation == "output":
                asked.append(arguments)
            return super().do(operation, thing, *arguments, **settings)

    rng = np.random.default_rng(0)
    case = {"orders": rng.normal(size=(1, 2000)), "asked": rng.normal(size=2000)}
    ladder.judge_floor(Watched(EXERCISE.reference()), case)
    tests = {image.tobytes() for image in ladder.digits().x_test}
    learnt = [arrays for arrays in given if arrays]
    assert [len(x) for x, _ in learnt] == [len(y) for _, y in learnt] == [10 * ladder.MANY] * 2
    assert not any(image.tobytes() in tests for x, _ in learnt for image in x)
    assert [len(x) for (x,) in asked] == [ladder.TESTED_ON] * 2


def test_all_ways_learn_from_the_same_digits_of_each_class():
    order = np.random.default_rng(0).normal(size=2000)
    few, many = (ladder.drawn(order, count) for count in (1, 20))
    assert np.bincount(many[1]).tolist() == [20] * 10
    assert {image.tobytes() for image in few[0]} < {image.tobytes() for image in many[0]}


# Right answers of other shapes


def test_features_by_inference_mode_layer_by_layer_as_an_array_pass(solution):
    @torch.inference_mode()
    def features(net, images, batch_size=256):
        found = []
        for start in range(0, len(images), batch_size):
            x = images[start : start + batch_size]
            for layer in net.body:
                x = layer.eval()(x)
            found.append(x.double())
        return torch.cat(found).numpy()

    assert failed(solution | {"features": features}, "features") == set()


def test_features_by_a_hook_one_by_one_pass(solution):
    def features(net, images, batch_size=256):
        kept = []
        handle = net.head.register_forward_hook(lambda _m, inputs, _out: kept.append(inputs[0]))
        training = net.training
        net.eval()
        with torch.no_grad():
            for image in images:
                net(image[None])
        handle.remove()
        net.train(training)
        return torch.cat(kept).tolist()

    assert failed(solution | {"features": features}, "features") == set()


def test_features_of_a_body_that_asks_for_no_gradient_pass(solution):
    def features(net, images, batch_size=256):
        net = copy.deepcopy(net).eval().requires_grad_(False)
        loader = torch.utils.data.DataLoader(images, batch_size)
        return torch.cat([net.body(batch) for batch in loader])

    # A copy is another network: what is seen of the one that was given is nothing.
    assert failed(solution | {"features": features}, "features") <= {"features.batches"}


def test_a_head_made_of_numbers_and_a_new_network_with_the_old_body_pass(solution):
    def new_head(net, classes):
        other = LetterNet(classes, net.head.weight.shape[1], net.body.dropout.p)
        other.body.load_state_dict(net.body.state_dict())
        nn.init.normal_(other.head.weight, std=0.05)
        nn.init.zeros_(other.head.bias)
        return other

    assert failed(solution | {"new_head": new_head}) == set()


def test_a_body_that_refuses_training_mode_passes(solution):
    def freeze(net):
        for name, parameter in net.named_parameters():
            parameter.requires_grad_(name.startswith("head"))
        net.body.eval()
        net.body.train = lambda mode=True: net.body
        return net

    assert failed(solution | {"freeze": freeze, "train_mode": lambda net: net.train()}) == set()


def test_a_group_for_each_parameter_passes(solution):
    def two_rates(net, lr):
        named = net.named_parameters()
        groups = [{"params": [p], "lr": lr * (1 if n.startswith("head") else 0.1)} for n, p in named]
        return torch.optim.SGD(groups, lr=1.0, momentum=0.9, foreach=False)

    assert failed(solution | {"two_rates": two_rates}) == set()


def test_a_data_loader_and_a_loss_by_hand_pass(solution):
    def train(net, optimiser, images, labels, epochs, batch_size=20):
        loader = torch.utils.data.DataLoader(
            torch.utils.data.TensorDataset(images, labels), batch_size, shuffle=True
        )
        losses = []
        for _ in range(epochs):
            for x, y in loader:
                solution["train_mode"](net)
                net.zero_grad(set_to_none=True)
                loss = -net(x).log_softmax(dim=1)[torch.arange(len(y)), y].mean()
                loss.backward()
                optimiser.step()
                losses.append(loss.detach())
        return torch.stack(losses)

    solution["train"] = train
    assert failed(solution, "train", "transfer") == set()


def test_a_head_that_learns_on_features_computed_once_passes(solution):
    def transfer(net, images, labels, classes, tune, lr, epochs):
        net = solution["new_head"](copy.deepcopy(net), classes)
        if tune:
            solution["train"](net, solution["two_rates"](net, lr), images, labels, epochs)
            return net
        seen = solution["features"](net, images)
        optimiser = torch.optim.SGD(net.head.parameters(), lr=lr, momentum=0.9)
        for _ in range(epochs):
            for batch in torch.randperm(len(seen)).split(20):
                optimiser.zero_grad()
                F.cross_entropy(net.head(seen[batch]), labels[batch]).backward()
                optimiser.step()
        return net

    assert failed(solution | {"transfer": transfer}, "transfer") == set()


# Half-right answers


def test_features_with_gradients_and_all_at_once_keep_their_values(solution):
    solution["features"] = lambda net, images, batch_size=256: net.eval().body(images)
    assert failed(solution, "features") == {"features.quiet", "features.batches"}


def test_a_head_of_the_right_width_with_old_rows_gets_half(solution):
    def new_head(net, classes):
        old, net.head = net.head, nn.Linear(net.head.in_features, classes)
        rows = min(len(old.weight), classes)
        net.head.weight.data[:rows] = old.weight.data[:rows]
        return net

    solution["new_head"] = new_head
    assert failed(solution) == {"new_head.fresh"}
    assert "the old head" in told(solution, "new_head")


def test_freezing_by_gradients_alone_keeps_the_point_for_it(solution):
    solution["train_mode"] = lambda net: net.train()
    assert failed(solution) == {"train_mode.identical", "train.frozen"}
    assert "bn1.running_mean" in told(solution, "train_mode")


def test_rates_without_the_biases_get_half(solution):
    def two_rates(net, lr):
        body = [p for p in net.body.parameters() if p.ndim > 1]
        return torch.optim.SGD(
            [{"params": body, "lr": lr / 10}, {"params": [net.head.weight], "lr": lr}], momentum=0.9
        )

    solution["two_rates"] = two_rates
    assert failed(solution) == {"two_rates.once"}
    assert "bn1.bias" in told(solution, "two_rates")


def test_a_recipe_that_never_tunes_learns_its_head(solution):
    right = solution["transfer"]
    solution["transfer"] = lambda *given, tune, **named: right(*given, tune=False, **named)
    assert failed(solution, "transfer", only=["learns", "order"]) == {"transfer.learns", "transfer.order"}
    assert "nothing was fine-tuned" in told(solution, "transfer", only=["order"])


def test_an_optimiser_without_momentum_loses_the_rates_alone(solution):
    def two_rates(net, lr):
        return torch.optim.SGD(
            [{"params": net.body.parameters(), "lr": lr / 10}, {"params": net.head.parameters()}], lr
        )

    solution["two_rates"] = two_rates
    assert failed(solution) == {"two_rates.rates"}
    assert "'momentum' is '0', expected '0.9'" in told(solution, "two_rates")


# Answers that are something else altogether

OTHER_THINGS = [1.0, "text", (1.0,), np.zeros((3, 2)), {"loss": 1.0}, [], object()]


@pytest.mark.parametrize("function", [*QUICK, "transfer"])
@pytest.mark.parametrize("value", OTHER_THINGS, ids=[type(value).__name__ for value in OTHER_THINGS])
def test_something_else_is_wrong_and_breaks_no_check(solution, function, value):
    solution[function] = lambda *_, **__: value
    outcomes = {v.outcome for v in EXERCISE.run(function, LocalAnswers(solution)).verdicts}
    assert checks.Outcome.BROKEN not in outcomes
    assert checks.Outcome.WRONG in outcomes


def test_another_network_in_the_place_of_the_given_one_is_told(solution):
    solution["LetterNet"] = lambda classes=110, features=32, dropout=0.3: nn.Linear(features, classes)
    assert failed(solution) == {f"{q}.{c.name}" for q in QUICK for c in EXERCISE.question(q).checks}
    assert "Missing key(s)" in told(solution, "freeze")
