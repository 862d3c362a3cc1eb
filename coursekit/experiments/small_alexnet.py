"""A small network in AlexNet's manner, and how it is trained, whole or in part.

Krizhevsky et al. 2012, sec. 3.5, scaled down to images of 28x28 to 32x32: a first convolution with a stride,
overlapping pooling, local response normalisation, rectified linear units, a fully connected layer before the
head. What differs: three convolutions in place of five, one hidden fully connected layer in place of two, no
groups, no dropout (with a head on frozen features it would make arms unlike that should be alike).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import nn

from coursekit.networks import (
    Conv2d,
    Flatten,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    Network,
    ReLU,
    Sequential,
    measure,
)
from coursekit.torch_nn import load_arrays, module
from coursekit.training import batches, initial_state

LAYERS = ("conv1", "conv2", "conv3", "fc4", "fc5")
"""The layers with parameters; the last is the head."""


def describe(classes: int, input_shape: tuple[int, int, int] = (1, 28, 28)) -> Network:
    """Return the description of the network for so many classes and images of `input_shape` (C, H, W)."""
    convolutions = Sequential(
        conv1=Conv2d(input_shape[0], 32, kernel_size=5, stride=2, padding=2),
        relu1=ReLU(),
        pool1=MaxPool2d(kernel_size=3, stride=2),
        norm1=LocalResponseNorm(size=5, alpha=1e-4, beta=0.75, k=2.0),
        conv2=Conv2d(32, 64, kernel_size=3, padding=1),
        relu2=ReLU(),
        conv3=Conv2d(64, 64, kernel_size=3, padding=1),
        relu3=ReLU(),
        pool3=MaxPool2d(kernel_size=3, stride=2),
        flatten=Flatten(),
    )
    (width,) = measure.output_shape(convolutions, input_shape)
    body = Sequential(
        **convolutions.children,
        fc4=Linear(width, 48),  # narrow: what is to be told by these features has to shape them
        relu4=ReLU(),
        fc5=Linear(48, classes),
    )
    source = "after Krizhevsky, Sutskever & Hinton 2012, scaled down"
    return Network("small_alexnet", input_shape, body, source)


def build(classes: int, seed: int, input_shape: tuple[int, int, int] = (1, 28, 28)) -> nn.Sequential:
    """Return the network with random parameters, on the CPU."""
    return start(describe(classes, input_shape), seed)


def start(network: Network, seed: int) -> nn.Sequential:
    """Return a network whose last layer is its head, with random parameters, on the CPU.

    The head is drawn as `coursekit.training.initial_state` draws. The layers before it, which rectified
    linear units follow, have the variance 2 / fan-in and no bias (He et al. 2015, eq. 10), so that the
    signal does not fade in layers that stay random.
    """
    *_, head = network.body.children
    state = initial_state(network, seed)
    for name in state:
        if not name.startswith(head):  # uniform in +-1/sqrt(fan-in) has the variance 1 / (3 fan-in)
            state[name] *= 6**0.5 if name.endswith("weight") else 0
    built = module(network.body)
    load_arrays(built, state)
    assert isinstance(built, nn.Sequential)
    return built


def copy_layers(model: nn.Module, state: dict[str, np.ndarray], layers: Sequence[str]) -> None:
    """Take over the named layers' parameters from another network's state; the rest stays as it is.

    Raises
    ------
    ValueError
        If `state` has no such layer, or one of another shape.
    """
    own = model.state_dict()
    for name in (name for name in own if name.split(".")[0] in layers):
        if name not in state or state[name].shape != tuple(own[name].shape):
            came = f"shape {state[name].shape}" if name in state else "nothing"
            raise ValueError(f"copy_layers: {name} has shape {tuple(own[name].shape)}, the source {came}")
        own[name].copy_(torch.as_tensor(state[name]))


def split_after(model: nn.Sequential, layer: str) -> tuple[nn.Sequential, nn.Sequential]:
    """Return the part up to the layer with what needs no parameters behind it, and the part from the next.

    Both parts hold the model's own layers, not copies.
    """
    names = [name for name, _ in model.named_children()]
    place = names.index(LAYERS[LAYERS.index(layer) + 1])
    return model[:place], model[place:]


def train(
    model: nn.Module,
    x: Float[np.ndarray, "N ..."],
    y: Int[np.ndarray, " N"],
    groups: Sequence[dict[str, Any]],
    *,
    steps: int,
    batch_size: int,
    seed: int,
    momentum: float = 0.9,
    weight_decay: float = 5e-4,
) -> list[float]:
    """Train by stochastic gradient descent, for a number of steps. What is in no group stays as it is.

    Each group's rate rises to its value during the first tenth of the steps, and is a tenth of it in the last
    quarter.

    Parameters
    ----------
    model
        Changed in place.
    x, y
        What the model takes, images or features, float32, and the classes.
    groups
        As torch's optimisers take them: `{"params": parameters, "lr": rate}` for each.
    steps
        How many batches; the images are gone through in a new order as often as it takes.
    batch_size
        Images in one step; fewer where there are fewer.
    seed
        Fixes the order of the images.
    momentum, weight_decay
        As in `torch.optim.SGD`.

    Returns
    -------
    list of float
        The loss of each batch.
    """
    optimizer = torch.optim.SGD(groups, momentum=momentum, weight_decay=weight_decay)
    rates = [group["lr"] for group in optimizer.param_groups]
    images, labels = torch.as_tensor(x), torch.as_tensor(y).long()
    rng = np.random.default_rng(seed)
    losses: list[float] = []
    model.train()
    order: list[np.ndarray] = []
    for step in range(steps):
        order = order or list(batches(len(images), batch_size, rng))
        part = torch.as_tensor(order.pop(0))
        share = min(1.0, 10 * (step + 1) / steps) * (1.0 if step < 0.75 * steps else 0.1)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * share
        loss = nn.functional.cross_entropy(model(images[part]), labels[part])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    return losses


@torch.no_grad()
def outputs(
    part: nn.Module, x: Float[np.ndarray, "N ..."], batch_size: int = 256
) -> Float[np.ndarray, "N ..."]:
    """Return what a network or a part of one makes of images or features, in testing mode."""
    part.eval()
    return np.concatenate([part(batch).numpy() for batch in torch.split(torch.as_tensor(x), batch_size)])


def draw(y: Int[np.ndarray, " N"], per_class: int, seed: int) -> Int[np.ndarray, " M"]:
    """Return the places of `per_class` images of each class, drawn at random.

    For one seed, the images of a smaller number are among those of a larger one.

    Raises
    ------
    ValueError
        If a class has fewer images.
    """
    fewest = int(np.bincount(y).min())
    if not 1 <= per_class <= fewest:
        raise ValueError(f"per_class must be 1 to {fewest}, the images of each class, got {per_class}")
    order = np.random.default_rng(seed).permutation(len(y))
    return np.concatenate([order[y[order] == label][:per_class] for label in range(int(y.max()) + 1)])
