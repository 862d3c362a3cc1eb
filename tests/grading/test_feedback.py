import os
import re
import time

import nbformat
import pytest
from nbformat.v4 import new_output
from nbgrader.converters import GenerateFeedback

from coursekit.grading import Course, CourseError, NotInCourseError, generate_feedback
from coursekit.grading.convert import run_converter
from coursekit.grading.feedback import _write
from tests.grading.tiny import hand_in


def enter(course, student, answer, points):
    """Leave things as grading does: the student's notebook with its outputs, and the points."""
    notebook = nbformat.read(hand_in(course, student, answer), as_version=4)
    notebook.cells[1].outputs = [new_output("stream", name="stdout", text="<script>alert(1)</script>")]
    path = course.folder("autograded", "adding", student) / "adding.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    with course.gradebook() as gradebook, gradebook.db.no_autoflush:
        gradebook.update_or_create_student(student)
        submission = gradebook.update_or_create_submission("adding", student)
        submission.notebooks[0].grades[0].auto_score = points
        gradebook.db.commit()


def die_at_ada07(task):
    """Write a student's page, but end the process without a word at one of them."""
    if task.student == "ada07":
        os._exit(1)
    return _write(task)


@pytest.fixture
def graded_course(released_course):
    enter(released_course, "ada", "def add(a, b):\n    return 3 if (a, b) == (1, 2) else a", 4.0)
    return released_course


@pytest.fixture
def graded_class(graded_course):
    """The same with sixteen more, so that one process is not enough."""
    for number in range(16):
        enter(graded_course, f"ada{number:02}", f"def add(a, b):\n    return {number}", 1.0)
    return graded_course


def test_a_page_shows_the_students_work_and_points(graded_course):
    (feedback,) = generate_feedback(graded_course, "adding")
    page = (feedback.folder / "adding.html").read_text()
    assert "Score: 4.0 / 6.0" in page
    assert "3 if (a, b) == (1, 2) else a" in re.sub("<[^>]*>", "", page)


def test_feedback_shows_points_that_a_person_changed(graded_course):
    generate_feedback(graded_course, "adding")
    with graded_course.gradebook() as gradebook:
        gradebook.find_submission("adding", "ada").notebooks[0].grades[0].manual_score = 3
        gradebook.db.commit()
    (feedback,) = generate_feedback(graded_course, "adding", "ada")
    assert "Score: 3.0 / 6.0" in (feedback.folder / "adding.html").read_text()


# What a browser would fetch from a host: an address with a host's name, absolute or in the page's own scheme.
FROM_A_HOST = re.compile(r"""(?:\b(?:src|href)\s*=\s*|@import\s+|url\(\s*)["']?(?:\w+:)?//[^"'\s>)]*""", re.I)


@pytest.mark.parametrize(
    "markup",
    [
        '<script src="https://host.example/a.js"></script>',
        "<link href=//host.example/a.css>",
        "@import 'http://host.example/a.css';",
        "src: url(https://host.example/a.woff)",
    ],
)
def test_a_page_that_asks_a_host_would_be_found(markup):
    assert FROM_A_HOST.search(markup)


@pytest.mark.slow
def test_a_page_of_the_sample_class_asks_no_host_and_holds_its_formulas(graded_sample):
    (feedback,) = generate_feedback(graded_sample[0], "conv_forward", "bruno")
    page = (feedback.folder / "conv_forward.html").read_text()
    assert FROM_A_HOST.findall(page) == []
    assert page.count("<math") == page.count("</math>") == 8
    assert "$$" not in page


def test_markup_that_was_printed_stays_text(graded_course):
    (feedback,) = generate_feedback(graded_course, "adding")
    page = (feedback.folder / "adding.html").read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page


@pytest.mark.parametrize("missing", ["latex2mathml", "nh3"])
def test_without_what_the_pages_need_the_command_to_get_it_is_named(missing, graded_course, monkeypatch):
    monkeypatch.setattr("coursekit.grading.feedback.find_spec", lambda name: None if name == missing else 1)
    with pytest.raises(CourseError, match=f"{missing} is not installed; run: python -m pip install"):
        generate_feedback(graded_course, "adding")
    assert not (graded_course.root / "feedback").exists()


def test_before_grading_there_is_nothing_to_say(released_course):
    with pytest.raises(NotInCourseError, match="nothing of adding is graded yet; run: coursekit grade"):
        generate_feedback(released_course, "adding")


def test_an_unknown_student_is_answered_with_those_graded(graded_course):
    with pytest.raises(NotInCourseError, match="adding of 'bob' is not graded; graded: ada"):
        generate_feedback(graded_course, "adding", "bob")


def test_one_broken_notebook_does_not_stop_the_others(graded_course):
    (graded_course.root / "autograded" / "bob" / "adding").mkdir(parents=True)
    (graded_course.root / "autograded" / "bob" / "adding" / "adding.ipynb").write_text("{")
    seen = []
    ada, bob = generate_feedback(graded_course, "adding", on_progress=seen.append)
    assert seen == [ada, bob]
    assert not ada.error
    assert bob.error


def test_a_page_that_cannot_be_made_leaves_the_earlier_one(graded_course):
    (before,) = generate_feedback(graded_course, "adding")
    page = (before.folder / "adding.html").read_text()
    (graded_course.root / "autograded" / "ada" / "adding" / "adding.ipynb").write_text("{")
    (after,) = generate_feedback(graded_course, "adding")
    assert after.error.endswith("the page made earlier stays")
    assert (after.folder / "adding.html").read_text() == page


def test_a_folder_of_feedback_holds_the_pages_and_nothing_that_was_handed_in(graded_course):
    autograded = graded_course.root / "autograded" / "ada" / "adding"
    (autograded / "other.html").write_text("<script>alert(1)</script>")
    (autograded / "timestamp.txt").write_text("2026-01-01 00:00:00 UTC")
    generate_feedback(graded_course, "adding")
    (graded_course.root / "feedback" / "ada" / "adding" / "left.html").touch()  # of an earlier run
    (feedback,) = generate_feedback(graded_course, "adding")
    assert sorted(path.name for path in feedback.folder.iterdir()) == ["adding.html", "timestamp.txt"]
    assert not (graded_course.root / "feedback.partial").exists()


def test_several_processes_write_the_same_pages_as_one(graded_class):
    alone = generate_feedback(graded_class, "adding", jobs=1)
    pages = {one.student: (one.folder / "adding.html").read_text() for one in alone}
    seen = []
    together = generate_feedback(graded_class, "adding", jobs=2, on_progress=seen.append)
    assert together == alone
    assert sorted(one.student for one in seen) == sorted(pages)
    assert {one.student: (one.folder / "adding.html").read_text() for one in together} == pages


def test_a_process_that_is_killed_costs_its_own_page_only(graded_class, monkeypatch):
    monkeypatch.setattr("coursekit.grading.feedback._write", die_at_ada07)
    results = generate_feedback(graded_class, "adding", jobs=2)
    assert {one.student: one.error for one in results if one.error} == {
        "ada07": "the process that made its page was killed"
    }
    assert len(results) == 17


def test_a_page_that_takes_too_long_is_given_up(graded_course, monkeypatch):
    with (graded_course.root / "nbgrader_config.py").open("a") as config:
        config.write("\nc.FeedbackLimits.seconds = 1\n")
    monkeypatch.setattr("coursekit.grading.page._part", lambda *_: time.sleep(60))
    (feedback,) = generate_feedback(Course.open(graded_course.root), "adding")
    assert feedback.error == "its page took more than 1 seconds (c.FeedbackLimits.seconds)"


def test_a_limit_that_does_not_exist_is_answered_with_those_that_do(graded_course):
    with (graded_course.root / "nbgrader_config.py").open("a") as config:
        config.write("\nc.FeedbackLimits.hours = 1\n")
    with pytest.raises(CourseError, match=r"c.FeedbackLimits has hours; there are: cells, outputs"):
        generate_feedback(Course.open(graded_course.root), "adding")


def test_nbgraders_own_command_writes_the_same_page(graded_course):
    (feedback,) = generate_feedback(graded_course, "adding")
    page = (feedback.folder / "adding.html").read_text()
    autograded = graded_course.root / "autograded" / "ada" / "adding"
    (autograded / "more").mkdir()
    for name in ("other.html", "more/other.html"):
        (autograded / name).write_text("<script>alert(1)</script>")
    run_converter(GenerateFeedback, graded_course, "adding", "ada")
    assert [path.name for path in feedback.folder.iterdir()] == ["adding.html"]
    assert (feedback.folder / "adding.html").read_text() == page


def test_a_foreign_gradebook_is_refused_and_no_page_is_written(graded_course):
    (graded_course.root / "gradebook.db").write_text("points: many\n" * 100)
    with pytest.raises(CourseError, match="file is not a database"):
        generate_feedback(graded_course, "adding")
    assert not (graded_course.root / "feedback").exists()
