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
