"""Networks as descriptions: what LeNet-5 *is*, and everything that can be counted without running it.

>>> from coursekit import networks
>>> networks.get("lenet5").parameter_count
61706
"""

from collections.abc import Callable
from functools import partial

from coursekit.networks import measure
from coursekit.networks.alexnet import alexnet, alexnet_one_column
from coursekit.networks.efficientnet import efficientnet_lite0
from coursekit.networks.googlenet import googlenet, googlenet_aux
from coursekit.networks.layers import (
    RBF,
    Add,
    Auxiliary,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    ReLU,
    ReLU6,
    ScaledTanh,
    Sequential,
    Size2d,
    Subsampling,
    TableConv2d,
    Tanh,
    ZeroPad2d,
    pair,
    settings,
    walk,
)
from coursekit.networks.lenet import lenet5
from coursekit.networks.lenet_1998 import lenet5_1998
from coursekit.networks.network import Network, Row
from coursekit.networks.resnet import CONFIGURATIONS, resnet
from coursekit.networks.vgg import vgg11, vgg13, vgg16, vgg16c, vgg19

__all__ = [
    "RBF",
    "Add",
    "Auxiliary",
    "AvgPool2d",
    "BatchNorm2d",
    "Concat",
    "Conv2d",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2d",
    "Layer",
    "Linear",
    "LocalResponseNorm",
    "MaxPool2d",
    "Network",
    "ReLU",
    "ReLU6",
    "Row",
    "ScaledTanh",
    "Sequential",
    "Size2d",
    "Subsampling",
    "TableConv2d",
    "Tanh",
    "ZeroPad2d",
    "get",
    "measure",
    "names",
    "pair",
    "settings",
    "walk",
]

_BUILDERS: dict[str, Callable[[], Network]] = {
    "lenet5": lenet5,
    "lenet5_1998": lenet5_1998,
    "alexnet": alexnet,
    "alexnet_one_column": alexnet_one_column,
    "vgg11": vgg11,
    "vgg13": vgg13,
    "vgg16": vgg16,
    "vgg16c": vgg16c,
    "vgg19": vgg19,
    "googlenet": googlenet,
    "googlenet_aux": googlenet_aux,
    **{f"resnet{depth}": partial(resnet, depth) for depth in CONFIGURATIONS},
    "efficientnet_lite0": efficientnet_lite0,
}


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
