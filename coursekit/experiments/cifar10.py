"""What the experiments with CIFAR-10 share: which images, and what EfficientNet-Lite0 makes of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from coursekit import networks
from coursekit.data import DataError, Split, load
from coursekit.experiments.kept import Arrays, kept, path_of
from coursekit.experiments.study import Settings
from coursekit.torch_nn import load_arrays
from coursekit.training import initial_state
from coursekit.transfer import images
from coursekit.transfer.images.network import ImageNetwork, Layers, batch_norms

NETWORK = "efficientnet_lite0"
SETS = ("cifar10_small", "cifar10")


def photographs(settings: Settings) -> Split:
    """Return the first `pool` training and the first `test` test images of each class.

    Raises
    ------
    DataError
        If there is no such set of colour images, its files are missing or harmed, or it has fewer images.
    """
    name, folder = settings["data"], settings["folder"]
    if name not in SETS:
        raise DataError(f"the experiment takes one of these sets: {', '.join(SETS)}; got {name!r}")
    split = load(name, folder)
    pool = _first(split.y_train, settings["pool"], f"{name}: training")
    test = _first(split.y_test, settings["test"], f"{name}: test")
    return replace(
        split,
        x_train=split.x_train[pool], y_train=split.y_train[pool],
        x_test=split.x_test[test], y_test=split.y_test[test],
    )  # fmt: skip


def network(settings: Settings, seed: int) -> ImageNetwork:
    """Return the trained network with a new head, its last blocks trainable, its batch norms held."""
    model = images.pretrained(NETWORK)
    images.replace_head(model, load(SETS[0]).classes, seed)
    images.unfreeze(model, settings["tuned"]["blocks"])
    images.hold_batch_norms(model)
    return model


def random_network(split: Split, size: int, seed: int = 0) -> ImageNetwork:
    """Return the network with random weights, and batch norms that fit them.

    Their statistics are those of 256 training images, so that every map has mean 0 and deviation 1: without
    that, an untrained network of fifty layers lets next to nothing through.
    """
    model = images.pretrained(NETWORK)
    load_arrays(model, initial_state(networks.get(NETWORK), seed))
    some = np.random.default_rng(seed).permutation(len(split.x_train))[:256]
    for layer in batch_norms(model):
        layer.momentum = 1.0
    model.train()
    with torch.no_grad():
        model.body(images.prepare(model, split.x_train[some], size))
    return model.eval()


def frozen_maps(settings: Settings, folder: Path, split: Split) -> Arrays:
    """Return what the frozen blocks make of all images: `train` and `test`, (N, C, H, W).

    It never changes while they are frozen, so it is computed once, and kept in `folder`.
    """
    model = network(settings, seed=0)
    front, _ = model.split(settings["tuned"]["blocks"])
    side = settings["side"]
    with torch.no_grad():
        one = tuple(front.eval()(images.prepare(model, split.x_test[:1], side)).shape[1:])
    shapes = {"train": (len(split.x_train), *one), "test": (len(split.x_test), *one)}
    return kept(
        path_of(folder, "photographs-frozen", _what(settings) | {"blocks": settings["tuned"]["blocks"]}),
        shapes,
        lambda: {
            "train": _maps(model, front, split.x_train, side),
            "test": _maps(model, front, split.x_test, side),
        },
    )


def random_features(settings: Settings, folder: Path, split: Split) -> Arrays:
    """Return the untrained network's features of all images: `train` and `test`, (N, 1280)."""
    side = settings["side"]
    *_, head = networks.get(NETWORK).body.children.values()
    assert isinstance(head, networks.Linear)

    def compute() -> Arrays:
        model = random_network(split, side)
        return {name: images.features(model, x, size=side) for name, x in parts.items()}

    parts = {"train": split.x_train, "test": split.x_test}
    shapes = {name: (len(x), head.in_features) for name, x in parts.items()}
    return kept(path_of(folder, "photographs-random", _what(settings)), shapes, compute)


def _maps(model: ImageNetwork, front: Layers, x: np.ndarray, side: int, batch_size: int = 64) -> np.ndarray:
    with torch.no_grad():
        starts = range(0, len(x), batch_size)
        parts = [front(images.prepare(model, x[s : s + batch_size], side)).numpy() for s in starts]
    return np.concatenate(parts)


def _what(settings: Settings) -> dict[str, object]:
    return {key: settings[key] for key in ("data", "folder", "pool", "test", "side")}


def _first(labels: np.ndarray, each: int, what: str) -> np.ndarray:
    """Return the places of the first `each` images of every class, class by class."""
    counts = np.bincount(labels, minlength=10)
    if not 1 <= each <= counts.min():
        raise DataError(f"{what} images a class are {counts.min()} at least, but {each} are asked for")
    return np.concatenate([np.flatnonzero(labels == label)[:each] for label in range(10)])
