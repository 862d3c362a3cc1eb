"""A feedback page as a student without a network opens it: one file, in headless Chromium."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

from coursekit.grading import Course, generate_feedback, grade, make_sample_class

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.debian,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's package chromium is not installed"),
]


@pytest.fixture(scope="module")
def feedback_page(root, tmp_path_factory):
    """The page of a student who was partly right, by itself in a folder."""
    folder = tmp_path_factory.mktemp("sample") / "class"
    make_sample_class(Course.open(root / "exercises"), folder)
    grade(Course.open(folder), "conv_forward", ["bruno"])
    (feedback,) = generate_feedback(Course.open(folder), "conv_forward")
    alone = tmp_path_factory.mktemp("alone") / "conv_forward.html"
    shutil.copyfile(feedback.folder / "conv_forward.html", alone)
    return alone


@pytest.fixture(params=[1200, 400])
def page(request, feedback_page):
    """The page opened offline; the test fails if it complained or asked for anything but itself."""
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    asked, troubles = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*quiet, "--disable-sync"])
        context = browser.new_context(viewport={"width": request.param, "height": 900}, offline=True)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("requestfailed", lambda request: troubles.append(f"{request.url} failed"))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        page.goto(feedback_page.as_uri(), wait_until="load")
        yield page
        browser.close()
    assert [url for url in asked if not url.startswith("data:")] == [feedback_page.as_uri()]
    assert troubles == []


def test_formulas_are_set_without_a_network(page):
    formulas = page.locator("math").all()
    assert len(formulas) == 8
    assert all(formula.is_visible() for formula in formulas)
    text = page.locator("body").inner_text()
    assert "$$" not in text
    assert "\\begin" not in text


def test_parentheses_are_as_high_as_their_matrix(page):
    ratios = page.locator("mo[style]").evaluate_all("""fences => fences.map(fence => {
        const table = [fence.nextElementSibling, fence.previousElementSibling].find(
            part => part?.localName === "mtable");
        return fence.getBoundingClientRect().height / table.getBoundingClientRect().height;
    })""")
    assert len(ratios) == 16
    assert all(0.8 < ratio < 2 for ratio in ratios), ratios


def test_the_page_fits_its_window(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_what_is_wider_than_the_page_can_be_scrolled_to(page):
    cut_off = """width => [...document.querySelectorAll("body *")].filter(part => {
        if (part.getBoundingClientRect().right <= width + 1) return false;
        for (let box = part.parentElement; box; box = box.parentElement)
            if (["auto", "scroll"].includes(getComputedStyle(box).overflowX)) return false;
        return true;
    }).map(part => part.outerHTML.slice(0, 80))"""
    assert page.evaluate(cut_off, page.viewport_size["width"]) == []


def test_the_cells_of_tables_keep_apart(page):
    """The text of a cell begins after that of the cell before it ends, with room between."""
    gaps = page.locator("tr").evaluate_all("""rows => rows.flatMap(row => {
        const boxes = [...row.cells].filter(cell => cell.innerText.trim()).map(cell => {
            const text = document.createRange();
            text.selectNodeContents(cell);
            return text.getBoundingClientRect();
        });
        return boxes.slice(1).map((box, i) => box.left - boxes[i].right);
    })""")
    assert gaps
    assert min(gaps) >= 8
