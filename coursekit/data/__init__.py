"""Data sets: small ones that ship, full ones from a folder or through torchvision, and rendered letters.

>>> from coursekit import data
>>> data.load("fashion_mnist_small").x_train.shape
(10000, 28, 28, 1)
"""

from collections.abc import Callable
from pathlib import Path

from coursekit.data import cifar10, digits, fashion_mnist
from coursekit.data.card import verify
from coursekit.data.idx import DataError
from coursekit.data.split import Inputs, Split, scale

__all__ = ["DataError", "Inputs", "Split", "load", "names", "scale", "verify_embedded"]


def _letters() -> Split:
    from coursekit.data import letters  # here, since it imports PyTorch, which takes seconds

    return letters.load()


_EMBEDDED: dict[str, Callable[[], Split]] = {
    "fashion_mnist_small": fashion_mnist.load_small,
    "cifar10_small": cifar10.load_small,
    "digits_small": digits.load_small,
}
_RENDERED: dict[str, Callable[[], Split]] = {"letters": _letters}
_FULL: dict[str, Callable[..., Split]] = {
    "fashion_mnist": fashion_mnist.load_full,
    "cifar10": cifar10.load_full,
}
# What ships and is no `Split`, since it is no images.
_ELSEWHERE = {
    "wordnet_glosses": "texts: see coursekit.data.glosses.load() and corpus()",
    "glove_small": "word vectors: see coursekit.transfer.text.pretrained()",
    "efficientnet_lite0": "a trained network: see coursekit.transfer.images.pretrained()",
    "letter_net": "a trained network: see coursekit.transfer.letters.pretrained()",
}


def names() -> list[str]:
    """Return the names that `load` knows."""
    return [*_EMBEDDED, *_RENDERED, *_FULL]


def load(name: str, folder: str | Path | None = None, download: bool = False) -> Split:
    """Return the data set called `name`.

    Parameters
    ----------
    name
        One of `names()`. Those that end in `_small` ship with the package; `letters` is drawn anew.
    folder
        For a full set: the folder that holds its files.
    download
        For a full set: let torchvision fetch it.

    Raises
    ------
    DataError
        If there is no such data set, or its files are missing or harmed.
    """
    here = _EMBEDDED | _RENDERED
    if name in here:
        if folder is not None or download:
            raise DataError(f"{name} comes with coursekit: it takes no folder and needs no download")
        return here[name]()
    if name in _FULL:
        return _FULL[name](folder=None if folder is None else Path(folder), download=download)
    if name in _ELSEWHERE:
        raise DataError(f"{name} comes with coursekit, but is not images: it is {_ELSEWHERE[name]}")
    raise DataError(f"there is no data set {name!r}; there are: {', '.join(names())}")


def verify_embedded() -> None:
    """Raise `DataError` if a file that ships with the package is missing or harmed."""
    for folder in sorted((Path(__file__).parent / "embedded").iterdir()):
        verify(folder)
