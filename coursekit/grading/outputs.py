"""Which stored outputs of a notebook a feedback page shows, and how."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

from coursekit.grading.pictures import FORMATS, redrawn
from coursekit.grading.sanitise import markup_of_report, markup_of_table, visible

Kind = Literal["text", "error", "table", "picture", "note"]


@dataclass(frozen=True)
class Limits:
    """The most that a feedback page takes from a submission; the page says where something was left out.

    Each can be set in `nbgrader_config.py`, for instance ``c.FeedbackLimits.characters = 50_000``.

    Attributes
    ----------
    cells
        Cells of the notebook.
    outputs
        Outputs of one cell.
    characters
        Characters of one output, of one cell's code or of its text.
    tags
        Tags in one output or one cell's text: reading deeply nested ones takes time that grows with
        their square.
    pixels
        Pixels of one picture.
    total
        Characters of the whole page, pictures included.
    seconds
        Time that the page of one notebook may take.
    """

    cells: int = 500
    outputs: int = 50
    characters: int = 20_000
    tags: int = 4_000
    pixels: int = 10_000_000
    total: int = 20_000_000
    seconds: int = 60


@dataclass(frozen=True)
class Shown:
    """A piece of a page: text, which the template escapes, or markup that has been made harmless."""

    kind: Kind
    content: str | Markup


def shown_outputs(outputs: Iterable[Any], limits: Limits, *, judged: bool = False) -> list[Shown]:
    """Return what a page shows of a cell's stored outputs.

    Text, what was printed, errors, PNG and JPEG pictures (see `pictures.redrawn`) and tables in HTML are
    shown. Of every other type the page says that it is not shown: nothing that could act is kept.

    Parameters
    ----------
    outputs
        A notebook's, in nbformat 4; malformed ones cost no more than themselves.
    limits
        How much of them.
    judged
        Whether the checks wrote them and not the student's code: HTML then keeps the layout of the
        checks' report.
    """
    shown: list[Shown] = []
    for number, output in enumerate(outputs):
        if number == limits.outputs:
            shown.append(_note(f"Only the first {limits.outputs} outputs of this cell are shown."))
            break
        try:
            shown += _shown(output, limits, judged)
        except (AttributeError, KeyError, TypeError, ValueError):
            shown.append(_note("An output is malformed and is not shown."))
    return shown


def shortened(text: str, limit: int) -> str:
    """Return text that can be read as it is, cut where it is longer than `limit` with a word about it."""
    if len(text) <= limit:
        return visible(text)
    return f"{visible(text[:limit])}\n[... {len(text) - limit} more characters are not shown]"


def joined(text: Any) -> str:
    """Return a notebook's text, which is a string or a list of lines."""
    return text if isinstance(text, str) else "".join(text)


def table(html: Any, limits: Limits) -> str:
    """Return the harmless part of an output's HTML; empty if there is no table in it, or it is too long."""
    html = joined(html)
    return markup_of_table(html) if _fits(html, limits) else ""


def _fits(html: str, limits: Limits) -> bool:
    return len(html) <= 10 * limits.characters and html.count("<") <= limits.tags


def _shown(output: Any, limits: Limits, judged: bool) -> list[Shown]:
    kind = output["output_type"]
    if kind == "stream":
        return [Shown("text", shortened(joined(output["text"]), limits.characters))]
    if kind == "error":
        traceback = "\n".join(output.get("traceback") or [f"{output['ename']}: {output['evalue']}"])
        return [Shown("error", shortened(traceback, limits.characters))]
    if kind in ("display_data", "execute_result"):
        return _of_data(output["data"], limits, judged)
    return [_not_shown(str(kind))]


def _of_data(data: Mapping[str, Any], limits: Limits, judged: bool) -> list[Shown]:
    """Return the richest of an output's forms that is shown, and a note for each form that never is."""
    best: Shown | None = None
    notes = []
    for mimetype in data:
        if mimetype in FORMATS and best is None:
            try:
                best = Shown("picture", redrawn(joined(data[mimetype]), mimetype, limits.pixels))
            except ValueError as error:
                notes.append(_note(f"A picture of type {mimetype} is not shown: {error}."))
        elif mimetype == "text/html" and best is None:
            html = joined(data[mimetype])
            clean = markup_of_report(html) if judged and _fits(html, limits) else table(html, limits)
            if clean:
                best = Shown("table", Markup(clean))  # cleaned by the allow-list
            else:
                notes.append(_not_shown(mimetype, "" if _fits(html, limits) else ": it is too long"))
        elif mimetype not in (*FORMATS, "text/html", "text/plain"):
            notes.append(_not_shown(mimetype))
    if best is None and "text/plain" in data:
        best = Shown("text", shortened(joined(data["text/plain"]), limits.characters))
    return [*([best] if best else []), *notes[:5]]


def _not_shown(mimetype: str, why: str = "") -> Shown:
    return _note(f"An output of type {visible(mimetype)[:80]} is not shown{why}.")


def _note(sentence: str) -> Shown:
    return Shown("note", sentence)
