"""Cells run as in a notebook; their outputs are kept in its form, within a number of bytes."""

import json
import sys
from functools import partial

import pytest
from IPython.core.interactiveshell import InteractiveShell

from coursekit.answers.kept_limits import limit_met
from coursekit.answers.shell import Shell
from coursekit.sandbox import Limits


@pytest.fixture(scope="module")
def shell():
    before, hook = InteractiveShell._instance, sys.displayhook
    yield Shell.make()
    Shell.clear_instance()
    InteractiveShell._instance, sys.displayhook = before, hook


def kinds(outputs):
    return [(o["output_type"], o.get("name") or o.get("ename")) for o in outputs]


def test_what_is_printed_and_the_last_value_come_in_their_order(shell):
    outputs = shell.run("import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')\n1 + 1", 5.0)
    assert [o.get("text") or o["data"]["text/plain"] for o in outputs] == ["a\n", "b\n", "c\n", "2"]


@pytest.mark.parametrize("source", ["1 + 1;", "1 + 1;  # two", "%time 1 + 1;\n2;", "x = 'it''s' ;\nx;\n"])
def test_a_value_with_a_semicolon_behind_it_is_not_shown(shell, source):
    assert [kind for kind, _ in kinds(shell.run(source, 5.0)) if kind == "execute_result"] == []


@pytest.mark.parametrize("source", ["", "\n\n", "# nothing", "  1\n", "\n1", "x = 1\r\nx"])
def test_a_cell_gives_what_it_gives_in_a_notebook(shell, source):
    outputs = shell.run(source, 5.0)
    assert [o["data"]["text/plain"] for o in outputs] == ["1"] * ("1" in source)


def test_names_stay_from_cell_to_cell(shell):
    shell.run("number = 41", 5.0)
    assert shell.run("number + 1", 5.0)[0]["data"]["text/plain"] == "42"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("def", "SyntaxError"),
        ("raise SystemExit", "SystemExit"),
        ("input()", "EOFError"),
    ],
)
def test_an_error_is_an_output(shell, source, name):
    assert ("error", name) in kinds(shell.run(source, 5.0))


def test_magics_and_await_work_as_in_a_notebook(shell):
    assert kinds(shell.run("%time 1 + 1", 5.0))[-1][0] == "execute_result"
    assert (
        shell.run("import asyncio\nawait asyncio.sleep(0, 'done')", 5.0)[0]["data"]["text/plain"] == "'done'"
    )


def test_a_cell_that_takes_too_long_is_stopped_and_says_so(shell):
    outputs = shell.run("while True:\n    pass", 0.2)
    assert kinds(outputs) == [("error", "TimeLimit")]
    assert "stopped after 0.2 seconds" in outputs[0]["evalue"]


def test_more_output_than_allowed_is_cut_and_said(shell):
    outputs = shell.run("print('x' * 1000)\nprint('y' * 1000)", 5.0, output_bytes=1500)
    text = "".join(o["text"] for o in outputs)
    assert len(text) < 1600
    assert "the limit output_bytes" in text


@pytest.mark.parametrize("sign", ["x", "\u00e9", "\U0001f600", "\0"])
def test_what_is_kept_of_any_signs_fits_the_wire(shell, sign):
    outputs = shell.run(f"for _ in range(9):\n    print({sign!r} * 1000)", 5.0, output_bytes=2000)
    text = "".join(o["text"] for o in outputs[:-1])
    assert 1000 < len(json.dumps(text)) <= 2000
    assert "the limit output_bytes" in outputs[-1]["text"]


def test_an_error_of_many_long_lines_is_cut(shell):
    source = "get_ipython()._showtraceback(ValueError, 'x' * 10**6, ['y' * 10**6] * 1000)"
    assert len(json.dumps(shell.run(source, 5.0))) < 100_000


@pytest.mark.parametrize(
    ("error", "limit"),
    [("MemoryError()", "memory_bytes: 2 GiB"), ("OSError(28, 'full')", "file_bytes: 256 MiB"),
     ("OSError(24, 'many')", "open_files: 256"), ("BlockingIOError(11, 'all')", "processes: ")],
)  # fmt: skip
def test_an_error_that_is_a_limits_names_the_limit(shell, error, limit):
    shell.explain = partial(limit_met, limits=Limits())
    assert f"The limit {limit}" in shell.run(f"raise {error}", 5.0)[0]["traceback"][-1]


def test_pictures_are_kept(shell):
    source = "from IPython.display import display, Image\ndisplay(Image(data=b'\\x89PNG....', format='png'))"
    assert "image/png" in shell.run(source, 5.0)[0]["data"]
