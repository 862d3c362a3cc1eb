"""From printed letters to handwritten digits: the three steps of transfer learning, measured.

A small network learns to read 110 printed letters. Then it learns ten handwritten digits from few images:
with a new head on its frozen features, or as a whole, the body at a tenth of the head's rate (the recipe of
Donahue et al. 2014, *DeCAF*, and Girshick et al. 2014, sec. 2.3). Beside it the same network learns the
digits from scratch, and a head learns them on frozen features of random layers.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from coursekit.experiments.small_alexnet import LAYERS, build, copy_layers, draw, outputs, split_after, train
from coursekit.experiments.sources import LETTERS, digits, pretrained
from coursekit.experiments.study import Settings, Study
from coursekit.training import accuracy

SCRATCH, RANDOM, FROZEN, TUNED = "from scratch", "random features", "frozen features", "fine-tuned"
BODY = LAYERS[:-1]

TARGET = {"steps": 300, "batch_size": 20, "lr": 0.02, "body_scale": 0.1}
"""How the digits are learnt; `body_scale` is the rate of copied layers as a part of the head's."""


def study(sizes: tuple[int, ...] = (1, 5, 20, 50), seeds: tuple[int, ...] = tuple(range(10, 18))) -> Study:
    """Return the study: test accuracy on digits against labelled images a class.

    The network and the rates were chosen with the seeds 0 to 3, so these are left out.
    """
    return Study(
        name="letters",
        x="labelled images a class",
        y="test accuracy on digits",
        arms=(SCRATCH, RANDOM, FROZEN, TUNED),
        sizes=sizes,
        seeds=seeds,
        settings={"source": LETTERS, "target": TARGET},
        measure=measure,
        prepare=(prepare,),
    )


def prepare(settings: Settings, folder: Path) -> None:
    """Train the source network, if it is not kept."""
    pretrained(settings["source"], folder)


def measure(settings: Settings, folder: Path, size: int, seed: int) -> Mapping[str, float]:
    """Return each arm's accuracy after training on `size` digits of each class.

    The seed draws the digits, their order, the head (the same in all arms) and the random layers.
    """
    source, target = pretrained(settings["source"], folder), settings["target"]
    return {
        SCRATCH: whole(target, size, seed),
        RANDOM: frozen(target, size, seed),
        FROZEN: frozen(target, size, seed, source),
        TUNED: whole(target, size, seed, source),
    }


def whole(
    target: Settings,
    size: int,
    seed: int,
    source: dict[str, np.ndarray] | None = None,
    layers: tuple[str, ...] = BODY,
) -> float:
    """Train the whole network and return its accuracy; layers copied from a source at the lower rate."""
    model = build(10, seed)
    if source is not None:
        copy_layers(model, source, layers)
    copied = set() if source is None else set(layers)
    old = [p for name, p in model.named_parameters() if name.split(".")[0] in copied]
    new = [p for name, p in model.named_parameters() if name.split(".")[0] not in copied]
    groups = [
        {"params": params, "lr": rate}
        for params, rate in ((old, target["lr"] * target["body_scale"]), (new, target["lr"]))
        if params
    ]
    x, y, x_test, y_test = _drawn(size, seed)
    train(model, x, y, groups, steps=target["steps"], batch_size=target["batch_size"], seed=seed)
    return accuracy(outputs(model, x_test), y_test)


def frozen(
    target: Settings,
    size: int,
    seed: int,
    source: dict[str, np.ndarray] | None = None,
    layers: tuple[str, ...] = BODY,
) -> float:
    """Train what is behind the layers copied from a source, or behind random ones; return the accuracy.

    What frozen layers make of an image never changes, so it is computed once.
    """
    model = build(10, seed)
    if source is not None:
        copy_layers(model, source, layers)
    body, rest = split_after(model, layers[-1])
    x, y, x_test, y_test = _drawn(size, seed)
    groups = [{"params": rest.parameters(), "lr": target["lr"]}]
    seen = outputs(body, x)
    train(rest, seen, y, groups, steps=target["steps"], batch_size=target["batch_size"], seed=seed)
    return accuracy(outputs(rest, outputs(body, x_test)), y_test)


def _drawn(size: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the drawn training digits with their classes, and all test digits with theirs."""
    inputs = digits()
    chosen = draw(inputs.y_train, size, seed)
    return inputs.x_train[chosen], inputs.y_train[chosen], inputs.x_test, inputs.y_test
