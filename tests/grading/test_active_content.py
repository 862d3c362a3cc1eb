"""What a browser would be given of hostile notebooks; `tests/browser/test_hostile_pages.py` opens them."""

import re
from html.parser import HTMLParser

import pytest

from coursekit.grading.outputs import Limits
from coursekit.grading.page import render_page
from tests.grading.active_content import ATTACKS, CHECK, FORGED, HOST, MARKS, RUN, SCORE, notebook_with

# All elements that a page has; each is known to do nothing.
HARMLESS = """
html head meta title style body header main section div span p h1 h2 h3 h4 h5 h6 a em strong b i code pre
table caption thead tbody tfoot tr th td ul ol li dl dt dd blockquote hr br img details summary sub sup
math mrow mi mn mo mtext msup msub
"""


class Reader(HTMLParser):
    """Collects elements, with those around them, and what is wrong with them."""

    def __init__(self, page):
        super().__init__()
        self.faults, self.inside, self.framed, self.unframed = [], [], "", ""
        self.policies = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "meta" and "http-equiv" in found:
            self.policies.append(found["http-equiv"])
        if tag not in HARMLESS.split():
            self.faults.append(tag)
        for name, value in attributes:
            if name.startswith("on") or name in ("srcset", "srcdoc", "action", "background", "xlink:href"):
                self.faults.append((tag, name))
            if name == "href" and not re.match(r"https?://|mailto:|#cell-\d", value):
                self.faults.append((tag, value))
            if name == "src" and not re.match(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=]+$", value):
                self.faults.append((tag, value[:80]))
            if name == "style" and re.search(r"url|position|expression|@", value):
                self.faults.append((tag, value))
            if name in ("id", "class") and tag in ("h2", "span") and "cell-" in value:
                self.faults.append((tag, name))
        if tag not in ("meta", "br", "hr", "img"):
            self.inside.append((tag, found.get("class") or ""))

    def handle_endtag(self, tag):
        assert self.inside.pop()[0] == tag, "an element ends inside of another"

    def handle_data(self, data):
        if any(kind == "held" for _, kind in self.inside):
            self.framed += data
        elif all(tag != "style" for tag, _ in self.inside):
            self.unframed += data


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.tries)
def test_nothing_in_a_page_can_act(attack):
    page = Reader(render_page(notebook_with(attack.place, attack.content), MARKS, {"# Adding", CHECK}))
    assert page.faults == []
    assert page.inside == []
    assert page.policies == ["Content-Security-Policy"]
    assert SCORE in page.unframed
    assert "Score: 6" not in page.unframed
    assert "6 of 6" not in page.unframed
    assert RUN not in page.unframed.replace(attack.content, "")


def test_the_reader_finds_what_acts():
    page = Reader(f"<p onclick='{RUN}'><a href='javascript:x'></a><script></script><img src={HOST}></p>")
    assert page.faults == [("p", "onclick"), ("a", "javascript:x"), "script", ("img", HOST)]


def test_a_report_of_the_checks_stands_outside_of_the_students_frames():
    page = Reader(render_page(notebook_with("text/html", FORGED), MARKS))
    assert "adding: 1 of 6 points." in page.unframed
    assert "adding: 6 of 6 points." in page.framed


def test_if_a_checks_name_stands_twice_neither_cell_is_taken_at_its_word():
    page = Reader(render_page(notebook_with("twin", FORGED), MARKS))
    assert "adding: 6 of 6 points." in page.framed
    assert "adding: 1 of 6 points." in page.framed
    assert SCORE in page.unframed


def test_the_comments_of_the_grader_stand_outside_of_the_frames():
    page = Reader(render_page(notebook_with("markdown", "x"), MARKS))
    assert "Think of negative numbers." in page.unframed


def test_the_courses_own_text_is_not_framed_and_any_other_is():
    page = Reader(render_page(notebook_with("markdown", "I did well."), MARKS, {"# Adding"}))
    assert "Adding" in page.unframed
    assert "I did well." in page.framed


def test_a_hidden_test_is_not_shown_nor_the_error_that_quotes_it():
    notebook = notebook_with("markdown", "x")
    hidden = "### BEGIN HIDDEN TESTS\nassert add(7, 8) == 15\n### END HIDDEN TESTS"
    notebook.cells[-1].source = f"assert add(1, 2) == 3\n{hidden}"
    notebook.cells[-1].outputs = [
        {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["assert add(7, 8) == 15"]}
    ]
    page = Reader(render_page(notebook, MARKS))
    assert "add(1, 2)" in page.unframed
    assert "add(7, 8)" not in page.unframed + page.framed


def test_cells_of_the_check_that_are_gone_keep_their_points():
    notebook = notebook_with("markdown", "x")
    del notebook.cells[-1]
    page = Reader(render_page(notebook, MARKS))
    assert "not in the notebook" in page.unframed
    assert SCORE in page.unframed


@pytest.mark.parametrize(("setting", "said"), [("cells", "3 more cells"), ("total", "more cells")])
def test_a_page_that_is_cut_says_so(setting, said):
    page = Reader(render_page(notebook_with("markdown", "x" * 200), MARKS, limits=Limits(**{setting: 2})))
    assert said in page.unframed
    assert SCORE in page.unframed
