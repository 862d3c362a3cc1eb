"""Matrices as squares with numbers in them, for pictures of what happens to an array."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

PALE = {
    "white": "white",
    "grey": "#e6e6e6",
    "blue": "#cfe6f5",
    "orange": "#fbe0b0",
    "green": "#c9ebdf",
    "purple": "#f3dbe7",
}
"""Fills that black numbers can be read on."""


def number(value: float) -> str:
    """Return a number as it is drawn: short, and with a true minus sign."""
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def canvas(ax: Axes, width: float, height: float, above: float, below: float, left: float = 0.0) -> None:
    """Make one unit of `ax` one cell, with rows counted downwards as in an array."""
    ax.set_xlim(-left - 0.05, width - left + 0.05)
    ax.set_ylim(height + below, -above)
    ax.set_aspect("equal")
    ax.axis("off")


def cell(ax: Axes, at: tuple[float, float], fill: str, text: str, inset: float = 0.0) -> None:
    """Draw the cell whose upper left corner is at (x, y)."""
    corner, side = (at[0] + inset, at[1] + inset), 1 - 2 * inset
    ax.add_patch(Rectangle(corner, side, side, facecolor=fill, edgecolor="#777777", linewidth=0.8))
    ax.text(at[0] + 0.5, at[1] + 0.5, text, ha="center", va="center", fontsize=13 if len(text) < 3 else 11)


def grid(
    ax: Axes, values: np.ndarray, at: tuple[float, float], fills: Any, title: str, visible: Any = True
) -> None:
    """Draw a matrix with its upper left corner at (x, y)."""
    fills = np.broadcast_to(np.asarray(fills, object), values.shape)
    visible = np.broadcast_to(visible, values.shape)
    for (row, column), value in np.ndenumerate(values):
        text = number(value) if visible[row, column] else ""
        cell(ax, (at[0] + column, at[1] + row), fills[row, column], text)
    ax.text(at[0] + values.shape[1] / 2, at[1] - 0.2, title, ha="center", va="bottom", fontsize=13)


def frame(
    ax: Axes, at: tuple[float, float], cell: tuple[int, int], size: tuple[int, int], colour: str
) -> None:
    """Draw a thick frame around `size` cells (down, across) of the grid at (x, y), from `cell` on."""
    corner = (at[0] + cell[1], at[1] + cell[0])
    ax.add_patch(Rectangle(corner, size[1], size[0], fill=False, edgecolor=colour, linewidth=3))
