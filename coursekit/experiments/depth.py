"""Degradation: deeper plain networks do worse on the very images that they learn from; residual ones do not.

He, Zhang, Ren & Sun 2016, sec. 4.2, scaled down: networks of 2n + 2 layers on small images, plain or with
shortcuts. What differs: all blocks have the same maps, so no shortcut needs a projection and both kinds have
the same parameters; the images are clothes, and few of them.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from torch import nn

from coursekit import data
from coursekit.experiments.study import Settings, Study
from coursekit.networks import (
    Add,
    BatchNorm2d,
    Conv2d,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    Linear,
    Network,
    ReLU,
    Sequential,
)
from coursekit.torch_nn import fit, load_arrays, module, predict
from coursekit.training import Recipe, accuracy, initial_state

PLAIN, RESIDUAL = "plain", "residual"
WIDTH = 8
"""How many maps every block makes."""

RECIPE = Recipe(epochs=6, batch_size=50, lr=0.05, cuts=(5,), momentum=0.9, weight_decay=1e-4)
"""Momentum and weight decay are those of the paper's sec. 4.2."""


def study(layers: tuple[int, ...] = (8, 20, 32, 44), seeds: tuple[int, ...] = (0, 1, 2)) -> Study:
    """Return the study: training error against the number of layers, of plain and of residual networks.

    The seed draws the first weights, the same in both arms, and the order of the images.
    """
    return Study(
        name="depth",
        x="layers",
        y="training error",
        arms=(PLAIN, RESIDUAL),
        sizes=layers,
        seeds=seeds,
        settings={
            "data": "fashion_mnist_small",
            "images": 2000,
            "width": WIDTH,
            "recipe": vars(RECIPE) | {"cuts": list(RECIPE.cuts)},
        },
        measure=measure,
    )


def measure(settings: Settings, folder: Path, size: int, seed: int) -> Mapping[str, float]:
    """Return each kind's error on its training images after training, with batch norms in testing mode."""
    x, y = _images(settings["data"], settings["images"])
    recipe = Recipe(**settings["recipe"] | {"cuts": tuple(settings["recipe"]["cuts"])})
    errors = {}
    for kind in (PLAIN, RESIDUAL):
        model = build(describe(size, kind == RESIDUAL, settings["width"]), seed)
        fit(model, x, y, recipe, seed=seed, progress=False)
        errors[kind] = 1 - accuracy(predict(model, x), y)
    return errors


def describe(layers: int, residual: bool, width: int = WIDTH) -> Network:
    """Return the network of so many layers with weights: a convolution, blocks of two, a linear layer.

    Parameters
    ----------
    layers
        An even number, at least 4.
    residual
        Whether each block adds what came in.
    width
        How many maps every block makes, 14x14 of images of 28x28.

    Raises
    ------
    ValueError
        If there is no such number of layers.
    """
    if layers < 4 or layers % 2:
        raise ValueError(f"layers must be even and at least 4: two for each block and two more; got {layers}")
    return Network(
        name=f"{RESIDUAL if residual else PLAIN}{layers}",
        input_shape=(1, 28, 28),
        body=Sequential(
            conv1=Conv2d(1, width, kernel_size=3, stride=2, padding=1, bias=False),
            bn1=BatchNorm2d(width),
            relu1=ReLU(),
            **{f"block{i}": _block(residual, width) for i in range(1, layers // 2)},
            pool=GlobalAvgPool2d(),
            flatten=Flatten(),
            fc=Linear(width, 10),
        ),
        source="after He et al. 2016, sec. 4.2, scaled down",
    )


def _block(residual: bool, width: int) -> Sequential:
    layers: dict[str, Layer] = {
        "conv1": Conv2d(width, width, kernel_size=3, padding=1, bias=False),
        "bn1": BatchNorm2d(width),
        "relu1": ReLU(),
        "conv2": Conv2d(width, width, kernel_size=3, padding=1, bias=False),
        "bn2": BatchNorm2d(width),
    }
    if not residual:
        return Sequential(**layers, relu2=ReLU())
    return Sequential(add=Add(residual=Sequential(**layers), shortcut=Sequential()), relu=ReLU())


def first_state(network: Network, seed: int) -> dict[str, np.ndarray]:
    """Draw first weights: those of convolutions with the variance 2 / fan-in (He et al. 2015, eq. 10)."""
    state = initial_state(network, seed)
    for name in state:  # uniform in +-1/sqrt(fan-in) has the variance 1 / (3 fan-in)
        if state[name].ndim == 4:
            state[name] *= 6**0.5
    return state


def build(network: Network, seed: int) -> nn.Module:
    """Return the described network with first weights, on the CPU."""
    built = module(network.body)
    load_arrays(built, first_state(network, seed))
    return built


@cache
def _images(name: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first training images and their classes."""
    x, y, _, _ = data.load(name).inputs()
    return x[:count], y[:count]
