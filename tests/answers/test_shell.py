"""Cells run as in a notebook; their outputs are kept in its form, within a number of bytes."""

import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

from coursekit.answers.shell import Shell


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
    assert "more output than is kept" in text


def test_pictures_are_kept(shell):
    source = "from IPython.display import display, Image\ndisplay(Image(data=b'\\x89PNG....', format='png'))"
    assert "image/png" in shell.run(source, 5.0)[0]["data"]
