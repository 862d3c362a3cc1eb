"""Grading with and without a sandbox, as root and as an ordinary user."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest

from coursekit import sandbox
from coursekit.grading import Course, CourseError, choose_tier, grade
from coursekit.grading.sample import EXERCISE
from coursekit.sandbox import SandboxError, Tier
from tests.grading.dask_here import ROOT
from tests.grading.test_grade import RIGHT
from tests.grading.tiny import hand_in
from tests.test_cli import assert_one_sentence, run

WHY = "bubblewrap does not work here: Operation not permitted; user namespaces must be allowed"


@pytest.fixture
def no_sandbox(monkeypatch):
    """A machine on which no tier works."""
    monkeypatch.setattr(sandbox.tier, "tiers", lambda: (Tier("bubblewrap", False, WHY),))


def test_without_a_sandbox_it_says_why_and_grades_nothing(released_course, no_sandbox):
    hand_in(released_course, "ada", RIGHT)
    result = run("grade", "adding", "--course", released_course.root)
    assert_one_sentence(result, 1, "there is no sandbox here: ", WHY)
    with released_course.gradebook() as gradebook:
        assert gradebook.students == []
    assert not (released_course.root / "autograded").exists()


def test_the_library_does_not_grade_without_a_sandbox_by_itself(released_course, no_sandbox, monkeypatch):
    hand_in(released_course, "ada", RIGHT)
    monkeypatch.setattr("coursekit.grading.engine._processes", {})
    with pytest.raises(CourseError, match="there is no sandbox here: bubblewrap does not work here"):
        grade(released_course, "adding")


def test_without_a_sandbox_for_who_asks_for_it(released_course, no_sandbox):
    hand_in(released_course, "ada", RIGHT)
    result = run("grade", "adding", "--course", released_course.root, "--unsafe-no-sandbox")
    assert result.exit_code == 0
    assert "6 / 6" in result.stdout
    assert "no sandbox: every submission runs with your rights on this machine" in result.stderr


def test_the_sample_class_goes_on_without_a_sandbox(sample_folder, no_sandbox):
    assert choose_tier(Course.open(sample_folder), unsafe_no_sandbox=False).name == "none"


@pytest.mark.parametrize("change", ["an edited answer", "another student", "another file", "a link"])
def test_a_sample_class_that_was_touched_does_not(sample_folder, tmp_path, no_sandbox, change):
    course = Course.open(shutil.copytree(sample_folder, tmp_path / "class"))
    folder = course.folder("submitted", EXERCISE, "amara")
    path = folder / f"{EXERCISE}.ipynb"
    if change == "an edited answer":
        notebook = nbformat.read(path, as_version=4)
        notebook.cells[-1].source = "import os"
        nbformat.write(notebook, path)
    elif change == "another student":
        shutil.copytree(folder, course.folder("submitted", EXERCISE, "zoe"))
    elif change == "another file":
        (folder / "numpy.py").write_text("")
    else:
        path.rename(tmp_path / "elsewhere.ipynb")
        path.symlink_to("/etc/passwd")
    with pytest.raises(SandboxError, match="there is no sandbox here"):
        choose_tier(course, unsafe_no_sandbox=False)


@pytest.fixture
def place():
    """A folder that an ordinary user may enter, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="ordinary"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_grades_as_root_does(released_template, place):
    user = pwd.getpwnam("nobody")
    folder = shutil.copytree(released_template, place / "course")
    hand_in(Course.open(folder), "ada", RIGHT)
    become = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, user.pw_uid, user.pw_gid)
    home = {**os.environ, "HOME": str(folder), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        subprocess.run([sys.executable, "-c", "import coursekit"], cwd="/", env=home, check=True, **become)
    except (PermissionError, subprocess.CalledProcessError):
        pytest.skip(f"an ordinary user cannot read {sys.executable}")
    code = "import tests.grading.tiny; from coursekit.cli import main; main()"
    arguments = ["grade", "adding", "--course", str(folder), "--jobs", "1"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, env=home, capture_output=True, text=True, **become
    )
    assert done.returncode == 0, done.stderr
    assert "6 / 6" in done.stdout
