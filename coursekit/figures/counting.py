"""The pictures of chapter 4: where parameters and multiply-adds are, and what a unit sees.

Every number that is drawn comes from `coursekit.networks.measure`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from coursekit.figures.style import COLOURS, subplots
from coursekit.networks import Layer, Network, Sequential, measure

_LIT, _PALE = COLOURS["vermilion"], "#bbbbbb"


def parameters_and_work(network: Network) -> Figure:
    """Draw for every layer with weights its share of all parameters and of all multiply-adds, as bars.

    Convolutions are blue, fully connected layers orange and hatched. Behind each bar stands its share in
    percent.
    """
    rows = [row for row in network.rows() if row.multiply_adds]
    fig: Figure
    fig, axes = subplots(1, 2, height=0.34 * len(rows) + 1.0, sharey=True)
    totals = (sum(row.parameters for row in rows), sum(row.multiply_adds for row in rows))
    for ax, name, total in zip(axes, ("parameters", "multiply_adds"), totals, strict=True):
        for place, row in enumerate(rows):
            share = 100 * getattr(row, name) / total
            full = row.layer == "Linear"
            ax.barh(
                place, share, height=0.75, color=COLOURS["orange" if full else "blue"],
                hatch="///" if full else None, edgecolor="white",
            )  # fmt: skip
            ax.text(share + 1.5, place, f"{share:.1f}", va="center", fontsize=11)
        ax.set(title=f"{name.replace('_', '-')}, {total / 1e6:,.1f} million", xlabel="percent of all")
        ax.set_xlim(0, 74)
        ax.set_yticks(range(len(rows)), [row.name for row in rows])
        ax.set_ylim(len(rows) - 0.4, -0.6)
    return fig


def seen_units(layers: Mapping[str, Layer], pixels: int, unit: int) -> Figure:
    """Draw an axis of pixels, the units of layer after layer, and all that one unit of the last one sees.

    A unit stands above the middle of what it sees. Beside each row stand the receptive field and the
    distance between neighbours.

    Parameters
    ----------
    layers
        Convolutions and pooling layers without padding, in the order in which they run.
    pixels
        How many pixels the axis has.
    unit
        Which unit of the last layer, counted from 0.

    Raises
    ------
    ValueError
        If a layer has no window, or has padding, or there is no such unit.
    """
    windows = [measure.window(layer) for layer in layers.values()]
    sizes, places = [pixels], [(0.0, 1)]  # of each row: its units, where the first stands, their distance
    for name, w in zip(layers, windows, strict=True):
        if w is None or w.padding != (0, 0):
            raise ValueError(f"seen_units: {name} must be a layer with a window and no padding")
        first, jump = places[-1]
        span = w.dilation[0] * (w.kernel_size[0] - 1)
        sizes.append((sizes[-1] - span - 1) // w.stride[0] + 1)
        places.append((first + span * jump / 2, jump * w.stride[0]))
    if not 0 <= unit < sizes[-1]:
        raise ValueError(f"seen_units: the last layer has the units 0 to {sizes[-1] - 1}, got {unit}")
    lit = [{unit}]
    for w in reversed(windows):
        assert w is not None
        taps = [w.dilation[0] * tap for tap in range(w.kernel_size[0])]
        lit.insert(0, {i * w.stride[0] + tap for i in lit[0] for tap in taps})
    fig: Figure
    fig, ax = subplots(height=0.85 * len(sizes) + 0.1)
    fields = [1, *(measure.receptive_field(_first(layers, n))[0] for n in range(1, len(sizes)))]
    for row, ((first, jump), count) in enumerate(zip(places, sizes, strict=True)):
        xs = [first + jump * i for i in range(count)]
        if row:
            below_first, below_jump = places[row - 1]
            below = sorted(lit[row - 1])
            corners = [
                (below_first + below_jump * below[0], row - 1),
                (below_first + below_jump * below[-1], row - 1),
                (xs[max(lit[row])], row),
                (xs[min(lit[row])], row),
            ]
            ax.add_patch(Polygon(corners, facecolor="#f7cdb0", edgecolor="none", zorder=0))
        faces = [_LIT if i in lit[row] else "white" for i in range(count)]
        edges = [_LIT if i in lit[row] else _PALE for i in range(count)]
        marker = "o" if row else "s"
        ax.scatter(xs, [row] * count, s=150, c=faces, edgecolors=edges, linewidths=1.5, marker=marker)
        name = list(layers)[row - 1] if row else "pixels"
        ax.text(-1.2, row, name, ha="right", va="center")
        ax.text(pixels + 0.2, row, f"$r = {fields[row]}$, $j = {jump}$", va="center")
    ax.set_xlim(-1.2 - 0.28 * max(map(len, [*layers, "pixels"])), pixels + 3.4)
    ax.set_ylim(-0.4, len(sizes) - 0.6)
    ax.axis("off")
    return fig


def _first(layers: Mapping[str, Layer], count: int) -> Sequential:
    return Sequential(**dict(list(layers.items())[:count]))


def reach(maps: Sequence[Float[np.ndarray, "H W"]], titles: Sequence[str], square: tuple[int, int]) -> Figure:
    """Draw how much each pixel moves one unit, with the computed receptive field as a frame.

    Parameters
    ----------
    maps
        Images (H, W) of absolute gradients; each is scaled to its own largest value.
    titles
        What stands above each.
    square
        The first pixel and the side of the receptive field, in both directions alike.
    """
    fig: Figure
    fig, axes = subplots(1, len(maps), height=7.0 / len(maps) + 0.2, squeeze=False)
    first, side = square
    for ax, values, title in zip(axes[0], maps, titles, strict=True):
        ax.imshow(values, cmap="Blues", vmin=0)
        corners = [first - 0.5, first + side - 0.5]
        ax.plot(
            [corners[0], corners[1], corners[1], corners[0], corners[0]],
            [corners[0], corners[0], corners[1], corners[1], corners[0]],
            color=_LIT, linestyle="-", linewidth=1.5,
        )  # fmt: skip
        ax.set_title(title)
        ax.tick_params(labelsize=10)
    return fig
