"""Words as pictures: what a window of words sees, and words as points of a plane."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from coursekit.figures.style import COLOURS, subplots


def draw_windows(words: Sequence[str], window: int) -> Figure:
    """Draw a line of text once for each of its words, which is the centre, with the context that it sees.

    Parameters
    ----------
    words
        The text.
    window
        How many words to either side are context.

    Raises
    ------
    ValueError
        If there is no word, or `window` is below 1.
    """
    if not words or window < 1:
        raise ValueError(f"draw_windows takes words and a window >= 1, got {list(words)} and {window}")
    fig: Figure
    fig, ax = subplots(height=0.42 * len(words) + 0.5)
    for row in range(len(words)):
        context = [i for i in range(len(words)) if i != row and abs(i - row) <= window]
        for place, word in enumerate(words):
            seen = place in context
            fill = "#fbe0b0" if place == row else "#cfe6f5" if seen else "white"
            edge = COLOURS["vermilion"] if place == row else "#777777" if seen else "white"
            ax.add_patch(
                Rectangle((place + 0.04, row + 0.1), 0.92, 0.8, facecolor=fill, edgecolor=edge, lw=1.2)
            )
            colour, weight = (
                ("black" if place == row or seen else "#767676"),
                "bold" if place == row else None,
            )
            ax.text(
                place + 0.5, row + 0.5, word, ha="center", va="center", fontsize=11,
                color=colour, fontweight=weight,
            )  # fmt: skip
        ax.text(len(words) + 0.15, row + 0.5, f"{len(context)} pairs", va="center", fontsize=11)
    ax.set(xlim=(0, len(words) + 1), ylim=(len(words), 0))
    ax.axis("off")
    return fig


def draw_words(
    points: Mapping[str, Float[np.ndarray, "2"]], arrows: Sequence[tuple[str, str]] = (), height: float = 4.6
) -> Figure:
    """Draw words as points of a plane, each with its name, and arrows between some of them.

    Names stand on the right, those where an arrow ends on the left.

    Parameters
    ----------
    points
        The place of each word.
    arrows
        Pairs of words: from which to which.
    height
        Of the figure, in inches.

    Raises
    ------
    ValueError
        If an arrow begins or ends at a word that has no place.
    """
    lost = [word for pair in arrows for word in pair if word not in points]
    if lost:
        raise ValueError(f"draw_words: an arrow needs {lost[0]!r}, which is none of the points")
    fig: Figure
    fig, ax = subplots(height=height)
    for start, end in arrows:
        style = {"arrowstyle": "->", "color": COLOURS["sky"], "lw": 1.4, "shrinkA": 4, "shrinkB": 4}
        ax.annotate("", xy=tuple(points[end]), xytext=tuple(points[start]), arrowprops=style)
    ends = {end for _, end in arrows}
    for word, (x, y) in points.items():
        last = word in ends
        ax.plot(x, y, "s" if last else "o", color=COLOURS["vermilion" if last else "blue"], markersize=6)
        aside, align = ((-6, 4), "right") if last else ((6, -4), "left")
        name = ax.annotate(word, (x, y), xytext=aside, textcoords="offset points", fontsize=10, ha=align)
        name.set_path_effects([withStroke(linewidth=3, foreground="white")])  # readable across an arrow
    ax.margins(x=0.14, y=0.08)
    ax.set(xticks=[], yticks=[])
    return fig
