import pytest

from coursekit.grading.record import Record, fingerprint
from tests.grading.tiny import hand_in


def test_what_was_noted_is_read_back(tiny_course):
    Record.of(tiny_course, "adding").write("ada", "key", "a remark")
    record = Record.of(tiny_course, "adding")
    assert (record.key("ada"), record.remark("ada"), record.key("bob")) == ("key", "a remark", None)


def test_what_is_forgotten_is_graded_next_time(tiny_course):
    Record.of(tiny_course, "adding").write("ada", "key", "")
    Record.of(tiny_course, "adding").forget("ada")
    assert Record.of(tiny_course, "adding").key("ada") is None


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"ada": 1}', '{"ada": {"key": "k"}}'])
def test_a_harmed_record_only_costs_time(tiny_course, content):
    path = Record.of(tiny_course, "adding").path
    path.parent.mkdir()
    path.write_text(content)
    assert Record.of(tiny_course, "adding").key("ada") is None


@pytest.mark.parametrize(
    "changed", ["submitted/ada/adding/adding.ipynb", "source/adding/numbers.txt", "nbgrader_config.py"]
)
def test_everything_that_points_depend_on_is_in_the_fingerprint(released_course, changed):
    folder = hand_in(released_course, "ada").parent
    before = fingerprint(released_course, "adding", folder)
    assert fingerprint(released_course, "adding", folder) == before
    path = released_course.root / changed
    path.write_text((path.read_text() if path.exists() else "") + "\n")
    assert fingerprint(released_course, "adding", folder) != before
