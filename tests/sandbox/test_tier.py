"""The outer wall: what a worker sees, what it reaches, and that it ends with who started it."""

import os
import shutil
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from coursekit import sandbox
from coursekit.sandbox import SandboxError
from coursekit.sandbox import tier as tier_module
from tests.sandbox.worker import Worker, alive


@pytest.fixture
def tmp_path(tmp_path):
    """Let others than root look in: what only root may read is not for a worker, which is nobody then."""
    tmp_path.chmod(0o755)
    return tmp_path


def run(tier, source, **settings) -> str:
    """Run Python in a sandbox, without the inner wall, and return what it prints."""
    process = tier.start(
        [sys.executable, "-I", "-c", textwrap.dedent(source)], stdout=-1, stderr=-1, **settings
    )
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors.decode()
    return output.decode().strip()


def gone(marker: str) -> bool:
    """Whether no process has the marker among its arguments, at the latest in some seconds."""
    for _ in range(100):
        if not alive(marker):
            return True
        time.sleep(0.05)
    return False


def appears(marker: str) -> bool:
    """Whether a process with the marker comes up within some seconds."""
    for _ in range(200):
        if alive(marker):
            return True
        time.sleep(0.05)
    return False


def test_what_is_asked_for_is_shown_read_only(tier, tmp_path):
    (tmp_path / "shown").mkdir()
    (tmp_path / "shown" / "file").write_text("shown")
    (tmp_path / "other").write_text("other")
    source = f"""
        import os
        print(open({str(tmp_path / "shown" / "file")!r}).read(), os.listdir({str(tmp_path)!r}))
        try:
            open({str(tmp_path / "shown" / "new")!r}, "w")
        except OSError as error:
            print(error.strerror)
    """
    assert run(tier, source, visible=[tmp_path / "shown"]) == "shown ['shown']\nRead-only file system"


def test_what_is_hidden_is_empty_although_around_it_is_shown(tier, tmp_path):
    for name in ("labels/a", "reference.py", "kept"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("secret" if name != "kept" else "kept")
    source = f"""
        import os
        os.chdir({str(tmp_path)!r})
        print(sorted(os.listdir()), os.listdir("labels"), repr(open("reference.py").read()))
        print(open("kept").read())
        for path in ("labels/new", "reference.py"):
            try:
                open(path, "w")
            except OSError:
                print("held")
    """
    hidden = [tmp_path / "labels", tmp_path / "reference.py", tmp_path / "never_there"]
    said = run(tier, source, visible=[tmp_path], hidden=hidden)
    assert said == "['kept', 'labels', 'reference.py'] [] ''\nkept\nheld\nheld"


def test_what_is_hidden_cannot_be_uncovered_by_a_submission(tier, tmp_path):
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a").write_text("secret")
    worker = Worker(tier, visible=[tmp_path], hidden=[tmp_path / "labels"])
    try:
        source = f"""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
path = {str(tmp_path / "labels")!r}
print(libc.umount2(path.encode(), 2), os.strerror(ctypes.get_errno()), os.listdir(path))
"""
        assert worker.says(source) == "-1 Operation not permitted []"
    finally:
        worker.close()


def test_a_link_to_something_hidden_shows_nothing(tier, tmp_path):
    (tmp_path / "labels").write_text("secret")
    (tmp_path / "link").symlink_to(tmp_path / "labels")
    source = f"print(repr(open({str(tmp_path / 'link')!r}).read()))"
    assert run(tier, source, visible=[tmp_path], hidden=[tmp_path / "link"]) == "''"


def test_a_folder_behind_a_link_is_shown_where_both_say(tier, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_text("here")
    (tmp_path / "link").symlink_to("real")
    paths = [str(tmp_path / name / "file") for name in ("link", "real")]
    assert run(tier, f"print(*[open(p).read() for p in {paths}])", visible=[tmp_path / "link"]) == "here here"


def test_a_replaced_file_shows_the_other(tier, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "labels").write_text("secret")
    (tmp_path / "blank").write_text("blank")
    source = f"print(open({str(tmp_path / 'data' / 'labels')!r}).read())"
    replaced = {tmp_path / "data" / "labels": tmp_path / "blank"}
    assert run(tier, source, visible=[tmp_path / "data"], replaced=replaced) == "blank"


def test_names_with_odd_characters_are_shown(tier, tmp_path):
    folder = tmp_path / "a b\té\\040"
    folder.mkdir()
    (folder / "file").write_text("here")
    assert run(tier, f"print(open({str(folder / 'file')!r}).read())", visible=[folder]) == "here"


def test_something_to_show_that_is_not_there_is_named(tier, tmp_path):
    with pytest.raises(SandboxError, match="nowhere: there is no such file"):
        tier.start(["true"], visible=[tmp_path / "nowhere"])


def test_the_whole_machine_is_not_shown(tier):
    with pytest.raises(SandboxError, match="does not show the whole machine"):
        tier.start(["true"], visible=[Path("/")])


def test_a_worker_reaches_no_server_of_this_machine(tier):
    with socket.create_server(("127.0.0.1", 0)) as server:
        source = f"""
            import socket
            try:
                socket.create_connection({server.getsockname()}, 2)
            except OSError as error:
                print("held")
        """
        assert run(tier, source) == "held"


def test_a_worker_sees_no_variable_of_the_judge(tier, monkeypatch):
    monkeypatch.setenv("COURSEKIT_DATABASE", "postgresql://secret")
    assert "secret" not in run(tier, "import os; print(os.environ)")


def test_a_worker_gets_no_file_but_those_passed(tier, tmp_path):
    with open(tmp_path / "open", "w") as file:
        os.set_inheritable(file.fileno(), True)
        left, right = socket.socketpair()
        with left, right:
            source = "import os; print(len(set(os.listdir('/proc/self/fd')) - set('012')) - 1)"
            assert run(tier, source, pass_fds=[right.fileno()]) == "1"


def test_a_killed_worker_takes_its_submission_along(tier):
    worker = Worker(tier)
    worker.send("import os; os.execv('/bin/sleep', ['sleep', '4244.25'])")
    assert appears("4244.25")
    worker.process.kill()
    assert gone("4244.25")
    worker.close()


def test_a_killed_judge_takes_its_worker_along(tier):
    judge = f"""
import time
from coursekit.sandbox import tiers
tier = next(tier for tier in tiers() if tier.name == {tier.name!r})
from tests.sandbox.worker import Worker
worker = Worker(tier)
worker.send("import os; os.execv('/bin/sleep', ['sleep', '4245.25'])")
time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", judge])
    try:
        assert appears("4245.25")
    finally:
        process.kill()
        process.wait()
    assert gone("4245.25")


def test_a_judge_that_hangs_up_stops_the_submission(tier):
    worker = Worker(tier)
    worker.send("import os; os.execv('/bin/sleep', ['sleep', '4246.25'])")
    assert appears("4246.25")
    worker.socket.shutdown(socket.SHUT_RDWR)
    assert gone("4246.25")
    worker.process.wait(timeout=10)
    worker.close()


def test_the_strongest_that_works_is_chosen(monkeypatch):
    broken = sandbox.Tier("bubblewrap", False, "bubblewrap is not there")
    works = sandbox.Tier("unshare", True, "fine")
    monkeypatch.setattr(tier_module, "tiers", lambda: (broken, works))
    assert sandbox.strongest() is works


def test_no_tier_is_an_error_that_says_why_and_how(monkeypatch):
    broken = sandbox.Tier("bubblewrap", False, "bubblewrap is not there; install it")
    monkeypatch.setattr(tier_module, "tiers", lambda: (broken,))
    with pytest.raises(SandboxError, match="no sandbox here: bubblewrap is not there; install it"):
        sandbox.strongest()


def test_a_tier_that_does_not_work_starts_nothing():
    with pytest.raises(SandboxError, match="not there"):
        sandbox.Tier("bubblewrap", False, "bubblewrap is not there").start(["true"])


@pytest.mark.debian
def test_bubblewrap_is_here_to_be_tested():
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not there; the tests of its tier are skipped")


def test_bubblewrap_that_is_missing_is_said_with_its_package(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    tried = tier_module._try("bubblewrap", "")
    assert not tried.works
    assert "install the package bubblewrap" in tried.reason


def test_root_is_told_when_nobody_cannot_read_its_python(monkeypatch):
    monkeypatch.setattr(tier_module.os, "getuid", lambda: 0)
    said = tier_module._remedy("setpriv: failed to execute python: Permission denied")
    assert (
        said == f"root grades as nobody, who must be able to read {sys.prefix}; or grade as an ordinary user"
    )


def test_a_kernel_without_user_namespaces_is_said_with_the_remedy():
    """A parent that has used up the number of user namespaces stands for a kernel that allows none."""
    script = """
import os, sys
from pathlib import Path
from coursekit.sandbox import linux, tier
user, group = os.getuid(), os.getgid()
linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWNS | linux.CLONE_NEWPID, "namespaces")
linux.map_own_ids(user, group)
if os.fork() == 0:
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    linux.mount("proc", "/proc", "proc")
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    for name in ("bubblewrap", "unshare"):
        tried = tier._try(name, "")
        print(tried.works, tried.reason)
    sys.stdout.flush()
    os._exit(0)
os.wait()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    lines = done.stdout.splitlines()
    if len(lines) != 2:
        pytest.skip(f"this kernel allows no user namespaces at all: {done.stderr.splitlines()[-1:]}")
    for line in lines:
        assert line.startswith("False")
        assert "bubblewrap is not there" in line or "sysctl -w user.max_user_namespaces" in line
