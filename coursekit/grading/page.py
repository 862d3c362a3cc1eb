"""The feedback page: one HTML file that needs nothing else and in which nothing of the student's can act.

Points and comments come from the gradebook. Everything of the student's is text, a picture drawn anew, or
HTML that went through an allow-list, and stands in a frame that says whose it is. Should something slip
through, the page's Content-Security-Policy (W3C, Content Security Policy Level 3) lets no script run and
nothing be loaded.
"""

import signal
import threading
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup
from nbconvert.exporters import Exporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from traitlets import default

from coursekit.grading.course import CourseError, read_notebook
from coursekit.grading.harmless import written
from coursekit.grading.marks import CellMarks, Marks, read_marks
from coursekit.grading.mathml import mathml
from coursekit.grading.outputs import Limits, Shown, joined, shortened, shown_outputs
from coursekit.grading.pictures import FORMATS, redrawn
from coursekit.grading.release import split_solution
from coursekit.grading.sanitise import markup_of_markdown, visible

FORMATTER = HtmlFormatter(nowrap=True)
NOTHING = Markup()


@dataclass(frozen=True)
class Part:
    """A cell as the page shows it.

    Attributes
    ----------
    name
        The cell's name in the gradebook; empty for one that has no marks.
    students
        Whether its text or code is the student's.
    marks
        The points and the comment; None for a cell that has no marks.
    body
        The cell's text or code, harmless.
    is_code
        Whether `body` is code.
    outputs
        What the student's code put out.
    report
        What the checks said.
    comment
        The grader's comment, harmless.
    """

    name: str
    students: bool
    marks: CellMarks | None
    body: Markup
    is_code: bool = False
    outputs: list[Shown] = field(default_factory=list)
    report: list[Shown] = field(default_factory=list)
    comment: Markup = NOTHING


class FeedbackExporter(Exporter):  # type: ignore[misc]
    """The exporter that nbgrader's own *Generate feedback* uses: the same page as `coursekit feedback`."""

    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(  # type: ignore[override]
        self, nb: Any, resources: Any = None, **kw: Any
    ) -> tuple[str, Any]:
        """Return the page of a notebook; `resources` say whose it is, as nbgrader's converters set them.

        nbgrader's preprocessors are left out: what they would write into the notebook is read from the
        gradebook here, so that no cell can ask for the marks of another.
        """
        from nbgrader.api import Gradebook

        resources = self._init_resources(resources)  # type: ignore[no-untyped-call]
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as gradebook:
            marks = read_marks(gradebook, about["assignment"], about["student"])
        own = marks.get((about["student"], about["notebook"]))
        if own is None:
            raise CourseError(f"{about['assignment']} of {about['student']!r} is not in the gradebook")
        # nbgrader makes the course's folder its working folder.
        release = Path("release", about["assignment"], f"{about['notebook']}.ipynb")
        return render_page(nb, own, released_texts(release), limits_of(self.config)), resources


def limits_of(config: Any) -> Limits:
    """Return the limits that a course's configuration sets, as `c.FeedbackLimits.name = value`.

    Raises
    ------
    CourseError
        If there is no such limit.
    """
    settings = dict(config.get("FeedbackLimits", {}))
    try:
        return Limits(**settings)
    except TypeError as error:
        names = ", ".join(Limits.__dataclass_fields__)
        raise CourseError(f"c.FeedbackLimits has {', '.join(settings)}; there are: {names}") from error


def released_texts(path: Path) -> frozenset[str]:
    """Return the cells' texts of a released notebook: what is equal to one of them is the course's."""
    try:
        return frozenset(cell.source for cell in read_notebook(path).cells)
    except CourseError:  # without it all text is framed as the student's
        return frozenset()


def render_page(
    notebook: Any, marks: Marks, released: Collection[str] = (), limits: Limits | None = None
) -> str:
    """Return the feedback page of one notebook.

    Parameters
    ----------
    notebook
        The graded one, with the outputs that are stored in it.
    marks
        The student's, from the gradebook.
    released
        The texts that the course handed out; a cell with any other text is framed as the student's.
    limits
        How much of the notebook is shown.

    Raises
    ------
    CourseError
        If the page took longer than `limits.seconds`.
    """
    limits = limits or Limits()
    with _at_most(limits.seconds):
        parts = []
        left = limits.total
        named = Counter(_name(cell, marks) for cell in notebook.cells)
        for cell in notebook.cells[: limits.cells]:
            name = _name(cell, marks)
            # The checks' cells come once each. If a name stands twice, none of them is taken at its word.
            part = _part(cell, name if named[name] == 1 else "", marks, released, limits)
            left -= len(part.body) + sum(len(shown.content) for shown in part.outputs + part.report)
            parts.append(part)
            if left < 0:
                break
        shown = {part.name for part in parts}
        return _template().render(
            marks=marks,
            parts=parts,
            absent=[name for name in marks.cells if name not in shown],
            left_out=len(notebook.cells) - len(parts),
            code_css=Markup(FORMATTER.get_style_defs(".code")),  # of the library's own making
        )


def _name(cell: Any, marks: Marks) -> str:
    """Return the name under which the gradebook knows a cell; empty if it does not."""
    mark = cell.metadata.get("nbgrader")
    name = mark.get("grade_id") if isinstance(mark, dict) else None
    return name if isinstance(name, str) and name in marks.cells else ""


def _part(cell: Any, name: str, marks: Marks, released: Collection[str], limits: Limits) -> Part:
    about = marks.cells.get(name)
    comment = _markdown(about.comment, {}, limits) if about and about.comment else NOTHING
    source = written(cell)
    if cell.cell_type != "code":
        attachments = cell.get("attachments")
        if cell.cell_type == "raw" or len(source) > limits.characters:
            body = _plain(source, limits)
        else:
            body = _markdown(source, attachments, limits) if attachments else _text(source, limits)
        return Part(name, source not in released, about, body, comment=comment)
    judged = about is not None and about.judged
    hidden, public = split_solution(cell) if judged else ("", source)
    said, printed = [], cell.get("outputs", [])
    if judged:  # the report is the cell's result; what is printed on the way is the student's
        said = [output for output in printed if output["output_type"] in ("execute_result", "error")]
        printed = [output for output in printed if output not in said]
    if hidden:  # an error would quote the line of the hidden test that it came from
        said = [output for output in said if output["output_type"] != "error"]
    return Part(
        name,
        not judged and source not in released,
        about,
        _code(public, limits),
        True,
        shown_outputs(printed, limits),
        shown_outputs(said, limits, judged=True),
        comment,
    )


@lru_cache(maxsize=256)  # most cells are the same in all notebooks of a class
def _code(source: str, limits: Limits) -> Markup:
    return Markup(highlight(shortened(source, limits.characters), PythonLexer(), FORMATTER))  # it escapes


def _plain(text: str, limits: Limits) -> Markup:
    return Markup("<pre>{}</pre>").format(shortened(text, limits.characters))


@lru_cache(maxsize=256)
def _text(source: str, limits: Limits) -> Markup:
    """Return the HTML of Markdown without attachments, harmless."""
    return _markdown(source, {}, limits)


def _markdown(source: str, attachments: Any, limits: Limits) -> Markup:
    """Return the HTML of Markdown, harmless. Of pictures, those attached to the cell are shown."""

    def picture(address: str) -> str | None:
        try:
            kinds = attachments[address.removeprefix("attachment:")]
            mimetype = next(kind for kind in kinds if kind in FORMATS)
            return redrawn(joined(kinds[mimetype]), mimetype, limits.pixels)
        except (AttributeError, KeyError, StopIteration, TypeError, ValueError):
            return None

    renderer = _Renderer(escape=False, exclude_anchor_links=True)
    html = str(MarkdownWithMath(renderer=renderer).render(source))
    if html.count("<") > limits.tags:
        return _plain(source, limits)
    return Markup(markup_of_markdown(html, picture))  # cleaned by the allow-list


class _Renderer(IPythonRenderer):  # type: ignore[misc]
    """nbconvert's renderer of Markdown, with formulas as MathML where `mathml` can do them."""

    def inline_math(self, body: str) -> str:
        return mathml(body) or str(super().inline_math(body))

    def block_math(self, body: str) -> str:
        return self._block(body) or str(super().block_math(body))

    def latex_environment(self, name: str, body: str) -> str:
        return self._block(rf"\begin{{{name}}}{body}\end{{{name}}}") or str(
            super().latex_environment(name, body)
        )

    def block_code(self, code: str, info: str | None = None) -> str:
        return str(Markup("<pre><code>{}</code></pre>\n").format(code))

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return str(Markup('<img src="{}" alt="{}">').format(url, text))

    @staticmethod
    def _block(latex: str) -> str:
        formula = mathml(latex, "block")
        return f'<span class="formula">{formula}</span>' if formula else ""


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["visible"] = visible
    environment.filters["points"] = lambda value: round(float(value), 2)
    return environment.get_template("feedback.html.j2")


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    """End what takes longer, where that can be done: in a main thread, on a system that has alarms."""

    def stop(*_: Any) -> None:
        raise CourseError(f"its page took more than {seconds} seconds (c.FeedbackLimits.seconds)")

    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
