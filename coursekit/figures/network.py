"""Pictures of described networks: what flows from layer to layer, and which map sees which."""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coursekit.figures.fold import Line, lines
from coursekit.figures.paper import MARGIN, NAME, NOTE, NOTE_COLOUR, pack, paper, text_width
from coursekit.figures.style import COLOURS, subplots
from coursekit.figures.words import colour
from coursekit.networks import Network

_WIDTH = 6.5  # of the figure in inches, as all that follows
_NOTES = 2.15  # where notes are broken into lines
_LINE = 0.25  # height of one line of text
_GAP = 0.15  # between columns
_HEADING = 0.4
_THIN = 0.8  # of the white edge of a map, in points


def draw_network(network: Network) -> Figure:
    """Draw a network from top to bottom, one line a layer, with what comes out of it.

    Maps are drawn as squares and features as a bar. All maps have one scale and all bars have another, so
    that the picture shows how the maps shrink and how many there are. Maps lie side by side if there is
    room for those of every layer, otherwise they are stacked, equally far apart everywhere. A long network
    is folded as `coursekit.figures.fold.lines` says; `coursekit.figures.draw_module` draws the inside of
    one of its blocks.
    """
    shown = lines(network)
    notes = [pack(line.notes, _NOTES) for line in shown]
    heights = [_LINE * (1.1 + 0.9 * len(said) if said else 1.55) for said in notes]
    titles = [text_width(line.title, NAME, "bold") for line in shown]
    left = MARGIN + _GAP + max(titles + [text_width(note, NOTE) for said in notes for note in said])
    counts = max(text_width(text, size) for line in shown for text, size in _counts(line))
    right = _WIDTH - MARGIN - max(counts, text_width("parameters")) - _GAP
    sizes = right - max(text_width(line.size) for line in shown)
    fig, ax = paper(_WIDTH, _HEADING + sum(heights) + MARGIN)
    for heading, x in {"layer": MARGIN, "output, to scale": left, "size": sizes}.items():
        ax.text(x, _HEADING / 2, heading, va="center", fontsize=NAME, color=NOTE_COLOUR)
    _right(ax, _HEADING / 2, "parameters", NAME, NOTE_COLOUR)
    middles = [_HEADING + y - height / 2 for y, height in zip(accumulate(heights), heights, strict=True)]
    for line, said, middle, height in zip(shown, notes, middles, heights, strict=True):
        top = middle - height / 2
        ax.plot([MARGIN, _WIDTH - MARGIN], [top, top], color="#dddddd", linewidth=_THIN, linestyle="-")
        y = middle - 0.45 * _LINE * len(said)
        ax.text(MARGIN, y, line.title, va="center", fontsize=NAME, weight="bold")
        for number, note in enumerate(said, start=1):
            below = y + 0.9 * _LINE * number
            ax.text(MARGIN, below, note, va="center", fontsize=NOTE, color=NOTE_COLOUR)
        ax.text(sizes, middle, line.size, va="center", fontsize=NAME)
        texts = _counts(line)
        for number, (text, size) in enumerate(texts):
            at = middle + 0.9 * _LINE * (number - (len(texts) - 1) / 2)
            _right(ax, at, text, size, "black" if size == NAME else NOTE_COLOUR)
    _draw_maps(ax, shown, middles, left, sizes - _GAP - left)
    _draw_features(ax, shown, middles, left, sizes - _GAP - left)
    return fig


def draw_connections(seen: Sequence[Sequence[int]], sources: int, source: str, target: str) -> Figure:
    """Draw which map of a layer sees which maps of the layer before, as a table of filled squares.

    Parameters
    ----------
    seen
        For each map of the layer, the indices of the maps that it sees.
    sources
        The number of maps in the layer before.
    source, target
        What the two layers are called.

    Raises
    ------
    ValueError
        If an index is not that of a map.
    """
    wrong = [index for maps in seen for index in maps if not 0 <= index < sources]
    if wrong:
        raise ValueError(f"draw_connections: {source} has the maps 0 to {sources - 1}, got {wrong[0]}")
    fig: Figure
    fig, ax = subplots(height=0.35 * sources + 0.75, width=6)
    for column, maps in enumerate(seen):
        for row in range(sources):
            face = COLOURS["blue"] if row in maps else "white"
            ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=face, edgecolor="#999999"))
    ax.set_xlim(-0.55, len(seen) - 0.45)
    ax.set_ylim(sources - 0.45, -0.55)
    ax.set_xticks(range(len(seen)))
    ax.set_yticks(range(sources))
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    ax.xaxis.set_label_position("top")
    ax.set_xlabel(f"map of {target}")
    ax.set_ylabel(f"map of {source}")
    for spine in ax.spines.values():
        spine.set_visible(False)
    return fig


def _counts(line: Line) -> list[tuple[str, int]]:
    """Return the number of parameters as texts with their font sizes; of a run the product below it."""
    if not line.parameters:
        return []
    total = (f"{line.times * line.parameters:,}", NAME)
    return [total] if line.times == 1 else [total, (f"{line.times} × {line.parameters:,}", NOTE)]


def _right(ax: Axes, y: float, text: str, size: int, ink: str) -> None:
    ax.text(_WIDTH - MARGIN, y, text, ha="right", va="center", fontsize=size, color=ink)


def _draw_maps(ax: Axes, shown: list[Line], middles: list[float], left: float, room: float) -> None:
    """Draw every map as a rectangle."""
    at = [(line, y) for line, y in zip(shown, middles, strict=True) if len(line.shape) == 3]
    shapes = [line.shape for line, _ in at]
    pixel = min(1.5 * _LINE / max(h for _, h, _ in shapes), 0.8 * room / max(w for _, _, w in shapes))
    beside = all(1.15 * pixel * width * count <= room for count, _, width in shapes)
    apart = min((room - pixel * width) / max(count - 1, 1) for count, _, width in shapes)
    for line, middle in at:
        count, height, width = line.shape[0], line.shape[1] * pixel, line.shape[2] * pixel
        step = 1.15 * width if beside else apart
        lefts = left + step * np.arange(count)
        x = np.stack([lefts, lefts + width, lefts + width, lefts], axis=1)
        y = middle + height / 2 * np.array([-1, -1, 1, 1])
        squares = np.stack([x, np.broadcast_to(y, x.shape)], axis=2)  # (map, corner, xy)
        # White edges where there is room for them, and around the last map of a stack, which lies on top.
        edge = _THIN if 72 * min(step, height) > 4 * _THIN else 0.0
        last = _THIN if 72 * height > 4 * _THIN else 0.0
        # One collection, because thousands of patches on their own take minutes.
        drawn = PolyCollection(squares)  # type: ignore[arg-type]  # an array is drawn fastest
        drawn.set_edgecolor("white")
        drawn.set_linewidth([edge] * (count - 1) + [last])
        drawn.set_facecolor(colour(line.layer))
        if 72 * height < _THIN:  # too thin to be seen otherwise
            drawn.set_edgecolor(colour(line.layer))
            drawn.set_linewidth(_THIN)
        ax.add_collection(drawn)


def _draw_features(ax: Axes, shown: list[Line], middles: list[float], left: float, room: float) -> None:
    """Draw the features of a layer as a bar."""
    at = [(line, y) for line, y in zip(shown, middles, strict=True) if len(line.shape) == 1]
    unit = room / max((line.shape[0] for line, _ in at), default=1)
    for line, middle in at:
        ax.add_patch(Rectangle((left, middle - 0.07), unit * line.shape[0], 0.14, color=colour(line.layer)))
