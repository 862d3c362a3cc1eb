"""Data sets: small ones that ship with the package, full ones from a folder or through torchvision.

>>> from coursekit import data
>>> data.load("fashion_mnist_small").x_train.shape
(10000, 28, 28, 1)
"""

from collections.abc import Callable
from pathlib import Path

from coursekit.data import fashion_mnist
from coursekit.data.card import verify
from coursekit.data.idx import DataError
from coursekit.data.split import Inputs, Split, scale

__all__ = ["DataError", "Inputs", "Split", "load", "names", "scale", "verify_embedded"]

_EMBEDDED: dict[str, Callable[[], Split]] = {"fashion_mnist_small": fashion_mnist.load_small}
_FULL: dict[str, Callable[..., Split]] = {"fashion_mnist": fashion_mnist.load_full}


def names() -> list[str]:
    """Return the names that `load` knows."""
    return [*_EMBEDDED, *_FULL]


def load(name: str, folder: str | Path | None = None, download: bool = False) -> Split:
    """Return the data set called `name`.

    Parameters
    ----------
    name
        One of `names()`. Those that end in `_small` ship with the package.
    folder
        For a full set: the folder that holds its files.
    download
        For a full set: let torchvision fetch it.

    Raises
    ------
    DataError
        If there is no such data set, or its files are missing or harmed.
    """
    if name in _EMBEDDED:
        if folder is not None or download:
            raise DataError(f"{name} ships with coursekit: it takes no folder and needs no download")
        return _EMBEDDED[name]()
    if name in _FULL:
        return _FULL[name](folder=None if folder is None else Path(folder), download=download)
    raise DataError(f"there is no data set {name!r}; there are: {', '.join(names())}")


def verify_embedded() -> None:
    """Raise `DataError` if a file that ships with the package is missing or harmed."""
    for folder in sorted((Path(__file__).parent / "embedded").iterdir()):
        verify(folder)
