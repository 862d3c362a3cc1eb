"""The inner wall's own behaviour, and a nursery without walls."""

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

import coursekit
from coursekit import sandbox
from coursekit.sandbox import SandboxError
from tests.sandbox.worker import Worker, alive


@pytest.fixture
def unconfined():
    worker = Worker(sandbox.unsafe())
    yield worker
    worker.close()


def test_a_worker_with_two_threads_forks_nothing(tier):
    first = "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    worker = Worker(tier, first)
    try:
        with pytest.raises(RuntimeError, match="the worker has 2 threads, and forks only with one"):
            worker.run("print('never')")
    finally:
        worker.close()


def test_a_measure_that_fails_is_named_and_nothing_runs(tier):
    first = """
from coursekit.sandbox import linux, confine
def refuse(*_):
    raise OSError(1, "refused")
linux.install_filter = refuse
"""
    worker = Worker(tier, first)
    try:
        with pytest.raises(RuntimeError, match=r"measure 'filter on system calls'.*refused"):
            worker.run("import os; os.write(1, b'never')")
    finally:
        worker.close()


def test_a_traceback_is_in_the_output_and_the_status_is_one(unconfined):
    ended = unconfined.run("1 / 0")
    assert ended.status == 1
    assert ended.output.rstrip().endswith(b"ZeroDivisionError: division by zero")


@pytest.mark.parametrize(("code", "status"), [("", 0), ("3", 3), ("'text'", 1), ("256 + 7", 7)])
def test_an_exit_is_heeded(unconfined, code, status):
    assert unconfined.run(f"import sys; sys.exit({code})").status == status


def test_without_walls_time_and_what_was_left_running_are_kept(unconfined):
    assert unconfined.run("while True: pass", seconds=0.2).limit == "seconds"
    daemon = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv("/bin/sleep", ["sleep", "4247.25"])
    os._exit(0)
os.wait()
time.sleep(0.1)
"""
    ended = unconfined.run(daemon)
    assert ended.left_running == ("sleep",)
    assert alive("4247.25") == []


def test_keeping_standard_output_is_an_error():
    source = "from coursekit.sandbox import Nursery; Nursery(confined=False).start(print, keep=[1])"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert "ValueError: keep must not name standard input, output or error" in done.stderr


def test_importing_the_sandbox_loads_nothing_heavy():
    source = (
        "import sys, coursekit.sandbox; print({'numpy', 'torch', 'traitlets', 'nbformat'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.slow
def test_a_worker_that_imported_torch_forks_submissions_that_train(tier):
    first = """
import torch
torch.set_num_threads(1)
layer = torch.nn.Conv2d(1, 2, 3)
layer(torch.zeros(1, 1, 8, 8)).sum().backward()
"""
    worker = Worker(tier, first)
    try:
        source = """
import torch
torch.manual_seed(0)
layer = torch.nn.Conv2d(1, 8, 3)
optimizer = torch.optim.SGD(layer.parameters(), lr=0.01)
for _ in range(3):
    optimizer.zero_grad()
    loss = layer(torch.ones(16, 1, 28, 28)).square().mean()
    loss.backward()
    optimizer.step()
print(torch.isfinite(loss).item(), torch.get_num_threads())
"""
        for _ in range(3):
            assert worker.says(source) == "True 1"
    finally:
        worker.close()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_has_the_same_walls(tier):
    python, setpriv = shutil.which("python3", path="/usr/bin"), shutil.which("setpriv")
    package = Path(coursekit.__file__).parent
    if python is None or setpriv is None:
        pytest.skip("needs /usr/bin/python3, which every user can run, and setpriv")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        lower = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"]
        subprocess.run([python, "-m", "venv", "--without-pip", folder + "/env"], check=True)
        packages = next(Path(folder, "env", "lib").glob("python3*/site-packages"))
        metadata = next(Path(path) for path in sys.path if list(Path(path).glob("coursekit-*.dist-info")))
        for found in metadata.glob("coursekit-*.dist-info"):
            shutil.copytree(found, packages / found.name)
        (packages / "coursekit.pth").write_text(str(package.parent))
        source = f"""
            import sys
            from coursekit.sandbox import tiers
            sys.path.insert(0, {str(Path(__file__).parents[2])!r})
            from tests.sandbox.worker import Worker
            worker = Worker(next(tier for tier in tiers() if tier.name == {tier.name!r}))
            print(worker.says("import os; print(os.getuid(), os.path.exists('/etc/shadow'))"))
            bomb = "import os\\nwhile True:\\n  try: os.fork()\\n  except OSError: pass"
            ended = worker.run(bomb, processes=10, seconds=1.0)
            print(ended.limit in ("seconds", "processes"))
            worker.close()
        """
        program = [*lower, folder + "/env/bin/python", "-c", textwrap.dedent(source)]
        done = subprocess.run(program, capture_output=True, text=True, cwd="/")
        if (
            "ModuleNotFoundError: No module named 'coursekit" in done.stderr
            or "requires Python" in done.stderr
        ):
            pytest.skip("an ordinary user cannot read the package here")
        assert done.stdout.splitlines() == ["65534 False", "True"], done.stderr


def test_no_tier_but_the_unsafe_one_lets_a_submission_run_unconfined():
    assert not sandbox.unsafe().confines
    assert all(tier.confines for tier in sandbox.tiers())


def test_an_error_of_the_sandbox_is_an_exception_of_its_own():
    assert issubclass(SandboxError, Exception)
