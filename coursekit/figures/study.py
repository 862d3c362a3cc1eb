"""The picture of an experiment that was repeated over seeds: a curve for each arm, with error bars."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from coursekit.figures.style import subplots

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
