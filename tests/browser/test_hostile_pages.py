"""Hostile notebooks' feedback pages, opened in headless Chromium: nothing runs, nothing is asked for."""

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_notebook
from nbgrader.server_extensions.formgrader import handlers

from coursekit.grading.harmless import make_harmless, written
from coursekit.grading.page import render_page
from tests.browser.conftest import CHROMIUM
from tests.grading.active_content import ATTACKS, CHECK, HOST, MARKS, RUN, SCORE, notebook_with, png

pytestmark = [
    pytest.mark.browser,
    pytest.mark.debian,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's package chromium is not installed"),
]

# Whether what is seen in the middle of an element is the element itself, and not something laid over it.
ON_TOP = """element => {
    element.scrollIntoView({block: "center"});
    const box = element.getBoundingClientRect();
    const seen = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return seen !== null && element.contains(seen);
}"""


class Opened:
    """A page that was opened, and everything that it tried."""

    def __init__(self, browser, path, html):
        path.write_text(html, encoding="utf-8")
        self.url = path.as_uri()
        self.tried = []
        self.context = browser.new_context(viewport={"width": 1000, "height": 800})
        self.page = self.context.new_page()
        self.context.route("**/*", self._answer)
        self.context.on("page", lambda page: self.tried.append(f"opened {page.url}"))
        self.page.on(
            "dialog", lambda dialog: (self.tried.append(f"asked {dialog.message}"), dialog.dismiss())
        )
        self.page.on("console", lambda said: self.tried.append(f"said {said.text}"))
        self.page.on("pageerror", lambda error: self.tried.append(f"failed {error}"))
        self.page.on("framenavigated", lambda frame: self._went(frame.url))
        self.page.goto(self.url, wait_until="load")
        self.page.mouse.move(500, 400)
        self.page.keyboard.press("Tab")
        self.page.wait_for_timeout(50)  # for what acts a moment later

    def _answer(self, route):
        address = route.request.url
        if address != self.url and not address.startswith("data:image/"):
            self.tried.append(f"requested {address}")
        route.continue_() if address.startswith(("file:", "data:")) else route.abort()

    def _went(self, address):
        if address.partition("#")[0] != self.url:
            self.tried.append(f"went to {address}")

    def ran(self):
        return self.page.evaluate("window.pwned !== undefined || document.title !== 'adding: feedback'")


@pytest.fixture
def opened(browser, tmp_path):
    """Return a function that opens HTML."""
    pages = []

    def show(html):
        pages.append(Opened(browser, tmp_path / "adding.html", html))
        return pages[-1]

    yield show
    for one in pages:
        one.context.close()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.tries)
def test_a_hostile_notebooks_page_does_nothing_and_shows_the_true_points(attack, opened):
    shown = opened(render_page(notebook_with(attack.place, attack.content), MARKS, {"# Adding", CHECK}))
    assert shown.tried == []
    assert not shown.ran()
    assert shown.page.locator("h1").first.inner_text() == f"adding ({SCORE})"
    assert shown.page.locator("h1").first.evaluate(ON_TOP)
    points = shown.page.locator(".points")
    assert points.all_inner_texts() == ([] if attack.place == "twin" else [SCORE])
    assert all(point.evaluate(ON_TOP) for point in points.all())
    assert shown.page.locator(".students .points, .students .report, .held h1 .points").count() == 0
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= 1000
    assert shown.page.locator("script, iframe, object, embed, form, input, link, base, svg").count() == 0


def test_the_page_lets_nothing_run_even_if_something_had_slipped_through(opened):
    html = render_page(notebook_with("markdown", "HERE"), MARKS)
    slipped = f"<script>{RUN}</script><img src='x:' onerror='{RUN}'><img src='{HOST}'><iframe src='{HOST}'>"
    shown = opened(html.replace("HERE", slipped))
    assert not shown.ran()
    assert not [one for one in shown.tried if one.startswith(("requested", "asked", "opened"))]
    assert any("Content Security Policy" in one for one in shown.tried)


def test_what_this_file_looks_for_is_found_on_a_page_without_the_policy(opened):
    shown = opened(f"<title>adding: feedback</title><script>{RUN}; alert(1)</script><img src='{HOST}/a'>")
    assert shown.ran()
    assert "asked 1" in shown.tried
    assert f"requested {HOST}/a" in shown.tried


def test_a_students_picture_and_table_are_shown(opened):
    notebook = notebook_with("image/png", png(30, 20))
    table = notebook_with("text/html", "<table><tr><th>epoch</th><td>1</td></tr></table>")
    notebook.cells += table.cells[2:3]
    shown = opened(render_page(notebook, MARKS))
    picture = shown.page.locator(".students img")
    assert picture.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [30, 20]
    assert shown.page.locator(".students table").inner_text().split() == ["epoch", "1"]


# What a judge's notebook can hold of a student's: it is rebuilt from the released one.
THEIRS = [attack for attack in ATTACKS if attack.place not in ("tags", "title", "widgets", "twin", "check")]
ABOUT = {"assignment_id": "adding", "notebook_id": "adding", "student": "eve", "index": 0, "total": 1}


def formgraders_page(attacks, harmless):
    """Return the page on which a person gives points by hand, of a notebook with all these attacks in it."""
    notebooks = [notebook_with(attack.place, attack.content) for attack in attacks]
    released = notebook_with("raw", "")
    hostile = new_notebook(cells=[cell for notebook in notebooks for cell in notebook.cells])
    for number, cell in enumerate(hostile.cells):
        cell.id = f"cell-{number}"
    if harmless:
        make_harmless(hostile, released)
    exporter = HTMLExporter(template_name="formgrade", extra_template_basedirs=[handlers.template_path])
    return exporter.from_notebook_node(hostile, resources={**ABOUT, "base_url": ""})[0]


def test_the_formgrader_shows_nothing_that_acts(opened):
    shown = opened(formgraders_page(THEIRS, harmless=True))
    assert shown.page.evaluate("window.pwned") is None
    assert not [one for one in shown.tried if HOST in one]
    theirs = shown.page.locator("#notebook-container")
    acting = (
        "script, iframe, object, embed, form, link, base, meta, svg, style, math, a[href]:not(.anchor-link)"
    )
    assert theirs.locator(acting).count() == 0
    assert theirs.locator("pre.mathjax_ignore").count() == sum(
        a.place in ("markdown", "attachment") for a in THEIRS
    )


def test_the_formgrader_would_run_what_was_not_made_harmless(opened):
    shown = opened(
        formgraders_page([attack for attack in THEIRS if attack.tries == "a script in Markdown"], False)
    )
    assert shown.page.evaluate("window.pwned") == 1


def test_the_feedback_page_still_knows_what_was_written():
    notebook = notebook_with("markdown", "It is *small*: $x^2$")
    make_harmless(notebook, notebook_with("raw", ""))
    assert written(notebook.cells[1]) == "It is *small*: $x^2$"
    assert "<em>small</em>" in render_page(notebook, MARKS)
