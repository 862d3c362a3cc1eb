"""Independent truths, and what tests of bad input need."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import jaxtyping
import numpy as np
from PIL import Image

from coursekit import data


def drawn(*shapes: tuple[int, ...], seed: int = 0) -> list[np.ndarray]:
    """Return standard normal float64 arrays of these shapes."""
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) for shape in shapes]


def central_difference(
    function: Callable[[], np.ndarray], array: np.ndarray, dout: np.ndarray, h: float = 1e-5
) -> np.ndarray:
    """Return the slope of sum(function() * dout) by every element of `array`, changed in place and back."""
    slope = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        before = array[index]
        array[index] = before + h
        above = np.sum(function() * dout)
        array[index] = before - h
        below = np.sum(function() * dout)
        array[index] = before
        slope[index] = (above - below) / (2 * h)
    return slope


@contextmanager
def own_messages() -> Iterator[None]:
    """Let the library's own messages through, which users see, in place of those of the annotations."""
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", False)


def write_photographs(folder: Path, train: int = 8, val: int = 4, classes: int = 3) -> Path:
    """Write some of CIFAR-10's photographs as ImageNet's lie, JPEG and PNG in turns; return the folder."""
    split = data.load("cifar10_small")
    parts = {"train": (split.x_train, split.y_train, train), "val": (split.x_test, split.y_test, val)}
    for part, (images, labels, count) in parts.items():
        for label in range(classes):
            below = folder / part / split.classes[label]
            below.mkdir(parents=True)
            for number, image in enumerate(images[labels == label][:count]):
                Image.fromarray(image).save(below / f"{number}.{'JPEG' if number % 2 else 'png'}")
    return folder
