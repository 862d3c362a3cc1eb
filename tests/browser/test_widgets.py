"""The interactive parts of the book: their numbers are the library's, for every position of the sliders."""

import html
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest

from coursekit.experiments.results import Results
from coursekit.figures.interactive import show_curve
from coursekit.networks import Conv2d, measure
from coursekit.numpy_nn import functional as F
from tests.browser.conftest import CHROMIUM

BOOK = Path(__file__).parents[2] / "book"
STATIC = BOOK / "_static"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.debian,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's package chromium is not installed"),
]


@pytest.fixture
def show(browser, tmp_path):
    """Return a function that puts markup on a page with the widgets' scripts, in any order, and opens it."""
    contexts, troubles = [], []

    def show(markup, javascript=True):
        names = ["widgets.js", *(path.name for path in sorted(STATIC.glob("widget_*.js")))]
        files = [STATIC / name for name in names]
        for order in (files, files[::-1])[: 1 + len(contexts) % 2]:
            scripts = "".join(f'<script src="{path.as_uri()}"></script>' for path in order)
        style = f'<link rel="stylesheet" href="{(STATIC / "widgets.css").as_uri()}">'
        path = tmp_path / "page.html"
        path.write_text(f"<!doctype html><html><head>{style}{scripts}</head><body>{markup}</body></html>")
        context = browser.new_context(java_script_enabled=javascript, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield show
    for context in contexts:
        context.close()
    assert troubles == []


def press(page, label, times, key="ArrowRight"):
    """Move a slider by the keyboard."""
    page.get_by_role("slider", name=re.compile(f"^{label}")).focus()
    for _ in range(times):
        page.keyboard.press(key)


def numbers(page, table):
    """Return the numbers of a table."""
    rows = page.locator(f"table.{table} tbody tr").all()
    texts = [row.locator("td").all_inner_texts() for row in rows]
    return np.array([[int(text.replace("\u2212", "-")) for text in row] for row in texts], float)


@pytest.mark.parametrize(
    ("stride", "padding", "dilation"), itertools.product((1, 2, 3), (0, 1, 2), (1, 2)), ids=str
)
def test_the_convolution_gives_the_librarys_numbers(show, stride, padding, dilation):
    page = show('<div data-widget="convolution"></div>')
    picture, filter_ = numbers(page, "picture"), numbers(page, "filter")
    press(page, "stride", stride - 1)
    press(page, "padding", padding)
    press(page, "dilation", dilation - 1)
    settings = {"stride": stride, "padding": padding, "dilation": dilation}
    expected, _ = F.conv2d_forward(picture[None, None], filter_[None, None], **settings)
    np.testing.assert_array_equal(numbers(page, "output"), expected[0, 0])
    press(page, "window number", expected[0, 0].size - 1)
    assert page.locator("td.here").inner_text().replace("\u2212", "-") == f"{expected[0, 0, -1, -1]:.0f}"
    assert page.locator(".widget-sum").inner_text().endswith(page.locator("td.here").inner_text())
    assert page.locator("table.picture td.tap").count() == 9


def test_the_counts_are_the_librarys(show):
    page = show('<div data-widget="counting"></div>')
    press(page, "stride", 1)
    press(page, "window", 2)
    press(page, "channels in", 2)  # 16
    press(page, "groups", 2)  # 4
    layer = Conv2d(16, 64, kernel_size=5, stride=2, padding=1, groups=4)
    shape = (16, 32, 32)
    found = [int(text.replace(",", "")) for text in page.locator("td.number").all_inner_texts()]
    side = measure.output_shape(layer, shape)[1]
    products = measure.multiply_adds(layer, shape)
    assert found[:3] == [side, measure.parameter_count(layer), products]
    assert found[3:] == [64 * side**2, side**2]


def test_a_window_larger_than_the_picture_has_no_place(show):
    page = show('<div data-widget="counting"></div>')
    press(page, "side of the input", 1, "Home")
    press(page, "padding", 1, "Home")
    assert page.locator("td.number").all_inner_texts()[0] == "0"
    assert "larger than" in page.locator("td").all_inner_texts()[0]


@pytest.fixture
def curve(capsys, monkeypatch):
    """What a cell puts out for the letters' results, and these results."""
    results = Results.load(BOOK / "results" / "letters.json")
    shown = []
    monkeypatch.setattr("coursekit.figures.interactive.display", lambda data, raw: shown.append(data))
    show_curve(results.x, results.y, results.sizes, results.values)
    return shown[0]["text/html"], results


def test_the_curve_shows_what_was_measured(show, curve):
    markup, results = curve
    page = show(markup)
    for size in results.sizes:
        shown = [
            re.findall(r"[0-9.]+", text) for text in page.locator(".widget-bar .number").all_inner_texts()
        ]
        expected = [[results.mean(arm, size), results.spread(arm, size)] for arm in results.arms]
        np.testing.assert_allclose(np.array(shown, float), expected, atol=0.0006)
        best = max(results.arms, key=lambda arm: results.mean(arm, size))
        assert f"Best with {size}: {best}," in page.locator("p[aria-live]").inner_text()
        press(page, results.x, 1)


@pytest.mark.parametrize("name", ["convolution", "counting"])
def test_without_javascript_and_in_print_what_stands_in_the_page_is_shown(show, name):
    markup = f'<div data-widget="{name}"><p>a still picture</p></div>'
    assert show(markup, javascript=False).get_by_text("a still picture").is_visible()
    page = show(markup)
    assert not page.get_by_text("a still picture").is_visible()
    page.emulate_media(media="print")
    assert page.get_by_text("a still picture").is_visible()
    assert not page.locator(".widget-live").is_visible()


def test_a_texts_quotes_do_not_leave_the_attribute(curve):
    markup, results = curve
    (data,) = re.findall(r'data-results="([^"]*)"', markup)
    assert json.loads(html.unescape(data))["sizes"] == list(results.sizes)
