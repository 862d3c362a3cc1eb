"""The graded notebook is the released one with the student's text in it, whatever became of the file."""

import copy

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from coursekit.grading.rebuild import rebuild


def marked(name, source, kind=new_code_cell, **mark):
    mark = {"grade_id": name, "grade": False, "solution": False, "locked": True, **mark}
    return kind(source, id=name, metadata={"nbgrader": mark})


@pytest.fixture
def released():
    return new_notebook(
        cells=[
            marked("setup", "import numpy as np"),
            marked("answer", "raise NotImplementedError", solution=True, locked=False),
            marked("check", "check('x')", grade=True),
            marked("essay", "Your answer here.", new_markdown_cell, grade=True, solution=True, locked=False),
            new_code_cell("# Room for your own experiments.", id="scratch"),
        ]
    )


@pytest.fixture
def submitted(released):
    notebook = copy.deepcopy(released)
    notebook.cells[1].source = "def f(): return 1"
    notebook.cells[3].source = "Because."
    return notebook


def sources(rebuilt):
    return [cell.source for cell in rebuilt.notebook.cells]


def test_answers_are_taken_and_all_else_is_as_released(released, submitted):
    submitted.cells[0].source = "import os"
    submitted.cells[2].source = "6.0"
    rebuilt = rebuild(released, submitted)
    assert sources(rebuilt)[:4] == ["import numpy as np", "def f(): return 1", "check('x')", "Because."]
    assert [f.split(";")[0] for f in rebuilt.flags] == [
        "the cell setup was edited",
        "the cell check was edited",
    ]


def test_an_untouched_file_raises_no_flag(released, submitted):
    assert rebuild(released, submitted).flags == ()
    assert sources(rebuild(released, released)) == [cell.source for cell in released.cells]


def test_cells_that_were_added_stay_behind_the_cell_before_them(released, submitted):
    submitted.cells.insert(2, new_code_cell("def helper(): pass"))
    submitted.cells.insert(0, new_markdown_cell("My name"))
    rebuilt = rebuild(released, submitted)
    assert sources(rebuilt)[0] == "My name"
    assert sources(rebuilt)[3] == "def helper(): pass"
    ids = [cell.id for cell in rebuilt.notebook.cells]
    assert len(set(ids)) == len(ids)


def test_metadata_and_outputs_of_the_file_are_dropped(released, submitted):
    submitted.cells[1].metadata.tags = ["skip-execution"]
    submitted.cells[1].outputs = [{"output_type": "stream", "name": "stdout", "text": "6"}]
    submitted.metadata.kernelspec = {"name": "bash"}
    rebuilt = rebuild(released, submitted).notebook
    assert "tags" not in rebuilt.cells[1].metadata
    assert rebuilt.cells[1].outputs == []
    assert rebuilt.metadata == released.metadata


def test_neither_notebook_is_changed(released, submitted):
    before = copy.deepcopy((released, submitted))
    rebuild(released, submitted).notebook.cells[1].source = "changed"
    assert (released, submitted) == before
