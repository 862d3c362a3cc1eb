"""The book's pages as a reader without a network opens them: files, in headless Chromium."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import CHROMIUM

CHAPTERS = sorted(path.stem for path in (Path(__file__).parents[2] / "book").glob("[0-9][0-9]_*.ipynb"))
OTHERS = ("claims_ledger", "glossary", "instructor_guide", "mutants", "reference/networks", "references")
PAGES = [*CHAPTERS, *OTHERS, "genindex", "search"]

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


# What is wrong with a page, each as a list of what it was found in.
FAULTS = {
    "an image that cannot be shown": """
        [...document.images].filter(part => part.complete && !part.naturalWidth).map(part => part.src)""",
    "cut off, and in nothing that scrolls": """
        [...document.querySelectorAll("article *")].filter(part => {
            if (part.closest("mjx-assistive-mml")) return false;  // for screen readers only
            if (part.getBoundingClientRect().right <= innerWidth + 1) return false;
            for (let box = part.parentElement; box; box = box.parentElement)
                if (["auto", "scroll"].includes(getComputedStyle(box).overflowX)) return false;
            return getComputedStyle(part).visibility !== "hidden";
        }).map(part => part.outerHTML.slice(0, 80))""",
    "a formula that is none": """
        [...document.querySelectorAll("mjx-merror")].map(part => part.innerText)""",
    "a formula that was not set": r"""
        [...document.querySelectorAll("article p, article li, article td, article dd")]
            .filter(part => !part.querySelector("code, pre"))
            .map(part => part.innerText).filter(text => /\\\(|\\\[|\$/.test(text))""",
    "a formula in the text's letters": """
        document.fonts.ready.then(fonts => !document.querySelector("mjx-container") ||
            [...fonts].some(font => font.status === "loaded" && font.family.includes("MJX")) ? [] : ["?"])""",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_and_legible_on_a_phone_in_the_dark_and_on_a_wide_screen_in_the_light(visit, name):
    page, found = visit(name), {}  # opened once: setting the formulas takes longer than all that follows
    for width, colours in ((1400, "light"), (400, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=colours)
        page.wait_for_function(f"document.documentElement.dataset.theme === '{colours}'")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found |= {(width, fault): page.evaluate(script) for fault, script in FAULTS.items()}
    assert {fault: parts for fault, parts in found.items() if parts} == {}
    if name in CHAPTERS:
        assert page.locator("mjx-container").count() > 0


@pytest.mark.parametrize(
    ("name", "colours"),
    [(CHAPTERS[0], "light"), (CHAPTERS[1], "dark"), ("claims_ledger", "light"), ("instructor_guide", "dark"),
     ("reference/networks", "light"), ("references", "dark"), ("search", "light")],
)  # fmt: skip
def test_axe_finds_no_serious_fault(visit, name, colours):
    """The rules of axe-core, a page of each kind: a long chapter takes it half a minute.

    Formulas carry MathJax's own aids; code has the theme's colours, many thousand times.
    """
    page = visit(name, colours=colours)
    found = Axe().run(page, {"exclude": [["mjx-container"], ["pre"]]}, {"preload": False})
    violations = [one for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in violations] == []


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


def test_on_a_phone_a_figure_opens_at_its_full_size_by_the_keyboard(visit):
    page = visit("01_convolution_forward", width=400)
    opener = page.locator(".figure-opener").first
    opener.focus()
    page.keyboard.press("Enter")
    figure = page.get_by_role("dialog", name="Figure at full size").locator("img")
    assert figure.get_attribute("alt") == opener.locator("img").get_attribute("alt")
    assert figure.bounding_box()["width"] == 672  # as on a wide screen
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0


def test_on_a_wide_screen_a_figure_is_a_picture(visit):
    page = visit("01_convolution_forward")
    assert page.locator(".cell_output img").count() > 4
    assert page.locator(".figure-opener").count() == 0
