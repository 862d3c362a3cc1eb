"""Formulas for a page that needs no script: LaTeX as MathML, which browsers set by themselves."""

import re
from html import unescape
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import Converter

FENCES = set("()[]{}|‖")


def mathml(latex: str, display: str = "inline") -> str | None:
    """Return a LaTeX formula as MathML, or None if there is something in it that cannot be translated.

    Parameters
    ----------
    latex
        The formula without its dollars.
    display
        "inline" or "block".
    """
    try:
        tree = Converter(display=display).convert_to_element(latex)
        for part in tree.iter():
            _stretch_fences(part)
            # latex2mathml writes symbols as entities, and passes on commands and marks that it does not know.
            part.text = unescape(part.text or "")
            if part.tag != "mtext" and re.match(r"\\[a-zA-Z]|&", part.text):
                return None
        # Not `Converter.convert`, which takes the escapes back: markup in \text{...} would come alive.
        return tostring(tree, encoding="unicode")
    except Exception:  # the formula may be anyone's: whatever is wrong with it, it stays as text
        return None


def _stretch_fences(row: Element) -> None:
    """Make the parentheses around a matrix as high as it is.

    Browsers do so only with a mathematical font, which many systems do not have.
    """
    parts = list(row)
    for index, table in enumerate(parts):
        if table.tag != "mtable":
            continue
        for fence in parts[max(index - 1, 0) : index + 2]:
            if fence.tag == "mo" and unescape(fence.text or "") in FENCES:
                fence.set("stretchy", "false")
                fence.set("style", f"display: inline-block; transform: scaleY({1.3 * len(table):g})")
