"""What AlexNet's data augmentation is worth on few photographs (Krizhevsky et al. 2012, sec. 4.1).

The paper reports that the colour shift lowers the top-1 error by more than 1 point, and, on the images of
2010, that ten views of a test image bring the errors from 39.0 and 18.3 % to 37.5 and 17.0 % (sec. 6). It has
no figure for crops and mirror images: without them the network overfits too much to be as large.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.transforms.v2 import CenterCrop, Compose

from coursekit import data
from coursekit.data.augment import ColourShift, RandomCrop, RandomHorizontalFlip, ten_crop_probabilities
from coursekit.data.loader import loader
from coursekit.experiments.alexnet_parts import RECIPE, describe
from coursekit.experiments.small_alexnet import draw, start
from coursekit.experiments.study import Settings, Study
from coursekit.training import Recipe, accuracy

NAME = "augmentation"
SIDE = 28  # of the crops, out of 32 pixels
SETTINGS = {"data": "cifar10_small", "epochs": RECIPE.epochs, "cut": RECIPE.cuts[0], "side": SIDE}

NONE, COLOUR, FLIPS, CROPS, BOTH, ALL = "none", "colour", "flips", "crops", "crops and flips", "all three"
ARMS = {NONE: "", COLOUR: "colour", FLIPS: "flip", CROPS: "crop", BOTH: "crop flip", ALL: "crop flip colour"}
"""What is done to a training image. Where it is not cut at random, its middle is taken."""

TEN = ", ten views"
LOOKED_AT_TEN_TIMES = (NONE, BOTH)


def study(seeds: tuple[int, ...] = (0, 1, 2, 3, 4), settings: Settings = SETTINGS) -> Study:
    """Return the study: test error on the middle of each image, and for some arms on ten views of it."""
    return Study(
        name=NAME,
        x="photographs a class",
        y="test error",
        arms=(*ARMS, *(arm + TEN for arm in LOOKED_AT_TEN_TIMES)),
        sizes=(200,),
        seeds=seeds,
        settings=settings,
        measure=measure,
    )


def measure(settings: Settings, folder: Path, size: int, seed: int) -> Mapping[str, float]:
    """Return the test error of every arm; all start from the same random parameters, and train as long."""
    split = _split(settings["data"])
    chosen = draw(split.y_train, size, seed)
    x, y, side = split.x_train[chosen], split.y_train[chosen], settings["side"]
    recipe = replace(RECIPE, epochs=settings["epochs"], cuts=(settings["cut"],))
    normalise = Normalise(
        Tensor(split.x_train.mean(axis=(0, 1, 2))), Tensor(split.x_train.std(axis=(0, 1, 2)))
    )
    test = normalise(torch.tensor(split.x_test.transpose(0, 3, 1, 2)))
    labels, errors = split.y_test.astype(np.int64), {}
    for arm, words in ARMS.items():
        transforms = [*_transforms(words, split, side, seed), normalise]
        model = start(describe((3, side, side)), seed).to(memory_format=torch.channels_last)
        train(model, loader(x, y, recipe.batch_size, Compose(transforms), seed, workers=0), recipe)
        with torch.no_grad():
            scores = model.eval()(CenterCrop(side)(test)).numpy()
        errors[arm] = 1 - accuracy(scores, labels)
        if arm in LOOKED_AT_TEN_TIMES:
            errors[arm + TEN] = 1 - accuracy(ten_crop_probabilities(model, test, side).numpy(), labels)
    return errors


class Normalise(nn.Module):
    """Scale uint8 images so that each channel has mean 0 and deviation 1 over the training set."""

    def __init__(self, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.mean, self.std = mean[:, None, None], std[:, None, None]

    def forward(self, images: Tensor) -> Tensor:
        """Return float32 images of the same shape, (N, C, H, W)."""
        return (images - self.mean) / self.std


def train(model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], recipe: Recipe) -> None:
    """Train on batches that are made anew in each epoch; going through them once is one epoch."""
    optimizer = torch.optim.SGD(
        model.parameters(), lr=recipe.lr, momentum=recipe.momentum, weight_decay=recipe.weight_decay
    )
    model.train()
    for epoch in range(recipe.epochs):
        optimizer.param_groups[0]["lr"] = recipe.lr_in(epoch)
        for images, labels in batches:
            loss = nn.functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()


def _transforms(words: str, split: data.Split, side: int, seed: int) -> list[nn.Module]:
    """Return what is done to uint8 training images, in this order: colour, crop, flip."""
    done = [ColourShift(split.x_train, seed=seed)] if "colour" in words else []
    cut = RandomCrop(side, seed=seed) if "crop" in words else CenterCrop(side)
    return [*done, cut, *([RandomHorizontalFlip(seed=seed)] if "flip" in words else [])]


@cache
def _split(name: str) -> data.Split:
    return data.load(name)
