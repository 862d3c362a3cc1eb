"""Pictures of described networks: what flows from layer to layer, and which map sees which."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coursekit.figures.style import COLOURS, subplots
from coursekit.networks import Network, Row
from coursekit.networks.measure import Shape

_COLOUR_OF = {
    **dict.fromkeys(("Conv2d", "TableConv2d"), "blue"),
    **dict.fromkeys(("AvgPool2d", "MaxPool2d", "GlobalAvgPool2d", "Subsampling"), "orange"),
    **dict.fromkeys(("Linear", "RBF"), "green"),
}
_WORDS = {
    "Conv2d": "conv",
    "TableConv2d": "conv, table",
    "AvgPool2d": "mean",
    "MaxPool2d": "max",
    "Subsampling": "sum",
    "GlobalAvgPool2d": "mean of a map",
    "Linear": "fully connected",
    "RBF": "distances",
}
_LINE = 0.27  # height of one line of text in inches
_TEXT, _DRAWING = 1.75, 2.95  # widths of the columns in inches
_WIDTH = 6.5


@dataclass(frozen=True)
class Box:
    """What a diagram says about one layer.

    Attributes
    ----------
    name
        The layer's name; "input" for the images.
    kind
        The layer's type; empty for the images.
    detail
        What it is and its window in words, empty where the name says it all.
    shape
        (channels, height, width) or (features,) of what comes out.
    size
        The same as a label: "6×28×28".
    parameters
        The number of trainable parameters.
    """

    name: str
    kind: str
    detail: str
    shape: Shape
    size: str
    parameters: int


def boxes(network: Network) -> list[Box]:
    """Return what a diagram of `network` shows: the input, then one box a layer."""
    first = Box("input", "", "", network.input_shape, _by(network.input_shape), 0)
    return [first, *(_box(row) for row in network.rows())]


def draw_network(network: Network) -> Figure:
    """Draw a network from top to bottom, one line a layer, with what comes out of it.

    Maps are drawn as squares and features as a bar. All maps have one scale and all bars have another, so
    that the picture shows how the maps shrink and how many there are.
    """
    shown = boxes(network)
    heights = [_LINE * (2.0 if box.detail else 1.55) for box in shown]
    fig: Figure
    fig, ax = subplots(height=sum(heights) + 0.45, width=_WIDTH)
    ax.set_xlim(0, _WIDTH)
    ax.set_ylim(sum(heights), -0.45)
    ax.axis("off")
    right = _TEXT + _DRAWING
    headings = {"layer": 0, "output, to scale": _TEXT, "size": right + 0.1}
    for heading, x in headings.items():
        ax.text(x, -0.2, heading, va="center", color="#444444")
    ax.text(_WIDTH, -0.2, "parameters", ha="right", va="center", color="#444444")
    maps = [box.shape for box in shown if len(box.shape) == 3]
    pixel = min(1.5 * _LINE / max(h for _, h, _ in maps), _DRAWING / max(w for _, _, w in maps))
    unit = 0.95 * _DRAWING / max((box.shape[0] for box in shown if len(box.shape) == 1), default=1)
    y = 0.0
    for box, height in zip(shown, heights, strict=True):
        ax.plot([0, _WIDTH], [y, y], color="#dddddd", linewidth=0.8, linestyle="-")
        middle = y + height / 2
        colour = COLOURS.get(_COLOUR_OF.get(box.kind, ""), "#777777")
        line = middle - 0.42 * _LINE if box.detail else middle
        ax.text(0, line, box.name, va="center", weight="bold", color="black")
        if box.detail:
            ax.text(0, line + 0.9 * _LINE, box.detail, va="center", fontsize=11, color="#444444")
        if len(box.shape) == 3:
            _draw_maps(ax, box.shape, middle, pixel, colour)
        else:
            bar = Rectangle((_TEXT, middle - 0.07), unit * box.shape[0], 0.14, color=colour)
            ax.add_patch(bar)
        ax.text(right + 0.1, middle, box.size, va="center")
        if box.parameters:
            ax.text(_WIDTH, middle, f"{box.parameters:,}", ha="right", va="center")
        y += height
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


def _draw_maps(ax: Axes, shape: Shape, middle: float, pixel: float, colour: str) -> None:
    """Draw every map as a rectangle; where there is no room for all side by side, they overlap."""
    count, height, width = shape[0], shape[1] * pixel, shape[2] * pixel
    room = (_DRAWING - 0.15 - width) / max(count - 1, 1)
    step = min(1.15 * width, room)
    maps = [Rectangle((_TEXT + i * step, middle - height / 2), width, height) for i in range(count)]
    # A collection, because thousands of patches on their own take minutes.
    ax.add_collection(PatchCollection(maps, facecolor=colour, edgecolor="white", linewidth=0.8))


def _box(row: Row) -> Box:
    detail = _WORDS.get(row.layer, "")
    if row.kernel_size:
        detail = f"{detail or row.layer} {_by(row.kernel_size)}"
        if row.stride and row.stride != (1, 1):
            detail += f", stride {_one(row.stride)}"
        if row.padding and row.padding != (0, 0):
            detail += f", pad {_one(row.padding)}"
    return Box(row.name, row.layer, detail, row.output_shape, _by(row.output_shape), row.parameters)


def _by(shape: Shape) -> str:
    return "×".join(map(str, shape))


def _one(size: tuple[int, int]) -> str:
    return str(size[0]) if size[0] == size[1] else _by(size)
