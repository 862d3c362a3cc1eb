"""`coursekit.book.typography`: what stays on one line."""

import pytest
from docutils import nodes
from docutils.utils import new_document

from coursekit.book.typography import JOINER, KeepTogether


def kept(*children):
    """Return the text of a paragraph after the transform."""
    document = new_document("page")
    document += nodes.paragraph("", "", *children)
    KeepTogether(document).run()
    return document.astext()


def formula():
    return nodes.math("", "x")


@pytest.mark.parametrize("mark", [", then", ".", "th", ")", ": no one"])
def test_what_touches_a_formula_stays_with_it(mark):
    assert kept(nodes.Text("at "), formula(), nodes.Text(mark)) == f"at x{JOINER}{mark}"


def test_a_bracket_before_a_formula_stays_with_it():
    assert kept(nodes.Text("see ("), formula(), nodes.Text(" or")) == f"see ({JOINER}x or"


def test_between_words_a_line_may_break():
    assert kept(nodes.Text("at "), formula(), nodes.Text(" then")) == "at x then"


def test_a_number_stays_with_its_per_cent_sign():
    assert kept(nodes.Text("an error of 15.3 %, not 16 %")) == "an error of 15.3\u00a0%, not 16\u00a0%"


def test_code_stays_as_it_is():
    assert kept(nodes.literal("", "7 % 3"), formula()) == "7 % 3x"
