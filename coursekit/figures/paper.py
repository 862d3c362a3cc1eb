"""A sheet to draw a diagram on, measured in inches, and the room that text takes on it."""

from functools import cache

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from coursekit.figures.style import subplots

NAME, NOTE = 11, 10
"""Font sizes in points: of names and numbers, and of what is said below a name."""
NOTE_COLOUR = "#444444"
MARGIN = 0.05


def paper(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure of so many inches and axes in inches, from its upper left corner, y downwards."""
    fig: Figure
    fig, ax = subplots(width=width, height=height)
    ax.set_position((0, 0, 1, 1))  # which takes them out of the layout: one unit is one inch
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)
    ax.axis("off")
    return fig, ax


@cache
def text_width(text: str, size: float = NAME, weight: str = "normal") -> float:
    """Return how many inches wide a text will be."""
    if not text.strip():
        return 0.0
    font = FontProperties(family="DejaVu Sans", weight=weight)
    # Two per cent more than its outline: on the screen letters begin at whole pixels.
    return float(TextPath((0, 0), text, size=size, prop=font).get_extents().width) / 72 * 1.02 + 0.02


def pack(phrases: list[str], width: float) -> list[str]:
    """Return phrases joined by commas to lines of notes, at most `width` inches wide where that can be."""
    lines: list[str] = []
    for phrase in phrases:
        if lines and text_width(f"{lines[-1]}, {phrase}", NOTE) <= width:
            lines[-1] += f", {phrase}"
        else:
            lines.append(phrase)
    return lines
