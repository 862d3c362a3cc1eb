"""The look of the book's figures, and the one way in which a notebook shows them.

The colours are those of Okabe & Ito 2008, *Color Universal Design*: people with any common form of colour
blindness can tell them apart. Lines differ in their dashes as well, so they survive a black-and-white print.
"""

import base64
import html
import io
import tempfile
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from cycler import cycler
from IPython.display import display
from matplotlib.animation import Animation, PillowWriter
from matplotlib.figure import Figure

WIDTH = 7.0
"""Width of a figure in inches: one text column of the book, 672 pixels of a browser window."""

COLOURS = {
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "black": "#000000",
    "yellow": "#F0E442",
}
"""The colours of Okabe & Ito by name, in the order in which lines take them."""

_DASHES = ["-", "--", "-.", ":", "-", "--", "-.", ":"]

_STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.grid": False,
    "axes.labelsize": 12,
    "axes.prop_cycle": cycler(color=list(COLOURS.values())) + cycler(linestyle=_DASHES),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 12,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "figure.titlesize": 13,
    "font.family": "DejaVu Sans",  # comes with matplotlib, so a figure is the same on every machine
    "font.size": 12,
    "grid.color": "#cccccc",
    "grid.linewidth": 0.6,
    "image.cmap": "gray",
    "image.interpolation": "nearest",
    "legend.fontsize": 11,
    "legend.frameon": False,
    "lines.linewidth": 2.0,
    "svg.hashsalt": "coursekit",
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
}

_PIXELS_PER_INCH = 96  # of a browser, at zoom 1


def subplots(
    rows: int = 1, columns: int = 1, *, height: float = 3.0, width: float = WIDTH, **kwargs: Any
) -> Any:
    """Return a figure and its axes in the book's style, as `matplotlib.pyplot.subplots` does.

    Calling it also makes the style matplotlib's default, so that legends and texts that are added later
    match.

    Parameters
    ----------
    rows, columns
        The grid of axes.
    height, width
        Size of the whole figure in inches.
    **kwargs
        Passed on: `sharex`, `sharey`, `squeeze`, `width_ratios`, `subplot_kw` ...

    Returns
    -------
    (Figure, Axes or numpy.ndarray of Axes)
    """
    plt.style.use(_STYLE)
    return plt.subplots(rows, columns, figsize=(width, height), **kwargs)


def show(figure: Figure | Animation, alt: str) -> None:
    """Show a figure below the cell, with a text for those who cannot see it.

    The text says what a sighted reader takes from the picture, not that there is one: "Test accuracy rises
    from 0.62 after one epoch to 0.87 after ten", not "A plot of the accuracy". The same call works for an
    animation (`matplotlib.animation.FuncAnimation`), which becomes a moving GIF; readers who asked their
    browser for reduced motion see its last frame. The figure is closed afterwards.

    Parameters
    ----------
    figure
        What to show. It keeps its own size, 96 pixels of the page to an inch.
    alt
        The text.

    Raises
    ------
    TypeError
        If `figure` is neither a figure nor an animation.
    ValueError
        If `alt` is empty.
    """
    if not isinstance(figure, Figure | Animation):
        raise TypeError(
            f"show needs a matplotlib Figure or Animation, got {type(figure).__name__}; "
            "pass `fig` from `fig, ax = figures.subplots()`"
        )
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt must say what the figure shows, for readers who cannot see it; got {alt!r}")
    alt = " ".join(alt.split())
    drawn = figure if isinstance(figure, Figure) else figure._fig  # type: ignore[attr-defined]
    width = round(drawn.get_figwidth() * _PIXELS_PER_INCH)
    image = f'alt="{html.escape(alt)}" width="{width}">'
    if isinstance(figure, Figure):
        markup = f'<img src="{_png(drawn)}" {image}'
    else:
        moving = _gif(figure)
        still = f'<source media="print, (prefers-reduced-motion: reduce)" srcset="{_png(drawn)}">'
        markup = f'<picture>{still}<img src="{moving}" {image}</picture>'
    plt.close(drawn)
    display({"text/html": markup, "text/plain": f"Figure: {alt}"}, raw=True)  # type: ignore[no-untyped-call]


def _png(figure: Figure) -> str:
    buffer = io.BytesIO()
    # Twice the pixels of the page, for sharp screens. The version of matplotlib is left out of the file.
    figure.savefig(buffer, format="png", dpi=2 * _PIXELS_PER_INCH, metadata={"Software": None})
    return _data_url("png", buffer.getvalue())


def _gif(animation: Animation) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "animation.gif")
        animation.save(
            path, writer=PillowWriter(fps=_frames_per_second(animation)), dpi=1.5 * _PIXELS_PER_INCH
        )
        return _data_url("gif", path.read_bytes())


def _frames_per_second(animation: Animation) -> Any:  # matplotlib's type is int, but fractions are right
    return 1000 / animation._interval  # type: ignore[attr-defined]


def _data_url(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
