"""Fashion-MNIST: 28x28 grey images of ten kinds of clothing (Xiao, Rasul & Vollgraf 2017).

The full set has 60,000 training and 10,000 test images. A balanced subset of it ships with the package,
in files of the same names and format.
"""

from pathlib import Path

from coursekit.data.card import read_card, verify
from coursekit.data.idx import DataError
from coursekit.data.mnist_files import read_split
from coursekit.data.split import Split

CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
EMBEDDED = Path(__file__).parent / "embedded" / "fashion_mnist_small"


def load_small() -> Split:
    """Return the embedded subset: 10,000 training and 2,000 test images, as many of each class.

    Raises
    ------
    DataError
        If a file is missing or does not have the SHA-256 that the card gives.
    """
    verify(EMBEDDED)
    return read_split(EMBEDDED, CLASSES, read_card(EMBEDDED))


def load_full(folder: Path | None = None, download: bool = False) -> Split:
    """Return the full set.

    Parameters
    ----------
    folder
        Where the four files `train-images-idx3-ubyte.gz` ... lie, compressed or not.
    download
        Let torchvision fetch them into `folder` first (default: the user's cache folder).

    Raises
    ------
    DataError
        If a file is missing or harmed, or could not be fetched.
    """
    if download:
        from torchvision.datasets import FashionMNIST

        root = Path.home() / ".cache" / "coursekit" if folder is None else folder
        try:
            FashionMNIST(root, download=True)
        except (RuntimeError, OSError) as error:
            raise DataError(
                f"Fashion-MNIST could not be downloaded: {error}. Name a folder instead."
            ) from None
        folder = root / "FashionMNIST" / "raw"
    if folder is None:
        raise DataError(
            "the full Fashion-MNIST does not ship with coursekit: name its folder, or download it"
        )
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder: name the one that holds Fashion-MNIST's four files")
    card = {"name": "fashion_mnist", "source": "Xiao, Rasul & Vollgraf 2017", "licence": "MIT"}
    split = read_split(folder, CLASSES, card)
    if (len(split.x_train), len(split.x_test)) != (60_000, 10_000):
        raise DataError(
            f"{folder} holds {len(split.x_train)} training and {len(split.x_test)} test images; "
            "the full set has 60,000 and 10,000"
        )
    return split
