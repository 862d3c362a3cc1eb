"""Make the embedded data: `python -m coursekit.data.make FOLDER_OF_FASHION_MNIST`."""

import sys
from pathlib import Path

import numpy as np

from coursekit.data.card import write_card
from coursekit.data.fashion_mnist import CLASSES, EMBEDDED, PARTS, load_full
from coursekit.data.idx import write_idx

SUBSET = {"train": 1000, "test": 200}  # images of each class


def fashion_mnist_small(folder: Path, target: Path = EMBEDDED) -> None:
    """Make the embedded subset out of the full set in `folder`: the first images of each class, in order."""
    full = load_full(folder)
    target.mkdir(parents=True, exist_ok=True)
    for part, prefix in PARTS.items():
        images, labels = getattr(full, f"x_{part}"), getattr(full, f"y_{part}")
        firsts = [np.flatnonzero(labels == c)[: SUBSET[part]] for c in range(len(CLASSES))]
        chosen = np.sort(np.concatenate(firsts))
        write_idx(target / f"{prefix}-images-idx3-ubyte.gz", images[chosen, :, :, 0])
        write_idx(target / f"{prefix}-labels-idx1-ubyte.gz", labels[chosen])
    write_card(
        target,
        name="fashion_mnist_small",
        content="Fashion-MNIST, the first 1,000 training and 200 test images of each class",
        source="Xiao, Rasul & Vollgraf 2017, arXiv:1708.07747; Debian package dataset-fashion-mnist",
        licence="MIT, Copyright (c) 2017 Zalando SE",
        made_by="python -m coursekit.data.make FOLDER_OF_FASHION_MNIST",
    )


if __name__ == "__main__":
    fashion_mnist_small(Path(sys.argv[1]))
