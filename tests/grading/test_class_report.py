"""A class report: what happened in a class, on one page that needs nothing else."""

import re
from html.parser import HTMLParser

import pytest

from coursekit.grading import NotInCourseError, grade, write_report
from tests.grading.tiny import hand_in


@pytest.fixture(scope="module")
def report(graded_sample, tmp_path_factory):
    """The report of the sample class, and its page."""
    course, _ = graded_sample
    page = tmp_path_factory.mktemp("report") / "report.html"
    (report,) = write_report(course, page)
    return report, page.read_text()


class Elements(HTMLParser):
    """All elements of a page, with their attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def test_it_counts_what_the_class_reached(report):
    found, _ = report
    assert (len(found.points), found.missing, found.max_points) == (6, ("grace",), 16)
    assert (found.points["bruno"], found.median) == (12, 10.5)


def test_every_submission_is_counted_once_at_every_check(report):
    found, _ = report
    assert {sum(row.outcomes.values()) for row in found.checks} == {6}
    assert sum(row.max_points for row in found.checks) == 16
    (bias,) = [row for row in found.checks if row.check == "conv2d_loops.bias"]
    assert bias.outcomes == {"right": 2, "wrong": 2, "took too long": 1, "not written yet": 1}


def test_known_mistakes_are_named_with_what_they_mean_and_who_made_them(report):
    found, page = report
    rows = {row.name: row for row in found.mutants}
    assert rows["conv2d: bias forgotten"].students == ("bruno",)
    assert rows["pad: padding with the edge"].students == ("chloe",)
    assert rows["conv2d: stride ignored"].says in page


def test_the_slowest_and_the_flagged_are_there(report):
    found, page = report
    assert found.slowest[0][:2] == ("farah", "conv2d_loops")
    assert set(found.flags) == {"emil", "farah"}
    assert "conv2d_loops took too long" in page


def test_the_page_needs_no_script_and_no_other_file(report):
    elements = Elements(report[1]).found
    assert not {"script", "link", "img", "iframe", "image"} & {tag for tag, _ in elements}
    loaded = [value for _, about in elements for name, value in about.items() if name in ("src", "href")]
    assert [value for value in loaded if not value.startswith("#")] == []


def test_every_figure_says_what_it_shows_and_takes_the_pages_colour(report):
    elements = Elements(report[1]).found
    figures = [about for tag, about in elements if tag == "svg"]
    assert [about["role"] for about in figures] == ["img", "img"]
    assert figures[0]["aria-label"].startswith("Points in conv_forward: 6 students reach from 0 to 16 of 16")
    assert "at each of 13 checks" in figures[1]["aria-label"]
    assert "currentColor" in report[1]
    assert "#000000" not in report[1]


def test_no_name_is_there_twice(report):
    ids = [about["id"] for _, about in Elements(report[1]).found if "id" in about]
    assert len(ids) == len(set(ids))
    referred = set(re.findall(r"url\(#([\w-]+)\)|href=\"#([\w-]+)\"", report[1]))
    assert len(referred) > 10
    assert {first or second for first, second in referred} <= set(ids)


def test_what_a_student_wrote_is_shown_and_does_nothing(released_course, tmp_path):
    name = "<script>x"
    hand_in(released_course, "ada", f'open("/etc/{name}")\ndef add(a, b):\n    return a + b')
    grade(released_course, "adding")
    write_report(released_course, tmp_path / "report.html", ["adding"])
    assert "<script" not in (tmp_path / "report.html").read_text()


def test_what_is_not_graded_is_said(released_course, tmp_path):
    with pytest.raises(NotInCourseError, match="nothing is graded yet; run: coursekit grade EXERCISE"):
        write_report(released_course, tmp_path / "report.html")
    with pytest.raises(
        NotInCourseError, match="nothing of adding is graded yet; run: coursekit grade adding"
    ):
        write_report(released_course, tmp_path / "report.html", ["adding"])
    assert not (tmp_path / "report.html").exists()
