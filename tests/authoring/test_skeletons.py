"""New exercises and chapters from skeletons: refused names change nothing; what is made works as it is."""

import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest

from coursekit.authoring import AuthoringError, new_chapter, new_exercise
from coursekit.checks.mutation import Bank
from tests.authoring.copied import course_with_skeletons, graded
from tests.conftest import ROOT

LISTS = ("coursekit/checks/__init__.py", "tests/grading/test_exercises.py", "book/_toc.yml", "README.md")


@pytest.fixture
def course(tmp_path):
    """A course's repository with no more than what names its parts."""
    for path in (*LISTS, *(f"book/{one.name}" for one in (ROOT / "book").glob("*.ipynb"))):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, tmp_path / path)
    (tmp_path / "coursekit" / "checks" / "compare.py").touch()
    (tmp_path / "coursekit" / "checks" / "resnet").mkdir()
    return tmp_path


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("make", [new_exercise, new_chapter])
@pytest.mark.parametrize(
    "name", ["", "class", "Leaky", "leaky-relu", "2d", "../leaky", "leaky.relu", "größe"]
)
def test_what_python_could_not_call_a_module_is_refused(course, make, name):
    before = contents(course)
    with pytest.raises(AuthoringError, match="cannot be a name here"):
        make(course, name)
    assert contents(course) == before


@pytest.mark.parametrize("name", ["conv_forward", "compare", "resnet"])
def test_a_name_that_is_taken_by_an_exercise_or_a_module_is_refused(course, name):
    before = contents(course)
    with pytest.raises(AuthoringError, match="already; choose another name"):
        new_exercise(course, name)
    assert contents(course) == before


def test_a_chapters_name_that_is_taken_is_refused(course):
    with pytest.raises(AuthoringError, match=r"05_lenet5.ipynb already; choose another name"):
        new_chapter(course, "lenet5")


def test_a_chapter_that_is_not_there_cannot_lead_to_an_exercise(course):
    before = contents(course)
    with pytest.raises(AuthoringError, match="has no chapter 77"):
        new_exercise(course, "leaky", chapter=77)
    assert contents(course) == before


@pytest.mark.parametrize("make", [new_exercise, new_chapter])
def test_a_folder_that_is_no_repository_is_named(tmp_path, make):
    with pytest.raises(AuthoringError, match="is not the folder of the course's repository"):
        make(tmp_path, "leaky")
    assert list(tmp_path.iterdir()) == []


def test_what_is_to_be_filled_in_is_marked_and_no_other_mark_is_left(course):
    made = [
        path
        for path in new_exercise(course, "leaky", chapter=3)
        if path.name not in ("__init__.py", "README.md")
    ]
    made += new_chapter(course, "attention")[:1]
    texts = {path.name: path.read_text() for path in made}
    assert {name for name, text in texts.items() if "FILL IN" not in text} == {
        "leaky.py",
        "test_exercises.py",
    }
    assert [name for name, text in texts.items() if re.search("skeleton_name|NUMBER|CHAPTER", text)] == []


def test_the_chapter_gets_a_pointer_and_stays_as_it_was_else(course):
    path = course / "book" / "03_pooling_activations_fc.ipynb"
    before = nbformat.read(path, as_version=4)
    new_exercise(course, "leaky", chapter=3)
    after = nbformat.read(path, as_version=4)
    assert after.cells[:-1] == before.cells
    assert "coursekit lab leaky" in after.cells[-1].source
    assert len(path.read_text().splitlines()) - len((ROOT / "book" / path.name).read_text().splitlines()) < 20


def test_a_chapter_stands_behind_the_last_one(course):
    path, contents_ = new_chapter(course, "attention")
    last = sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb"))[-1].stem
    assert path.name == f"{int(last[:2]) + 1}_attention.ipynb"
    assert f"  - file: {last}\n  - file: {path.stem}\n" in contents_.read_text()


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of the course with a new exercise and a new chapter."""
    return course_with_skeletons(tmp_path_factory.mktemp("author") / "course")


@pytest.mark.slow
def test_a_new_exercise_is_graded_its_blank_gets_nothing_and_its_mutants_die(copied):
    exercise, results = graded(copied)
    source = nbformat.read(copied / "exercises" / "source" / "leaky" / "leaky.ipynb", as_version=4)
    bank = Bank(exercise, source)
    assert [bank.trial(mutant).complaint for mutant in exercise.mutants] == [""] * 8
    assert results == {"blank": (0, 2, "graded"), "solved": (2, 2, "graded")}


@pytest.mark.slow
def test_the_courses_own_tests_hold_for_what_was_made(copied):
    files = ("checks/test_every_exercise.py", "checks/test_leaky.py", "book/test_notebooks.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(f"tests/{file}" for file in files),
         "tests/grading/test_exercises.py", "-k", "leaky or attention or contents or points_of_the_course"],
        cwd=copied, env={**os.environ, "PYTHONPATH": str(copied), "PYTEST_ADDOPTS": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    passed = re.search(r"^(\d+) passed, \d+ deselected", done.stdout.splitlines()[-1])
    assert passed, done.stdout
    assert int(passed[1]) > 30
