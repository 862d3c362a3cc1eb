"""`coursekit.book.directives`: what the appendices' tables hold, and that nothing is missing from them."""

import importlib
import re
from dataclasses import replace
from pathlib import Path
from types import FunctionType

import pytest
from docutils import nodes

from coursekit import __version__, checks, claims
from coursekit.book import directives

BOOK = Path(__file__).parents[2] / "book"
REFERENCE = sorted((BOOK / "reference").glob("*.md"))
MODULES = [name for page in REFERENCE for name in re.findall(r"automodule:: (\S+)", page.read_text())]


def body(table):
    """Return the texts of a table's cells, row by row, without the head."""
    (tbody,) = table.findall(nodes.tbody)
    return [[entry.astext() for entry in row.children] for row in tbody.children]


def mutant_tables(exercise):
    return [node for node in directives.mutant_tables(exercise) if isinstance(node, nodes.table)]


@pytest.mark.parametrize("row", claims.ledger(), ids=lambda row: row.key)
def test_a_claim_has_its_key_its_source_what_is_computed_and_its_verdict(row):
    (cells,) = body(directives.table(directives.CLAIMS_HEAD, [directives.claim_cells(row)]))
    assert cells == [f"{row.key}\n\n{row.slides_say}", row.paper, row.computed, row.judgement]


def test_the_ledger_has_a_table_for_every_subject():
    page = (BOOK / "claims_ledger.md").read_text()
    assert tuple(re.findall(r"(?m)^```\{claims\} (\w+)$", page)) == claims.subjects()


def test_the_ledger_explains_every_verdict():
    page = (BOOK / "claims_ledger.md").read_text()
    assert set(re.findall(r"(?m)^(.+)\n: ", page)) == {row.verdict for row in claims.ledger()}


def test_on_a_narrow_screen_a_cell_has_the_head_of_its_column():
    css = (BOOK / "_static" / "coursekit.css").read_text()
    labels = re.findall(r'table\.claims td:nth-child\((\d)\)::before \{\s*content: "(.*)"', css)
    assert labels == [(str(n), head) for n, head in enumerate(directives.CLAIMS_HEAD, start=1)]


@pytest.mark.parametrize("name", checks.names())
def test_the_points_in_a_mutants_row_are_those_that_it_must_lose(name):
    exercise = checks.get(name)
    rows = [row for table in mutant_tables(exercise) for row in body(table)]
    order = [q.function for q in exercise.questions]
    mutants = sorted(exercise.mutants, key=lambda mutant: order.index(mutant.function))
    assert len(rows) == len(mutants)
    for (computes, loses, *cells), mutant in zip(rows, mutants, strict=True):
        said = f"Your result equals {computes[:1].lower()}{computes[1:].removesuffix('.')}."
        assert mutant.says.replace("`", "") == said
        assert float(loses) == sum(float(cell) for cell in cells if cell) == exercise.points_lost(mutant)
        assert len([cell for cell in cells if cell]) == len(mutant.loses)


def test_code_in_what_a_mutant_computes_is_set_as_code():
    tables = mutant_tables(checks.get("pooling_and_fc"))
    assert {literal.astext() for table in tables for literal in table.findall(nodes.literal)} >= {"+=", ">="}
    assert not any("`" in text for table in tables for text in table.findall(nodes.Text))


@pytest.mark.parametrize("name", checks.names())
def test_points_stand_below_the_check_that_takes_them(name):
    exercise = checks.get(name)
    for question, table in zip(exercise.questions, mutant_tables(exercise), strict=True):
        head = [entry.astext() for entry in next(table.findall(nodes.thead)).findall(nodes.entry)][2:]
        columns = [name if "." in name else f"{question.function}.{name}" for name in head]
        mutants = [mutant for mutant in exercise.mutants if mutant.function == question.function]
        for (_, _, *cells), mutant in zip(body(table), mutants, strict=True):
            lost = {column for column, cell in zip(columns, cells, strict=True) if cell}
            assert lost == mutant.loses


def test_a_mutant_that_loses_less_is_shown_to_lose_less():
    exercise = checks.get("conv_forward")
    first = exercise.mutants[0]
    spared = replace(first, loses=frozenset(sorted(first.loses)[1:]))
    changed = replace(exercise, mutants=(spared, *exercise.mutants[1:]))
    assert body(mutant_tables(changed)[0]) != body(mutant_tables(exercise)[0])


def test_the_reference_has_every_package_that_a_reader_imports():
    packages = {"networks", "training", "numpy_nn", "torch_nn", "data", "metrics", "transfer.images"}
    packages |= {"transfer.text", "checks", "claims", "figures", "experiments"}
    assert {f"coursekit.{name}" for name in packages} <= set(MODULES)
    assert len(set(MODULES)) == len(MODULES)


@pytest.mark.slow
def test_every_public_name_of_a_module_is_in_the_built_reference(book_pages):
    text = "".join(
        (book_pages / "reference" / page.name).with_suffix(".html").read_text() for page in REFERENCE
    )
    anchors = set(re.findall(r'id="(coursekit\.[\w.]+)"', text))
    for name in MODULES:
        names = {f"{name}.{part}" for part in public(importlib.import_module(name))}
        assert names
        assert names - anchors == set()


def public(module):
    """Return the names of the functions and classes that a module offers."""
    here = getattr(module, "__all__", None) or [
        part
        for part, value in vars(module).items()
        if not part.startswith("_") and getattr(value, "__module__", "") == module.__name__
    ]
    return [part for part in here if isinstance(getattr(module, part), type | FunctionType)]


@pytest.mark.slow
def test_signatures_of_the_reference_are_without_annotations(book_pages):
    for page in REFERENCE:
        html = (book_pages / "reference" / page.name).with_suffix(".html").read_text()
        signatures = re.findall(r'(?s)<dt class="sig.*?</dt>', html)
        text = re.sub(r"<[^>]+>", "", "".join(signatures))
        assert not re.search(r"Float\[|jaxtyping|ndarray|→", text)


@pytest.mark.slow
def test_every_page_says_which_version_it_is(book_pages):
    pages = [path for path in book_pages.glob("*.html") if "bd-article" in path.read_text()]
    assert len(pages) > 20
    said = f"Version {__version__} of the course"
    assert [path.name for path in pages if said not in path.read_text()] == []


@pytest.mark.slow
def test_the_built_ledger_and_the_tables_of_mutants_are_whole(book_pages):
    ledger = (book_pages / "claims_ledger.html").read_text()
    assert [row.key for row in claims.ledger() if f">{row.key}<" not in ledger] == []
    mutants = (book_pages / "mutants.html").read_text()
    assert [name for name in checks.names() if f'id="mutants-{name.replace("_", "-")}"' not in mutants] == []
