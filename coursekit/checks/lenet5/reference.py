"""The right answers of exercise 5 (LeCun et al. 1998, sec. II.B), under the names that the student uses."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from coursekit.networks.lenet_1998 import C3


def connection_mask() -> np.ndarray:
    """Return Table I as an array (16, 6): 1 where a map of C3 sees a map of S2."""
    mask = np.zeros((16, 6))
    for row, seen in zip(mask, C3, strict=True):
        row[list(seen)] = 1
    return mask


def squash(a: Tensor) -> Tensor:
    """Return 1.7159 tanh(2a/3) (LeCun et al. 1998, eq. 6 and appendix A)."""
    return 1.7159 * torch.tanh(2 / 3 * a)


class Subsampling(nn.Module):
    """Layers S2 and S4: the sum over each 2x2, times a coefficient, plus a bias, one of each for a map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), 0.25))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps at half the resolution."""
        return self.weight[:, None, None] * 4 * F.avg_pool2d(x, 2) + self.bias[:, None, None]


class MaskedConv2d(nn.Conv2d):
    """A convolution of 5x5 that sees what its mask (out_channels, in_channels) lets it see."""

    mask: Tensor

    def __init__(self, mask: np.ndarray) -> None:
        super().__init__(mask.shape[1], mask.shape[0], kernel_size=5)
        self.register_buffer("mask", torch.tensor(mask[:, :, None, None], dtype=torch.float32))

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution with the masked weights."""
        return F.conv2d(x, self.weight * self.mask, self.bias)


def rbf(x: Tensor, codes: Tensor) -> Tensor:
    """Return the squared distance of each row of x to each code (eq. 7)."""
    return ((x[:, None] - codes) ** 2).sum(dim=2)


def rbf_loss(distances: Tensor, labels: Tensor, j: float = 0.1) -> Tensor:
    """Return the loss in which the classes compete (eq. 9)."""
    right = distances.gather(1, labels[:, None])[:, 0]
    constant = distances.new_full((len(distances), 1), -j)
    return (right + torch.cat([constant, -distances], dim=1).logsumexp(dim=1)).mean()


class LeNet1998(nn.Module):
    """The network of the paper: 60,000 weights that learn."""

    codes: Tensor

    def __init__(self, codes: Tensor) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)
        self.s2 = Subsampling(6)
        self.c3 = MaskedConv2d(connection_mask())
        self.s4 = Subsampling(16)
        self.c5 = nn.Conv2d(16, 120, 5)
        self.f6 = nn.Linear(120, 84)
        self.register_buffer("codes", codes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the distance of each image (N, 1, 32, 32) to each class (N, 10)."""
        for layer in (self.c1, self.s2, self.c3, self.s4, self.c5):
            x = squash(layer(x))
        return rbf(squash(self.f6(x.flatten(1))), self.codes)

    def loss(self, out: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of eq. 9."""
        return rbf_loss(out, labels)


class LeNet5(nn.Module):
    """The network as it is read today: 61,706 weights."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (N, 10) of images (N, 1, 28, 28)."""
        for layer in (self.conv1, self.conv2):
            x = F.avg_pool2d(torch.tanh(layer(x)), 2)
        x = torch.tanh(self.fc2(torch.tanh(self.fc1(x.flatten(1)))))
        out: Tensor = self.fc3(x)
        return out

    def loss(self, out: Tensor, labels: Tensor) -> Tensor:
        """Return softmax cross-entropy."""
        return F.cross_entropy(out, labels)


def train_step(
    net: LeNet1998 | LeNet5, optimiser: torch.optim.Optimizer, images: Tensor, labels: Tensor
) -> float:
    """Take one step down the gradient; return the loss before."""
    loss = net.loss(net(images), labels)
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    return loss.item()


def train(
    net: LeNet1998 | LeNet5,
    images: Tensor,
    labels: Tensor,
    lr: float,
    epochs: int = 4,
    batch_size: int = 16,
) -> list[float]:
    """Train by stochastic gradient descent with momentum 0.9; return the loss of each step."""
    optimiser = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9)
    net.train()
    return [
        train_step(net, optimiser, images[batch], labels[batch])
        for _ in range(epochs)
        for batch in torch.split(torch.randperm(len(images)), batch_size)
    ]
