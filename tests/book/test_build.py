"""`coursekit.book`: what stops a build, and what the look over the pages finds."""

import importlib.util
import re
import shutil
from pathlib import Path

import nbformat
import pytest

from coursekit import book
from coursekit.book.pdf import print_book

ROOT = Path(__file__).parents[2]


def faults_of(tmp_path, html="", css=""):
    (tmp_path / "page.html").write_text(html)
    (tmp_path / "style.css").write_text(css)
    return book.check_pages(tmp_path)


@pytest.mark.parametrize(
    "image", ['<img src="a.png">', '<img src="a.png" alt="">', '<img src="a.png" alt=" ">']
)
def test_an_image_without_a_text_is_a_fault(tmp_path, image):
    assert faults_of(tmp_path, image) == ["page.html: the image 'a.png' has no alt text"]


def test_an_image_with_a_text_is_fine(tmp_path):
    assert faults_of(tmp_path, '<img src="data:image/png;base64,aa//bb" alt="A line.">') == []


@pytest.mark.parametrize(
    "tag",
    [
        '<script src="https://h.example/a.js"></script>',
        '<script src="//h.example/a.js"></script>',
        '<link rel="stylesheet" href="https://h.example/a.css">',
        '<link rel="preload" as="font" href="https://h.example/a.woff2">',
        '<iframe src="http://h.example/"></iframe>',
        '<img alt="a" src="https://h.example/a.png">',
        '<img alt="a" src="a.png" srcset="b.png 1x, https://h.example/a.png 2x">',
        '<p style="background: url(https://h.example/a.png)"></p>',
        "<style>@import 'https://h.example/a.css';</style>",
    ],
)
def test_what_a_page_loads_from_another_host_is_a_fault(tmp_path, tag):
    (fault,) = faults_of(tmp_path, tag)
    assert fault.startswith("page.html: <")
    assert "h.example" in fault


def test_what_a_style_sheet_loads_from_another_host_is_a_fault(tmp_path):
    css = '@font-face { src: url("https://h.example/a.woff2") } p { background: url(here.png) }'
    assert faults_of(tmp_path, css=css) == ["style.css: loads https://h.example/a.woff2"]


def test_a_link_that_only_a_reader_follows_is_fine(tmp_path):
    page = '<a href="https://h.example/">paper</a><link rel="canonical" href="https://h.example/">'
    assert faults_of(tmp_path, page) == []


@pytest.mark.parametrize("link", ["other.html", "#there", "page.html#there"])
def test_a_link_within_the_book_that_leads_nowhere_is_a_fault(tmp_path, link):
    fault = f"page.html: the link to {link} leads nowhere"
    assert faults_of(tmp_path, f'<p id="here"></p><a href="{link}">x</a>') == [fault]


@pytest.mark.parametrize("link", ["#", "#here", "page.html", "page.html#here", "style.css"])
def test_a_link_within_the_book_that_arrives_is_fine(tmp_path, link):
    assert faults_of(tmp_path, f'<p id="here"></p><a href="{link}">x</a>') == []


def test_a_folder_without_a_book_is_said_to_be_one(tmp_path):
    with pytest.raises(book.BookError, match=r"holds no book: _config\.yml is missing"):
        book.build(tmp_path)


def test_a_missing_jupyter_book_is_named_with_the_extra_that_brings_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(book.BookError, match=r'pip install "coursekit\[book\]"'):
        book.build(ROOT)


@pytest.fixture
def small_book(tmp_path):
    """A course whose book is one page."""
    root = tmp_path / "course"
    shutil.copytree(ROOT / "book" / "_static", root / "book" / "_static")
    shutil.copy(ROOT / "_config.yml", root)
    (root / "book" / "references.bib").write_text("")
    (root / "book" / "_toc.yml").write_text("format: jb-book\nroot: page\n")
    return root


@pytest.mark.slow
def test_a_warning_fails_the_build_and_leaves_it_buildable_without_strict(small_book):
    (small_book / "book" / "page.md").write_text("# Page\n\nSee {term}`nothing`.\n")
    with pytest.raises(book.BookError, match="Jupyter Book failed"):
        book.build(small_book)
    assert (book.build(small_book, strict=False) / "page.html").is_file()


@pytest.mark.slow
def test_a_table_of_what_does_not_exist_fails_the_build_and_says_what_there_is(small_book, capfd):
    tables = "\n\n".join(f"```{{{directive}}} nothing\n```" for directive in ("claims", "mutants"))
    (small_book / "book" / "page.md").write_text(f"# Page\n\n{tables}\n")
    with pytest.raises(book.BookError, match="Jupyter Book failed"):
        book.build(small_book)
    said = capfd.readouterr().err
    assert all(re.search(f"there is no {kind} 'nothing'; .*vgg", said) for kind in ("claim", "exercise"))


@pytest.mark.slow
def test_a_page_with_an_image_without_a_text_fails_the_build(small_book):
    (small_book / "book" / "page.md").write_text("# Page\n\n![](_static/logo.svg)\n")
    with pytest.raises(book.BookError, match=r"page\.html: the image .* has no alt text"):
        book.build(small_book)


@pytest.mark.slow
def test_the_book_builds_without_a_warning_and_without_a_fault(book_pages):
    chapters = sorted(path.stem for path in (ROOT / "book").glob("*.ipynb"))
    built = {path.stem for path in book_pages.glob("*.html")}
    assert {*chapters, "index", "search", "genindex", "references"} <= built


@pytest.mark.slow
def test_with_the_address_of_a_repository_pages_have_buttons_to_it(small_book):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Page")])
    nbformat.write(notebook, small_book / "book" / "page.ipynb")
    pages = book.build(small_book, repository="https://github.com/NAME/course")
    page = (pages / "page.html").read_text()
    for address in (
        "https://github.com/NAME/course",
        "https://github.com/NAME/course/edit/main/book/page.ipynb",
        "https://colab.research.google.com/github/NAME/course/blob/main/book/page.ipynb",
    ):
        assert f'href="{address}"' in page
    assert "https://mybinder.org" in page
    assert book.check_pages(pages) == []


@pytest.mark.parametrize(
    "address", ["", "github.com/NAME/course", "https://github.com/NAME", "https://x y/a/b"]
)
def test_what_is_no_address_of_a_repository_is_named(small_book, address):
    with pytest.raises(book.BookError, match=re.escape(repr(address))):
        book.build(small_book, repository=address)


@pytest.mark.debian
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="Debian's package chromium is not installed")
def test_the_book_is_printed_with_its_formulas(small_book):
    (small_book / "book" / "page.md").write_text("# Page\n\nA formula: $x^2$.\n")
    printed = print_book(small_book).read_bytes()
    assert printed.startswith(b"%PDF")
    assert b"MathJax" in printed


def test_without_a_browser_the_printing_says_what_is_missing(small_book, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(book.BookError, match="apt install chromium"):
        print_book(small_book)
