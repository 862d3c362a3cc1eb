"""The right answers to exercise 12, under the names that the student uses."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from coursekit.transfer.letters import LetterNet

__all__ = ["LetterNet", "features", "freeze", "new_head", "train", "train_mode", "transfer", "two_rates"]


@torch.no_grad()
def features(net: LetterNet, images: Tensor, batch_size: int = 256) -> Tensor:
    """Return what the body makes of the images, in testing mode, `batch_size` at a time."""
    net.eval()
    return torch.cat([net.body(batch) for batch in torch.split(images, batch_size)])


def new_head(net: LetterNet, classes: int) -> LetterNet:
    """Put an untrained head in place of the old one."""
    net.head = nn.Linear(net.head.in_features, classes)
    return net


def freeze(net: LetterNet) -> LetterNet:
    """Let the body's parameters ask for no gradient."""
    net.body.requires_grad_(False)
    return net


def train_mode(net: LetterNet) -> LetterNet:
    """Switch to training mode; a frozen body to testing mode: so its batch norms keep their statistics."""
    net.train()
    net.body.train(any(p.requires_grad for p in net.body.parameters()))
    return net


def two_rates(net: LetterNet, lr: float) -> torch.optim.SGD:
    """Return an optimiser with the rate `lr` for the head and a tenth of it for the body."""
    groups = [
        {"params": list(net.body.parameters()), "lr": lr / 10},
        {"params": list(net.head.parameters()), "lr": lr},
    ]
    return torch.optim.SGD(groups, momentum=0.9)


def train(
    net: LetterNet,
    optimiser: torch.optim.Optimizer,
    images: Tensor,
    labels: Tensor,
    epochs: int,
    batch_size: int = 20,
) -> list[float]:
    """Train on softmax cross-entropy; return the loss of each step."""
    train_mode(net)
    losses = []
    for _ in range(epochs):
        for batch in torch.split(torch.randperm(len(images)), batch_size):
            loss = F.cross_entropy(net(images[batch]), labels[batch])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            losses.append(loss.item())
    return losses


def transfer(
    net: LetterNet, images: Tensor, labels: Tensor, classes: int, tune: bool, lr: float, epochs: int
) -> LetterNet:
    """Give a trained network a new head and train it, or all of it, on new images."""
    new_head(net, classes)
    if not tune:
        freeze(net)
    train(net, two_rates(net, lr), images, labels, epochs)
    return net
