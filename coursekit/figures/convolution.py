"""The pictures of chapter 1: a window that slides, the places where it fits, im2col, groups, responses.

Every number that is drawn comes from `coursekit.numpy_nn` or `coursekit.networks.measure`. The functions
take one grey picture (H, W) and one filter (kh, kw) where one is enough to see how it works.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

from coursekit.figures.grid import PALE, canvas, cell, frame, grid, number
from coursekit.figures.images import SIGNED
from coursekit.figures.style import COLOURS, WIDTH, subplots
from coursekit.networks import measure
from coursekit.networks.layers import Conv2d
from coursekit.numpy_nn import functional

_GAP = 1.3  # between two grids, in cells


def one_window(
    x: Float[np.ndarray, "H W"],
    w: Float[np.ndarray, "kh kw"],
    position: tuple[int, int] = (0, 0),
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> Figure:
    """Draw the window of the output at `position` (row, column): picture, filter, output, and the sum.

    Outputs after this one, row by row, are left blank.
    """
    fig, draw, _ = _window_drawing(x, w, stride, padding, dilation)
    draw(position)
    return fig


def sliding_window(
    x: Float[np.ndarray, "H W"],
    w: Float[np.ndarray, "kh kw"],
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> FuncAnimation:
    """Move the window over the picture: one frame for each output, row by row, as in `one_window`."""
    fig, draw, (rows, columns) = _window_drawing(x, w, stride, padding, dilation)
    positions = [(i, j) for i in range(rows) for j in range(columns)]
    return FuncAnimation(fig, draw, frames=positions, interval=1200, init_func=lambda: [], repeat=True)


def _window_drawing(
    x: np.ndarray, w: np.ndarray, stride: int, padding: int, dilation: int
) -> tuple[Figure, Callable[[tuple[int, int]], list[Any]], tuple[int, int]]:
    """Return a figure, a function that draws one position on it, and the size of the output."""
    x, w = np.asarray(x, np.float64), np.asarray(w, np.float64)
    out, _ = functional.conv2d_forward(
        x[None, None], w[None, None], stride=stride, padding=padding, dilation=dilation
    )
    out = out[0, 0]
    padded = np.pad(x, padding)
    span = [dilation * (k - 1) + 1 for k in w.shape]
    height = max(len(padded), len(w), len(out))
    width = padded.shape[1] + w.shape[1] + out.shape[1] + 2 * _GAP
    fig: Figure
    fig, ax = subplots(height=WIDTH / width * (height + 2.1))

    def draw(position: tuple[int, int]) -> list[Any]:
        i, j = position
        top, left = stride * i, stride * j
        taps = [(top + dilation * u, left + dilation * v) for u in range(len(w)) for v in range(w.shape[1])]
        ax.clear()
        canvas(ax, width, height, above=1.0, below=1.1)
        inside = np.pad(np.ones_like(x), padding) == 1
        fills = np.where(inside, PALE["white"], PALE["grey"]).astype(object)
        for tap in taps:
            fills[tap] = PALE["blue"]
        at = (0.0, (height - len(padded)) / 2)
        grid(ax, padded, at, fills, "picture" if padding == 0 else f"picture, padded by {padding}")
        frame(ax, at, (top, left), (span[0], span[1]), COLOURS["blue"])

        at = (padded.shape[1] + _GAP, (height - len(w)) / 2)
        grid(ax, w, at, PALE["blue"], "filter")

        at = (at[0] + w.shape[1] + _GAP, (height - len(out)) / 2)
        done = np.arange(out.size).reshape(out.shape) <= i * out.shape[1] + j
        fills = np.full(out.shape, PALE["white"], object)
        fills[i, j] = PALE["orange"]
        grid(ax, out, at, fills, "output", visible=done)
        frame(ax, at, (i, j), (1, 1), COLOURS["vermilion"])

        terms = [(weight, padded[tap]) for weight, tap in zip(w.flat, taps, strict=True) if weight]
        total = " + ".join(f"{_signed(a)}·{number(b)}" for a, b in terms) + f" = {number(out[i, j])}"
        ax.text(width / 2, height + 0.7, total, ha="center", va="center", fontsize=14)
        return []

    return fig, draw, out.shape


def windows_on_axis(cases: Sequence[Mapping[str, int]], pixels: int = 6, kernel_size: int = 3) -> Figure:
    """Draw all places of a window along one axis of the picture, one panel for each case.

    The row on top of a panel is the axis with its padding; below it stands one row for each place of the
    window. A cross marks pixels that no window reaches.

    Parameters
    ----------
    cases
        `stride`, `padding` and `dilation` as far as they are not 1, 0 and 1; two panels stand side by side.
    pixels
        Length of the axis.
    kernel_size
        Length of the window.
    """
    counts = [_places(pixels, kernel_size, case) for case in cases]
    longest = pixels + 2 * max(case.get("padding", 0) for case in cases)
    cells = [max(counts[i : i + 2]) + 1.7 for i in range(0, len(cases), 2)]  # height of each row of panels
    height = 0.3 * sum(cells) + 0.4 * len(cells)
    fig: Figure
    fig, axes = subplots(len(cells), 2, height=height, squeeze=False, height_ratios=cells)
    for ax in axes.flat[len(cases) :]:
        ax.axis("off")
    for panel, (ax, case, count) in enumerate(zip(axes.flat, cases, counts, strict=False)):
        stride, padding, dilation = case.get("stride", 1), case.get("padding", 0), case.get("dilation", 1)
        length = pixels + 2 * padding
        start = (longest - length) / 2
        canvas(ax, longest, cells[panel // 2], above=0.2, below=0.0)
        settings = ", ".join(
            f"{name} {case[name]}" for name in ("padding", "stride", "dilation") if name in case
        )
        ax.set_title(f"{settings or 'plain'}: {count} places")
        unused = set(range(length))
        for place in range(count):
            taps = [place * stride + dilation * u for u in range(kernel_size)]
            y = place + 1.4
            ends = [start + taps[0] + 0.5, start + taps[-1] + 0.5]
            ax.plot(ends, [y + 0.5, y + 0.5], color=COLOURS["blue"], linestyle="-", zorder=0)
            for tap in taps:
                cell(ax, (start + tap, y), PALE["blue"], "", inset=0.08)
            unused -= set(taps)
        for index in range(length):
            inside = padding <= index < padding + pixels
            text = "×" if index in unused else str(index - padding) if inside else "0"
            cell(ax, (start + index, 0), PALE["white" if inside else "grey"], text)
    return fig


def _places(pixels: int, kernel_size: int, case: Mapping[str, int]) -> int:
    stride, padding, dilation = case.get("stride", 1), case.get("padding", 0), case.get("dilation", 1)
    size, window = (1, pixels), (1, kernel_size)  # a picture of one row
    return measure.output_size(size, window, (1, stride), (0, padding), (1, dilation))[1]


def unrolled(x: Float[np.ndarray, "H W"], w: Float[np.ndarray, "kh kw"]) -> Figure:
    """Draw a convolution as one matrix product: the filter as a row, every window as a column.

    The columns stand above the outputs and the row to the left of them, so that each output lies where
    its row and its column meet.
    """
    x, w = np.asarray(x, np.float64), np.asarray(w, np.float64)
    cols = functional.im2col(x[None, None], (len(w), w.shape[1]))[0]  # (kh*kw, Ho*Wo)
    out = w.reshape(1, -1) @ cols
    places = measure.output_size((len(x), x.shape[1]), (len(w), w.shape[1]))
    left = w.size + _GAP
    width, height = left + cols.shape[1], len(cols) + _GAP + 1
    fig: Figure
    fig, ax = subplots(height=WIDTH / width * (height + 1.3))
    canvas(ax, width, height, above=1.2, below=0.1)
    tints = [PALE[name] for name in ("blue", "orange", "green", "purple")]

    at = ((w.size - x.shape[1]) / 2, (len(cols) - len(x)) / 2)
    grid(ax, x, at, PALE["white"], "picture")
    frame(ax, at, (0, 0), (len(w), w.shape[1]), COLOURS["blue"])
    fills = np.empty(cols.shape, object)
    fills[:] = [tints[column % len(tints)] for column in range(cols.shape[1])]
    grid(ax, cols, (left, 0.0), fills, "")
    for column in range(cols.shape[1]):
        i, j = divmod(column, places[1])
        ax.text(left + column + 0.5, -0.35, f"{i},{j}", ha="center", va="center", fontsize=12)
    ax.text(left + cols.shape[1] / 2, -0.95, "window at", ha="center", va="center", fontsize=12)
    frame(ax, (left, 0.0), (0, 0), (len(cols), 1), COLOURS["blue"])
    grid(ax, w.reshape(1, -1), (0.0, height - 1), PALE["grey"], "filter as a row")
    grid(ax, out, (left, height - 1), fills[:1], "output")
    return fig


def grouped_weights(in_channels: int, out_channels: int, groups: Sequence[int]) -> Figure:
    """Draw which input channel (across) each output channel (down) sees, one panel for each `groups`.

    A filled square is one slice of w, the kh x kw weights w[m, c], and holds its indices m,c there.
    """
    fig: Figure
    fig, axes = subplots(1, len(groups), height=3.1, squeeze=False)
    tints = [PALE[name] for name in ("blue", "orange", "green", "purple")]
    for ax, g in zip(axes.flat, groups, strict=True):
        layer = Conv2d(in_channels, out_channels, kernel_size=1, groups=g, bias=False)
        weights = measure.parameter_shapes(layer)["weight"]
        canvas(ax, in_channels + 0.8, out_channels, above=0.05, below=1.4, left=0.8)
        ax.set_title(f"groups={g}\n{weights[0] * weights[1]} slices")
        for m in range(out_channels):
            run = m * g // out_channels
            ax.text(-0.1, m + 0.5, str(m), ha="right", va="center")
            for c in range(in_channels):
                local = c - run * weights[1]
                seen = 0 <= local < weights[1]
                cell(ax, (c, m), tints[run % len(tints)] if seen else "white", f"{m},{local}" if seen else "")
        for c in range(in_channels):
            ax.text(c + 0.5, out_channels + 0.1, str(c), ha="center", va="top")
        ax.text(in_channels / 2, out_channels + 0.75, "input channel", ha="center", va="top")
    axes[0, 0].text(-0.75, out_channels / 2, "output channel", rotation=90, ha="right", va="center")
    return fig


def responses(picture: Float[np.ndarray, "H W"], filters: Mapping[str, Float[np.ndarray, "kh kw"]]) -> Figure:
    """Draw a picture, and below each filter what it answers to the picture.

    The pictures are padded so that they keep their size (odd filters). Purple is below zero, white is
    zero, orange is above, as in `draw_images`; every panel has its own scale.
    """
    picture = np.asarray(picture, np.float64)
    fig: Figure
    fig, axes = subplots(2, 1 + len(filters), height=2.8)
    axes[0, 0].axis("off")
    axes[1, 0].imshow(picture)
    axes[1, 0].set_title("picture", fontsize=11)
    for (upper, lower), (name, w) in zip(axes.T[1:], filters.items(), strict=True):
        w = np.asarray(w, np.float64)
        out, _ = functional.conv2d_forward(
            picture[None, None], w[None, None], padding=(len(w) // 2, w.shape[1] // 2)
        )
        for ax, values in ((upper, w), (lower, out[0, 0])):
            limit = np.abs(values).max()
            ax.imshow(values, cmap=SIGNED, vmin=-limit, vmax=limit)
        upper.set_title(name, fontsize=11)
    for ax in axes.flat:
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[["top", "right"]].set_visible(True)
    return fig


def accuracy_by_shift(
    pictures: Sequence[Float[np.ndarray, "H W"]],
    curves: Mapping[str, Sequence[float]],
    chance: float,
) -> Figure:
    """Draw one picture at each shift, and below it the accuracy of each classifier at that shift.

    Parameters
    ----------
    pictures
        The same picture moved by 0, 1, 2 ... pixels.
    curves
        One accuracy for each shift, under the name of the classifier.
    chance
        The accuracy of guessing, drawn as a grey line.
    """
    fig: Figure
    fig, ax = subplots(height=4.4)
    for (name, values), marker in zip(curves.items(), "osD^v", strict=False):
        ax.plot(values, marker=marker, label=name)
    ax.axhline(chance, color="#666666", linewidth=1)
    ax.text(len(pictures) - 0.55, chance - 0.015, "guessing", ha="right", va="top", color="#444444")
    ax.set_xlim(-0.5, len(pictures) - 0.5)
    ax.set_ylim(0, 1)
    ax.set_xticks(range(len(pictures)))
    ax.set_xlabel("shift to the right in pixels")
    ax.set_ylabel("test accuracy")
    ax.grid(axis="y")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 0.12))
    for shift, picture in enumerate(pictures):
        inset = ax.inset_axes((shift - 0.4, 1.03, 0.8, 0.42), transform=ax.transData)
        inset.imshow(picture)
        inset.set_xticks([])
        inset.set_yticks([])
    return fig


def _signed(value: float) -> str:
    return number(value) if value >= 0 else f"({number(value)})"
