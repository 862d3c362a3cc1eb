"""The pictures of chapter 2: what an output sends back, a convolution as a matrix, who hears from how many.

Every number that is drawn comes from `coursekit.numpy_nn`. The functions take one grey picture (H, W) and one
filter (kh, kw), where one is enough to see how it works.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure

from coursekit.figures.grid import PALE, canvas, frame, grid, number
from coursekit.figures.style import COLOURS, WIDTH, subplots
from coursekit.numpy_nn import functional

_HUES = ("blue", "orange", "green", "purple")
_TINTS = [PALE[hue] for hue in _HUES]  # under numbers
_STRONG = [COLOURS[hue] for hue in _HUES]


def shares(
    x: Float[np.ndarray, "H W"], w: Float[np.ndarray, "kh kw"], dout: Float[np.ndarray, "Ho Wo"]
) -> Figure:
    """Draw what every output sends back to the filter (above) and to the picture (below), and the sums.

    An output's share of dw is its window times its upstream gradient; its share of dx is the filter, laid
    where the window was, times the same number. Stride 1, no padding.
    """
    x, w, dout = (np.asarray(array, np.float64) for array in (x, w, dout))
    kh, kw = w.shape
    _, cache = functional.conv2d_forward(x[None, None], w[None, None])
    dx, dw, _ = functional.conv2d_backward(dout[None, None], cache)
    places = [(i, j) for i in range(dout.shape[0]) for j in range(dout.shape[1])]
    windows = [x[i : i + kh, j : j + kw] for i, j in places]
    factor, sign = 2.0, 1.0  # room for what stands before a grid, in cells
    step = factor + x.shape[1]
    width = len(places) * step + sign + x.shape[1]
    height = kh + 1.6 + x.shape[0]
    fig: Figure
    fig, ax = subplots(height=WIDTH / width * (height + 1.2))
    canvas(ax, width, height, above=1.1, below=0.1)
    for row, (top, result, title) in enumerate([(0.0, dw[0, 0], "dw"), (kh + 1.6, dx[0, 0], "dx")]):
        middle = top + result.shape[0] / 2
        for k, (place, window) in enumerate(zip(places, windows, strict=True)):
            start = k * step
            text = f"{number(dout[place])} ·" if k == 0 else f"+ {_bracketed(dout[place])} ·"
            _say(ax, start + factor - 0.1, middle, text, align="right")
            if row == 0:
                grid(ax, window, (start + factor, top), _TINTS[k % len(_TINTS)], f"window {_at(place)}")
            else:
                fills = np.full(x.shape, PALE["white"], object)
                laid, seen = np.zeros_like(x), np.zeros(x.shape, bool)
                here = (slice(place[0], place[0] + kh), slice(place[1], place[1] + kw))
                fills[here], laid[here], seen[here] = _TINTS[k % len(_TINTS)], w, True
                grid(ax, laid, (start + factor, top), fills, "", visible=seen)
        start = len(places) * step
        _say(ax, start + sign - 0.1, middle, "=", align="right")
        grid(ax, result, (start + sign, top), PALE["white"], title)
    return fig


def as_matrix(
    A: Float[np.ndarray, "outputs inputs"],
    x: Float[np.ndarray, " inputs"],
    dout: Float[np.ndarray, " outputs"],
) -> Figure:
    """Draw out = A x and dx = A^T dout in numbers, side by side; equal weights have equal colours.

    Parameters
    ----------
    A
        The matrix of a convolution; zeros are left empty.
    x, dout
        The picture and the upstream gradient, written as columns.
    """
    colours = _colour_of(_TINTS, A)
    products = [(A, x, ("out", "A", "x")), (A.T, dout, ("dx", "transpose of A", "dout"))]
    gap, between = 1.0, 2.0
    widths = [1 + gap + matrix.shape[1] + 0.6 + 1 for matrix, _, _ in products]
    width, height = sum(widths) + between, float(max(A.shape))
    fig: Figure
    fig, ax = subplots(height=WIDTH / width * (height + 1.2))
    canvas(ax, width, height, above=1.1, below=0.1)
    left = 0.0
    for (matrix, column, names), wide in zip(products, widths, strict=True):
        rows, columns = matrix.shape
        result, middle = matrix @ column, height / 2
        grid(ax, result[:, None], (left, middle - rows / 2), PALE["white"], names[0])
        _say(ax, left + 1 + gap / 2, middle, "=")
        fills = np.array([[colours[value] for value in row] for row in matrix], object)
        grid(ax, matrix, (left + 1 + gap, middle - rows / 2), fills, names[1], visible=matrix != 0)
        column_at = (left + 1 + gap + columns + 0.6, middle - columns / 2)
        grid(ax, column[:, None], column_at, PALE["grey"], names[2])
        left += wide + between
    return fig


def matrix_patterns(matrices: Mapping[str, Float[np.ndarray, "outputs inputs"]]) -> Figure:
    """Draw the pattern of each matrix under its name, three beside each other; a colour is a weight.

    Cells of value zero are white. Size and number of non-zero cells stand below.
    """
    colours = _colour_of(_STRONG, *matrices.values())
    columns = 3
    rows = -(-len(matrices) // columns)
    fig: Figure
    fig, axes = subplots(rows, columns, height=2.55 * rows, squeeze=False)
    for ax in axes.flat[len(matrices) :]:
        ax.axis("off")
    values = sorted(colours)
    limits = [
        values[0] - 1.0,
        *((a + b) / 2 for a, b in pairwise(values)),
        values[-1] + 1,
    ]
    shades = ListedColormap([colours[value] for value in values])
    for ax, (name, A) in zip(axes.flat, matrices.items(), strict=False):
        ax.imshow(A, cmap=shades, norm=BoundaryNorm(limits, len(values)))
        ax.set_title(name)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set(visible=True, color="#777777", linewidth=0.8)
        ax.set_xlabel(f"{A.shape[0]} x {A.shape[1]}, {np.count_nonzero(A)} not zero", fontsize=11)
    return fig


def listeners(
    size: tuple[int, int], cases: Sequence[Mapping[str, Any]], kernel_size: tuple[int, int] = (3, 3)
) -> Figure:
    """Draw from how many windows each pixel gets gradient, one panel for each case.

    Parameters
    ----------
    size
        Height and width of the picture.
    cases
        For each panel the settings of the convolution, and "kernel_size" where it is another one.
    kernel_size
        The window.
    """
    fig: Figure
    fig, axes = subplots(1, len(cases), height=WIDTH / len(cases) + 0.75, squeeze=False)
    for ax, case in zip(axes.flat, cases, strict=True):
        settings = {"kernel_size": kernel_size, **case}
        kh, kw = settings.pop("kernel_size")
        out, cache = functional.conv2d_forward(np.zeros((1, 1, *size)), np.ones((1, 1, kh, kw)), **settings)
        counts = functional.conv2d_backward(np.ones_like(out), cache)[0][0, 0]
        canvas(ax, size[1], size[0], above=0.1, below=0.1)
        fills = np.full(size, PALE["white"], object)
        for least, tint in ((1, "blue"), (2, "green"), (4, "orange"), (9, "purple")):
            fills[counts >= least] = PALE[tint]
        grid(ax, counts, (0.0, 0.0), fills, "")
        said = [f"{name} {value}" for name, value in settings.items()]
        ax.set_title("\n".join([f"{kh}x{kw}", *(said or ["plain"])]), fontsize=12)
        never = np.argwhere(counts == 0)
        for row, column in never:
            frame(ax, (0.0, 0.0), (int(row), int(column)), (1, 1), COLOURS["vermilion"])
    return fig


def errors_by_step(steps: Sequence[float], panels: Mapping[str, Mapping[str, Sequence[float]]]) -> Figure:
    """Draw the error of a measured gradient against the step h, both axes logarithmic.

    Parameters
    ----------
    steps
        The steps h.
    panels
        One panel for each loss, by its name: the curves with their names, one error for each step.
    """
    fig: Figure
    fig, axes = subplots(1, len(panels), height=3.6, sharey=True, squeeze=False)
    for ax, (title, curves) in zip(axes.flat, panels.items(), strict=True):
        for (name, errors), marker in zip(curves.items(), "osD^", strict=False):
            ax.loglog(steps, errors, marker=marker, markersize=4, label=name)
        ax.set_title(title)
        ax.set_xlabel("step h")
        ax.grid(True)
        ax.set_xticks([10.0**power for power in range(-12, 1, 3)])
        ax.minorticks_off()
    axes[0, 0].set_ylabel("largest error, relative")
    axes[0, 0].legend(loc="lower left")
    return fig


def _colour_of(fills: Sequence[str], *matrices: np.ndarray) -> dict[float, str]:
    """Return a fill for each value: white for zero, and one of `fills` in turn for the others."""
    values = np.unique(np.concatenate([matrix.ravel() for matrix in matrices]))
    others = {float(value): fills[k % len(fills)] for k, value in enumerate(values[values != 0])}
    return {0.0: PALE["white"], **others}


def _at(place: tuple[int, int]) -> str:
    return f"{place[0]},{place[1]}"


def _bracketed(value: float) -> str:
    return number(value) if value >= 0 else f"({number(value)})"


def _say(ax: Axes, x: float, y: float, text: str, align: str = "center") -> None:
    ax.text(x, y, text, ha=align, va="center", fontsize=13)
