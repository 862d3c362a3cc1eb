"""Seven networks that differ in their seed alone, and what they say together.

Krizhevsky et al. 2012, sec. 6.1 and table 2, average the predictions of five networks (top-5 validation
error 18.2 % to 16.4 %), and of seven of which two were pretrained on more images (15.4 %). Here all seven
learn from the same images.
"""

from collections.abc import Mapping
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np

from coursekit import data
from coursekit.experiments.kept import kept, path_of
from coursekit.experiments.small_alexnet import build, outputs, train
from coursekit.experiments.study import Settings, Study
from coursekit.metrics import ensemble_average, ensemble_vote
from coursekit.training import accuracy

NETWORKS = 7
SINGLE, AVERAGE, VOTE = "one network, mean", "average of probabilities", "vote"
SETTINGS = {"data": "cifar10_small", "steps": 400, "batch_size": 64, "lr": 0.02}
NAME = "ensemble"


def members(
    networks: int = NETWORKS, repeats: tuple[int, ...] = (0, 1, 2), settings: Settings = SETTINGS
) -> Study:
    """Return the study of the networks alone: the size is a network's number, the seed a repeat."""
    return Study(
        name="ensemble_networks",
        x="network",
        y="test error",
        arms=("error",),
        sizes=tuple(range(1, networks + 1)),
        seeds=repeats,
        settings=settings,
        measure=measure_member,
    )


def study(
    networks: int = NETWORKS, repeats: tuple[int, ...] = (0, 1, 2), settings: Settings = SETTINGS
) -> Study:
    """Return the study: test error against the number of networks; each repeat has networks of its own.

    Fewer than all networks can be chosen in several ways; the figure is the mean over all of them.
    """
    return Study(
        name=NAME,
        x="networks",
        y="test error",
        arms=(SINGLE, AVERAGE, VOTE),
        sizes=tuple(range(1, networks + 1)),
        seeds=repeats,
        settings={**settings, "networks": networks},
        measure=measure,
    )


def measure_member(settings: Settings, folder: Path, size: int, seed: int) -> Mapping[str, float]:
    """Return the error of network number `size` of a repeat; its probabilities are kept."""
    labels = _inputs(settings["data"]).y_test
    return {"error": 1 - accuracy(probabilities(settings, folder, size, seed), labels)}


def measure(settings: Settings, folder: Path, size: int, seed: int) -> Mapping[str, float]:
    """Return the mean error of a single network, and of all ensembles of `size` networks of a repeat."""
    labels = _inputs(settings["data"]).y_test
    single = {key: value for key, value in settings.items() if key != "networks"}
    numbers = range(1, settings["networks"] + 1)
    each = np.stack([probabilities(single, folder, number, seed) for number in numbers])
    chosen = [each[list(some)] for some in combinations(range(len(each)), size)]
    return {
        SINGLE: float(np.mean([1 - accuracy(one, labels) for one in each])),
        AVERAGE: float(np.mean([1 - accuracy(ensemble_average(some), labels) for some in chosen])),
        VOTE: float(np.mean([(ensemble_vote(some) != labels).mean() for some in chosen])),
    }


def probabilities(settings: Settings, folder: Path, number: int, repeat: int) -> np.ndarray:
    """Return what a network makes of the test images, float32 (N, classes); it is trained if nothing is kept.

    Its seed gives it parameters and an order of the images of its own.
    """
    inputs = _inputs(settings["data"])
    classes = int(inputs.y_train.max()) + 1
    seed = 100 * repeat + number
    size, rate = settings["batch_size"], settings["lr"]

    def compute() -> dict[str, np.ndarray]:
        model = build(classes, seed, inputs.x_train.shape[1:])
        groups = [{"params": model.parameters(), "lr": rate}]
        x, y, steps = inputs.x_train, inputs.y_train, settings["steps"]
        train(model, x, y, groups, steps=steps, batch_size=size, seed=seed)
        scores = outputs(model, inputs.x_test).astype(np.float64)
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return {"probabilities": (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)}

    path = path_of(folder, f"{NAME}-{repeat}-{number}", {**settings, "seed": seed})
    shapes = {"probabilities": (len(inputs.x_test), classes)}
    return kept(path, shapes, compute)["probabilities"]


@cache
def _inputs(name: str) -> data.Inputs:
    return data.load(name).inputs()
