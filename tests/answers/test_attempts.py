"""What submitted code tries is noticed; what Python does of itself is not."""

import sys
from pathlib import Path

import pytest

import coursekit
from coursekit.answers import attempts

PACKAGE = Path(coursekit.__file__).parent


@pytest.fixture
def opened(monkeypatch):
    """Return a function that says what is noticed when a file is read, all places being private."""
    monkeypatch.setattr(attempts, "PRIVATE", ("/",))

    def opened(path):
        watch = attempts.Attempts([])
        watch._note("open", (str(path), "r", 0))
        return watch.take()

    return opened


@pytest.mark.parametrize(
    "path",
    [PACKAGE / "answers" / "door.py", Path(sys.prefix, "lib", "python3", "any.py"), Path(pytest.__file__)],
)
def test_what_python_opens_for_a_traceback_is_nobodys_attempt(opened, path):
    assert opened(path) == ()


@pytest.mark.parametrize(
    "path",
    [
        PACKAGE / "checks" / "hidden.py",
        PACKAGE / "data" / "embedded",
        PACKAGE.parent / "notes.txt",
        "/etc/hosts",
    ],
)
def test_what_is_hidden_or_anothers_is_noticed(opened, path):
    assert opened(path) == (f"read {path}",)
