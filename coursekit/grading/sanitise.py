"""What is a stranger's, made harmless: HTML by an allow-list, text by showing what it would hide.

The allow-lists are applied by nh3, which parses HTML as a browser does and writes it anew, so that a fragment
cannot end the element it is put into.
"""

import re
from collections.abc import Callable

import nh3
from nbconvert.filters import strip_ansi

_TABLE_TAGS = {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
_TEXT_TAGS = {"p", "br", "b", "strong", "i", "em", "u", "s", "del", "sub", "sup", "code", "pre", "span"}
_BLOCK_TAGS = {"h1", "h2", "h3", "h4", "h5", "h6", "hr", "blockquote", "ul", "ol", "li", "dl", "dt", "dd"}
_PAGE_TAGS = {"a", "img", "div", "details", "summary"}
# As MathML Core (W3C) names them.
_MATHML = """
math mrow mi mn mo mtext mspace msup msub msubsup munder mover munderover mfrac msqrt mroot mstyle mpadded
mphantom menclose mtable mtr mtd mmultiscripts mprescripts none
"""
_MATHML_ATTRIBUTES = """
display displaystyle scriptlevel mathvariant mathcolor stretchy fence form separator largeop symmetric
movablelimits accent minsize maxsize lspace rspace width height depth voffset linethickness notation
columnalign columnspacing columnlines rowspacing rowlines
"""
_MATH_TAGS, _MATH_ATTRIBUTES = set(_MATHML.split()), set(_MATHML_ATTRIBUTES.split())
_SPANS = {"td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
_DROPPED_WHOLE = {"script", "style", "template", "noscript", "title", "iframe", "object", "svg"}

_ALIGNED = re.compile(r"text-align: ?(left|right|center);?")
_STRETCHED = re.compile(r"display: inline-block; transform: scaleY\(\d{1,2}(\.\d{1,2})?\)")
# What the checks' own table uses; see `coursekit.checks.verdict.Report`.
_REPORT_STYLE = {"text-align", "padding", "white-space"}

# Characters that reorder the text around them (Unicode Standard Annex 9), and those that show nothing.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff]")


def visible(text: str) -> str:
    """Return text with ANSI colours taken out, and characters that hide or reorder others named.

    >>> visible("0 points\u202e of 18")
    '0 points⟨U+202E⟩ of 18'
    """
    plain = str(strip_ansi(text))  # type: ignore[no-untyped-call]
    text = plain.replace("\r\n", "\n").replace("\r", "\n")
    return _HIDDEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def one_line(text: str, most: int = 300) -> str:
    r"""Return text as it may stand in a table on a terminal: visible, on one line, not too long.

    >>> one_line("my\nwork\x1b[2J")
    'my work'
    """
    line = " ".join(visible(text[: 10 * most]).split())
    return line if len(line) <= most else f"{line[:most]} [...]"


def markup_of_markdown(html: str, picture: Callable[[str], str | None]) -> str:
    """Return the HTML that a Markdown cell became, without anything that acts, loads or hides.

    Parameters
    ----------
    html
        As the renderer of Markdown wrote it, with whatever HTML stood in the cell.
    picture
        Returns the data URL that takes the place of an image's address, or None.
    """

    def keep(tag: str, attribute: str, value: str) -> str | None:
        if tag == "img" and attribute == "src":
            return picture(value)
        if tag == "a" and attribute == "href":
            return value if value.split(":")[0].lower() in ("http", "https", "mailto") else None
        if attribute == "style":
            allowed = _STRETCHED if tag == "mo" else _ALIGNED
            return value if allowed.fullmatch(value) else None
        if tag in _MATH_TAGS and len(value) > 20:
            return None
        return _small_span(tag, attribute, value)

    return _clean(
        html,
        tags=_TABLE_TAGS | _TEXT_TAGS | _BLOCK_TAGS | _PAGE_TAGS | _MATH_TAGS,
        attributes={
            **{tag: set(_MATH_ATTRIBUTES) for tag in _MATH_TAGS},
            "mo": {*_MATH_ATTRIBUTES, "style"},
            "td": {"colspan", "rowspan", "style"},
            "th": {"colspan", "rowspan", "style"},
            "a": {"href"},
            "img": {"src", "alt"},
        },
        attribute_filter=keep,
        allowed_classes={"span": {"formula"}},
        url_schemes={"http", "https", "mailto", "attachment"},
    )


def markup_of_table(html: str) -> str:
    """Return what is left of HTML that a student's code wrote: tables and marked-up text.

    Styles, links and pictures are gone. It is empty if there is no table in it.
    """
    cleaned = _clean(html, tags=_TABLE_TAGS | _TEXT_TAGS, attributes=_SPANS, attribute_filter=_small_span)
    return cleaned if "<table>" in cleaned else ""


def markup_of_report(html: str) -> str:
    """Return the HTML of the checks' report, with the alignment and padding of its table."""
    return _clean(
        html,
        tags=_TABLE_TAGS | _TEXT_TAGS,
        attributes={tag: {"colspan", "rowspan", "style"} for tag in ("td", "th")},
        attribute_filter=_small_span,
        filter_style_properties=_REPORT_STYLE,
    )


def _small_span(tag: str, attribute: str, value: str) -> str | None:
    """Keep a cell of a table from spanning more than a hundred others."""
    if attribute in ("colspan", "rowspan"):
        return value if re.fullmatch("[1-9][0-9]?", value) else None
    return value


def _clean(html: str, **rules: object) -> str:
    cleaned = nh3.clean(
        html,
        clean_content_tags=_DROPPED_WHOLE,
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
        **rules,  # type: ignore[arg-type]
    )
    return visible(cleaned)
