from xml.etree import ElementTree

import pytest

from coursekit.grading.mathml import mathml
from coursekit.grading.outputs import Limits
from coursekit.grading.page import _markdown

MATRIX = r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \\ 5 & 6 \end{pmatrix}"
NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"


def markdown(source):
    return str(_markdown(source, {}, Limits()))


def fences(latex):
    tree = ElementTree.fromstring(mathml(latex))
    return [mo for mo in tree.iter(f"{NAMESPACE}mo") if "scaleY" in mo.get("style", "")]


def test_a_formula_in_a_line_becomes_mathml():
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in markdown("the square $x^2$ is")
    assert "$" not in markdown("the square $x^2$ is")


@pytest.mark.parametrize("source", ["$$\nx^2\n$$", r"\begin{equation}x^2\end{equation}", r"\\[x^2\\]"])
def test_a_formula_on_its_own_line_becomes_mathml(source):
    page = markdown(source)
    assert 'display="block"' in page
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in page


def test_dollars_in_code_are_no_formula():
    assert markdown("`$x$`") == "<p><code>$x$</code></p>\n"


def test_symbols_are_themselves():
    assert "∑" in mathml(r"\sum_{i} x_i \cdot y_i")
    assert "·" in mathml(r"\sum_{i} x_i \cdot y_i")


@pytest.mark.parametrize(
    "latex",
    [r"\unheardof{x}", "{", "x_a_b", r"\left( x", r"\begin{aligned} x &= 1 \end{aligned}", "x^{" * 5000],
)
def test_what_cannot_be_translated_stays_as_text(latex):
    assert mathml(latex) is None
    page = markdown(f"$${latex}$$")
    assert f"$${latex.replace('&', '&amp;')}$$" in page


def test_markup_in_a_formula_stays_text():
    for latex in (r"\text{<script>alert(1)</script>}", r"\text{&lt;script&gt;}", r"\unheardof <script>"):
        assert "<script" not in markdown(f"${latex}$")


def test_comparisons_are_escaped():
    assert "<mo>&lt;</mo>" in mathml("a < b")


def test_parentheses_are_as_high_as_their_matrix():
    assert [mo.get("style").partition("scaleY")[2] for mo in fences(MATRIX)] == ["(3.9)", "(3.9)"]


def test_other_signs_beside_a_matrix_keep_their_height():
    assert len(fences(f"( x = {MATRIX} + y )")) == 2
