"""Data sets laid out as MNIST's four files: images and labels of a training and a test set, in IDX format."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from coursekit.data.idx import DataError, read_idx, write_idx
from coursekit.data.split import Split

PARTS = {"train": "train", "test": "t10k"}


def read_split(folder: Path, classes: tuple[str, ...], card: Mapping[str, Any]) -> Split:
    """Return the 28x28 grey images and the labels in the four files of `folder`, compressed or not.

    Raises
    ------
    DataError
        If a file is missing or harmed, or the files do not fit together.
    """
    arrays = {}
    for part, prefix in PARTS.items():
        images = read_idx(_find(folder, f"{prefix}-images-idx3-ubyte"))
        labels = read_idx(_find(folder, f"{prefix}-labels-idx1-ubyte"))
        if images.shape != (len(labels), 28, 28) or labels.max(initial=0) >= len(classes):
            raise DataError(
                f"{folder}: the {part} images have shape {images.shape} and there are {len(labels)} labels "
                f"up to {labels.max(initial=0)}; expected (N, 28, 28), N labels, 0 to {len(classes) - 1}"
            )
        arrays[part] = images[..., None], labels
    return Split(*arrays["train"], *arrays["test"], classes=classes, card=card)


def write_part(
    folder: Path, part: str, images: UInt8[np.ndarray, "N 28 28 1"], labels: UInt8[np.ndarray, " N"]
) -> None:
    """Write the two files of a `part`, "train" or "test"."""
    write_idx(folder / f"{PARTS[part]}-images-idx3-ubyte.gz", images[..., 0])
    write_idx(folder / f"{PARTS[part]}-labels-idx1-ubyte.gz", labels)


def _find(folder: Path, name: str) -> Path:
    for path in (folder / f"{name}.gz", folder / name):
        if path.is_file():
            return path
    raise DataError(f"{folder} has neither {name}.gz nor {name}")
