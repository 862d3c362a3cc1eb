"""Building the book, and looking over what was built.

Jupyter Book makes the pages. What it does not check is checked here: that every image has a text for those
who cannot see it, that no page loads anything from another host, and that links within the book arrive.
"""

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser loads on its own. A plain link <a href> is followed only by a reader.
_LOADS = {
    "script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src",
    "embed": "src", "object": "data", "link": "href",
}  # fmt: skip
_LOADING_LINKS = {"stylesheet", "preload", "modulepreload", "prefetch", "icon", "manifest"}
# `python -m jupyter_book` does not exist; this is what the script `jupyter-book` does.
_JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"
_CSS_URL = re.compile(r"""(?:url\(\s*|@import\s+)["']?([^"')\s;]+)""")


class BookError(Exception):
    """The book could not be built, or a page is not as it must be. The message says which and why."""


def build(
    root: Path | str, strict: bool = True, target: Path | str | None = None, repository: str | None = None
) -> Path:
    """Build the book with the Jupyter Book of this environment and look over its pages.

    Notebooks are not run: their stored outputs are used. What Jupyter Book prints goes to the terminal.

    Parameters
    ----------
    root
        The course's folder, which holds `_config.yml` and `book/`.
    strict
        Whether a warning fails the build.
    target
        Where `_build/html` is made; None means in `book/`.
    repository
        The address of the course's repository on GitHub. With it the pages get buttons: to the source, to
        suggest a change, and to run a chapter on Binder or Colab.

    Returns
    -------
    Path
        The folder of the pages.

    Raises
    ------
    BookError
        If the folder holds no book, Jupyter Book is missing or fails, the address is none, or a page has a
        fault.
    """
    root = Path(root).resolve()
    target = root / "book" if target is None else Path(target).resolve()
    options = ["-W", "-n", "--keep-going"] if strict else []
    run_jupyter_book(root, target, *options, repository=repository)
    pages = target / "_build" / "html"
    faults = check_pages(pages)
    if faults:
        raise BookError("\n".join([f"{len(faults)} faults in {pages}:", *faults]))
    return pages


def run_jupyter_book(root: Path, target: Path, *options: str, repository: str | None = None) -> None:
    """Run `jupyter-book build` on the course in `root`; `_build` is made in `target`."""
    config = root / "_config.yml"
    for needed in (config, root / "book" / "_toc.yml"):
        if not needed.is_file():
            raise BookError(f"{root} holds no book: {needed.relative_to(root)} is missing")
    if importlib.util.find_spec("jupyter_book") is None:
        raise BookError('Jupyter Book is not installed; run: python -m pip install "coursekit[book]"')
    with tempfile.TemporaryDirectory() as folder:
        if repository is not None:
            config = Path(folder, "_config.yml")
            config.write_text(
                _with_repository((root / "_config.yml").read_text(encoding="utf-8"), repository)
            )
        command = [sys.executable, "-c", _JUPYTER_BOOK, "build", str(root / "book"), "--config", str(config)]
        command += ["--path-output", str(target), "--quiet", *options]
        status = subprocess.run(command, check=False).returncode
    if status != 0:
        raise BookError(f"Jupyter Book failed with status {status}; its messages stand above")


def _with_repository(config: str, repository: str) -> str:
    """Return the configuration with the buttons that need a repository's address."""
    import yaml  # type: ignore[import-untyped]

    if not re.fullmatch(r"https://[\w.-]+/[\w.-]+/[\w.-]+", repository):
        raise BookError(
            f"{repository!r} is no address of a repository; one is https://github.com/NAME/coursekit"
        )
    settings = yaml.safe_load(config)
    settings["sphinx"]["config"]["html_theme_options"] |= {
        "repository_url": repository,
        "repository_branch": "main",
        "use_repository_button": True,
        "use_edit_page_button": True,
        "use_issues_button": True,
        "launch_buttons": {
            "binderhub_url": "https://mybinder.org",
            "colab_url": "https://colab.research.google.com",
            "notebook_interface": "jupyterlab",
        },
    }
    return json.dumps(settings)  # which is YAML


def check_pages(folder: Path) -> list[str]:
    """Return a sentence for each image without a text, each thing loaded from another host, each dead link.

    Parameters
    ----------
    folder
        Holds the built pages and their style sheets.
    """
    folder = folder.resolve()
    faults, pages = [], {}
    for path in sorted(folder.rglob("*.html")):
        pages[path] = page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
    for path, page in pages.items():
        dead = (f"the link to {link} leads nowhere" for link in page.links if _is_dead(link, path, pages))
        faults += [f"{path.relative_to(folder)}: {fault}" for fault in (*page.faults, *dead)]
    for path in sorted(folder.rglob("*.css")):
        css = path.read_text(encoding="utf-8")
        faults += [f"{path.relative_to(folder)}: loads {url}" for url in _remote_in_css(css)]
    return faults


def _is_dead(link: str, path: Path, pages: "dict[Path, _Page]") -> bool:
    """Whether a link on the page at `path` leads to a file or a place in a page that is not there."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return False  # another host's
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target in pages:
        return bool(parts.fragment) and unquote(parts.fragment) not in pages[target].places
    return not target.exists()


class _Page(HTMLParser):
    """Collects the faults of one page, its links, and the places in it that a link can name."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.links: list[str] = []
        self.places = {"", "top"}
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self._in_style = tag == "style"
        self.places.add(attributes.get("id", ""))
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        if tag == "img" and not attributes.get("alt", "").strip():
            self.faults.append(f"the image {attributes.get('src', '')[:60]!r} has no alt text")
        if tag == "link" and not _LOADING_LINKS & set(attributes.get("rel", "").lower().split()):
            return
        loaded = [attributes.get(_LOADS.get(tag, ""), "")]
        loaded += [entry.split()[0] for entry in attributes.get("srcset", "").split(", ") if entry.strip()]
        self.faults += [f"<{tag}> loads {url}" for url in loaded if _is_remote(url)]
        self.faults += [f"<{tag} style> loads {url}" for url in _remote_in_css(attributes.get("style", ""))]

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.faults += [f"<style> loads {url}" for url in _remote_in_css(data)]


def _remote_in_css(css: str) -> Iterator[str]:
    return (url for url in _CSS_URL.findall(css) if _is_remote(url))


def _is_remote(url: str) -> bool:
    """Whether a browser would ask another host; `//host/path` has a host too."""
    return bool(urlsplit(url).netloc)
