"""The AlexNet paper's figure 4: photographs with their most probable labels, and neighbours of images.

What is right is vermilion, hatched, and has a tick: readers who do not tell the colours apart see it too.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.figures.style import COLOURS, subplots

_TICK = "\N{CHECK MARK}"


class Bars(NamedTuple):
    """A photograph and its labels.

    Attributes
    ----------
    image
        Of which the middle square is drawn, which is what the network saw.
    title, credit
        What stands above it, and who took it.
    guesses
        Labels with their probabilities, the most probable first.
    right
        The labels that are right.
    """

    image: UInt8[np.ndarray, "H W 3"]
    title: str
    credit: str
    guesses: Sequence[tuple[str, float]]
    right: Sequence[str]


def draw_labels(photographs: Sequence[Bars], columns: int = 4) -> Figure:
    """Draw each photograph with a bar for each of its labels below it.

    Parameters
    ----------
    photographs
        With labels of the same number.
    columns
        Photographs side by side.
    """
    height = -(-len(photographs) // columns)
    fig: Figure
    fig, axes = subplots(
        2 * height, columns, height=4.6 * height, width=2.6 * columns, squeeze=False,
        gridspec_kw={"height_ratios": [1.45, 1] * height},
    )  # fmt: skip
    for ax in axes.flat:
        ax.axis("off")
    for i, photo in enumerate(photographs):
        row, column = divmod(i, columns)
        _draw_photograph(axes[2 * row, column], photo)
        _draw_bars(axes[2 * row + 1, column], photo)
    return fig


def draw_neighbours(
    rows: Sequence[Sequence[tuple[UInt8[np.ndarray, "H W 3"], str]]], titles: tuple[str, str]
) -> Figure:
    """Draw rows of images: a query, and those that are nearest to it, each with the name of its class.

    A neighbour of the query's class has a tick and a vermilion frame.

    Parameters
    ----------
    rows
        Each begins with the query.
    titles
        What stands above the queries and above the neighbours.
    """
    columns = len(rows[0])
    fig: Figure
    fig, axes = subplots(
        len(rows), columns, height=1.22 * len(rows) + 0.4, width=1.1 * columns, squeeze=False
    )
    for row, drawn in zip(axes, rows, strict=True):
        for i, (ax, (image, name)) in enumerate(zip(row, drawn, strict=True)):
            right = i > 0 and name == drawn[0][1]
            ax.imshow(image)
            ax.set(xticks=[], yticks=[])
            ax.set_xlabel(f"{name} {_TICK}" if right else name, fontsize=10, labelpad=2)
            ax.spines[:].set(
                visible=True,
                color=COLOURS["vermilion"] if right else "#999999",
                linewidth=2.5 if right else 0.8,
            )
    axes[0, 0].set_title(titles[0], fontsize=11)
    axes[0, 1].set_title(titles[1], fontsize=11, loc="left")
    return fig


def _draw_photograph(ax: Axes, photo: Bars) -> None:
    height, width = photo.image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    ax.imshow(photo.image[top : top + side, left : left + side], interpolation="antialiased")
    ax.set_title(photo.title, fontsize=12)
    ax.text(
        0.5, -0.02, photo.credit, transform=ax.transAxes, ha="center", va="top", fontsize=9, color="#555555"
    )


def _draw_bars(ax: Axes, photo: Bars) -> None:
    for place, (name, probability) in enumerate(photo.guesses):
        right = name in photo.right
        ax.barh(
            place, probability, height=0.8, color="#f7cdb0" if right else "#cfe6f5",
            edgecolor=COLOURS["vermilion"] if right else COLOURS["blue"], linewidth=1.2,
            hatch="////" if right else None,
        )  # fmt: skip
        text = f"{_TICK} {name}" if right else name
        ax.text(0.02, place, text, va="center", fontsize=11, fontweight="bold" if right else "normal")
        ax.text(1.18, place, f"{probability:.2f}", va="center", ha="right", fontsize=10)
    ax.set_xlim(0, 1.18)  # to the right of the longest bar stand the numbers
    ax.set_ylim(len(photo.guesses) - 0.5, -0.5)
