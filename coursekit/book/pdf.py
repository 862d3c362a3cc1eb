"""The whole book as one PDF: Sphinx makes one long page, and a headless Chromium prints it."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from coursekit.book import BookError, run_jupyter_book

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SECONDS = 900


def print_book(root: Path | str, target: Path | str | None = None) -> Path:
    """Print the book to a PDF and return its path.

    Links within the book work in the PDF; what moves or slides on the pages is a still picture or a sentence.

    Parameters
    ----------
    root
        The course's folder, which holds `_config.yml` and `book/`.
    target
        The file; None means `book/_build/book.pdf`.

    Raises
    ------
    BookError
        If there is no Chromium, or the book cannot be built or printed.
    """
    root = Path(root).resolve()
    target = root / "book" / "_build" / "book.pdf" if target is None else Path(target).resolve()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        needed = ", ".join(BROWSERS)
        raise BookError(f"to print the book one of {needed} is needed; on Debian: apt install chromium")
    with tempfile.TemporaryDirectory() as folder:
        run_jupyter_book(root, Path(folder), "--builder", "singlehtml")
        pages = Path(folder, "_build", "singlehtml").glob("*.html")
        page = next(page for page in pages if page.name != "index.html")  # which only leads to the other
        partial = Path(folder, "book.pdf")
        command = [browser, "--headless", "--disable-gpu", "--no-pdf-header-footer"]
        # The page's own clock, which stands still while MathJax sets formulas: it has to come to their end.
        command += [f"--virtual-time-budget={1000 * SECONDS}"]
        command += [f"--user-data-dir={folder}/profile", f"--print-to-pdf={partial}"]
        command += ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses root
        try:
            said = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired as error:
            raise BookError(f"{browser} did not print the book within {SECONDS} seconds") from error
        if said.returncode != 0 or not partial.is_file():
            raise BookError(f"{browser} could not print the book: {said.stderr.strip()[-500:]}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(partial, target)
    return target
