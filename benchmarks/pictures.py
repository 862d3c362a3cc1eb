"""The README's pictures: a page of the book, an exercise's verdict, a class's grades.

Run by `python benchmarks/pictures.py` after `make course`, whose book and grades it shows. Needs Chromium.
"""

import io
import shutil
from html import escape
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from coursekit import checks
from coursekit.numpy_nn import functional as F

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / ".github" / "pictures"
CHAPTER = ROOT / "book" / "_build" / "html" / "01_convolution_forward.html"
GRADES = ROOT / "build" / "sample-class" / ".graded"
STYLE = "body { font: 15px 'DejaVu Sans', sans-serif; margin: 16px; } body > div { display: inline-block; }"
STYLE += "pre { font: 15px 'DejaVu Sans Mono'; }"


def conv2d_loops(x, w, b=None, stride=1, padding=0):
    """Convolve with the strides of height and width exchanged: a wrong answer."""
    sh, sw = stride if isinstance(stride, tuple) else (stride, stride)
    return F.conv2d_forward(x, w, b, stride=(sw, sh), padding=padding)[0]


def verdict() -> str:
    """Return what a notebook shows below the check of that answer."""
    return checks.check("conv_forward.conv2d_loops", {"conv2d_loops": conv2d_loops})._repr_html_()


def shoot(page: Page, name: str, selector: str | None = None) -> None:
    """Save what the page shows, in few colours, and say how large it is."""
    shot = page.locator(selector).screenshot() if selector else page.screenshot()
    path = TARGET / f"{name}.png"
    Image.open(io.BytesIO(shot)).convert("RGB").quantize(64).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


def main() -> None:
    """Make the three pictures."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1240, "height": 760}, color_scheme="light")
        page.goto(CHAPTER.as_uri())
        page.wait_for_function("MathJax.startup.promise.then(() => true)")
        page.locator("article figure, article img").nth(1).scroll_into_view_if_needed()
        page.wait_for_timeout(500)
        shoot(page, "book")
        for name, body in {
            "verdict": verdict(),
            "grades": f"<pre>{escape(GRADES.read_text())}</pre>",
        }.items():
            page.set_content(f"<style>{STYLE}</style><div>{body}</div>")
            shoot(page, name, "div >> nth=0")
        browser.close()


if __name__ == "__main__":
    main()
