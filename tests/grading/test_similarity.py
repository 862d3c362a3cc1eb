import zipfile

import pytest

from coursekit.grading import CourseError, NotInCourseError
from coursekit.grading.similarity import REFERENCE, bundle, fingerprints, similar
from tests.grading.tiny import hand_in

LONG = """\
def add(a, b):
    total = 0
    for number in (a, b):
        sign = 1 if number > 0 else -1
        for _ in range(abs(number)):
            total = total + sign
    if total == a + b:
        return total
    raise ValueError("cannot be")
"""
DISGUISED = LONG.replace("total", "s").replace("number", "n").replace('"cannot be"', '"x"')
DISGUISED = DISGUISED.replace("    s = 0", '    """My own work."""  # really\n    s = 0')
OTHER = """\
def add(first, second):
    while second != 0:
        carry = first & second
        first = first ^ second
        second = carry << 1
    values = [first, second]
    values.sort(key=lambda value: -value)
    return {"sum": values[0]}["sum"]
"""


@pytest.fixture
def handed_in(released_course):
    for student, code in {"ada": LONG, "bob": DISGUISED, "eve": OTHER}.items():
        hand_in(released_course, student, code)
    return released_course


def test_other_names_texts_and_comments_hide_no_copy(handed_in):
    (pair,) = similar(handed_in, "adding", threshold=0.8)
    assert (pair.first, pair.second, pair.similarity) == ("ada", "bob", 1.0)


def test_work_of_ones_own_is_less_alike(handed_in):
    pairs = {(p.first, p.second): p.similarity for p in similar(handed_in, "adding", threshold=0.0)}
    assert pairs["ada", "eve"] < 0.3


def test_the_authors_solution_is_compared_too(released_course):
    solution = "def add(a, b):\n    total_of_both = a + b\n    return total_of_both"
    hand_in(released_course, "ada", solution)
    assert (REFERENCE, "ada") in {(p.first, p.second) for p in similar(released_course, "adding")}


def test_code_that_is_no_python_is_compared_as_text():
    assert fingerprints("def (") == fingerprints("def  (")
    assert fingerprints("") == frozenset()


def test_what_everybody_was_given_is_no_copy(released_course):
    hand_in(released_course, "ada")
    hand_in(released_course, "bob")
    assert similar(released_course, "adding") == []


def test_a_bundle_has_a_file_for_each_student_and_what_was_given(handed_in, tmp_path):
    assert bundle(handed_in, "adding", tmp_path / "b.zip") == 3
    with zipfile.ZipFile(tmp_path / "b.zip") as file:
        folders = ("submissions/ada", "submissions/bob", "submissions/eve", "submissions/solution", "base")
        assert sorted(file.namelist()) == sorted(f"{folder}/adding.py" for folder in folders)
        assert "carry << 1" in file.read("submissions/eve/adding.py").decode()


def test_a_class_that_handed_nothing_in_is_said_so(released_course, tmp_path):
    with pytest.raises(NotInCourseError, match="nobody has handed in adding"):
        similar(released_course, "adding")


def test_a_bundle_that_cannot_be_written_is_said_so(handed_in, tmp_path):
    with pytest.raises(CourseError, match="cannot be written"):
        bundle(handed_in, "adding", tmp_path / "no" / "b.zip")
