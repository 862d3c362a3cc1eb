"""Terms and symbols: the glossary, the index of symbols and the chapters hold together."""

import re

from tests.book.test_notebooks import BOOK, CHAPTERS, read

GLOSSARY = re.findall(r"(?m)^(\S.*)\n  \S", (BOOK / "glossary.md").read_text())
LINK = re.compile(r"\{term\}`(?:[^`<]*<)?([^`<>]+)>?`")

# Words of everyday language there: a class of students, a gain in speed, the upper body.
EVERYDAY = {"class, 00_start_here", "gain, 01_convolution_forward", "body, 05_lenet5"}


def text(path):
    return "\n\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")


def prose(path):
    """Return the text without code, formulas and links to terms: words that are not linked."""
    found = re.sub(r"(?ms)^```(?:bash|python|\{math\}).*?^```|\$\$.*?\$\$|\$[^$\n]+\$", " ", text(path))
    return re.sub(r"(?:\{[\w:]+\})?`[^`]+`", " ", found)


TEXTS = {path.stem: text(path) for path in CHAPTERS}
PROSE = {path.stem: prose(path) for path in CHAPTERS}
LINKED = {stem: {term.strip().lower() for term in LINK.findall(found)} for stem, found in TEXTS.items()}


def first_use(term):
    """Return the first chapter that has the term as a word or as a link, None if none has."""
    word = re.compile(rf"\b{re.escape(term)}s?\b", re.IGNORECASE)
    return next((stem for stem in PROSE if word.search(PROSE[stem]) or term.lower() in LINKED[stem]), None)


def test_every_term_of_the_glossary_is_linked_in_a_chapter():
    linked = set().union(*LINKED.values())
    assert {term for term in GLOSSARY if term.lower() not in linked} == set()


def test_the_first_chapter_that_uses_a_term_links_it():
    first = {term: first_use(term) for term in GLOSSARY}
    late = {f"{term}, {stem}" for term, stem in first.items() if stem and term.lower() not in LINKED[stem]}
    assert late == EVERYDAY


def mentions(stem, term):
    """Return where a chapter has a term as a word, and where as a link, headings and opening aside."""
    cells = [cell.source for cell in read(BOOK / f"{stem}.ipynb").cells if cell.cell_type == "markdown"]
    found = re.sub(r"(?m)^#.*$|\(eq-[\w-]+\)", "", "\n\n".join(cells[1:]))
    links = [m.start() for m in LINK.finditer(found) if m[1].strip().lower() == term.lower()]
    words = re.sub(r"(?:\{[\w:]+\})?`[^`]+`", lambda m: " " * len(m[0]), found)
    return [m.start() for m in re.finditer(rf"(?i)\b{re.escape(term)}s?\b", words)], links


def test_a_term_is_linked_before_its_chapter_goes_on_to_use_it():
    late = set()
    for term in GLOSSARY:
        stem = first_use(term)
        words, links = mentions(stem, term) if stem else ([], [])
        if links and words and words[0] < links[0]:
            late.add(f"{term}, {stem}")
    assert late <= EVERYDAY


def test_the_glossary_is_in_the_order_of_the_alphabet():
    assert sorted(GLOSSARY, key=str.lower) == GLOSSARY


def test_the_index_of_symbols_has_the_notation_of_the_first_chapter():
    index = (BOOK / "notation.md").read_text()
    table = TEXTS["00_start_here"].partition("## Notation")[2].partition("## ")[0]
    symbols = [
        symbol for row in re.findall(r"(?m)^\| (\$.*?) \|", table) for symbol in row.strip("$").split(", ")
    ]
    assert len(symbols) > 15
    assert [symbol for symbol in symbols if symbol not in index] == []
