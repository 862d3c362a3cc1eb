"""The notebook that is graded: the released one, with the student's answers put in.

A submitted file may have lost, doubled, moved, retyped or edited any cell, or carry tags that switch checks
off. So only its text is taken: for each cell that was the student's to write, what they wrote; for each cell
that they added, what stands in it. All else comes from the release.
"""

from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

NEW = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


@dataclass(frozen=True)
class Rebuilt:
    """A notebook to grade, and what was found while it was put together.

    Attributes
    ----------
    notebook
        Cells and metadata as released, with the student's text; no outputs.
    flags
        What a person should know: cells that were lost, edited, doubled, retyped.
    """

    notebook: NotebookNode
    flags: tuple[str, ...]


def rebuild(released: NotebookNode, submitted: NotebookNode) -> Rebuilt:
    """Put a submission's answers into the released notebook.

    Cells that the student added stay behind the cell that they stood behind. Of a cell that is there more
    than once the last one is the answer, as in nbgrader, and the others count as added.
    """
    flags: list[str] = []
    order = [grade_id(cell) for cell in released.cells if grade_id(cell)]
    last = {grade_id(cell): i for i, cell in enumerate(submitted.cells) if grade_id(cell) in order}
    added: dict[str | None, list[Any]] = {None: []}
    anchor: str | None = None
    for i, cell in enumerate(submitted.cells):
        name = grade_id(cell)
        if name in last and last[name] == i:
            anchor = name
            added.setdefault(anchor, [])
            continue
        if name in last:
            flags.append(f"the cell {name} is there more than once; the last one counts")
        elif name:
            flags.append(f"a cell {name[:40]!r} is none of the exercise's")
        added[anchor].append(cell)
    cells = [_added(cell) for cell in added[None]]
    for cell in released.cells:
        name = grade_id(cell)
        if name is None:  # the author's cells without a mark, such as room for notes, are the student's
            continue
        theirs = submitted.cells[last[name]] if name in last else None
        cells.append(_filled(cell, name, theirs, flags))
        cells += [_added(cell) for cell in added.get(name, [])]
    for number, cell in enumerate(cells):
        if not grade_id(cell):
            cell.id = f"added-{number}"
    notebook = NotebookNode({**released, "cells": cells})  # type: ignore[no-untyped-call]
    return Rebuilt(notebook, tuple(dict.fromkeys(flags)))


def grade_id(cell: Any) -> str | None:
    """Return nbgrader's name of a cell, None if it has none."""
    mark = cell.metadata.get("nbgrader", {})
    name = mark.get("grade_id") if isinstance(mark, dict) else None
    return name if isinstance(name, str) and name else None


def is_check(cell: Any) -> bool:
    """Whether a cell of a release is one that checks an answer."""
    mark = cell.metadata.get("nbgrader", {})
    return bool(mark.get("grade")) and not mark.get("solution")


def is_answer(cell: Any) -> bool:
    """Whether a cell of a release is the student's to write."""
    mark = cell.metadata.get("nbgrader", {})
    return bool(mark.get("solution") or mark.get("task"))


def _filled(cell: Any, name: str, theirs: Any, flags: list[str]) -> Any:
    """Return a released cell with what the student wrote, where it was theirs to write."""
    new = NotebookNode(cell)  # type: ignore[no-untyped-call]
    if cell.cell_type == "code":
        new.outputs, new.execution_count = [], None
    if theirs is None:
        flags.append(f"the cell {name} is missing; the released one took its place")
        return new
    if theirs.cell_type != cell.cell_type:
        flags.append(f"the cell {name} was made a {theirs.cell_type} cell")
    if is_answer(cell):
        new.source = theirs.source
        attachments = theirs.get("attachments")
        if cell.cell_type == "markdown" and isinstance(attachments, dict):
            new.attachments = attachments
    elif theirs.source.strip() != cell.source.strip():
        flags.append(f"the cell {name} was edited; the released text counts")
    return new


def _added(cell: Any) -> Any:
    return NEW[cell.cell_type](cell.source)  # type: ignore[no-untyped-call]
