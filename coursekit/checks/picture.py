"""Expected beside yours: a small picture of where a result is wrong, for the instant help in a notebook.

It shows colours, not numbers: how the values lie, and which of them differ.
"""

import base64
import io

import numpy as np

from coursekit.answers import Value
from coursekit.checks.compare import difference, differs

SIDE = 12
"""How many rows and columns are shown at most."""
_PIXELS = 10  # a side of a value
# Blue, white, vermilion: Okabe & Ito 2008, for all kinds of eyes. The same scale for expected and yours.
_COLOURS = np.array([(0, 114, 178), (255, 255, 255), (213, 94, 0)])
_NO_NUMBER, _SAME, _DIFFERENT = (0, 0, 0), (225, 225, 225), (0, 0, 0)


def picture(got: Value, expected: Value) -> str:
    """Return the markup of a picture of two values that differ, "" where there is nothing to see.

    Of the first array that differs it shows the first map (the last two dimensions) that does. Where shapes
    differ there is no such map, and the first ones stand side by side.
    """
    mine, right = _arrays(got, expected)
    if not mine.size or right.size < 2:
        return ""
    if mine.shape == right.shape:
        wrong = differs(mine, right)
        place = tuple(int(i) for i in np.argwhere(wrong)[0])[: max(wrong.ndim - 2, 0)]
        mine, right, wrong = mine[place], right[place], np.atleast_2d(wrong[place])
        marked = np.where(wrong[..., None], _DIFFERENT, _SAME)
        said = f"{np.count_nonzero(wrong)} of {wrong.size} differ"
        different = _panel(marked, said, f"Black where they differ: {said}.")
        where = f"[{', '.join([*map(str, place), ':', ':'])}]" if place else ""
    else:
        mine, right = (
            array.reshape(-1, *array.shape[-2:])[0] if array.ndim > 2 else array for array in (mine, right)
        )
        different, where = "", "[0, ...]"
    mine, right = np.atleast_2d(mine), np.atleast_2d(right)
    scale = float(np.abs(right[np.isfinite(right)]).max(initial=0)) or 1.0
    panels = [
        _panel(
            _heat(array, scale),
            f"{name} {where}",
            f"{name}, {array.shape[0]} rows of {array.shape[1]} values.",
        )
        for name, array in (("expected", right), ("yours", mine))
    ]
    return f"<div>{''.join(panels)}{different}</div>"


def _arrays(got: Value, expected: Value) -> tuple[np.ndarray, np.ndarray]:
    """Return the first arrays in two values that differ; empty ones where there are none."""
    if isinstance(expected, dict) and isinstance(got, dict):
        pairs = [(got[key], expected[key]) for key in expected if key in got]
    elif isinstance(expected, tuple) and isinstance(got, tuple):
        pairs = list(zip(got, expected, strict=False))
    elif isinstance(expected, np.ndarray) and isinstance(got, np.ndarray):
        return got.astype(np.float64), expected.astype(np.float64)
    else:
        pairs = []
    nothing = np.zeros(0), np.zeros(0)
    return next((_arrays(g, e) for g, e in pairs if difference(g, e)), nothing)


def _heat(array: np.ndarray, scale: float) -> np.ndarray:
    """Return a colour for each value: blue at -scale, white at 0, vermilion at scale."""
    at = np.clip(np.nan_to_num(array) / scale, -1, 1)
    channels = [np.interp(at, (-1, 0, 1), _COLOURS[:, channel]) for channel in range(3)]
    return np.where(np.isfinite(array)[..., None], np.stack(channels, axis=-1), _NO_NUMBER)


def _panel(colours: np.ndarray, title: str, alt: str) -> str:
    """Return a titled image with a square for each colour, of the first rows and columns."""
    from PIL import Image

    squares = colours[:SIDE, :SIDE].astype(np.uint8).repeat(_PIXELS, axis=0).repeat(_PIXELS, axis=1)
    squares = np.pad(squares, ((0, 1), (0, 1), (0, 0)))
    squares[::_PIXELS], squares[:, ::_PIXELS] = 160, 160  # lines around them
    file = io.BytesIO()
    Image.fromarray(squares).save(file, "PNG", optimize=True)
    source = base64.b64encode(file.getvalue()).decode()
    image = f"<img src='data:image/png;base64,{source}' alt='{alt}' style='display:block;margin:0.2em 0'>"
    return f"<span style='display:inline-block;vertical-align:top;margin:0.4em 1em 0 0'>{title}{image}</span>"
