"""What is asked in exercise 9, what is right, and in which cases it is looked at."""

from functools import partial
from math import prod
from typing import Any

import numpy as np

from coursekit.answers import Answers, Value
from coursekit.checks import states
from coursekit.checks.compare import describe, exact
from coursekit.checks.exercise import Case, Check, Draw, Question, Wrong
from coursekit.networks import Conv2d, Dropout, Flatten, Layer, Linear, MaxPool2d, ReLU, Sequential, measure
from coursekit.networks.vgg import CONFIGURATIONS


def body(configuration: str, width: int = 64, classes: int = 1000, image_size: int = 224) -> Sequential:
    """Return a column of table 1, with `width` filters where the table has 64."""
    layers: dict[str, Layer] = {}
    channels = 3
    for block, filters in enumerate(CONFIGURATIONS[configuration], start=1):
        for i, entry in enumerate(filters, start=1):
            listed, kernel = entry if isinstance(entry, tuple) else (entry, 3)
            out = listed * width // 64
            layers[f"conv{block}_{i}"] = Conv2d(channels, out, kernel_size=kernel, padding=kernel // 2)
            layers[f"relu{block}_{i}"] = ReLU()
            channels = out
        layers[f"pool{block}"] = MaxPool2d(kernel_size=2, stride=2)
    hidden = 64 * width
    return Sequential(
        **layers,
        flatten=Flatten(),
        fc6=Linear(channels * (image_size // 32) ** 2, hidden),
        relu6=ReLU(),
        drop6=Dropout(0.5),
        fc7=Linear(hidden, hidden),
        relu7=ReLU(),
        drop7=Dropout(0.5),
        fc8=Linear(hidden, classes),
    )


def vgg(configuration: str, width: int = 64, classes: int = 1000, image_size: int = 224) -> Any:
    """Return the network as a `torch.nn.Module`."""
    from coursekit.torch_nn.network import module  # here, since PyTorch takes seconds to import

    return module(body(configuration, width, classes, image_size))


def count_parameters(configuration: str, width: int = 64, classes: int = 1000, image_size: int = 224) -> int:
    """Return the number of parameters, without building anything."""
    return measure.parameter_count(body(configuration, width, classes, image_size))


def replace_window(window: int, channels: int) -> tuple[int, int, int]:
    """Return how many 3x3 layers see a window, their weights, and the weights of one layer of that window."""
    layers = (window - 1) // 2
    return layers, layers * 9 * channels**2, window**2 * channels**2


def receptive_field(configuration: str) -> int:
    """Return the side of the square of pixels that one unit of the last pooling layer sees."""
    return measure.receptive_field(body(configuration))[0]


def activation_bytes(
    configuration: str, batch_size: int, width: int = 64, classes: int = 1000, image_size: int = 224
) -> int:
    """Return the bytes of the images and of all outputs of convolutions, pools and linear layers."""
    shape = (3, image_size, image_size)
    steps, _ = measure.trace(body(configuration, width, classes, image_size), shape)
    kept = [s.output_shape for s in steps if isinstance(s.layer, Conv2d | MaxPool2d | Linear)]
    return 4 * batch_size * sum(prod(numbers) for numbers in (shape, *kept))


def parameter_shapes(answers: Answers, case: Case) -> Value:
    """Return the shapes of weights and of biases, each in the network's order, as texts."""
    found = states.shapes(answers, states.network(answers, "vgg", **case))
    return {
        "weights": tuple("x".join(map(str, shape)) for shape in found.values() if len(shape) > 1),
        "biases": tuple(str(prod(shape)) for shape in found.values() if len(shape) < 2),
    }


def build(answers: Answers, settings: dict[str, Any]) -> tuple[Any, states.Shapes]:
    """Return the answer's network and the shapes of its parameters, which must be as many as they should."""
    net = states.network(answers, "vgg", **settings)
    found = states.shapes(answers, net)
    right = measure.parameter_shapes(body(**settings))
    if sorted(found.values()) != sorted(right.values()):
        raise Wrong("Its parameters do not have the shapes that they should have, see the first check.")
    return net, found


def output(answers: Answers, case: Case) -> Value:
    """Return the scores of the network for images, with the judge's parameters."""
    settings = {name: value for name, value in case.items() if name != "x"}
    net, found = build(answers, settings)
    answers.do("load_state", net, states.filled(found))
    return answers.do("output", net, case["x"].astype(np.float32))


def dropped(answers: Answers, case: Case) -> Value:
    """Return what passes through the two dropouts.

    The judge's parameters make every number before the first dropout 1, and hand on every number that passes
    it to the second, and from there to the scores.
    """
    net, found = build(answers, case)
    fc7_and_fc8 = [name.rpartition(".")[0] for name, shape in found.items() if len(shape) == 2][1:]
    state = {}
    for name, shape in found.items():
        if name.rpartition(".")[0] in fc7_and_fc8:
            array = np.eye(*shape) if len(shape) == 2 else np.zeros(shape)
        else:
            array = np.zeros(shape) if len(shape) > 1 else np.ones(shape)
        state[name] = array.astype(np.float32)
    answers.do("load_state", net, state)
    seen: dict[str, Value] = {}
    for mode, training in (("evaluation", False), ("training", True)):
        x = np.zeros((32, 3, case["image_size"], case["image_size"]), np.float32)
        out = answers.do("output", net, x, training=training)
        if not isinstance(out, np.ndarray) or out.shape != (32, case["classes"]):
            raise Wrong(f"The scores of 32 images are {describe(out)}, expected {(32, case['classes'])}.")
        # To an eighth, of 4,096 numbers: their share strays by less than 0.01, so chance decides nothing.
        share = round(8 * float(np.mean(out > 0))) / 8
        seen[f"{mode}: share of numbers that pass"] = share
        seen[f"{mode}: what passes, of 1"] = float(out.max())
    return seen


def counted(function: str) -> Any:
    """Return what calls a function and takes its whole numbers to the last digit."""
    return lambda answers, case: exact(answers.call(function, **case))


def numbers(which: slice, answers: Answers, case: Case) -> Value:
    """Return some of the three numbers of `replace_window`."""
    value = answers.call("replace_window", **case)
    if not isinstance(value, np.ndarray) or value.shape != (3,):
        raise Wrong(f"`replace_window` returned {describe(value)}, expected three numbers.")
    return exact(value[which])


def draw_settings(rng: np.random.Generator, width: int = 8) -> Case:
    """Return settings of a network, with a width of up to `width`."""
    return {
        "configuration": str(rng.choice(list("BDE"))),
        "width": int(rng.integers(2, width + 1)),
        "classes": int(rng.integers(3, 30)),
        "image_size": 32 * int(rng.integers(2, 4)),
    }


def draw_networks(rng: np.random.Generator) -> tuple[Case, ...]:
    """Return settings of two networks with images, one of them of configuration C."""
    first, second = draw_settings(rng), draw_settings(rng) | {"configuration": "C"}
    return tuple(case | {"x": Draw(2, 3, *2 * [case["image_size"]])} for case in (first, second))


def draw_counts(rng: np.random.Generator) -> tuple[Case, ...]:
    """Return settings to count the parameters of, at widths near the published one."""
    cases = [draw_settings(rng, 80) for _ in range(3)]
    cases[1]["configuration"] = "C"
    return tuple(cases)


def draw_batches(rng: np.random.Generator) -> tuple[Case, ...]:
    """Return settings with batches."""
    return tuple(case | {"batch_size": int(rng.integers(2, 300))} for case in draw_counts(rng))


def draw_windows(rng: np.random.Generator) -> tuple[Case, ...]:
    """Return windows and channels."""
    windows = rng.permutation([7, 9, 11])
    return tuple({"window": int(window), "channels": int(rng.integers(10, 600))} for window in windows)


SMALL = {"width": 2, "classes": 10, "image_size": 64}

QUESTIONS = (
    Question(
        "vgg",
        vgg,
        (
            Check(
                "shapes", "the parameters of all five configurations", 1,
                tuple({"configuration": c, **SMALL} for c in CONFIGURATIONS),
                parameter_shapes,
            ),
            Check("output", "the scores of images, for settings drawn for you", 1, draw_networks, output),
            Check(
                "dropout", "what passes in training and in evaluation", 1,
                ({"configuration": "A", "width": 2, "classes": 128, "image_size": 32},),
                dropped,
            ),
        ),
    ),
    Question(
        "count_parameters",
        count_parameters,
        (
            Check(
                "published", "all five as published", 1,
                tuple({"configuration": c} for c in CONFIGURATIONS),
                counted("count_parameters"),
            ),
            Check("yours", "settings drawn for you", 1, draw_counts, counted("count_parameters")),
        ),
    ),
    Question(
        "replace_window",
        replace_window,
        (
            Check(
                "layers", "how many 3x3 layers see as much", 1,
                tuple({"window": window, "channels": 64} for window in (3, 5, 7, 11)),
                partial(numbers, slice(0, 1)),
            ),
            Check(
                "weights", "the weights of both, for windows and channels drawn for you", 1, draw_windows,
                partial(numbers, slice(1, 3)),
            ),
        ),
    ),
    Question(
        "receptive_field",
        receptive_field,
        (
            Check(
                "fields", "what a unit of the last pool sees, in all five", 1,
                tuple({"configuration": c} for c in CONFIGURATIONS),
                counted("receptive_field"),
            ),
        ),
    ),
    Question(
        "activation_bytes",
        activation_bytes,
        (
            Check(
                "published", "all five as published, for one image", 1,
                tuple({"configuration": c, "batch_size": 1} for c in CONFIGURATIONS),
                counted("activation_bytes"),
            ),
            Check("yours", "settings drawn for you", 1, draw_batches, counted("activation_bytes")),
        ),
    ),
)  # fmt: skip
