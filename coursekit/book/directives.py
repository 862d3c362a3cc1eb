"""Directives that fill a page from the library while the book is built: claims, verdicts, mutants.

A Sphinx extension, named in `_config.yml`. In a page of the book:

    ```{claims} googlenet
    ```
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from coursekit import __version__, checks, claims
from coursekit.checks import Exercise, Mutant, Question

Cell = str | Sequence[nodes.Node]
CLAIMS_HEAD = ("the slides say", "the paper says", "we compute", "verdict")  # also in coursekit.css


class ClaimsDirective(SphinxDirective):
    """The ledger of claims as a table; with an argument, the rows of a subject, a network or a key."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        self.env.note_reread()  # what it shows depends on more than the page
        try:
            rows = claims.select(self.arguments[0]) if self.arguments else claims.ledger()
        except ValueError as error:
            raise self.error(str(error)) from None
        return [table(CLAIMS_HEAD, [claim_cells(row) for row in rows], "claims")]


class VerdictsDirective(SphinxDirective):
    """How many claims of each subject got which verdict."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        self.env.note_reread()
        rows = claims.ledger()
        count = Counter((row.subject, row.verdict) for row in rows)
        verdicts = [verdict for verdict, _ in Counter(row.verdict for row in rows).most_common()]
        body = [
            [_literal(subject), *(f"{count[subject, verdict]:d}" for verdict in verdicts)]
            for subject in claims.subjects()
        ]
        total = Counter(row.verdict for row in rows)
        body.append(["all", *(f"{total[verdict]:d}" for verdict in verdicts)])
        return [table(("about", *verdicts), body, "points")]


class MutantsDirective(SphinxDirective):
    """The wrong answers of an exercise against its checks; without an argument a section per exercise.

    What each must lose is taken from the bank; that it does lose it is what `coursekit mutants` shows.
    """

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a table for each question of the exercise."""
        self.env.note_reread()
        if not self.arguments:
            return [self._section(checks.get(name)) for name in checks.names()]
        try:
            return mutant_tables(checks.get(self.arguments[0]))
        except ValueError as error:
            raise self.error(str(error)) from None

    def _section(self, exercise: Exercise) -> nodes.section:
        title = nodes.title("", "", nodes.literal("", exercise.name))
        section = nodes.section("", title, names=[f"mutants-{exercise.name}"])
        self.state.document.note_implicit_target(section, section)
        text = f"{exercise.points:g} points by checks, {len(exercise.mutants)} wrong answers."
        section += [nodes.paragraph("", text), *mutant_tables(exercise)]
        return section


def claim_cells(row: claims.Row) -> list[Cell]:
    """Return the cells of one claim; its key stands above what the slides say."""
    claim = nodes.paragraph("", "", nodes.literal("", row.key)), nodes.paragraph("", row.slides_say)
    remark = f". {row.remark}" if row.remark else ""
    verdict = nodes.paragraph("", "", nodes.strong("", row.verdict), nodes.Text(remark))
    return [claim, row.paper, row.computed, [verdict]]


def mutant_tables(exercise: Exercise) -> list[nodes.Node]:
    """Return a table for each question: its wrong answers, and the points that each must lose, by check."""
    points = {f"{q.function}.{check.name}": check.points for q in exercise.questions for check in q.checks}
    made: list[nodes.Node] = []
    for question in exercise.questions:
        made += [
            nodes.rubric("", question.function),
            _mutant_table(exercise, question, points),
        ]
    return made


def _mutant_table(exercise: Exercise, question: Question, points: dict[str, float]) -> nodes.table:
    mutants = [mutant for mutant in exercise.mutants if mutant.function == question.function]
    own = f"{question.function}."
    # The question's own checks, and those of other questions that one of these answers fails too.
    columns = [name for name in points if name.startswith(own) or any(name in m.loses for m in mutants)]
    head = ["a wrong answer computes", "loses", *(_literal(name.removeprefix(own)) for name in columns)]
    rows = [
        [
            _computes(mutant),
            f"{exercise.points_lost(mutant):g}",
            *(f"{points[name]:g}" if name in mutant.loses else "" for name in columns),
        ]
        for mutant in mutants
    ]
    return table(head, rows, "points", "mutants")


def _computes(mutant: Mutant) -> list[nodes.Node]:
    """Return what the wrong answer computes: the first line of its docstring, with its code set as code."""
    parts = (mutant.wrong.__doc__ or "").splitlines()[0].split("`")
    kinds = (nodes.Text, lambda part: nodes.literal("", part))  # in turn, outside and inside of backticks
    return [nodes.paragraph("", "", *(kinds[i % 2](part) for i, part in enumerate(parts)))]


def _literal(text: str) -> list[nodes.Node]:
    return [nodes.paragraph("", "", nodes.literal("", text))]


def table(head: Sequence[Cell], rows: Iterable[Sequence[Cell]], *kinds: str) -> nodes.table:
    """Return a table; `kinds` are its classes for the style sheet."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
    group += [nodes.thead("", _row(head)), nodes.tbody("", *map(_row, rows))]
    return nodes.table("", group, classes=[*kinds, "colwidths-auto"])


def _row(cells: Sequence[Cell]) -> nodes.row:
    row = nodes.row()
    for cell in cells:
        if isinstance(cell, str):
            cell = [nodes.paragraph("", cell)] if cell else []
        row += nodes.entry("", *cell)
    return row


def _skip_bare_fields(app: Sphinx, what: str, name: str, member: Any, skip: bool, options: Any) -> bool:
    """Leave out of the reference the fields of a named tuple, which have no words of their own."""
    return skip or (getattr(member, "__doc__", None) or "").startswith("Alias for field number")


def _hide_enum_signature(
    _app: Sphinx,
    _what: str,
    _name: str,
    thing: Any,
    _options: Any,
    signature: str | None,
    returns: str | None,
) -> tuple[str | None, str | None]:
    """Leave out of the reference the signature that every enumeration has."""
    is_enum = isinstance(thing, type) and issubclass(thing, Enum)
    return ("", None) if is_enum else (signature, returns)


def _show_version(_app: Sphinx, config: Any) -> None:
    """Say at the foot of each page which version of the course it belongs to."""
    config.release = __version__
    config.html_theme_options["extra_footer"] = f"<p>Version {__version__} of the course</p>"


def _unlisted_bibliography(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Let a bibliography be no list: docutils gives its entries roles that a list may not hold."""
    if "body" in context:
        listed = '<div role="list" class="citation-list">'
        context["body"] = context["body"].replace(listed, listed.replace(' role="list"', ""))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives with Sphinx."""
    app.connect("html-page-context", _unlisted_bibliography)
    app.add_directive("claims", ClaimsDirective)
    app.add_directive("verdicts", VerdictsDirective)
    app.add_directive("mutants", MutantsDirective)
    app.setup_extension("sphinx.ext.autodoc")  # which has the event
    app.connect("config-inited", _show_version)
    app.connect("autodoc-skip-member", _skip_bare_fields)
    app.connect("autodoc-process-signature", _hide_enum_signature)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
