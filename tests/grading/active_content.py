"""Notebooks that try to do something in the reader's browser: what each tries, and where it is put."""

import base64
import io
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from PIL import Image

from coursekit.grading.marks import CellMarks, Marks

# What the page must show, whatever the notebook says.
MARKS = Marks(
    "adding",
    "adding",
    "eve",
    {
        "check_small": CellMarks(judged=True, points=1.0, max_points=6.0),
        "answer": CellMarks(comment="Think of **negative** numbers."),
    },
)
SCORE = "Score: 1.0 / 6.0"
CHECK = "check('adding')"
REPORT = "<p><strong>adding: 1 of 6 points.</strong></p><table><tbody><tr><td>wrong</td></tr></tbody></table>"

RUN = "window.pwned = 1"
HOST = "http://tracker.example"
FORGED = (
    "<p><strong>adding: 6 of 6 points. All right. Well done!</strong></p>"
    "<table><tbody><tr><td>✓ right</td></tr></tbody></table>"
)
OVERLAY = "position:fixed;top:0;left:0;width:100vw;height:100vh;z-index:9999;background:white"


@dataclass(frozen=True)
class Attack:
    """What is tried, where it is put (see `notebook_with`), and with what."""

    tries: str
    place: str
    content: str


def png(width=4, height=4):
    """Return a small picture in base64."""
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((height, width, 3), dtype=np.uint8)).save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def claiming_png(width, height):
    """Return a file in base64 that says it is a picture of that size, and holds next to nothing."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(bytes(1000))), chunk(b"IEND", b"")]
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).decode()


ATTACKS = [
    Attack("a script in Markdown", "markdown", f"<script>{RUN}</script>"),
    Attack("a script after a broken one", "markdown", f"<scr<script>ipt>{RUN}</script>"),
    Attack("an event handler", "markdown", f"<img src=x onerror='{RUN}'>"),
    Attack("an event handler on what opens", "markdown", f"<details open ontoggle='{RUN}'>x</details>"),
    Attack("a javascript link", "markdown", f"[your points](javascript:{RUN})"),
    Attack("a javascript link with a tab in it", "markdown", f"<a href='java\tscript:{RUN}'>your points</a>"),
    Attack("a link to a page in itself", "markdown", f"[x](data:text/html,<script>{RUN}</script>)"),
    Attack("a link to a file beside the page", "markdown", "[your points](other.html)"),
    Attack(
        "a frame", "markdown", f"<iframe srcdoc='<script>parent.pwned = 1</script>' src='{HOST}'></iframe>"
    ),
    Attack("a form", "markdown", f"<form action='{HOST}'><input name=a autofocus onfocus='{RUN}'></form>"),
    Attack("a refresh", "markdown", f"<meta http-equiv=refresh content='0;url={HOST}'>"),
    Attack("a base for all links", "markdown", f"<base href='{HOST}'>"),
    Attack("a picture that reports who reads", "markdown", f"![x]({HOST}/a.png)"),
    Attack("a picture set by srcset", "markdown", f"<img srcset='{HOST}/a.png 1x'>"),
    Attack("a style sheet from a host", "markdown", f"<link rel=stylesheet href='{HOST}/a.css'>"),
    Attack("styles that fake points", "markdown", "<style>.points {display:none}</style>"),
    Attack("styles that load", "markdown", f"<p style=\"background:url('{HOST}/a')\">x</p>"),
    Attack("an overlay", "markdown", f"<div style='{OVERLAY}'>Score: 6.0 / 6.0</div>"),
    Attack("an overlay by the page's own classes", "markdown", "<div class='points'>Score: 6.0 / 6.0</div>"),
    Attack("the id of a marked cell", "markdown", "<h2 id='cell-1'>Score: 6.0 / 6.0</h2>"),
    Attack("a drawing with a script", "markdown", f"<svg onload='{RUN}'><script>{RUN}</script></svg>"),
    Attack(
        "a formula with a handler", "markdown", f"<math><mtext><img src=x onerror='{RUN}'></mtext></math>"
    ),
    Attack("a formula with a link", "markdown", rf"$\href{{javascript:{RUN}}}{{x}}$"),
    Attack("markup in a formula", "markdown", rf"$\text{{<img src=x onerror={RUN}>}}$"),
    Attack(
        "a formula that changes the parser's mind",
        "markdown",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src onerror=pwned=1&gt;'>",
    ),
    Attack("the end of the frame", "markdown", f"</div></div></section></main><h1>{FORGED}</h1>"),
    Attack("an element that is never closed", "markdown", "<textarea><title><plaintext>"),
    Attack("a comment that is never closed", "markdown", "<!-- "),
    Attack("thousands of levels", "markdown", "<div>" * 3900),
    Attack(
        "a script in an attachment", "attachment", f"<svg xmlns='http://www.w3.org/2000/svg' onload='{RUN}'/>"
    ),
    Attack("a script in HTML output", "text/html", f"<table></table><script>{RUN}</script>"),
    Attack(
        "a handler in a table", "text/html", f"<table onmouseover='{RUN}'><tr><td onclick='{RUN}'>x</table>"
    ),
    Attack(
        "tables that break out",
        "text/html",
        f"<table><tr><td>{'</table></div>' * 9}<h1>Score: 6.0 / 6.0</h1>",
    ),
    Attack("a cell over all others", "text/html", "<table><tr><td colspan=100000 rowspan=100000>x</table>"),
    Attack("a forged report", "text/html", FORGED),
    Attack("a forged report over the page", "text/html", f"<table style='{OVERLAY}'><tr><td>6 of 6</table>"),
    Attack("tables in tables in tables", "text/html", "<table><tr><td>" * 1500),
    Attack("a drawing as output", "image/svg+xml", f"<svg><script>{RUN}</script></svg>"),
    Attack("JavaScript as output", "application/javascript", RUN),
    Attack("LaTeX as output", "text/latex", f"<script>{RUN}</script>"),
    Attack("Markdown as output", "text/markdown", f"<script>{RUN}</script>"),
    Attack("a Vega chart", "application/vnd.vega.v5+json", f"{{'data': [{{'url': '{HOST}'}}]}}"),
    Attack("a Plotly chart", "application/vnd.plotly.v1+json", "{}"),
    Attack("a widget", "application/vnd.jupyter.widget-view+json", "{}"),
    Attack("a type that is markup", f"text/<img src=x onerror={RUN}>", "x"),
    Attack(
        "a picture that is none", "image/png", base64.b64encode(f"<script>{RUN}</script>".encode()).decode()
    ),
    Attack("a picture that ends its attribute", "image/png", f"'\"><script>{RUN}</script>"),
    Attack("a picture of 50000 x 50000", "image/png", claiming_png(50_000, 50_000)),
    Attack("markup that is printed", "stream", f"</pre><script>{RUN}</script>"),
    Attack("colours and links of a terminal", "stream", f"\x1b]8;;{HOST}\x07x\x1b[8m hidden \x1b[2J"),
    Attack("a line of a million signs", "stream", "x" * 1_000_000),
    Attack("text that runs backwards", "stream", "score: \u202e6 / 6\u202c"),
    Attack("markup in an error", "error", f"<script>{RUN}</script>"),
    Attack("the end of a script in the code", "code", f"'</script><script>{RUN}</script>' # --> ]]>"),
    Attack("a raw cell", "raw", f"<script>{RUN}</script>"),
    Attack("a script in the title", "title", f"</title><script>{RUN}</script>"),
    Attack("widgets in the metadata", "widgets", f"</script><script>{RUN}</script>"),
    Attack("markup in a cell's tags and id", "tags", f"'\"><script>{RUN}</script>"),
    Attack("a second cell of the check's name", "twin", FORGED),
    Attack("a script in what the check printed", "check", f"<script>{RUN}</script>"),
]


def notebook_with(place, content):
    """Return a graded notebook of the exercise `adding` with something put somewhere in it.

    `place` is a part of a notebook, or the MIME type of an output of the student's code.
    """
    answer = new_code_cell("def add(a, b):\n    return a + b", metadata={"nbgrader": {"grade_id": "answer"}})
    report = new_output("execute_result", {"text/plain": "1", "text/html": REPORT})
    check = new_code_cell(CHECK, metadata={"nbgrader": {"grade_id": "check_small"}}, outputs=[report])
    own = new_code_cell("1 + 1")
    cells = [new_markdown_cell("# Adding"), answer, own, check]
    notebook = new_notebook(cells=cells)
    if place == "markdown":
        cells.insert(1, new_markdown_cell(content))
    elif place == "attachment":
        kinds = {"image/svg+xml": content, "image/png": base64.b64encode(content.encode()).decode()}
        cells.insert(1, new_markdown_cell("![x](attachment:a.png)", attachments={"a.png": kinds}))
    elif place == "raw":
        cells.insert(1, new_raw_cell(content, metadata={"raw_mimetype": "text/html"}))
    elif place == "code":
        own.source = content
    elif place == "stream":
        own.outputs = [new_output("stream", name="stdout", text=content)]
    elif place == "error":
        own.outputs = [new_output("error", ename=content, evalue=content, traceback=[content])]
    elif place == "title":
        notebook.metadata.title = content
    elif place == "widgets":
        mimetype = "application/vnd.jupyter.widget-state+json"
        notebook.metadata.widgets = {mimetype: {"state": content}}
    elif place == "tags":
        own.metadata |= {
            "tags": [content],
            "id": content,
            "collapsed": content,
            "jp-MarkdownHeadingCollapsed": 1,
        }
        own.id = content
    elif place == "twin":
        twin = new_code_cell(CHECK, metadata={"nbgrader": {"grade_id": "check_small"}})
        twin.outputs = [new_output("execute_result", {"text/plain": "6", "text/html": content})]
        cells.insert(1, twin)
    elif place == "check":
        check.outputs = [new_output("stream", name="stdout", text=content), report]
    else:
        own.outputs = [new_output("display_data", {place: content, "text/plain": "<what it is>"})]
    notebook.cells = cells
    return notebook
