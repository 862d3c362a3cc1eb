"""The steps of transfer learning: which layers of a network are copied, frozen, tuned, or new."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coursekit.figures.style import COLOURS, subplots

_LOOKS = {  # fill, edge, hatch: the hatch tells them apart where colours do not
    "trained": ("#e6e6e6", "#777777", ""),
    "frozen": ("#cfe6f5", COLOURS["blue"], ""),
    "tuned": ("#fbe0b0", "#b37400", "//"),
    "new": ("#f7cdb0", COLOURS["vermilion"], "xx"),
}
"""What may become of a layer."""


def draw_recipe(steps: Mapping[str, Sequence[tuple[str, str]]], notes: Sequence[str]) -> Figure:
    """Draw a column of layers for each step, the first layer at the bottom, as the slides do.

    Parameters
    ----------
    steps
        For each step, by its title: the layers in order, each with its name and what becomes of it:
        "trained", "frozen", "tuned" or "new".
    notes
        What stands below each column.

    Raises
    ------
    ValueError
        If there is not one note for each step, or a layer has another fate.
    """
    if len(notes) != len(steps):
        raise ValueError(f"draw_recipe: there are {len(steps)} steps, but {len(notes)} notes")
    fates = {fate for layers in steps.values() for _, fate in layers}
    if fates - _LOOKS.keys():
        raise ValueError(f"draw_recipe: a layer is one of {', '.join(_LOOKS)}, got {sorted(fates)}")
    most = max(map(len, steps.values()))
    fig: Figure
    fig, axes = subplots(1, len(steps), height=0.27 * most + 1.6, squeeze=False)
    for ax, (title, layers), note in zip(axes[0], steps.items(), notes, strict=True):
        for place, (name, fate) in enumerate(layers):
            fill, edge, hatch = _LOOKS[fate]
            ax.add_patch(
                Rectangle((0, place), 1, 0.82, facecolor=fill, edgecolor=edge, hatch=hatch, alpha=0.9)
            )
            behind = {"facecolor": fill, "edgecolor": "none", "pad": 0.8}
            ax.text(0.5, place + 0.41, name, ha="center", va="center", fontsize=10, bbox=behind)
        ax.set_title(title, fontsize=11)
        ax.set(xlim=(-0.03, 1.03), ylim=(-0.15, most))
        ax.axis("off")
        ax.text(0.5, -0.4, note, ha="center", va="top", fontsize=10)
    shown = [fate for fate in _LOOKS if fate in fates]
    handles = [
        Rectangle((0, 0), 1, 1, facecolor=fill, edgecolor=edge, hatch=hatch)
        for fill, edge, hatch in (_LOOKS[fate] for fate in shown)
    ]
    fig.legend(handles, shown, loc="outside lower center", ncols=len(shown))
    return fig
