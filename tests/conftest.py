"""What all tests share: annotated shapes are enforced, BLAS has one thread, CI skips nothing it can run."""

import os
from pathlib import Path

import jaxtyping
import pytest
import torch
from filelock import FileLock
from hypothesis import settings

_jaxtyped = jaxtyping.jaxtyped


def _outer_functions(*, typechecker):
    """Check annotations as jaxtyping does, but leave functions inside functions alone.

    Those are decorated anew at every call of the outer one, and jaxtyping compiles code to decorate one:
    training took five times as long.
    """
    check = _jaxtyped(typechecker=typechecker)
    return lambda thing: thing if "<locals>" in thing.__qualname__ else check(thing)


# Every array argument and result of these packages is checked against its annotation.
jaxtyping.jaxtyped = _outer_functions
_hook = jaxtyping.install_import_hook(
    [f"coursekit.{part}" for part in ("numpy_nn", "torch_nn", "data", "training", "metrics", "transfer")],
    "beartype.beartype",
)

# No deadlines: a machine that is busy for a moment is no fault of the code.
settings.register_profile("course", deadline=None, print_blob=True)
settings.load_profile("course")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Two threads a process gain nothing on these sizes and cost much beside other test processes."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the repository's folder."""
    return ROOT


@pytest.fixture(scope="session")
def book_pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the book's pages, built for these tests with every warning an error.

    Test processes that run side by side share one build: the first makes it, the others wait.
    """
    from coursekit.book import build

    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with FileLock(folder / "book.lock"):
        built = folder / "book.built"  # says where; is not there after a build that failed
        if not built.exists():
            built.write_text(str(build(ROOT, target=folder / "book")))
        return Path(built.read_text())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Let a test that needs Debian packages fail where they were promised, in place of being skipped.

    `.ci/run` installs them and sets COURSEKIT_DEBIAN=1.
    """
    report = yield
    promised = os.environ.get("COURSEKIT_DEBIAN") == "1" and item.get_closest_marker("debian")
    if promised and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although its Debian packages are promised: {report.longrepr[-1]}"
    return report
