"""What the lines of the book may not tear apart: a formula and its comma, a number and its per cent sign."""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

JOINER = "\N{WORD JOINER}"
_BEHIND = re.compile(r"[^\s(]")  # a comma, a full stop, the "th" of a number
_BEFORE = re.compile(r"[(\N{LEFT DOUBLE QUOTATION MARK}]$")
_PER_CENT = re.compile(r"(?<=\d) (?=%)")


class KeepTogether(SphinxPostTransform):
    """Join what touches a formula to it: a browser may break a line beside any formula without a joiner."""

    default_priority = 900

    def run(self, **_: Any) -> None:
        """Replace texts of the page."""
        for text in list(self.document.findall(nodes.Text)):
            if isinstance(text.parent, nodes.FixedTextElement | nodes.literal | nodes.math | nodes.raw):
                continue
            kept = _PER_CENT.sub("\N{NO-BREAK SPACE}", text)
            place = text.parent.index(text)
            if place and isinstance(text.parent[place - 1], nodes.math) and _BEHIND.match(kept):
                kept = JOINER + kept
            following = text.parent[place + 1 : place + 2]
            if following and isinstance(following[0], nodes.math) and _BEFORE.search(kept):
                kept += JOINER
            if kept != text:
                text.parent[place] = nodes.Text(kept)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the transform with Sphinx."""
    app.add_post_transform(KeepTogether)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
