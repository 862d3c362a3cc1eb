"""Networks as descriptions: what LeNet-5 *is*, and everything that can be counted without running it.

>>> from coursekit import networks
>>> networks.get("lenet5").parameter_count
61706
"""

from collections.abc import Callable

from coursekit.networks import measure
from coursekit.networks.layers import (
    AvgPool2d,
    Conv2d,
    Flatten,
    Layer,
    Linear,
    ReLU,
    Sequential,
    Size2d,
    Tanh,
    pair,
    walk,
)
from coursekit.networks.lenet import lenet5
from coursekit.networks.network import Network, Row

__all__ = [
    "AvgPool2d",
    "Conv2d",
    "Flatten",
    "Layer",
    "Linear",
    "Network",
    "ReLU",
    "Row",
    "Sequential",
    "Size2d",
    "Tanh",
    "get",
    "measure",
    "names",
    "pair",
    "walk",
]

_BUILDERS: dict[str, Callable[[], Network]] = {"lenet5": lenet5}


def names() -> list[str]:
    """Return the names that `get` knows."""
    return list(_BUILDERS)


def get(name: str) -> Network:
    """Return the network called `name`.

    Raises
    ------
    ValueError
        If there is no such network; the message lists those that there are.
    """
    if name not in _BUILDERS:
        raise ValueError(f"there is no network {name!r}; there are: {', '.join(names())}")
    return _BUILDERS[name]()
