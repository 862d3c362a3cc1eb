"""Running a submission's cells: an IPython without a kernel, its outputs kept in the notebook's form."""

import ast
import json
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from coursekit.answers.time_limit import OutOfTime, time_limit

OUTPUT_BYTES = 2 * 2**20
TEXTS = ("text/plain", "text/html", "text/latex", "text/markdown", "image/png", "image/jpeg", "image/svg+xml")


# What an output takes on the wire besides what it says.
_FRAME_BYTES = 100


class Outputs:
    """The outputs of one cell, in the order in which they came, up to a number of bytes (as JSON).

    Attributes
    ----------
    found
        Outputs as nbformat has them, of strings only.
    """

    def __init__(self, limit: int) -> None:
        self.found: list[dict[str, Any]] = []
        self._limit = self._left = limit

    def stream(self, name: str, text: str) -> None:
        """Add text that was printed."""
        if not text or self._left <= 0:
            return
        kept = _beginning(text, self._left)
        self._left -= _size(kept)
        last = self.found[-1] if self.found else {}
        if last.get("name") == name:
            last["text"] += kept
        else:
            self._left -= _FRAME_BYTES
            self.found.append({"output_type": "stream", "name": name, "text": kept})
        if kept != text:
            self._left = 0
        if self._left <= 0:
            self._more("more output than")

    def rich(self, kind: str, data: dict[str, Any]) -> None:
        """Add something that was displayed, or the value of the last line."""
        kept = {key: data[key] for key in TEXTS if isinstance(data.get(key), str)}
        size = _FRAME_BYTES + sum(map(_size, kept.values()))
        if size > self._left:
            if self._left > 0:
                self._more("an output larger than what is left of")
        elif kept:
            self._left -= size
            self.found.append({"output_type": kind, "data": kept})

    def error(self, name: str, says: str, lines: list[str]) -> None:
        """Add an exception that ended the cell."""
        limit = 20_000
        lines = [line[: limit // 20] for line in lines[-50:]]
        self.found.append(
            {"output_type": "error", "ename": name[:200], "evalue": says[:limit], "traceback": lines}
        )

    def _more(self, what: str) -> None:
        says = f"[{what} {self._limit / 2**20:.3g} MiB, the limit output_bytes of a cell]\n"
        self.found.append({"output_type": "stream", "name": "stderr", "text": says})


def _size(text: str) -> int:
    """Return how many bytes a text takes on the wire."""
    return len(json.dumps(text))


def _beginning(text: str, size: int) -> str:
    """Return as much of a text as takes no more bytes on the wire than `size`."""
    quoted = json.dumps(text[:size])
    if len(quoted) <= size:
        return text[:size]
    for end in range(size - 1, max(size - 8, 0), -1):  # not in the middle of an escape such as \u00e9
        with suppress(ValueError):
            return str(json.loads(f'{quoted[:end]}"'))
    return ""


class _Stream:
    """What stands in for `sys.stdout` or `sys.stderr` while a cell runs."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self, outputs: Outputs, name: str) -> None:
        self._outputs, self._name = outputs, name

    def write(self, text: str) -> int:
        self._outputs.stream(self._name, str(text))
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


class _Publisher(DisplayPublisher):  # type: ignore[misc]
    shell: Any

    def publish(self, data: Any, *_args: Any, **_settings: Any) -> None:
        self.shell.outputs.rich("display_data", data)


class _Hook(DisplayHook):  # type: ignore[misc]
    shell: Any

    def quiet(self) -> bool:
        """Whether the cell ends in a semicolon. IPython would look in its history, which is not kept."""
        return bool(self.semicolon_at_end_of_expression(self.shell.source))  # type: ignore[no-untyped-call]

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        self.shell.outputs.rich("execute_result", format_dict)


class Shell(InteractiveShell):  # type: ignore[misc]
    """IPython as cells know it, magics and all, without a terminal and without a kernel."""

    outputs: Outputs
    source: str
    explain: Callable[[BaseException], str] = staticmethod(lambda _error: "")
    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)

    @classmethod
    def make(cls) -> "Shell":
        """Return a new shell that writes nothing to disk."""
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        cls.clear_instance()
        shell: Shell = cls.instance(config=config)  # the one that display() and matplotlib find
        shell.outputs = Outputs(0)
        return shell

    def run(self, source: str, seconds: float, output_bytes: int = OUTPUT_BYTES) -> list[dict[str, Any]]:
        """Run a cell and return its outputs.

        An exception becomes an output of type error, as in a notebook. A cell that takes longer than
        `seconds` is stopped, and its error says so.
        """
        self.outputs = outputs = Outputs(output_bytes)
        out: Any = _Stream(outputs, "stdout")
        err: Any = _Stream(outputs, "stderr")
        with redirect_stdout(out), redirect_stderr(err), _nothing_to_read():
            with time_limit(seconds) as limit, suppress(OutOfTime):
                self.run_cell(source)  # type: ignore[no-untyped-call]
            if limit.reached:
                outputs.found = [found for found in outputs.found if found["output_type"] != "error"]
                says = f"The cell was stopped after {seconds:g} seconds, the limit cell_seconds."
                outputs.error("TimeLimit", says, [f"TimeLimit: {says}"])
        return outputs.found

    def transform_cell(self, raw_cell: str) -> str:
        """Return a cell with magics made Python; what is Python already is left alone, which is quicker."""
        self.source = _as_it_is(raw_cell) or super().transform_cell(raw_cell)  # type: ignore[no-untyped-call]
        return self.source

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        lines = [str(line) for line in stb]
        if met := self.explain(evalue):
            lines.append(met)
        self.outputs.error(getattr(etype, "__name__", "Error"), str(evalue), lines)


def _as_it_is(cell: str) -> str | None:
    """Return the cell with a line's end behind it if it is Python, None if not."""
    if cell[:1].isspace():
        return None
    with suppress(Exception), warnings.catch_warnings(action="ignore"):
        ast.parse(cell)
        return cell if cell.endswith("\n") else cell + "\n"
    return None


@contextmanager
def _nothing_to_read() -> Iterator[None]:
    """Let `input()` find the end of the input."""
    import sys

    before = sys.stdin
    with open(os.devnull) as sys.stdin:
        try:
            yield
        finally:
            sys.stdin = before
