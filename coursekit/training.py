"""Training, as far as it is the same in NumPy and PyTorch: the recipe, the order of the batches, the loop."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import prod

import numpy as np
from jaxtyping import Float, Int
from tqdm.auto import tqdm

from coursekit.networks import (
    RBF,
    BatchNorm2d,
    Layer,
    Network,
    Subsampling,
    TableConv2d,
    measure,
    pair,
    walk,
)


@dataclass(frozen=True)
class Recipe:
    """How a network is trained by stochastic gradient descent.

    Attributes
    ----------
    epochs
        How often every training image is seen.
    batch_size
        Images in one step. The last batch of an epoch may be smaller.
    lr
        The learning rate.
    cuts
        The epochs after which the learning rate is divided by 10.
    momentum
        What part of the last step is kept in the next one.
    weight_decay
        What part of every parameter is added to its gradient (an L2 penalty of half that factor).
    """

    epochs: int
    batch_size: int
    lr: float
    cuts: tuple[int, ...] = ()
    momentum: float = 0.0
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        for name in ("epochs", "momentum", "weight_decay"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")
        for name in ("batch_size", "lr"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")

    def lr_in(self, epoch: int) -> float:
        """Return the learning rate of an epoch, counted from 0."""
        return self.lr * 0.1 ** len([cut for cut in self.cuts if epoch >= cut])


# What trains LeNet-5 on the embedded Fashion-MNIST to a test accuracy of 0.87 in chapter 5.
LENET5 = Recipe(epochs=8, batch_size=64, lr=0.05, cuts=(6,), momentum=0.9, weight_decay=5e-4)


@dataclass
class History:
    """What a training run went through.

    Attributes
    ----------
    losses
        The mean loss of each batch, one for each step.
    test_accuracies
        The share of right answers on the test images, one for each epoch; empty without test images.
    """

    losses: list[float] = field(default_factory=list)
    test_accuracies: list[float] = field(default_factory=list)


def state_shapes(network: Network) -> dict[str, tuple[int, ...]]:
    """Return the shape of every parameter and buffer, in the order of PyTorch's state dict."""
    return {
        f"{name}.{array}": shape
        for name, layer in walk(network.body)
        for array, shape in (measure.parameter_shapes(layer) | measure.buffer_shapes(layer)).items()
    }


def initial_state(network: Network, seed: int = 0) -> dict[str, Float[np.ndarray, "..."]]:
    """Draw the parameters with which training starts, float32, the same for every backend.

    Every weight and bias is uniform in +-1/sqrt(fan-in), where the fan-in of a unit is the number of
    inputs that it adds up. It is what PyTorch's layers do by default; LeCun et al. 1998, appendix A,
    draw from +-2.4/fan-in for the same reason: tanh units start where their slope is large. Batch norm
    starts as the identity.
    """
    rng = np.random.default_rng(seed)
    state: dict[str, np.ndarray] = {}
    for name, layer in walk(network.body):
        arrays: dict[str, np.ndarray]
        if isinstance(layer, BatchNorm2d):
            zeros, ones = np.zeros(layer.num_features), np.ones(layer.num_features)
            arrays = {"weight": ones, "bias": zeros, "running_mean": zeros, "running_var": ones}
        elif isinstance(layer, RBF):
            arrays = {"codes": np.array(layer.codes)}
        else:
            bound = _fan_in(layer) ** -0.5
            shapes = measure.parameter_shapes(layer)
            arrays = {array: rng.uniform(-bound, bound, shape) for array, shape in shapes.items()}
        state |= {f"{name}.{array}": value.astype(np.float32) for array, value in arrays.items()}
    return state


def _fan_in(layer: Layer) -> float:
    """Return how many inputs a unit of the layer adds up; for a connection table, the mean over its maps."""
    if isinstance(layer, Subsampling):
        return float(prod(pair(layer.kernel_size)))
    weight = measure.parameter_shapes(layer).get("weight", (1, 1))
    if isinstance(layer, TableConv2d):
        return prod(weight) / len(layer.connections)
    return float(prod(weight[1:]))


def batches(n: int, batch_size: int, rng: np.random.Generator) -> Iterator[Int[np.ndarray, " B"]]:
    """Yield the indices 0 to n - 1 in random order, `batch_size` at a time."""
    order = rng.permutation(n)
    for start in range(0, n, batch_size):
        yield order[start : start + batch_size]


def run(
    step: Callable[[Int[np.ndarray, " B"], float], float],
    n: int,
    recipe: Recipe,
    seed: int = 0,
    test: Callable[[], float] | None = None,
    progress: bool = True,
) -> History:
    """Train: call `step` on every batch of every epoch.

    Parameters
    ----------
    step
        Takes the indices of a batch and the learning rate, changes the network, returns the loss before.
    n
        The number of training images.
    recipe
        Its epochs, batch size and learning rates are used here; the rest is in `step`.
    seed
        Fixes the order of the images.
    test
        Called after each epoch; returns the accuracy on the test images.
    progress
        Whether to show a progress bar on stderr.
    """
    rng = np.random.default_rng(seed)
    history = History()
    steps = recipe.epochs * -(-n // recipe.batch_size)
    with tqdm(total=steps, unit="step", disable=not progress) as bar:
        for epoch in range(recipe.epochs):
            for indices in batches(n, recipe.batch_size, rng):
                history.losses.append(step(indices, recipe.lr_in(epoch)))
                bar.update()
            if test is not None:
                history.test_accuracies.append(test())
                bar.set_postfix(epoch=epoch + 1, test_accuracy=f"{history.test_accuracies[-1]:.3f}")
    return history


def accuracy(scores: Float[np.ndarray, "N K"], labels: Int[np.ndarray, " N"]) -> float:
    """Return the share of rows whose largest score is at the label."""
    return float((scores.argmax(axis=1) == labels).mean())
