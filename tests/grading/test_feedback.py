import re

import pytest

from coursekit.grading import CourseError, NotInCourseError, generate_feedback, grade
from tests.grading.tiny import hand_in


@pytest.fixture
def graded_course(released_course):
    hand_in(released_course, "ada", "def add(a, b):\n    return 3 if (a, b) == (1, 2) else a")
    grade(released_course, "adding")
    return released_course


def test_a_page_shows_the_students_work_and_points(graded_course):
    (feedback,) = generate_feedback(graded_course, "adding")
    page = (feedback.folder / "adding.html").read_text()
    assert "Score: 4.0 / 6.0" in page
    assert "3 if (a, b) == (1, 2) else a" in re.sub("<[^>]*>", "", page)


def test_feedback_shows_points_that_a_person_changed(graded_course):
    generate_feedback(graded_course, "adding")
    with graded_course.gradebook() as gradebook:
        gradebook.find_grade("check_small", "adding", "adding", "ada").manual_score = 1
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


def test_markup_in_an_error_stays_text(released_course):
    hand_in(released_course, "eve", "raise ValueError('<script>alert(1)</script>')")
    grade(released_course, "adding")
    (feedback,) = generate_feedback(released_course, "adding")
    page = (feedback.folder / "adding.html").read_text()
    assert "ValueError</span>: &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page


def test_without_what_writes_formulas_the_command_to_get_it_is_named(graded_course, monkeypatch):
    monkeypatch.setattr("coursekit.grading.feedback.find_spec", lambda name: None)
    with pytest.raises(CourseError, match="latex2mathml is not installed; run: python -m pip install"):
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


def test_a_foreign_gradebook_is_refused_and_no_page_is_written(graded_course):
    (graded_course.root / "gradebook.db").write_text("points: many\n" * 100)
    with pytest.raises(CourseError, match="file is not a database"):
        generate_feedback(graded_course, "adding")
    assert not (graded_course.root / "feedback").exists()
