"""Layers as dictionaries, to and from the library's descriptions, and networks drawn at random."""

from typing import Any

import numpy as np

from coursekit import networks
from coursekit.checks.exercise import Case
from coursekit.networks import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    Linear,
    MaxPool2d,
    ReLU,
    walk,
)

LayerDict = dict[str, Any]


def conv(
    channels: int,
    out: int,
    kernel: int,
    stride: int = 1,
    padding: int = 0,
    groups: int = 1,
    bias: bool = True,
) -> LayerDict:
    """Return a convolution."""
    return {
        "kind": "conv", "in": channels, "out": out, "kernel": kernel, "stride": stride, "padding": padding,
        "groups": groups, "bias": bias,
    }  # fmt: skip


def pool(kernel: int, stride: int, padding: int = 0) -> LayerDict:
    """Return a pooling layer."""
    return {"kind": "pool", "kernel": kernel, "stride": stride, "padding": padding}


def linear(features: int, out: int, bias: bool = True) -> LayerDict:
    """Return a fully connected layer."""
    return {"kind": "linear", "in": features, "out": out, "bias": bias}


def batch_norm(channels: int) -> LayerDict:
    """Return a batch normalisation."""
    return {"kind": "batch_norm", "channels": channels}


def plain(kind: str) -> LayerDict:
    """Return a layer without settings."""
    return {"kind": kind}


def to_layer(layer: LayerDict) -> Layer:
    """Return the library's description of a layer."""
    match layer["kind"]:
        case "conv":
            return Conv2d(
                layer["in"], layer["out"], layer["kernel"], layer["stride"], layer["padding"],
                groups=layer["groups"], bias=layer["bias"],
            )  # fmt: skip
        case "pool":
            return MaxPool2d(layer["kernel"], layer["stride"], layer["padding"])
        case "linear":
            return Linear(layer["in"], layer["out"], layer["bias"])
        case "batch_norm":
            return BatchNorm2d(layer["channels"])
        case "global_pool":
            return GlobalAvgPool2d()
        case "flatten":
            return Flatten()
        case _:
            return ReLU()  # stands for all that change neither shape nor counts


def to_dict(layer: Layer) -> LayerDict:
    """Return a described layer, with square windows, as a dictionary."""
    match layer:
        case Conv2d(kernel_size=int(k), stride=int(s), padding=int(p)):
            return conv(layer.in_channels, layer.out_channels, k, s, p, layer.groups, layer.bias)
        case MaxPool2d(kernel_size=int(k), padding=int(p)) | AvgPool2d(kernel_size=int(k), padding=int(p)):
            return pool(k, layer.stride if isinstance(layer.stride, int) else k, p)
        case Linear():
            return linear(layer.in_features, layer.out_features, layer.bias)
        case BatchNorm2d():
            return batch_norm(layer.num_features)
        case GlobalAvgPool2d():
            return plain("global_pool")
        case _:
            return plain(type(layer).__name__.lower())


def described(name: str) -> Case:
    """Return a network of the library that has no branches: its layers and the shape of its input.

    Raises
    ------
    ValueError
        If there is no such network.
    """
    network = networks.get(name)
    layers = tuple(to_dict(layer) for _, layer in walk(network.body))
    return {"layers": layers, "shape": network.input_shape}


def draw_window(rng: np.random.Generator, pools: bool) -> Case:
    """Return a convolution or a pooling layer and an image on which its last step does not quite fit."""
    while True:
        kernel, stride = int(rng.integers(2, 8)), int(rng.integers(2, 5))
        padding = int(rng.integers(1, kernel // 2 + 1))
        height, width = (int(n) for n in rng.integers(20, 70, 2))
        rest = (height + 2 * padding - kernel) % stride
        if rest and height != width:
            break
    channels = 4 * int(rng.integers(1, 9))
    if pools:
        return {"layer": pool(kernel, stride, padding), "shape": (channels, height, width)}
    out = 4 * int(rng.integers(9, 17))
    return {"layer": conv(channels, out, kernel, stride, padding), "shape": (channels, height, width)}


def draw_network(rng: np.random.Generator) -> Case:
    """Return a network in the manner of AlexNet: its layers and the shape of its input.

    For every student it holds all that is easily overlooked: a window that does not quite fit, a stride that
    is not 2, groups, a convolution without a bias before a batch normalisation, and an image that is not
    square.
    """
    first = {**draw_window(rng, pools=False)["layer"], "in": 3}
    first["stride"] = 3
    while True:
        height, width = (int(n) for n in rng.integers(70, 130, 2))
        room = height + 2 * first["padding"] - first["kernel"]
        if room % 3 and (room // 3 + 1) % 2 == 0 and height != width:
            break
    a, (b, c) = first["out"], (8 * int(n) for n in rng.integers(8, 20, 2))
    kernel = int(rng.choice([3, 5]))
    features = 10 * int(rng.integers(10, 30))
    layers = [
        first, plain("relu"), pool(3, 2),
        conv(a, b, kernel, 1, kernel // 2, groups=int(rng.choice([2, 4])), bias=False), batch_norm(b),
        plain("relu"), pool(2, 2),
        conv(b, c, 3, 1, 1), plain("relu"), plain("dropout"),
    ]  # fmt: skip
    classes = int(rng.integers(5, 50))
    layers += [plain("global_pool"), plain("flatten"), linear(c, features), plain("tanh")]
    layers += [linear(features, classes, bias=False)]
    return {"layers": tuple(layers), "shape": (3, height, width)}
