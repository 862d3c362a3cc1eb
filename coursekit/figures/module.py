"""Pictures of what is inside a module: branches from one input to where they join, as boxes and arrows."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from coursekit.figures.paper import MARGIN, NAME, NOTE, NOTE_COLOUR, pack, paper, text_width
from coursekit.figures.style import WIDTH
from coursekit.figures.words import after, by, colour, is_elementwise, phrases
from coursekit.networks import Add, Auxiliary, Concat, Conv2d, Layer, Sequential, measure
from coursekit.networks.measure import Shape

_LINE = 0.185  # height of one line of text in inches, as all that follows
_PAD = 0.08  # between a box and its text
_ARROW = 0.24
_FORK = 0.42  # from where branches part to their first boxes
_JOIN = 0.12  # from their last boxes to where they meet
_GAP = 0.18  # between columns
_INK = "#444444"


@dataclass
class Station:
    """A layer as a box, with the element-wise layers behind it."""

    name: str
    layer: Layer | None  # None for the input
    shape: Shape  # of what comes out
    filters: str = ""
    said: list[str] = field(default_factory=list)
    then: list[str] = field(default_factory=list)

    def lines(self, room: float) -> list[str]:
        """Return what stands in the box below its name, in lines of at most `room` inches."""
        told = (self.said, [self.filters] * bool(self.filters), self.then, [by(self.shape)])
        return [line for part in told for line in pack(part, room)]


@dataclass
class Fork:
    """Branches that begin with the same input. What passes by unchanged is a branch without boxes."""

    branches: dict[str, "list[Station | Fork]"]
    joins: bool  # False for a side path, of which nothing comes back


Path = list[Station | Fork]


def draw_module(layer: Layer, input_shape: Shape) -> Figure:
    """Draw the inside of a layer that is made of layers, from the input at the top to the output.

    Each box says the layer's name, its window, its filters, the element-wise layers behind it and the shape
    of what comes out. Branches stand side by side, in the order in which `Concat` puts their maps.

    Parameters
    ----------
    layer
        An Inception module, a residual block, an auxiliary classifier, or any other `Sequential`:
        `networks.get("googlenet").body.children["inception_3a"]`.
    input_shape
        (channels, height, width) of what comes in.

    Raises
    ------
    TypeError
        If the layer is not made of layers.
    ValueError
        If the layer does not take an input of that shape.
    """
    if not isinstance(layer, Sequential):
        raise TypeError(
            "draw_module draws a layer that is made of layers (Sequential, Concat, Add, Auxiliary), "
            f"got {type(layer).__name__}"
        )
    path: Path = [Station("input", None, input_shape), *_path(layer, input_shape, "")[0]]
    columns = _columns(path)
    room = max(1.2, min(1.9, (WIDTH - 2 * MARGIN - (columns - 1) * _GAP) / columns - 2 * _PAD - 0.05))
    widths = []
    for part in _parts(path):
        if isinstance(part, Fork):
            widths += [2 * text_width(name, NOTE) for name in part.branches]
        else:
            widths.append(text_width(part.name, NAME, "bold"))
            widths += [text_width(line, NOTE) for line in part.lines(room)]
    pen = _Pen(room, unit=max(widths) + 2 * _PAD)
    fig, ax = paper(2 * MARGIN + pen.span(path), 2 * MARGIN + pen.height(path))
    pen.path(ax, path, MARGIN, MARGIN)
    return fig


def _path(layer: Layer, shape: Shape, name: str) -> tuple[Path, Shape]:
    """Return the boxes of a layer and the shape of what comes out."""
    out = measure.trace(layer, shape, name)[1]
    if not isinstance(layer, Sequential):
        filters = f"{layer.out_channels} filters" if isinstance(layer, Conv2d) else ""
        said = [after(layer)] if is_elementwise(layer) else phrases(layer, shape)
        return [Station(name, layer, out, filters, said)], out
    if isinstance(layer, Concat | Add):
        branches = {key: _path(child, shape, key)[0] for key, child in layer.children.items()}
        word, ink = ("concat", Concat()) if isinstance(layer, Concat) else ("+", Add())
        return [Fork(branches, joins=True), Station(word, ink, out)], out
    path: Path = []
    current = shape
    for key, child in layer.children.items():
        last = path[-1] if path else None
        if is_elementwise(child) and isinstance(last, Station) and not isinstance(last.layer, Concat | Add):
            current = measure.output_shape(child, current)
            last.then.append(after(child))
            last.shape = current
        else:
            inner, current = _path(child, current, key)
            path += inner
    if isinstance(layer, Auxiliary):
        return [Fork({"": [], "side path": path}, joins=False)], out
    return path, out


def _parts(path: Path) -> Iterator[Station | Fork]:
    """Yield every box and every fork, those within branches too."""
    for part in path:
        yield part
        if isinstance(part, Fork):
            for branch in part.branches.values():
                yield from _parts(branch)


def _columns(path: Path) -> int:
    """Return how many boxes stand side by side where the path is widest."""
    forks = [part for part in path if isinstance(part, Fork)]
    return max([1, *(sum(map(_columns, fork.branches.values())) for fork in forks)])


@dataclass
class _Pen:
    """Draws paths on a sheet: at most `room` inches of text in boxes `unit` inches wide."""

    room: float
    unit: float

    def span(self, path: Path) -> float:
        columns = _columns(path)
        return columns * self.unit + (columns - 1) * _GAP

    def box_height(self, station: Station) -> float:
        return _LINE * (1 + len(station.lines(self.room))) + 2 * _PAD

    def height(self, path: Path) -> float:
        """Return how tall a path is."""
        total = 0.0
        for index, part in enumerate(path):
            if isinstance(part, Station):
                total += self.box_height(part) + (_ARROW if index else 0)
            else:
                total += _FORK + max(map(self.height, part.branches.values())) + _JOIN
        return total

    def path(self, ax: Axes, path: Path, left: float, top: float) -> float:
        """Draw a path into the column from `left` on and return where it ends."""
        centre, y = left + self.span(path) / 2, top
        for index, part in enumerate(path):
            if isinstance(part, Fork):
                y = self.fork(ax, part, centre, y, goes_on=index + 1 < len(path))
                continue
            if index:
                _arrow(ax, centre, y, y + _ARROW)
                y += _ARROW
            self.box(ax, part, centre, y)
            y += self.box_height(part)
        return y

    def fork(self, ax: Axes, fork: Fork, centre: float, top: float, goes_on: bool) -> float:
        """Draw branches from the point (centre, top) on and return where they have joined."""
        spans = [self.span(branch) for branch in fork.branches.values()]
        left = centre - (sum(spans) + _GAP * (len(spans) - 1)) / 2
        bar, begin = top + _JOIN, top + _FORK
        end = begin + max(map(self.height, fork.branches.values())) + _JOIN
        middles = []
        for (name, branch), span in zip(fork.branches.items(), spans, strict=True):
            x = left + span / 2
            left += span + _GAP
            middles.append(x)
            ax.text(x + 0.07, (bar + begin) / 2, name, va="center", fontsize=NOTE, color=NOTE_COLOUR)
            if branch:
                _arrow(ax, x, bar, begin)
                bottom = self.path(ax, branch, x - span / 2, begin)
                if fork.joins:
                    _line(ax, [x, x], [bottom, end])
            else:
                passing = "identity" if fork.joins else "unchanged"
                ax.text(x + 0.07, (begin + end) / 2, passing, va="center", fontsize=NOTE, color=NOTE_COLOUR)
                if goes_on:
                    _line(ax, [x, x], [bar, end])
                    _line(ax, [x, centre], [end, end])
                else:
                    _arrow(ax, x, bar, end)
        _line(ax, [centre, centre], [top, bar])
        for y in [bar, end] if fork.joins else [bar]:
            _line(ax, [min(middles), max(middles)], [y, y])
        return end

    def box(self, ax: Axes, station: Station, centre: float, top: float) -> None:
        """Draw a box with its texts, its upper edge at `top`."""
        height, edge = self.box_height(station), colour(station.layer)
        corner = (centre - self.unit / 2, top)
        ax.add_patch(
            FancyBboxPatch(
                corner,
                self.unit,
                height,
                boxstyle="round,pad=0,rounding_size=0.06",
                facecolor=(*to_rgb(edge), 0.15),
                edgecolor=edge,
                linewidth=1.5,
            )
        )
        y = top + _PAD + _LINE / 2
        ax.text(centre, y, station.name, ha="center", va="center", fontsize=NAME, weight="bold")
        for number, line in enumerate(station.lines(self.room), start=1):
            ax.text(centre, y + number * _LINE, line, ha="center", va="center", fontsize=NOTE)


def _line(ax: Axes, x: list[float], y: list[float]) -> None:
    ax.plot(x, y, color=_INK, linewidth=1.2, linestyle="-", solid_capstyle="projecting")


def _arrow(ax: Axes, x: float, top: float, bottom: float) -> None:
    style = {"arrowstyle": "-|>", "color": _INK, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", xy=(x, bottom), xytext=(x, top), arrowprops=style)
