"""The book's pages as a reader without a network opens them: files, in headless Chromium."""

from pathlib import Path

import pytest

from tests.browser.conftest import CHROMIUM

CHAPTERS = sorted(path.stem for path in (Path(__file__).parents[2] / "book").glob("[0-9][0-9]_*.ipynb"))
PAGES = [*CHAPTERS, "references", "genindex", "search"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.debian,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's package chromium is not installed"),
]


@pytest.fixture
def visit(browser, book_pages):
    """Return a function that opens a page; the test fails if the page complained or asked the network."""
    contexts, troubles = [], []

    def look_at(request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            troubles.append(f"asked for {request.url}")

    def visit(name, width=1400, colours="light", query=""):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=colours, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", look_at)
        page.on("requestfailed", lambda request: troubles.append(f"{request.url} failed"))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console",
            lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.goto(f"{(book_pages / name).as_uri()}.html{query}", wait_until="load")
        page.wait_for_function("!window.MathJax || window.MathJax.startup.promise.then(() => true)")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 400])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_its_window_and_loads_all_it_needs(visit, name, width, colours):
    page = visit(name, width, colours)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.documentElement.dataset.theme") == colours
    broken = (
        "[...document.images].filter(image => image.complete && !image.naturalWidth).map(image => image.src)"
    )
    assert page.evaluate(broken) == []


@pytest.mark.parametrize("width", [1400, 400])
@pytest.mark.parametrize("name", CHAPTERS)
def test_nothing_that_is_cut_off_is_out_of_reach(visit, name, width):
    """What is wider than the page lies in something that scrolls."""
    beyond = """width => [...document.querySelectorAll("article *")].filter(part => {
        if (part.closest("mjx-assistive-mml")) return false;  // for screen readers only
        if (part.getBoundingClientRect().right <= width + 1) return false;
        for (let box = part.parentElement; box; box = box.parentElement)
            if (["auto", "scroll"].includes(getComputedStyle(box).overflowX)) return false;
        return getComputedStyle(part).visibility !== "hidden";
    }).map(part => part.outerHTML.slice(0, 80))"""
    assert visit(name, width).evaluate(beyond, width) == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_mathematics_is_set(visit, name):
    page = visit(name)
    assert page.locator("mjx-container").count() > 0
    assert page.locator("mjx-merror").count() == 0
    left_over = """[...document.querySelectorAll("article p, article li, article td, article dd")]
        .filter(part => !part.querySelector("code, pre"))
        .map(part => part.innerText).filter(text => /\\\\\\(|\\\\\\[|\\$/.test(text))"""
    assert page.evaluate(left_over) == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_mathematics_has_its_own_letters(visit, name):
    """The fonts lie beside the page, so formulas do not fall back to the text's."""
    page = visit(name)
    loaded = (
        "document.fonts.ready.then(fonts => [...fonts].filter(f => f.status === 'loaded').map(f => f.family))"
    )
    assert any("MJX" in family for family in page.evaluate(loaded))


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_text_stands_out_from_its_ground(visit, colours):
    """WCAG 2.1 asks for a contrast of at least 4.5 to 1."""
    page = visit(CHAPTERS[0], colours=colours)
    pair = """selector => {
        const part = document.querySelector(selector);
        let ground = part;
        while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
        return [getComputedStyle(part).color, getComputedStyle(ground).backgroundColor];
    }"""
    for selector in ("article p", "article p a", "article pre", "article th", "article td"):
        assert contrast(*map(channels, page.evaluate(pair, selector))) >= 4.5, selector


def channels(colour):
    return [float(value) for value in colour.partition("(")[2].rstrip(")").split(",")[:3]]


def contrast(first, second):
    """Return the contrast of two colours, WCAG 2.1, "contrast ratio"."""

    def luminance(rgb):
        linear = [v / 255 / 12.92 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in rgb]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, bright = sorted([luminance(first), luminance(second)])
    return (bright + 0.05) / (dark + 0.05)


def test_search_finds_convolution(visit):
    page = visit("search", query="?q=convolution")
    page.wait_for_selector("#search-results li a")
    found = page.locator("#search-results li a").evaluate_all("links => links.map(link => link.href)")
    assert any("00_start_here.html" in link for link in found)


def test_an_answer_of_the_quiz_is_hidden_until_it_is_asked_for(visit):
    page = visit(CHAPTERS[0])
    box = page.locator(".admonition.dropdown").first
    answer = box.locator("p").last
    assert not answer.is_visible()
    box.locator("button").click()
    page.wait_for_timeout(500)
    assert answer.is_visible()


def test_the_reader_can_change_from_light_to_dark(visit):
    page = visit(CHAPTERS[0])
    page.locator("button.theme-switch-button:visible").click()
    assert page.evaluate("document.documentElement.dataset.mode") in ("light", "dark")
