"""What AlexNet's parts are worth on few photographs: a small network with and without each of them.

Krizhevsky et al. 2012 report what each part gains on ImageNet: local response normalisation 1.4 and 1.2
points of top-1 and top-5 error (sec. 3.3), overlapping pooling 0.4 and 0.3 (sec. 3.4); without dropout their
network "exhibits substantial overfitting" (sec. 4.2). Here every part is added to, or taken from, the same
small network, trained with the paper's batch size, learning rate, momentum and weight decay (sec. 5).
Normalisation comes after pooling, as the slides have it, since that is quicker.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import torch

from coursekit import data
from coursekit.experiments.small_alexnet import draw, start
from coursekit.experiments.study import Settings, Study
from coursekit.networks import (
    Conv2d,
    Dropout,
    Flatten,
    Layer,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    Network,
    ReLU,
    Sequential,
    measure,
)
from coursekit.torch_nn import fit, predict
from coursekit.training import Recipe, accuracy

NAME = "alexnet_parts"
RECIPE = Recipe(epochs=28, batch_size=128, lr=0.01, cuts=(22,), momentum=0.9, weight_decay=5e-4)
SETTINGS = {"data": "cifar10_small", "epochs": RECIPE.epochs, "cut": RECIPE.cuts[0]}

PLAIN, LRN, STRONG_LRN = "plain", "LRN", "LRN, alpha 0.4"
SMALL_WINDOWS, DROPOUT = "pooling 2x2", "dropout"
PARTS: dict[str, dict[str, Any]] = {
    PLAIN: {},
    SMALL_WINDOWS: {"window": 2},
    LRN: {"alpha": 1e-4},
    STRONG_LRN: {"alpha": 0.4},  # what 1e-4 amounts to where pixels have a deviation of 63, not of 1
    DROPOUT: {"p": 0.5},
}
"""What is changed in each arm; the plain network pools overlapping windows."""


def describe(
    input_shape: tuple[int, int, int] = (3, 32, 32),
    window: int = 3,
    alpha: float | None = None,
    p: float | None = None,
) -> Network:
    """Return the network: two convolutions, each pooled, and three fully connected layers.

    Parameters
    ----------
    input_shape
        Channels, height and width of the images.
    window
        What pooling looks at: 3 pixels overlap at the stride of 2, and 2 do not. Both halve the side.
    alpha
        That of local response normalisation behind each convolution, as the paper prints it; None for none.
    p
        The part of the units that dropout leaves out in the first two fully connected layers; None for none.
    """

    def block(number: int, convolution: Conv2d) -> dict[str, Layer]:
        norm = {} if alpha is None else {f"norm{number}": LocalResponseNorm(5, alpha, beta=0.75, k=2.0)}
        pool = MaxPool2d(kernel_size=window, stride=2, padding=(window - 1) // 2)
        return {f"conv{number}": convolution, f"relu{number}": ReLU(), f"pool{number}": pool, **norm}

    def hidden(number: int, features: int) -> dict[str, Layer]:
        drop = {} if p is None else {f"drop{number}": Dropout(p)}
        return {f"fc{number}": Linear(features, 256), f"relu{number}": ReLU(), **drop}

    convolutions = Sequential(
        **block(1, Conv2d(input_shape[0], 16, kernel_size=5, stride=2, padding=2)),
        **block(2, Conv2d(16, 32, kernel_size=3, padding=1)),
        flatten=Flatten(),
    )
    (width,) = measure.output_shape(convolutions, input_shape)
    body = Sequential(**convolutions.children, **hidden(3, width), **hidden(4, 256), fc5=Linear(256, 10))
    return Network("alexnet_parts", input_shape, body, "after Krizhevsky et al. 2012, scaled down")


def study(seeds: tuple[int, ...] = (0, 1, 2, 3, 4), settings: Settings = SETTINGS) -> Study:
    """Return the study: test error of the network with each part, for parameters drawn from each seed."""
    return Study(
        name=NAME,
        x="photographs a class",
        y="test error",
        arms=tuple(PARTS),
        sizes=(200,),
        seeds=seeds,
        settings=settings,
        measure=measure_parts,
    )


def measure_parts(settings: Settings, folder: Path, size: int, seed: int) -> Mapping[str, float]:
    """Return the test error of every arm; all start from the same random parameters."""
    inputs = _inputs(settings["data"])
    chosen = draw(inputs.y_train, size, seed)
    x, y = inputs.x_train[chosen], inputs.y_train[chosen]
    recipe = replace(RECIPE, epochs=settings["epochs"], cuts=(settings["cut"],))
    errors = {}
    for arm, changes in PARTS.items():
        model = start(describe(x.shape[1:], **changes), seed).to(memory_format=torch.channels_last)
        with torch.random.fork_rng(devices=[]):  # dropout draws from PyTorch's own generator
            torch.manual_seed(seed)
            fit(model, x, y, recipe, seed, progress=False)
        errors[arm] = 1 - accuracy(predict(model, inputs.x_test), inputs.y_test)
    return errors


@cache
def _inputs(name: str) -> data.Inputs:
    return data.load(name).inputs()
