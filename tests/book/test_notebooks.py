"""The chapters as they are stored: clean, executed, within the form of the course."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from coursekit.book.form import FIGURES, WORDS, chapters, form_of

BOOK = Path(__file__).parents[2] / "book"
CHAPTERS = chapters(BOOK.parent)
CONTENT = [path for path in CHAPTERS if not path.name.startswith("00")]
DRAFTS = [
    path
    for path in CHAPTERS
    if "draft" in json.loads(path.read_text())["cells"][0]["metadata"].get("tags", [])
]

every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
finished = [path for path in CONTENT if path not in DRAFTS]
content_chapters = pytest.mark.parametrize("path", finished, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def outputs(path):
    return [output for cell in code_cells(path) for output in cell.outputs]


def printed(path):
    """Return every text that the chapter's code put out, without the pixels of figures."""
    texts = [output.get("text", "") for output in outputs(path)]
    for output in outputs(path):
        texts += [text for kind, text in output.get("data", {}).items() if kind.startswith("text/plain")]
    return "\n".join(texts)


def test_the_chapters_that_the_contents_name_are_there():
    named = re.findall(r"(?:root|file): (\d\d_\w+)", (BOOK / "_toc.yml").read_text())
    assert named == [path.stem for path in CHAPTERS]


@every_chapter
def test_metadata_are_no_more_than_the_kernel(path):
    notebook = read(path)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    assert notebook.metadata == {"kernelspec": kernel, "language_info": {"name": "python"}}
    assert [cell.metadata for cell in notebook.cells if set(cell.metadata) - {"tags"}] == []


@every_chapter
def test_cells_have_readable_names(path):
    names = [cell.id for cell in read(path).cells]
    assert len(set(names)) == len(names)
    strange = [n for n in names if not re.fullmatch(r"[a-z][a-z0-9-]*", n) or re.fullmatch(r"[0-9a-f]{8}", n)]
    assert strange == []


@every_chapter
def test_every_code_cell_was_run_from_top_to_bottom(path):
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))


@every_chapter
def test_no_cell_failed_or_warned(path):
    kinds = [output.get("name", output.output_type) for output in outputs(path)]
    assert set(kinds) <= {"stdout", "display_data", "execute_result"}


@every_chapter
def test_nothing_printed_changes_from_run_to_run_or_from_machine_to_machine(path):
    changing = r"0x[0-9a-f]{6,}|\b\d+(?:\.\d+)? ?(?:s|ms|seconds|minutes|it/s)\b|/(?:home|root|tmp|work)/"
    assert re.findall(changing, printed(path)) == []


@every_chapter
def test_figures_are_shown_with_a_text_that_says_something(path):
    assert [
        kind for output in outputs(path) for kind in output.get("data", {}) if kind.startswith("image")
    ] == []
    assert form_of(path).figures
    assert [alt for alt in form_of(path).figures if len(alt.split()) < 8] == []


@every_chapter
def test_its_title_has_its_number(path):
    number = int(path.stem[:2])
    assert read(path).cells[0].source.startswith(f"# Chapter {number}: ")


@every_chapter
def test_it_has_a_quiz_with_hidden_answers(path):
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    assert len(re.findall(r":class: dropdown|\{dropdown\}", text)) >= 3


@content_chapters
def test_it_is_as_long_as_the_form_says(path):
    assert WORDS[0] <= form_of(path).words <= WORDS[1]


@content_chapters
def test_it_has_as_many_figures_as_the_form_says(path):
    assert FIGURES[0] <= len(form_of(path).figures) <= FIGURES[1]


def test_the_first_chapter_is_short():
    assert 1500 <= form_of(CHAPTERS[0]).words <= 2500
    assert 2 <= len(form_of(CHAPTERS[0]).figures) <= 3


def test_every_reference_is_cited_somewhere():
    keys = set(re.findall(r"(?m)^@\w+\{(\w+),", (BOOK / "references.bib").read_text()))
    text = "\n".join(cell.source for path in CHAPTERS for cell in read(path).cells)
    cited = {key.strip() for keys in re.findall(r"\{cite[:a-z]*\}`([^`]+)`", text) for key in keys.split(",")}
    assert cited == keys
