"""Running a chapter, so that its outputs are stored in the form that the tests ask for."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from nbformat.reader import NotJSONError

from coursekit.book import BookError


def run_chapter(path: Path) -> None:
    """Run all cells of a notebook and store what they print, without times and without more metadata.

    Parameters
    ----------
    path
        The notebook. It stays as it is if a cell fails.

    Raises
    ------
    BookError
        If there is no such notebook, or a cell fails; the message says which.
    """
    try:
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except (OSError, NotJSONError) as error:
        raise BookError(f"{path} cannot be read as a notebook: {error}") from None
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(path.resolve().parent)}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        raise BookError(f"{path}: a cell failed, and nothing was stored.\n{error}") from None
    joining = CoalesceStreamsPreprocessor()  # type: ignore[no-untyped-call]  # of pieces that follow one another
    notebook, _ = joining.preprocess(notebook, {})  # type: ignore[no-untyped-call]
    notebook.metadata.language_info = {"name": "python"}  # the kernel also says its version
    partial = path.with_name(f".{path.name}.partial")
    nbformat.write(notebook, partial)  # type: ignore[no-untyped-call]
    partial.replace(path)
