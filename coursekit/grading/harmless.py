"""The graded notebook, made fit to be opened: nbgrader's formgrader puts what is in it on its page as it is.

A script there would act in the instructor's name. So a student's text is shown as it was typed, and of what
their code put out text, tables and pictures are left. The feedback page, which goes through an allow-list,
shows the text with its formulas and marks.
"""

from typing import Any

from markupsafe import Markup

from coursekit.grading.outputs import Limits, joined, shortened, table
from coursekit.grading.pictures import FORMATS
from coursekit.grading.rebuild import is_check

_KEY, _WRITTEN = "coursekit", "written"
# MathJax, which the page has, leaves these alone: a formula may hold a link that runs a script.
_NO_FORMULAS = "tex2jax_ignore mathjax_ignore"
_TEXT = Markup(f'<pre class="{_NO_FORMULAS}" style="white-space: pre-wrap">{{}}</pre>')


def make_harmless(notebook: Any, released: Any) -> None:
    """Change a graded notebook, in place, so that nothing of the student's acts where it is shown.

    Parameters
    ----------
    notebook
        With the outputs of the student's cells, and of the checks, which stay as they are.
    released
        The course's; cells with the text of one of its cells stay as they are.
    """
    ours = {cell.source for cell in released.cells}
    limits = Limits()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            if not is_check(cell):
                cell.outputs = [_harmless(output, limits) for output in cell.outputs]
        elif cell.cell_type == "raw":
            cell.metadata["raw_mimetype"] = "text/plain"  # which is left out of a page of HTML
        elif cell.source not in ours:
            cell.metadata[_KEY] = {_WRITTEN: cell.source}
            text = str(_TEXT.format(shortened(cell.source, limits.characters)))
            # In one line, which Markdown takes for a block of HTML and looks no further into.
            cell.source = text.replace("\n", "&#10;")


def written(cell: Any) -> str:
    """Return what a student wrote into a cell that `make_harmless` changed; of others, the text."""
    about = cell.metadata.get(_KEY)
    text = about.get(_WRITTEN) if isinstance(about, dict) else None
    return text if isinstance(text, str) else joined(cell.source)


def _harmless(output: Any, limits: Limits) -> Any:
    """Return an output without metadata, and without what is no text, table or picture."""
    if output["output_type"] not in ("display_data", "execute_result"):
        return output
    data = {kind: content for kind, content in output["data"].items() if kind in ("text/plain", *FORMATS)}
    if cleaned := table(output["data"].get("text/html", ""), limits):
        data["text/html"] = f'<div class="{_NO_FORMULAS}">{cleaned}</div>'
    if not data:
        data["text/plain"] = f"[An output of type {', '.join(output['data'])} is not shown.]"
    return type(output)({**output, "data": data, "metadata": {}})
