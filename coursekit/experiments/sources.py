"""Source tasks: the small network trained on letters or clothes, once, and kept."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from coursekit import data
from coursekit.data import letters
from coursekit.experiments.kept import Arrays, kept, path_of
from coursekit.experiments.small_alexnet import build, describe, draw, train
from coursekit.torch_nn import to_arrays
from coursekit.training import state_shapes

LETTERS = {"data": "letters", "per_class": 100, "steps": 1500, "batch_size": 64, "lr": 0.02, "seed": 0}
"""110 printed letters, 100 drawings of each."""

CLOTHES = LETTERS | {"data": "fashion_mnist_small", "per_class": 1000}
"""Fashion-MNIST: ten kinds of clothes, 1,000 photographs of each; about as many images as of letters."""


def pretrained(source: Mapping[str, Any], folder: Path) -> Arrays:
    """Return the state of the small network trained on a source task, from the folder if it is kept there.

    Parameters
    ----------
    source
        The task and how it is learnt, as `LETTERS`.
    folder
        Where the state is kept. A harmed file is made anew.
    """
    network = describe(classes(source))
    named = {**source, "network": repr(network.body)}
    return kept(path_of(folder, source["data"], named), state_shapes(network), lambda: _train(source))


def classes(source: Mapping[str, Any]) -> int:
    """Return how many classes a source task has."""
    return len(letters.CLASSES) if source["data"] == "letters" else 10


def images(source: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return the training images of a source task, float32 (N, 1, 28, 28), and their classes, int64 (N,)."""
    if source["data"] == "letters":
        x, y = letters.render(source["per_class"], source["seed"])
        split = data.Split(x, y, x[:1], y[:1], letters.CLASSES, {})
        return split.inputs().x_train, split.inputs().y_train
    inputs = data.load(source["data"]).inputs()
    chosen = draw(inputs.y_train, source["per_class"], source["seed"])
    return inputs.x_train[chosen], inputs.y_train[chosen]


@cache
def digits() -> data.Inputs:
    """Return the target task: handwritten digits, 2,000 images to draw from and 2,000 to test on.

    They are scaled by the mean and deviation of the 2,000 images, also where few of them are drawn.
    """
    return data.load("digits_small").inputs()


def _train(source: Mapping[str, Any]) -> Arrays:
    x, y = images(source)
    model = build(classes(source), source["seed"])
    train(
        model,
        x,
        y,
        [{"params": model.parameters(), "lr": source["lr"]}],
        steps=source["steps"],
        batch_size=source["batch_size"],
        seed=source["seed"],
    )
    return to_arrays(model)
