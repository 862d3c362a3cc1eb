"""Freezing is exact, the head is new, the rates are those that were asked for."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from coursekit import data
from coursekit.transfer import images
from tests.helpers import own_messages


def state(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def changed(model, before):
    """Return the names of parameters and buffers that are no longer the same to the last bit."""
    return {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}


def steps(model, x, labels, count=3, size=None):
    """Train as users do: training mode, momentum and weight decay, all parameters that may change."""
    groups = images.parameter_groups(model, head_lr=0.1)
    optimiser = torch.optim.SGD(groups, momentum=0.9, weight_decay=1e-2)
    batch, targets = images.prepare(model, x, size), torch.tensor(labels)
    for _ in range(count):
        model.train()
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(batch), targets).backward()
        optimiser.step()


LABELS = [0, 1, 2, 0, 1, 2, 0]


def test_only_the_head_is_trained_and_all_else_is_bit_identical(tiny, x):
    images.freeze(tiny, all_but="head")
    before = state(tiny)
    steps(tiny, x, LABELS)
    assert changed(tiny, before) == {"fc.weight", "fc.bias"}


def test_every_frozen_parameter_and_buffer_of_efficientnet_is_bit_identical(x):
    model = images.pretrained("efficientnet_lite0")
    images.replace_head(model, 3)
    images.freeze(model)
    before = state(model)
    steps(model, x, LABELS, size=32)
    assert changed(model, before) == {"fc.weight", "fc.bias"}


def test_batch_norm_left_in_training_mode_is_caught(tiny, x):
    for name, parameter in tiny.named_parameters():
        parameter.requires_grad_(name.startswith("fc."))
    before = state(tiny)
    nn.Sequential.train(tiny, True)  # what a network does that knows nothing of freezing
    with torch.no_grad():
        tiny(images.prepare(tiny, x))
    statistics = {"running_mean", "running_var", "num_batches_tracked"}
    assert changed(tiny, before) == {f"{bn}.{s}" for bn in ("stem_bn", "block.bn") for s in statistics}


def test_frozen_batch_norm_stays_so_after_train_and_dropout_does_not(tiny):
    images.freeze(tiny, all_but="head")
    tiny.eval()
    tiny.train()
    assert not tiny.stem_bn.training
    assert not tiny.block.bn.training
    assert tiny.drop.training


def test_freezing_in_training_mode_holds_the_statistics_at_once(tiny):
    tiny.train()
    images.freeze(tiny, all_but="head")
    assert not tiny.stem_bn.training
    assert tiny.drop.training


def test_a_gradient_from_before_moves_nothing_that_is_frozen(tiny, x):
    optimiser = torch.optim.SGD(tiny.parameters(), lr=0.1, weight_decay=0.1)
    tiny(images.prepare(tiny, x)).sum().backward()
    images.freeze(tiny, all_but="head")
    before = state(tiny)
    optimiser.step()
    assert changed(tiny, before) == {"fc.weight", "fc.bias"}


def test_what_is_named_stays_trainable_and_is_thawed(tiny, x):
    images.freeze(tiny, all_but="head")
    images.freeze(tiny, all_but=["block", "head"])
    before = state(tiny)
    steps(tiny, x, LABELS)
    moved = {name.rpartition(".")[0] for name in changed(tiny, before)}
    assert moved == {"block.conv", "block.bn", "fc"}


def test_unfreezing_goes_from_the_head_downwards(tiny):
    assert images.unfreeze(tiny, 0) == ["fc"]
    assert images.unfreeze(tiny, 1) == ["block", "fc"]
    assert images.unfreeze(tiny, 2) == ["stem", "stem_bn", "block", "fc"]
    assert all(p.requires_grad for p in tiny.parameters())
    assert images.unfreeze(tiny, 0) == ["fc"]
    assert [name for name, p in tiny.named_parameters() if p.requires_grad] == ["fc.weight", "fc.bias"]


def test_efficientnets_blocks_are_the_stem_sixteen_residual_blocks_and_the_top():
    blocks = images.pretrained("efficientnet_lite0").blocks()
    assert blocks[0] == ["stem", "stem_bn"]
    assert blocks[-1] == ["top", "top_bn"]
    assert len(blocks) == 1 + 16 + 1


def test_held_batch_norms_stay_bit_identical_in_layers_that_are_trained(tiny, x):
    images.unfreeze(tiny, 2)
    tiny.train()
    images.hold_batch_norms(tiny)
    assert not tiny.stem_bn.training
    before = state(tiny)
    steps(tiny, x, LABELS)
    assert {name.rpartition(".")[0] for name in changed(tiny, before)} == {"stem", "block.conv", "fc"}


@pytest.mark.parametrize("blocks", [1, 2])
def test_the_parts_of_a_split_network_are_its_own_layers_in_order(tiny, x, blocks):
    front, back = tiny.split(blocks)
    batch = images.prepare(tiny, x)
    torch.testing.assert_close(back(front(batch)), tiny(batch), rtol=0, atol=0)
    assert [*front, *back] == list(tiny)
    assert back[0] is {1: tiny.block, 2: tiny.stem}[blocks]


def test_an_uneven_padding_goes_with_the_convolution_behind_it():
    model = images.pretrained("efficientnet_lite0")
    front, _ = model.split(18)
    assert len(front) == 0


def test_training_the_last_part_alone_is_training_the_whole_with_the_rest_frozen(tiny, x):
    other = copy.deepcopy(tiny)
    for model in (tiny, other):
        model.drop.p = 0.0
        images.unfreeze(model, 1)
        images.hold_batch_norms(model)
    steps(tiny, x, LABELS)
    front, back = other.split(1)
    with torch.no_grad():
        maps = front(images.prepare(other, x))
    optimiser = torch.optim.SGD(images.parameter_groups(other, 0.1), momentum=0.9, weight_decay=1e-2)
    for _ in range(3):
        back.train()
        optimiser.zero_grad()
        nn.functional.cross_entropy(back(maps), torch.tensor(LABELS)).backward()
        optimiser.step()
    torch.testing.assert_close(other.state_dict(), tiny.state_dict(), rtol=0, atol=0)


def test_batch_norm_in_training_mode_is_caught_on_efficientnet(x):
    model = images.pretrained("efficientnet_lite0")
    images.freeze(model)
    before = state(model)
    nn.Sequential.train(model, True)
    with torch.no_grad():
        model(images.prepare(model, x, 32))
    moved = changed(model, before)
    norms = [name for name, layer in model.named_modules() if isinstance(layer, nn.BatchNorm2d)]
    assert moved == {
        f"{n}.{s}" for n in norms for s in ("running_mean", "running_var", "num_batches_tracked")
    }


def test_a_new_head_is_the_same_for_the_same_seed_whatever_was_drawn_before(tiny):
    heads = []
    for seed in (1, 1, 2):
        torch.rand(seed + len(heads))
        images.replace_head(tiny, 3, seed=seed)
        heads.append(tiny.head.weight.detach().clone())
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])
    assert heads[0].shape == (3, 6)
    assert heads[0].abs().max() <= 6**-0.5


def test_a_new_head_leaves_the_body_and_gives_the_classes_their_names(tiny, x):
    before, features = state(tiny), images.features(tiny, x)
    images.replace_head(tiny, ["cat", "dog"])
    assert not any(layer.training for layer in tiny.modules())
    body = {name: value for name, value in tiny.state_dict().items() if not name.startswith("fc.")}
    assert all(torch.equal(value, before[name]) for name, value in body.items())
    np.testing.assert_array_equal(images.features(tiny, x), features)
    assert tiny.classes == ("cat", "dog")
    assert {guess.name for guess in images.predict_top(tiny, x[:1], k=2)[0]} == {"cat", "dog"}


def test_a_new_head_is_trainable_on_a_frozen_network(tiny):
    images.freeze(tiny, all_but="head")
    images.replace_head(tiny, 3)
    assert tiny.head.weight.requires_grad


def test_a_copied_head_gives_the_classifiers_scores(tiny, x):
    features = images.features(tiny, x)
    classifier = images.logistic_regression(features, np.array(LABELS))
    images.replace_head(tiny, 3)
    images.copy_head(tiny, classifier)
    with torch.no_grad():
        scores = tiny(images.prepare(tiny, x)).numpy()
    np.testing.assert_allclose(scores, classifier.decision_function(features), atol=1e-5)


def test_a_head_of_other_classes_is_not_copied(tiny, x):
    classifier = images.logistic_regression(images.features(tiny, x), np.array([0, 2, 3, 0, 2, 3, 0]))
    images.replace_head(tiny, 3)
    with pytest.raises(
        ValueError, match=r"has 3 classes and 6 features, .* classes \[0, 2, 3\] and 6 features"
    ):
        images.copy_head(tiny, classifier)


def test_the_body_learns_at_a_tenth_of_the_heads_rate(tiny):
    body, head = images.parameter_groups(tiny, head_lr=1e-2)
    assert (body["lr"], head["lr"]) == (pytest.approx(1e-3), 1e-2)
    assert {id(p) for p in head["params"]} == {id(p) for p in tiny.fc.parameters()}
    both = [id(p) for group in (body, head) for p in group["params"]]
    assert sorted(both) == sorted(id(p) for p in tiny.parameters())


def test_groups_leave_out_what_is_frozen(tiny):
    images.freeze(tiny, all_but="head")
    assert [group["name"] for group in images.parameter_groups(tiny, 1e-2)] == ["head"]
    images.unfreeze(tiny, 1)
    body, _ = images.parameter_groups(tiny, 1e-2, body_scale=0.5)
    assert body["lr"] == pytest.approx(5e-3)
    assert len(body["params"]) == 4  # the block's weight and bias, of its convolution and its batch norm


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda m: images.freeze(m, all_but="nose"),
            "no layer 'nose' to train; there are: head, stem, stem_bn",
        ),
        (lambda m: images.unfreeze(m, 3), "tiny has 0 to 2 blocks to unfreeze, got 3"),
        (lambda m: images.unfreeze(m, -1), "0 to 2 blocks"),
        (lambda m: m.split(0), "split: tiny has 1 to 2 blocks, got 0"),
        (lambda m: images.replace_head(m, 1), "at least 2 classes apart, got 1"),
        (lambda m: images.replace_head(m, ["a", "a"]), "two classes have one name"),
        (lambda m: images.parameter_groups(m, 0.0), "must be above 0, got 0.0 and 0.1"),
        (lambda m: images.parameter_groups(m, 0.1, -1.0), "must be above 0"),
        (lambda m: images.parameter_groups(m.requires_grad_(False), 0.1), "everything in tiny is frozen"),
    ],
)
def test_what_cannot_be_is_said(tiny, call, says):
    with own_messages(), pytest.raises(ValueError, match=says):
        call(tiny)


def test_the_recipe_works_word_for_word():
    split = data.load("cifar10_small")
    x, classes = split.x_train[:2], split.classes
    model = images.pretrained("efficientnet_lite0")
    f = images.features(model, x)
    assert (f.shape, f.dtype) == ((2, 1280), np.float32)
    images.replace_head(model, classes, seed=0)
    images.freeze(model, all_but="head")
    groups = images.parameter_groups(model, head_lr=1e-2, body_scale=0.1)
    torch.optim.SGD(groups)
    assert [(group["name"], group["lr"]) for group in groups] == [("head", 1e-2)]
