"""GoogLeNet at any width, from the library's descriptions, and widths drawn for a student."""

from typing import Any

import numpy as np

from coursekit.networks import (
    Auxiliary,
    AvgPool2d,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    ReLU,
    Sequential,
)
from coursekit.networks.googlenet import INCEPTION, Widths, inception

Table = dict[str, tuple[int, ...]]

TABLE: Table = {name: tuple(widths) for name, widths in INCEPTION.items()}


def head(channels: int, classes: int, maps: int = 128, hidden: int = 1024) -> Auxiliary:
    """Return an auxiliary head, sec. 5 of the paper, at any width."""
    return Auxiliary(
        pool=AvgPool2d(kernel_size=5, stride=3),
        conv=Conv2d(channels, maps, 1),
        relu=ReLU(),
        flatten=Flatten(),
        fc1=Linear(maps * 4 * 4, hidden),
        relu1=ReLU(),
        drop=Dropout(0.7),
        fc2=Linear(hidden, classes),
    )


def body(
    table: Table,
    stem: tuple[int, ...] = (64, 64, 192),
    classes: int = 1000,
    auxiliary: bool = False,
    head_widths: tuple[int, ...] = (128, 1024),
) -> Sequential:
    """Return GoogLeNet with the widths of a table."""
    first, reduce, second = (int(n) for n in stem)
    maps, hidden = (int(n) for n in head_widths)
    layers: dict[str, Layer] = {
        "conv1": Conv2d(3, first, kernel_size=7, stride=2, padding=3),
        "relu1": ReLU(),
        "pool1": MaxPool2d(3, 2, ceil_mode=True),
        "norm1": LocalResponseNorm(k=1.0),
        "conv2_reduce": Conv2d(first, reduce, kernel_size=1),
        "relu2_reduce": ReLU(),
        "conv2": Conv2d(reduce, second, kernel_size=3, padding=1),
        "relu2": ReLU(),
        "norm2": LocalResponseNorm(k=1.0),
        "pool2": MaxPool2d(3, 2, ceil_mode=True),
    }
    channels = second
    for name, widths in table.items():
        listed = Widths(*(int(n) for n in widths))
        layers[f"inception_{name}"] = inception(channels, listed)
        channels = listed.out
        if auxiliary and name in ("4a", "4d"):
            layers[f"auxiliary_{name}"] = head(channels, classes, maps, hidden)
        if name in ("3b", "4e"):
            layers[f"pool{name[0]}"] = MaxPool2d(3, 2, ceil_mode=True)
    return Sequential(
        **layers, pool=GlobalAvgPool2d(), flatten=Flatten(), drop=Dropout(0.4), fc=Linear(channels, classes)
    )


def draw_widths(rng: np.random.Generator, most: int = 12) -> tuple[int, ...]:
    """Return six widths of an Inception module, all different, so that no two branches can be confused."""
    return tuple(int(n) for n in rng.choice(np.arange(2, 2 + most), 6, replace=False))


def draw_table(rng: np.random.Generator) -> Table:
    """Return a narrow table in which no two modules give equally many maps."""
    while True:
        table = {name: draw_widths(rng) for name in TABLE}
        given = [Widths(*widths).out for widths in table.values()]
        if len(set(given)) == len(given):
            return table


def build(layer: Layer) -> Any:
    """Return the `torch.nn.Module` of a description."""
    from coursekit.torch_nn.network import module  # here, since PyTorch takes seconds to import

    return module(layer)
