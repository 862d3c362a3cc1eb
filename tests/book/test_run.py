"""`coursekit book --run`: a chapter is run, and stored as the tests want it."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from coursekit.book import BookError
from coursekit.book.run import run_chapter


def chapter(folder, *sources):
    path = folder / "15_subject.ipynb"
    cells = [new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
    nbformat.write(new_notebook(cells=cells), path)
    return path


def test_what_is_printed_is_stored_in_one_piece_and_without_times(tmp_path):
    (tmp_path / "beside.txt").write_text("beside")
    printed = "print(1, flush=True)\nprint(open('beside.txt').read())"
    run_chapter(path := chapter(tmp_path, printed, "print(1)\ndisplay(2)\nprint(3)", "2"))
    notebook = nbformat.read(path, as_version=4)
    printed, between, shown = notebook.cells
    assert [output.text for output in printed.outputs] == ["1\nbeside\n"]
    assert shown.outputs[0].data == {"text/plain": "2"}
    assert [output.output_type for output in between.outputs] == ["stream", "display_data", "stream"]
    assert [cell.metadata for cell in notebook.cells] == [{}, {}, {}]
    assert notebook.metadata.language_info == {"name": "python"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["15_subject.ipynb", "beside.txt"]


def test_a_cell_that_fails_is_named_and_nothing_is_stored(tmp_path):
    before = (path := chapter(tmp_path, "print(1)", "1 / 0")).read_text()
    with pytest.raises(BookError, match="ZeroDivisionError"):
        run_chapter(path)
    assert path.read_text() == before


def test_a_file_that_is_no_notebook_is_named(tmp_path):
    (tmp_path / "a.ipynb").write_text("no")
    for name in ("a.ipynb", "missing.ipynb"):
        with pytest.raises(BookError, match=name):
            run_chapter(tmp_path / name)
