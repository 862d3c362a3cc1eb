"""Wrong answers about features, heads and freezing, and which checks each wrong answer of exercise 12 fails.

Each is a change to the right function, which comes first.
"""

from typing import Any

import torch
from torch import nn

from coursekit.checks.exercise import Mutant
from coursekit.checks.transfer_images import training_mutants as training

# Of the features


@torch.no_grad()
def network_left_in_training_mode(right: Any, net: Any, images: Any, batch_size: int = 256) -> Any:
    """Features in training mode: batch norms use the batch, and a part is dropped."""
    net.train()
    return torch.cat([net.body(batch) for batch in images.split(batch_size)])


@torch.no_grad()
def only_dropout_switched_off(right: Any, net: Any, images: Any, batch_size: int = 256) -> Any:
    """Features without dropout whose batch norms use the statistics of the batch."""
    net.train()
    net.body.dropout.eval()
    return torch.cat([net.body(batch) for batch in images.split(batch_size)])


@torch.no_grad()
def only_batch_norms_switched_off(right: Any, net: Any, images: Any, batch_size: int = 256) -> Any:
    """Features of which a part is dropped, though batch norms are in testing mode."""
    net.eval()
    net.body.dropout.train()
    return torch.cat([net.body(batch) for batch in images.split(batch_size)])


def gradients_recorded(right: Any, net: Any, images: Any, batch_size: int = 256) -> Any:
    """A computation that keeps, of every image, all that a gradient would need (no `torch.no_grad`)."""
    net.eval()
    return torch.cat([net.body(batch) for batch in images.split(batch_size)])


@torch.no_grad()
def scores_not_features(right: Any, net: Any, images: Any, batch_size: int = 256) -> Any:
    """The scores of the old head, not what comes into it."""
    net.eval()
    return torch.cat([net(batch) for batch in images.split(batch_size)])


def all_at_once(right: Any, net: Any, images: Any, batch_size: int = 256) -> Any:
    """A computation with all images at once, whatever `batch_size` says."""
    return right(net, images, batch_size=len(images))


@torch.no_grad()
def so_many_batches(right: Any, net: Any, images: Any, batch_size: int = 256) -> Any:
    """A computation with `batch_size` batches, not with batches of that size (`chunk` for `split`)."""
    net.eval()
    return torch.cat([net.body(batch) for batch in images.chunk(batch_size)])


def last_batch_forgotten(right: Any, net: Any, images: Any, batch_size: int = 256) -> Any:
    """Features without those of the last batch, which is smaller (`drop_last=True`)."""
    return right(net, images[: len(images) // batch_size * batch_size], batch_size=batch_size)


def shuffled(right: Any, net: Any, images: Any, batch_size: int = 256) -> Any:
    """Features in another order than their images (`shuffle=True`), and so than their labels."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    return right(net, images[order], batch_size=batch_size)


# Of the new head


def old_head_kept(right: Any, net: Any, classes: Any) -> Any:
    """A network with its old head: `net.head.out_features = classes` changes no weight."""
    net.head.out_features = classes
    return net


def rows_of_the_old_head(right: Any, net: Any, classes: Any) -> Any:
    """A head whose first rows are those of the old one: it knows the old classes."""
    old = net.head
    net = right(net, classes)
    rows = min(classes, old.out_features)
    with torch.no_grad():
        net.head.weight[:rows], net.head.bias[:rows] = old.weight[:rows], old.bias[:rows]
    return net


def kept_where_classes_are_as_many(right: Any, net: Any, classes: Any) -> Any:
    """The old head, where there are as many new classes as old ones."""
    return net if classes == net.head.out_features else right(net, classes)


def always_32_features(right: Any, net: Any, classes: Any) -> Any:
    """A head for 32 features, however many the body makes."""
    net.head = nn.Linear(32, classes)
    return net


def zeros(right: Any, net: Any, classes: Any) -> Any:
    """A head of zeros, through which no gradient reaches the body at first."""
    net = right(net, classes)
    nn.init.zeros_(net.head.weight)
    return net


def a_whole_new_network(right: Any, net: Any, classes: Any) -> Any:
    """A new network: the body has forgotten what it had learnt."""
    return type(net)(classes=classes, features=net.head.in_features)


# Of freezing


def nothing_frozen(right: Any, net: Any) -> Any:
    """Nothing frozen: neither `net.body.requires_grad = False` nor `net.body.eval()` freezes a parameter."""
    net.body.requires_grad = False
    return net


def everything_frozen(right: Any, net: Any) -> Any:
    """Everything frozen, the head too."""
    return net.requires_grad_(False)


def convolutions_alone(right: Any, net: Any) -> Any:
    """A frozen body but for its batch norms, which go on learning."""
    right(net)
    for layer in net.body:
        if isinstance(layer, nn.BatchNorm2d):
            layer.requires_grad_(True)
    return net


# Of the mode in training


def training_mode_for_all(right: Any, net: Any) -> Any:
    """Training mode for all: frozen batch norms go on counting their statistics."""
    return net.train()


def statistics_without_momentum(right: Any, net: Any) -> Any:
    """Training mode for all, with a momentum of 0 in batch norms: they use the batch and count on."""
    for layer in net.body:
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 0.0
    return net.train()


def testing_mode_for_all(right: Any, net: Any) -> Any:
    """Testing mode for all, also for what learns."""
    return net.eval()


def _losing(question: str, checks: str) -> set[str]:
    return {f"{question}.{check}" for check in checks.split()}


VALUES, QUIET, BATCHES = ({f"features.{check}"} for check in ("values", "quiet", "batches"))
WIDTH, FRESH = {"new_head.width"}, {"new_head.fresh"}
MODES = _losing("train_mode", "identical whole")
STEPS, FROZEN = {"train.steps"}, {"train.frozen"}
LEARNS, ORDER, FLOOR = ({f"transfer.{check}"} for check in ("learns", "order", "floor"))
# The last two parts are made of the others: what is wrong there is wrong here.
THAWED = {"freeze.trained", "train_mode.identical"} | FROZEN | LEARNS | ORDER

MUTANTS = (
    Mutant("features", network_left_in_training_mode, VALUES | QUIET),
    Mutant("features", only_dropout_switched_off, VALUES | QUIET),
    Mutant("features", only_batch_norms_switched_off, VALUES | QUIET),
    Mutant("features", gradients_recorded, QUIET),
    Mutant("features", scores_not_features, VALUES),
    Mutant("features", all_at_once, BATCHES),
    Mutant("features", so_many_batches, BATCHES),
    Mutant("features", last_batch_forgotten, VALUES),
    Mutant("features", shuffled, VALUES),
    Mutant("new_head", kept_where_classes_are_as_many, FRESH),
    Mutant("new_head", old_head_kept, WIDTH | FRESH | LEARNS | ORDER | FLOOR),
    Mutant("new_head", rows_of_the_old_head, FRESH),
    Mutant("new_head", always_32_features, WIDTH | LEARNS, told=False),
    Mutant("new_head", zeros, FRESH),
    Mutant("new_head", a_whole_new_network, WIDTH | LEARNS | ORDER | FLOOR),
    Mutant("freeze", nothing_frozen, THAWED),
    Mutant("freeze", everything_frozen, THAWED | FLOOR),
    Mutant("freeze", convolutions_alone, THAWED),
    Mutant("train_mode", training_mode_for_all, {"train_mode.identical"} | FROZEN | LEARNS | ORDER),
    Mutant("train_mode", statistics_without_momentum, MODES | STEPS | FROZEN | LEARNS | ORDER),
    Mutant("train_mode", testing_mode_for_all, {"train_mode.whole"} | STEPS | LEARNS),
    Mutant("two_rates", training.one_rate, {"two_rates.rates"}),
    Mutant("two_rates", training.a_tenth_for_all, {"two_rates.rates"}),
    Mutant("two_rates", training.rates_swapped, {"two_rates.rates"}),
    Mutant(
        "two_rates",
        training.body_in_both_groups,
        _losing("two_rates", "rates once") | LEARNS | ORDER | FLOOR,
        told=False,
    ),
    Mutant("two_rates", training.head_forgotten, _losing("two_rates", "rates once") | LEARNS | ORDER | FLOOR),
    Mutant("two_rates", training.body_forgotten, _losing("two_rates", "rates once") | LEARNS | ORDER),
    Mutant("two_rates", training.biases_forgotten, {"two_rates.once"} | LEARNS),
    Mutant("train", training.gradients_pile_up, STEPS | LEARNS | ORDER | FLOOR),
    Mutant("train", training.softmax_before_the_loss, STEPS | ORDER | FLOOR),
    Mutant("train", training.labels_left_in_order, STEPS | LEARNS | ORDER | FLOOR),
    Mutant("train", training.one_order_for_all_epochs, STEPS, may_lose=ORDER),
    Mutant("train", training.last_images_dropped, STEPS | LEARNS | ORDER),
    Mutant("train", training.a_copy_trained, STEPS | FROZEN | LEARNS | ORDER | FLOOR),
    Mutant("train", training.own_training_mode, FROZEN | LEARNS | ORDER, may_lose=FLOOR),
    Mutant("train", training.never_in_training_mode, STEPS | LEARNS),
    Mutant("transfer", training.optimiser_before_the_head, LEARNS | ORDER | FLOOR),
    Mutant("transfer", training.always_frozen, LEARNS | ORDER),
    Mutant("transfer", training.never_frozen, LEARNS | ORDER),
    Mutant("transfer", training.knowledge_thrown_away, LEARNS | ORDER | FLOOR),
    Mutant("transfer", training.not_trained, LEARNS | ORDER | FLOOR),
)
