import pytest

from coursekit.grading.record import Entry, Record, fingerprint

ENTRY = Entry("key", "a remark", ("looked at Zoé's work",), {"add": 0.25})


def test_what_was_noted_is_read_back(tiny_course):
    Record.of(tiny_course, "adding").write("ada", ENTRY)
    record = Record.of(tiny_course, "adding")
    assert (record.read("ada"), record.read("bob")) == (ENTRY, None)


def test_what_is_forgotten_is_graded_next_time(tiny_course):
    record = Record.of(tiny_course, "adding")
    record.write("ada", ENTRY)
    record.forget("ada")
    record.forget("bob")
    assert record.read("ada") is None


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"key": 1}', '{"key": "k", "remark": "", "flags": 3}'])
def test_a_harmed_record_only_costs_time(tiny_course, content):
    record = Record.of(tiny_course, "adding")
    record.write("ada", ENTRY)
    (record.folder / "ada.json").write_text(content)
    assert record.read("ada") is None


@pytest.mark.parametrize("changed", ["source/adding/numbers.txt", "nbgrader_config.py"])
def test_everything_that_points_depend_on_is_in_the_fingerprint(released_course, changed):
    before = fingerprint(released_course, "adding", 0)
    assert fingerprint(released_course, "adding", 0) == before
    assert fingerprint(released_course, "adding", 1) != before
    path = released_course.root / changed
    path.write_text((path.read_text() if path.exists() else "") + "\n")
    assert fingerprint(released_course, "adding", 0) != before
