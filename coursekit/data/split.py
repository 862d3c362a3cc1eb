"""What a data set looks like once it is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, UInt8


class Inputs(NamedTuple):
    """A data set as a network takes it: float32 images (N, C, H, W), int64 classes (N,)."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


@dataclass(frozen=True)
class Split:
    """Training and test images with their classes.

    Attributes
    ----------
    x_train, x_test
        uint8 (N, H, W, C), 0 to 255.
    y_train, y_test
        uint8 (N,), the index of the right class.
    classes
        The classes' names.
    card
        Where the data come from, their licence, how they were made, and the files' SHA-256.
    """

    x_train: UInt8[np.ndarray, "N H W C"]
    y_train: UInt8[np.ndarray, " N"]
    x_test: UInt8[np.ndarray, "T H W C"]
    y_test: UInt8[np.ndarray, " T"]
    classes: tuple[str, ...]
    card: Mapping[str, Any] = field(repr=False)

    def inputs(self) -> Inputs:
        """Return the images as a network takes them: mean 0 and standard deviation 1 in every channel.

        Mean and deviation are those of the training images, for the test images too: a test image must
        not have a say in how it is seen.
        """
        scaled = [scale(self.x_train), scale(self.x_test)]
        mean = scaled[0].mean(axis=(0, 2, 3), keepdims=True, dtype=np.float64)
        std = scaled[0].std(axis=(0, 2, 3), keepdims=True, dtype=np.float64)
        x_train, x_test = (((x - mean) / std).astype(np.float32) for x in scaled)
        return Inputs(x_train, self.y_train.astype(np.int64), x_test, self.y_test.astype(np.int64))


def scale(images: UInt8[np.ndarray, "N H W C"]) -> Float[np.ndarray, "N C H W"]:
    """Return images as float32 from 0 to 1, channels first."""
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2), dtype=np.float32) / 255
