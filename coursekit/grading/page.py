"""The feedback page: one HTML file that needs nothing else, so it can be read from disk without a network."""

import re
from html import unescape
from typing import Any
from xml.etree.ElementTree import Element, tostring

from jinja2 import BaseLoader, DictLoader, pass_context
from latex2mathml.converter import Converter
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from traitlets import default

# nbgrader's template asks for a macro that loads MathJax from a public host. This one takes its name, and
# its place in the page's head: cells of tables keep apart, and the page fits a narrow window.
HEAD = """\
{% macro mathjax() %}
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
math { font-family: "STIX Two Math", "Cambria Math", "Latin Modern Math", "DejaVu Math TeX Gyre", math; }
.formula { display: block; overflow-x: auto; padding: 0.5em 0; text-align: center; }
.rendered_html table { margin-bottom: 1em; }
.rendered_html th, .rendered_html td { padding: 0.2em 0.6em; }
.rendered_html code { overflow-wrap: anywhere; }
.output_html { overflow-x: auto; }
body div.nbgrader_cell .panel-heading { height: auto; overflow: hidden; }
</style>
{% endmacro %}"""
FENCES = set("()[]{}|‖")


class FeedbackExporter(HTMLExporter):  # type: ignore[misc]
    """nbconvert's `HTMLExporter`, with formulas as MathML, which browsers set by themselves."""

    @default("extra_loaders")
    def _extra_loaders_default(self) -> list[BaseLoader]:
        return [DictLoader({"mathjax.html.j2": HEAD})]

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """Return the HTML of a cell's Markdown."""
        renderer = MathMLRenderer(
            escape=False,
            attachments=context.get("cell", {}).get("attachments", {}),
            embed_images=self.embed_images,
            path=context.get("resources", {}).get("metadata", {}).get("path", ""),
            anchor_link_text=self.anchor_link_text,
            exclude_anchor_links=self.exclude_anchor_links,
        )
        return str(MarkdownWithMath(renderer=renderer).render(source))


class MathMLRenderer(IPythonRenderer):  # type: ignore[misc]
    """nbconvert's renderer of Markdown, with formulas as MathML where `mathml` can do them."""

    def inline_math(self, body: str) -> str:
        """Return a formula in a line of text."""
        return mathml(body) or str(super().inline_math(body))

    def block_math(self, body: str) -> str:
        """Return a formula on a line of its own."""
        return _block(body) or str(super().block_math(body))

    def latex_environment(self, name: str, body: str) -> str:
        r"""Return what stood between \begin{name} and \end{name}, outside of dollars."""
        return _block(rf"\begin{{{name}}}{body}\end{{{name}}}") or str(super().latex_environment(name, body))


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


def _block(latex: str) -> str:
    formula = mathml(latex, "block")
    return f'<span class="formula">{formula}</span>' if formula else ""
