"""Wrong optimisers, trainings and recipes, each a change to the right function, which comes first."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional as F

from coursekit.checks.transfer_images import reference

# Of the two rates


def _sgd(*groups: tuple[Any, float]) -> Any:
    return torch.optim.SGD([{"params": list(params), "lr": lr} for params, lr in groups], momentum=0.9)


def one_rate(right: Any, net: Any, lr: float) -> Any:
    """An optimiser with the head's rate for the body too."""
    return _sgd((net.parameters(), lr))


def a_tenth_for_all(right: Any, net: Any, lr: float) -> Any:
    """An optimiser with a tenth of the rate for the head too."""
    return _sgd((net.parameters(), lr / 10))


def rates_swapped(right: Any, net: Any, lr: float) -> Any:
    """An optimiser with the lower rate for the head."""
    return _sgd((net.body.parameters(), lr), (net.head.parameters(), lr / 10))


def body_in_both_groups(right: Any, net: Any, lr: float) -> Any:
    """An optimiser whose second group is the whole network: PyTorch refuses it."""
    return _sgd((net.body.parameters(), lr / 10), (net.parameters(), lr))


def head_forgotten(right: Any, net: Any, lr: float) -> Any:
    """An optimiser without the head."""
    return _sgd((net.body.parameters(), lr / 10))


def body_forgotten(right: Any, net: Any, lr: float) -> Any:
    """An optimiser without the body."""
    return _sgd((net.head.parameters(), lr))


def biases_forgotten(right: Any, net: Any, lr: float) -> Any:
    """An optimiser for weights alone: biases stay as they are."""
    parts = (([p for n, p in part.named_parameters() if n.endswith("weight")], rate)
             for part, rate in ((net.body, lr / 10), (net.head, lr)))  # fmt: skip
    return _sgd(*parts)


# Of the training


def _loop(
    net: Any,
    optimiser: Any,
    images: Any,
    labels: Any,
    epochs: int,
    batch_size: int = 20,
    forget: bool = True,
    out: Callable[[Any], Any] = lambda scores: scores,
) -> list[float]:
    """Train as the reference does, but for gradients that are not set to zero, or changed scores."""
    reference.train_mode(net)
    losses = []
    for _ in range(epochs):
        for batch in torch.split(torch.randperm(len(images)), batch_size):
            loss = F.cross_entropy(out(net(images[batch])), labels[batch])
            if forget:
                optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            losses.append(loss.item())
    return losses


def gradients_pile_up(right: Any, *given: Any, **named: Any) -> Any:
    """A training along the sum of all gradients so far (no `zero_grad`)."""
    return _loop(*given, **named | {"forget": False})


def softmax_before_the_loss(right: Any, *given: Any, **named: Any) -> Any:
    """A training on the cross-entropy of probabilities, which takes the softmax of a softmax."""
    return _loop(*given, **named | {"out": lambda scores: scores.softmax(dim=1)})


def one_order_for_all_epochs(
    right: Any, net: Any, optimiser: Any, images: Any, labels: Any, epochs: int, batch_size: int = 20
) -> Any:
    """A training whose images come in the same order in every epoch."""
    seed, losses = torch.initial_seed(), []
    for _ in range(epochs):
        torch.manual_seed(seed)
        losses += right(net, optimiser, images, labels, 1, batch_size=batch_size)
    return losses


def labels_left_in_order(right: Any, net: Any, optimiser: Any, images: Any, *given: Any, **named: Any) -> Any:
    """A training in which images are shuffled and labels are not."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    return right(net, optimiser, images[order], *given, **named)


def last_images_dropped(
    right: Any, net: Any, optimiser: Any, images: Any, labels: Any, epochs: int, batch_size: int = 20
) -> Any:
    """A training without the last batch, which is smaller (`drop_last=True`)."""
    full = len(images) // batch_size * batch_size
    return right(net, optimiser, images[:full], labels[:full], epochs=epochs, batch_size=batch_size)


def a_copy_trained(right: Any, net: Any, *given: Any, **named: Any) -> Any:
    """A training of a copy, which the optimiser does not know: nothing moves."""
    return right(copy.deepcopy(net), *given, **named)


def _set(body: Any, mode: bool) -> None:
    body.train(mode)


def own_training_mode(right: Any, net: Any, *given: Any, **named: Any) -> Any:
    """A training that calls `net.train()`: frozen batch norms go on counting."""
    net.body.register_forward_pre_hook(lambda body, _: _set(body, True))
    return right(net, *given, **named)


def never_in_training_mode(right: Any, net: Any, *given: Any, **named: Any) -> Any:
    """A training in testing mode: batch norms keep to the statistics of the old images."""
    net.body.register_forward_pre_hook(lambda body, _: _set(body, False))
    return right(net, *given, **named)


# Of all together


def optimiser_before_the_head(
    right: Any, net: Any, images: Any, labels: Any, classes: int, tune: bool, lr: float, epochs: int
) -> Any:
    """An optimiser that was made before the head was replaced: it trains the old one."""
    optimiser = reference.two_rates(net, lr)
    reference.new_head(net, classes)
    if not tune:
        reference.freeze(net)
    reference.train(net, optimiser, images, labels, epochs)
    return net


def always_frozen(right: Any, *given: Any, tune: bool, **named: Any) -> Any:
    """A new head on a frozen body, whatever `tune` says."""
    return right(*given, tune=False, **named)


def never_frozen(right: Any, *given: Any, tune: bool, **named: Any) -> Any:
    """A fine-tuned network, whatever `tune` says."""
    return right(*given, tune=True, **named)


def knowledge_thrown_away(right: Any, net: Any, *given: Any, **named: Any) -> Any:
    """A network from scratch."""
    return right(type(net)(features=net.head.in_features), *given, **named)


def not_trained(right: Any, net: Any, *given: Any, classes: int, **named: Any) -> Any:
    """A network with a new head that has learnt nothing yet."""
    return reference.new_head(net, classes)
