"""What the student writes, and the cases: ties, windows that overlap, scores beyond what exp can bear."""

from typing import Any

import numpy as np

from coursekit.answers import Answers
from coursekit.checks.exercise import Case, Check, Draw, Question
from coursekit.checks.parts import call_for_parts, changed, part
from coursekit.networks import Size2d
from coursekit.numpy_nn import functional as F

GRADIENTS = ("dx", "dw", "db")
LOSS = ("loss", "dscores")


def max_pool2d(x: np.ndarray, kernel_size: Size2d, stride: Size2d) -> np.ndarray:
    """Return the largest value of every window."""
    return F.max_pool2d_forward(x, kernel_size, stride)[0]


def max_pool2d_backward(dout: np.ndarray, x: np.ndarray, kernel_size: Size2d, stride: Size2d) -> np.ndarray:
    """Return dx; of several largest values the first receives all."""
    return F.max_pool2d_backward(dout, F.max_pool2d_forward(x, kernel_size, stride)[1])


def avg_pool2d(x: np.ndarray, kernel_size: Size2d, stride: Size2d) -> np.ndarray:
    """Return the mean of every window."""
    return F.avg_pool2d_forward(x, kernel_size, stride)[0]


def avg_pool2d_backward(dout: np.ndarray, x: np.ndarray, kernel_size: Size2d, stride: Size2d) -> np.ndarray:
    """Return dx."""
    return F.avg_pool2d_backward(dout, F.avg_pool2d_forward(x, kernel_size, stride)[1])


def relu(x: np.ndarray) -> np.ndarray:
    """Return max(0, x)."""
    return F.relu_forward(x)[0]


def relu_backward(dout: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return dx, which is 0 where x is 0."""
    return F.relu_backward(dout, F.relu_forward(x)[1])


def linear(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return x @ w.T + b."""
    return F.linear_forward(x, w, b)[0]


def linear_backward(dout: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[Any, ...]:
    """Return (dx, dw, db)."""
    return F.linear_backward(dout, F.linear_forward(x, w, np.zeros(len(w)))[1])


def mostly_negative(x: np.ndarray) -> np.ndarray:
    """Return maps in which many a window holds no positive value, whatever was drawn."""
    return x - 1


def large_scores(answers: Answers, case: Case) -> dict[str, Any]:
    """Return loss and gradient for scores whose exp is too large, or too small, for a computer."""
    found: dict[str, Any] = {}
    for name, scores in (("1000 * scores", 1000 * case["scores"]), ("scores - 1000", case["scores"] - 1000)):
        parts = call_for_parts(answers, "softmax_cross_entropy", LOSS, case | {"scores": scores})
        found |= {f"{key} for {name}": value for key, value in parts.items()}
    return found


APART: tuple[Case, ...] = (
    {"dout": Draw(1, 1, 2, 3), "x": Draw(1, 1, 4, 6), "kernel_size": 2, "stride": 2},
    {"dout": Draw(2, 3, 2, 3), "x": Draw(2, 3, 5, 9), "kernel_size": (2, 3), "stride": (2, 3)},
)
OVERLAP: tuple[Case, ...] = (
    {"dout": Draw(2, 3, 3, 4), "x": Draw(2, 3, 7, 9), "kernel_size": 3, "stride": 2},
    {"dout": Draw(1, 2, 4, 2), "x": Draw(1, 2, 5, 5), "kernel_size": 2, "stride": (1, 2)},
)
FORWARD = tuple({key: value for key, value in case.items() if key != "dout"} for case in APART + OVERLAP)
LABELS: tuple[Case, ...] = (
    {"scores": Draw(1, 3), "labels": np.array([2])},
    {"scores": Draw(5, 4), "labels": np.array([1, 3, 0, 3, 2])},
)
WINDOWS = "windows side by side and windows that overlap"

QUESTIONS = (
    Question(
        "max_pool2d",
        max_pool2d,
        (Check("windows", WINDOWS, 1, FORWARD, changed("max_pool2d", "x", mostly_negative)),),
    ),
    Question(
        "max_pool2d_backward",
        max_pool2d_backward,
        (
            Check("apart", "windows side by side", 1, APART),
            Check("overlap", "windows that overlap", 1, OVERLAP),
            Check("ties", "several largest values", 1, APART, changed("max_pool2d_backward", "x", np.round)),
        ),
    ),
    Question("avg_pool2d", avg_pool2d, (Check("windows", WINDOWS, 1, FORWARD),)),
    Question(
        "avg_pool2d_backward",
        avg_pool2d_backward,
        (Check("windows", WINDOWS, 1, APART + OVERLAP),),
    ),
    Question(
        "relu",
        relu,
        (Check("values", "maps and features", 0.5, ({"x": Draw(2, 3, 4, 5)}, {"x": Draw(6, 7)})),),
    ),
    Question(
        "relu_backward",
        relu_backward,
        (
            Check(
                "values", "maps and features, with zeros among them", 0.5,
                ({"dout": Draw(2, 3, 4, 5), "x": Draw(2, 3, 4, 5)}, {"dout": Draw(6, 7), "x": Draw(6, 7)}),
                changed("relu_backward", "x", np.round),
            ),
        ),
    ),
    Question(
        "linear",
        linear,
        (
            Check(
                "values", "features to features", 1,
                (
                    {"x": Draw(1, 3), "w": Draw(2, 3), "b": Draw(2)},
                    {"x": Draw(4, 5), "w": Draw(5, 5), "b": Draw(5)},
                ),
            ),
        ),
    ),
    Question(
        "linear_backward",
        linear_backward,
        tuple(
            Check(
                name, name, 1,
                (
                    {"dout": Draw(1, 2), "x": Draw(1, 3), "w": Draw(2, 3)},
                    {"dout": Draw(4, 5), "x": Draw(4, 5), "w": Draw(5, 5)},
                ),
                part("linear_backward", name, GRADIENTS),
            )
            for name in GRADIENTS
        ),
    ),
    Question(
        "softmax_cross_entropy",
        F.softmax_cross_entropy,
        (
            Check("loss", "the loss", 1, LABELS, part("softmax_cross_entropy", "loss", LOSS)),
            Check("gradient", "its gradient", 1, LABELS, part("softmax_cross_entropy", "dscores", LOSS)),
            Check("large", "both, for very large and very small scores", 1, LABELS, large_scores),
        ),
    ),
)  # fmt: skip
