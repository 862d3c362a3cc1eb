"""The figures of a class report: SVG that takes the page's colour, legible in print and on a dark screen."""

import html
import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from coursekit.checks import Outcome
from coursekit.figures.style import COLOURS, WIDTH

if TYPE_CHECKING:
    from coursekit.grading.class_report import ExerciseReport

# Stands for the page's text colour until the figure is text itself.
_INK = "#010203"
_FILL = {
    Outcome.RIGHT: (COLOURS["sky"], ""),
    Outcome.WRONG: (COLOURS["vermilion"], "//"),
    Outcome.TOO_SLOW: (COLOURS["orange"], ".."),
    Outcome.NOT_WRITTEN: ("#8a8a8a", ""),
    Outcome.BROKEN: (COLOURS["purple"], "xx"),
}
_BINS = 10
_STYLE: Any = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "svg.hashsalt": "coursekit",
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), _INK),
    "hatch.color": _INK,
    "hatch.linewidth": 0.6,
}


def draw_points(report: "ExerciseReport") -> str:
    """Return a figure of how many students reached how many points, as SVG."""
    points = list(report.points.values())
    edges = np.linspace(0, report.max_points, _BINS + 1)
    counts, _ = np.histogram(np.clip(points, 0, report.max_points), edges)
    with rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
        axes = figure.subplots()
        axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=COLOURS["sky"], edgecolor=_INK)
        axes.axvline(report.median, color=_INK, linestyle="--", linewidth=1.5)
        left = report.median > report.max_points / 2  # where there is more room
        axes.annotate(
            f"median {report.median:g}",
            (report.median, 1),
            (-4 if left else 4, -4),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="right" if left else "left",
            va="top",
        )
        axes.set(xlabel="points", ylabel="students", xlim=(0, report.max_points), ylim=(0, max(counts) * 1.2))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        fullest = int(np.argmax(counts))
        alt = (
            f"Points in {report.name}: {len(points)} students reach from {min(points):g} to {max(points):g} "
            f"of {report.max_points:g}, half of them {report.median:g} or more; most, {counts[fullest]}, "
            f"have {edges[fullest]:g} to {edges[fullest + 1]:g}."
        )
        return _svg(figure, f"{report.name}-points", alt)


def draw_checks(report: "ExerciseReport") -> str:
    """Return a figure of how many submissions ended how, a bar for each check, as SVG."""
    with rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, 0.9 + 0.28 * len(report.checks)), layout="constrained")
        axes = figure.subplots()
        left = np.zeros(len(report.checks))
        for outcome, (colour, hatch) in _FILL.items():
            counts = np.array([row.outcomes.get(outcome.value, 0) for row in report.checks])
            if counts.any():
                axes.barh(
                    range(len(counts)),
                    counts,
                    0.8,
                    left,
                    label=outcome.value,
                    color=colour,
                    hatch=hatch,
                    edgecolor=_INK,
                    linewidth=0.6,
                )
            left += counts
        axes.set_yticks(range(len(report.checks)), [row.check for row in report.checks])
        axes.set(xlabel="submissions", xlim=(0, max(left, default=1)))
        axes.invert_yaxis()
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.legend(loc="outside upper center", ncols=len(_FILL), frameon=False)
        right = {row.check: row.outcomes.get(Outcome.RIGHT.value, 0) for row in report.checks}
        hardest = min(right, key=lambda name: right[name], default="")
        alt = f"How submissions of {report.name} ended at each of {len(right)} checks, as in the table below."
        if hardest:
            alt += f" The fewest, {right[hardest]}, are right at {hardest}."
        return _svg(figure, f"{report.name}-checks", alt)


def _svg(figure: Figure, name: str, alt: str) -> str:
    """Return the figure as an SVG element with a text for those who cannot see it."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    markup = buffer.getvalue()
    markup = markup[markup.index("<svg") :].replace(_INK, "currentColor")
    # A page has several figures: names of groups, to which nothing refers, go; the others get the figure's.
    markup = re.sub(r' id="[a-z][\w.]*_\d+"', "", markup)
    markup = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{name}-", markup)
    markup = re.sub(r"<metadata>.*?</metadata>", "", markup, flags=re.DOTALL)
    return markup.replace("<svg", f'<svg role="img" aria-label="{html.escape(alt)}"', 1)
