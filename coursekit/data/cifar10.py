"""CIFAR-10: 32x32 colour photographs of ten classes (Krizhevsky 2009).

The full set has 50,000 training and 10,000 test images. A balanced subset of it ships with the package, as
sheets of images without loss (WebP, which needs 0.6 of the bytes of a compressed IDX file) and IDX labels.
"""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from coursekit.data.card import read_card, verify
from coursekit.data.idx import DataError, read_idx
from coursekit.data.split import Split

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
EMBEDDED = Path(__file__).parent / "embedded" / "cifar10_small"
SIDE = 32
BATCHES = {"train": [f"data_batch_{i}.bin" for i in range(1, 6)], "test": ["test_batch.bin"]}
IN_A_BATCH = 10_000
SOURCE = "Krizhevsky 2009, Learning multiple layers of features from tiny images"


def load_small() -> Split:
    """Return the embedded subset: 2,000 training and 1,000 test images, as many of each class.

    Raises
    ------
    DataError
        If a file is missing or does not have the SHA-256 that the card gives.
    """
    verify(EMBEDDED)
    parts = [
        (read_sheet(EMBEDDED / f"{part}-images.webp"), read_idx(EMBEDDED / f"{part}-labels-idx1-ubyte.gz"))
        for part in BATCHES
    ]
    return Split(*parts[0], *parts[1], classes=CLASSES, card=read_card(EMBEDDED))


def load_full(folder: Path | None = None, download: bool = False) -> Split:
    """Return the full set.

    Parameters
    ----------
    folder
        Where the six files `data_batch_1.bin` ... `test_batch.bin` of CIFAR-10's binary version lie. The
        Python version is made of pickles, which can run any code when they are opened: it is not read.
    download
        Let torchvision fetch the set into `folder` (default: the user's cache folder), or use what it has
        fetched there. It opens a file only if its MD5 is that of the original.

    Raises
    ------
    DataError
        If a file is missing or harmed, or could not be fetched.
    """
    card = {"name": "cifar10", "source": SOURCE, "licence": "none stated by the authors"}
    if download:
        return _from_torchvision(Path.home() / ".cache" / "coursekit" if folder is None else folder, card)
    if folder is None:
        raise DataError("the full CIFAR-10 does not ship with coursekit: name its folder, or download it")
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: name the one that holds CIFAR-10's six .bin files")
    parts = [[_read_batch(folder / name) for name in names] for names in BATCHES.values()]
    (x_train, y_train), (x_test, y_test) = (map(np.concatenate, zip(*part, strict=True)) for part in parts)
    for part, labels in (("training", y_train), ("test", y_test)):
        counts = np.bincount(labels, minlength=len(CLASSES))
        if np.ptp(counts):
            raise DataError(
                f"{folder}: the {part} images a class are {counts.tolist()}, "
                f"expected {len(labels) // len(CLASSES)} of each. Get the files again."
            )
    return Split(x_train, y_train, x_test, y_test, classes=CLASSES, card=card)


def read_sheet(path: Path) -> UInt8[np.ndarray, "N 32 32 3"]:
    """Return the images on a sheet: from left to right, then from top to bottom.

    Raises
    ------
    DataError
        If the file is missing, is not a colour image, or its sides are not multiples of 32.
    """
    try:
        with Image.open(path) as image:
            mode, (width, height) = image.mode, image.size
            sheet = np.asarray(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} could not be read as an image: {error}. Get it again.") from None
    if mode != "RGB" or width % SIDE or height % SIDE:
        raise DataError(
            f"{path} is no sheet of {SIDE}x{SIDE} colour images: "
            f"its mode is {mode}, its size {width}x{height}"
        )
    tiles = sheet.reshape(height // SIDE, SIDE, width // SIDE, SIDE, 3).swapaxes(1, 2)
    return np.ascontiguousarray(tiles).reshape(-1, SIDE, SIDE, 3)


def write_sheet(path: Path, images: UInt8[np.ndarray, "N 32 32 3"], columns: int = 40) -> None:
    """Write `images` as a sheet, without loss. Their number must be a multiple of `columns`."""
    tiles = images.reshape(-1, columns, SIDE, SIDE, 3).swapaxes(1, 2)
    Image.fromarray(tiles.reshape(-1, columns * SIDE, 3)).save(
        path, "WEBP", lossless=True, quality=100, method=4
    )


def _read_batch(path: Path) -> tuple[UInt8[np.ndarray, "N 32 32 3"], UInt8[np.ndarray, " N"]]:
    """Return the images and labels of a .bin file: rows of a label and a red, a green and a blue plane."""
    if not path.is_file():
        hint = "; the Python version lies there, get the binary one" if path.with_suffix("").is_file() else ""
        raise DataError(f"{path} is missing{hint}")
    try:
        raw = np.fromfile(path, np.uint8)
    except OSError as error:
        raise DataError(f"{path} could not be read: {error}. Get it again.") from None
    row = 1 + 3 * SIDE * SIDE
    if raw.size != IN_A_BATCH * row:
        raise DataError(f"{path} has {raw.size} bytes, expected {IN_A_BATCH * row}. Get it again.")
    rows = raw.reshape(IN_A_BATCH, row)
    if rows[:, 0].max() >= len(CLASSES):
        raise DataError(f"{path} has the label {rows[:, 0].max()}, expected 0 to 9. Get it again.")
    return rows[:, 1:].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1), rows[:, 0]


def _from_torchvision(root: Path, card: dict[str, str]) -> Split:
    from torchvision.datasets import CIFAR10

    try:
        parts = [CIFAR10(root, train=train, download=True) for train in (True, False)]
    except (RuntimeError, OSError) as error:
        raise DataError(f"CIFAR-10 could not be downloaded: {error}. Name a folder instead.") from None
    (x_train, y_train), (x_test, y_test) = ((p.data, np.array(p.targets, np.uint8)) for p in parts)
    return Split(x_train, y_train, x_test, y_test, classes=CLASSES, card=card)
