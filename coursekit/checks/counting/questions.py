"""What is asked in exercise 4, what is right, and in which cases it is looked at."""

from typing import Any

import numpy as np

from coursekit.answers import Answers, Value
from coursekit.checks.compare import exact
from coursekit.checks.counting.layers import (
    LayerDict,
    batch_norm,
    conv,
    described,
    draw_network,
    draw_window,
    linear,
    plain,
    pool,
    to_layer,
)
from coursekit.checks.exercise import Case, Check, Observe, Question
from coursekit.networks import Sequential, measure
from coursekit.networks.measure import Shape


def output_shape(layer: LayerDict, shape: Shape) -> Shape:
    """Return the shape of what comes out of a layer."""
    return measure.output_shape(to_layer(layer), tuple(shape))


def parameters(layer: LayerDict) -> int:
    """Return the number of trainable parameters of a layer."""
    return measure.parameter_count(to_layer(layer))


def multiply_adds(layer: LayerDict, shape: Shape) -> int:
    """Return the multiply-adds of a layer for one input."""
    return measure.multiply_adds(to_layer(layer), tuple(shape))


def receptive_field(layers: tuple[LayerDict, ...]) -> int:
    """Return the side of the square of input pixels that one unit of the last map sees."""
    body = Sequential(**{f"layer{i}": to_layer(layer) for i, layer in enumerate(layers)})
    return measure.receptive_field(body)[0]


def summary(layers: tuple[LayerDict, ...], shape: Shape) -> list[tuple[Any, ...]]:
    """Return (kind, output shape, parameters, multiply-adds) of every layer."""
    rows = []
    for layer in layers:
        counts = parameters(layer), multiply_adds(layer, shape)
        shape = output_shape(layer, shape)
        rows.append((layer["kind"], shape, *counts))
    return rows


def counted(function: str) -> Observe:
    """Return what calls a function and takes its whole numbers to the last digit."""

    def observe(answers: Answers, case: Case) -> Value:
        return exact(answers.call(function, **case))

    return observe


def draw_windows(rng: np.random.Generator) -> tuple[Case, ...]:
    """Return two convolutions and two pooling layers, each with an image."""
    return tuple(draw_window(rng, pools) for pools in (False, True, False, True))


def draw_networks(rng: np.random.Generator) -> tuple[Case, ...]:
    """Return one network."""
    return (draw_network(rng),)


def draw_layers(rng: np.random.Generator) -> tuple[Case, ...]:
    """Return the layers of one network."""
    return ({"layers": draw_network(rng)["layers"]},)


RELU = plain("relu")
ALEXNET = described("alexnet_one_column")["layers"]

QUESTIONS = (
    Question(
        "output_shape",
        output_shape,
        (
            Check(
                "windows", "convolution and pooling", 1,
                (
                    {"layer": conv(3, 96, 11, stride=4), "shape": (3, 227, 227)},
                    {"layer": conv(4, 6, 3, padding=1), "shape": (4, 12, 9)},
                    {"layer": conv(8, 16, 5, stride=3, padding=2), "shape": (8, 20, 31)},
                    {"layer": pool(3, 2), "shape": (96, 55, 55)},
                    {"layer": pool(2, 2), "shape": (5, 7, 10)},
                    {"layer": pool(3, 2, padding=1), "shape": (64, 112, 92)},
                ),
                counted("output_shape"),
            ),
            Check(
                "others", "layers without a window", 1,
                (
                    {"layer": plain("flatten"), "shape": (256, 6, 6)},
                    {"layer": plain("global_pool"), "shape": (1024, 7, 9)},
                    {"layer": linear(9216, 4096), "shape": (9216,)},
                    {"layer": RELU, "shape": (96, 55, 50)},
                    {"layer": plain("dropout"), "shape": (4096,)},
                    {"layer": batch_norm(64), "shape": (64, 112, 96)},
                ),
                counted("output_shape"),
            ),
            Check("yours", "layers drawn for you", 1, draw_windows, counted("output_shape")),
        ),
    ),
    Question(
        "parameters",
        parameters,
        (
            Check(
                "weights", "convolution and fully connected layer", 1,
                (
                    {"layer": conv(3, 96, 11, stride=4)},
                    {"layer": conv(96, 256, 5, padding=2, groups=2)},
                    {"layer": conv(64, 128, 3, bias=False)},
                    {"layer": linear(9216, 4096)},
                    {"layer": linear(400, 10, bias=False)},
                ),
                counted("parameters"),
            ),
            Check(
                "others", "all other layers", 1,
                tuple(
                    {"layer": layer}
                    for layer in (batch_norm(64), pool(3, 2), RELU, plain("global_pool"), plain("flatten"))
                ),
                counted("parameters"),
            ),
        ),
    ),
    Question(
        "multiply_adds",
        multiply_adds,
        (
            Check(
                "convolution", "with stride, padding and groups", 1,
                (
                    {"layer": conv(2, 4, 3), "shape": (2, 8, 6)},
                    {"layer": conv(3, 96, 11, stride=4), "shape": (3, 227, 227)},
                    {"layer": conv(8, 12, 3, padding=1, groups=4), "shape": (8, 9, 7)},
                    {"layer": conv(96, 256, 5, padding=2, groups=2), "shape": (96, 27, 27)},
                    {"layer": conv(16, 8, 1, bias=False), "shape": (16, 14, 10)},
                ),
                counted("multiply_adds"),
            ),
            Check(
                "others", "fully connected and all other layers", 1,
                (
                    {"layer": linear(9216, 4096), "shape": (9216,)},
                    {"layer": linear(400, 10, bias=False), "shape": (400,)},
                    {"layer": pool(3, 2), "shape": (96, 55, 55)},
                    {"layer": batch_norm(64), "shape": (64, 8, 8)},
                    {"layer": RELU, "shape": (64, 8, 8)},
                ),
                counted("multiply_adds"),
            ),
        ),
    ),
    Question(
        "receptive_field",
        receptive_field,
        (
            Check(
                "stacks", "windows that move by single pixels", 1,
                (
                    {"layers": (conv(1, 1, 3),)},
                    {"layers": (conv(3, 8, 3), RELU, conv(8, 8, 3), RELU, conv(8, 8, 3))},
                    {"layers": (conv(3, 8, 5, padding=2), batch_norm(8), conv(8, 8, 1), RELU, conv(8, 8, 3))},
                ),
                counted("receptive_field"),
            ),
            Check(
                "strides", "windows that move by more, pooling among them", 1,
                (
                    {"layers": (conv(3, 8, 3, stride=2), RELU, conv(8, 8, 3, stride=3), RELU, conv(8, 8, 3))},
                    {"layers": (conv(3, 8, 5), pool(2, 2), conv(8, 8, 5), pool(2, 2), conv(8, 8, 3))},
                    {"layers": ALEXNET},
                ),
                counted("receptive_field"),
            ),
            Check("yours", "a network drawn for you", 1, draw_layers, counted("receptive_field")),
        ),
    ),
    Question(
        "summary",
        summary,
        (
            Check("lenet5", "LeNet-5 of the slides", 1, (described("lenet5"),), counted("summary")),
            Check("yours", "a network drawn for you", 1, draw_networks, counted("summary")),
        ),
    ),
)  # fmt: skip
