"""Pictures of an experiment that was repeated over seeds: curves with error bars, or points, one a seed."""

from collections.abc import Mapping, Sequence
from itertools import cycle

from matplotlib.figure import Figure

from coursekit.figures.style import COLOURS, subplots

_MARKERS = "osD^vPX*"


def draw_curves(
    sizes: Sequence[int],
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    x: str,
    y: str,
) -> Figure:
    """Draw mean and spread of each arm against the size, which has a logarithmic axis.

    Parameters
    ----------
    sizes
        The sizes, ascending.
    curves
        For each arm, by the name that the legend shows: its means and its spreads, one for each size.
    x, y
        The labels of the axes.
    """
    fig: Figure
    fig, ax = subplots(height=4.0)
    for i, (name, (means, spreads)) in enumerate(curves.items()):
        # Arms stand a little apart, so that error bars do not hide each other.
        places = [size * 1.03 ** (i - (len(curves) - 1) / 2) for size in sizes]
        ax.errorbar(places, means, yerr=spreads, label=name, marker=_MARKERS[i % len(_MARKERS)], capsize=3)
    ax.set_xscale("log")
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.minorticks_off()
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.grid(True)
    ax.legend()
    return fig


def draw_points(figures: Mapping[str, Sequence[float]], y: str) -> Figure:
    """Draw what each seed gave for each arm, as points in a column, with a bar at the mean.

    Parameters
    ----------
    figures
        For each arm its figures, one for each seed.
    y
        The label of the axis.
    """
    fig: Figure
    fig, ax = subplots(height=4.0)
    for place, (values, colour) in enumerate(zip(figures.values(), cycle(COLOURS.values()), strict=False)):
        aside = [place + 0.05 * (i - (len(values) - 1) / 2) for i in range(len(values))]
        ax.plot(aside, values, linestyle="", marker=_MARKERS[place % len(_MARKERS)], color=colour)
        mean = sum(values) / len(values)
        ax.plot([place - 0.3, place + 0.3], [mean, mean], color=colour, linestyle="-")
    ax.set_xticks(range(len(figures)), [name.replace(" ", "\n", 1) for name in figures])
    ax.set_ylim(bottom=0)
    ax.set_ylabel(y)
    ax.grid(True, axis="y")
    return fig
