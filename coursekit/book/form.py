"""The form of a chapter, counted: words, figures, questions of the quiz, citations."""

import html
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORDS = (2500, 4000)
FIGURES = (5, 8)
"""The least and the most that a chapter may have; chapter 0 is shorter."""

# What a reader does not count as words.
_MARKUP = (
    r"(?s)^```\{math\}.*?^```",
    r"(?s)^```[a-z]*\n.*?^```",  # code
    r"(?s)\$\$.*?\$\$",
    r"\$[^$]+\$",
    r"^(?:```|:::).*$",  # a directive's first and last line
    r"^:[a-z-]+:.*$",  # its options
    r"\{(?!term\})[a-z:]+\}`[^`]*`",  # roles of which a reader sees no words
    r"\{term\}|<[^>]*>",  # of a term the reader sees the words
    r"\]\([^)]*\)",  # the address of a link
)


@dataclass(frozen=True)
class Form:
    """What a chapter has.

    Attributes
    ----------
    chapter
        The name of its file.
    words
        Words of prose: without code, mathematics and markup.
    figures
        The text of each figure.
    questions
        Questions of the quiz, each with a hidden answer.
    citations
        The keys of the papers that it cites, each once.
    """

    chapter: str
    words: int
    figures: tuple[str, ...]
    questions: int
    citations: tuple[str, ...]


def form_of(path: Path) -> Form:
    """Return the form of the chapter in a notebook's file."""
    import nbformat

    cells = nbformat.read(path, as_version=4).cells  # type: ignore[no-untyped-call]
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    keys = re.findall(r"\{cite:[a-z]+\}`([^`]*)`", text)
    return Form(
        chapter=path.stem,
        words=len(_prose(text)),
        figures=tuple(alt for cell in cells if cell.cell_type == "code" for alt in _figures(cell)),
        questions=len(re.findall(r":class: dropdown|\{dropdown\}", text)),
        citations=tuple(dict.fromkeys(key.strip() for found in keys for key in found.split(","))),
    )


def chapters(root: Path) -> list[Path]:
    """Return the chapters' files in the course's folder, in order."""
    return sorted((root / "book").glob("[0-9][0-9]_*.ipynb"))


def _prose(text: str) -> list[str]:
    for markup in _MARKUP:
        text = re.sub(markup, " ", text, flags=re.MULTILINE)
    return re.findall(r"[A-Za-z][A-Za-z0-9'’-]*", text)


def _figures(cell: Any) -> list[str]:
    markup = "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)
    return [html.unescape(alt) for alt in re.findall(r'<img [^>]*?alt="([^"]*)"', markup)]
