"""Figures that answer: what a page of the book fills with sliders, from the library's own numbers."""

import html
import json
from collections.abc import Mapping, Sequence

from IPython.display import display


def show_curve(x: str, y: str, sizes: Sequence[int], values: Mapping[str, Sequence[Sequence[float]]]) -> None:
    """Show a curve that a reader can move along, below the cell.

    On a page of the book `book/_static/widget_transfer.js` puts a slider there. Elsewhere, in print and
    without JavaScript, a sentence says where the same figures stand.

    Parameters
    ----------
    x, y
        What the sizes count and what was measured.
    sizes
        Where the slider can stand.
    values
        For each arm, a row for each size with a figure, from 0 to 1, for each seed.
    """
    arms = {arm: [[round(value, 4) for value in row] for row in rows] for arm, rows in values.items()}
    data = json.dumps({"x": x, "y": y, "sizes": list(sizes), "arms": arms})
    markup = (
        f'<div data-widget="transfer" data-results="{html.escape(data)}"><p>On the page of the book a slider '
        "stands here. The same figures are in the table and the picture of this section.</p></div>"
    )
    text = f"{y} for {', '.join(map(str, sizes))} {x}, to move along"
    display({"text/html": markup, "text/plain": text}, raw=True)  # type: ignore[no-untyped-call]
