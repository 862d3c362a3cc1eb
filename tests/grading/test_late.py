"""Late days: so many are free in all, each further one costs points, and everybody is told."""

from datetime import datetime, timedelta

import pytest

from coursekit.grading import Course, export_grades, generate_feedback, grade, release
from coursekit.grading.convert import run_converter
from coursekit.grading.late import days, days_used_before
from tests.grading.tiny import hand_in

DUE = datetime(2026, 5, 3, 22)
RIGHT = "def add(a, b):\n    return a + b"


@pytest.fixture
def course(released_course):
    """A course with an exercise that is due, one free day, and a tenth off for each further one."""
    settings = "c.LateDays.free_days = 1\nc.LateDays.penalty_per_day = 0.1\n"
    config = released_course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + settings)
    with released_course.gradebook() as gradebook:
        gradebook.update_or_create_assignment("adding", duedate=DUE)
    return Course.open(released_course.root)


def late(course, student, **by):
    """Hand in a right answer, late."""
    stamp = hand_in(course, student, RIGHT).with_name("timestamp.txt")
    stamp.write_text(f"{DUE + timedelta(**by)}")


def test_a_day_that_has_begun_counts():
    assert [days(seconds) for seconds in (0, 1, 86_400, 86_401)] == [0, 1, 1, 2]


def test_the_first_day_is_free_and_further_ones_cost(course):
    for student, hours in {"ada": -1, "bob": 24, "cyd": 25, "dot": 24 * 40}.items():
        late(course, student, hours=hours)
    results = {one.student: one for one in grade(course, "adding")}
    assert {name: one.points for name, one in results.items()} == {"ada": 6, "bob": 6, "cyd": 5.4, "dot": 0}
    assert [one.remark for one in results.values()] == [
        "",
        "1 day late: nothing taken off",
        "2 days late: 0.6 points taken off",
        "40 days late: 6 points taken off",
    ]


def test_free_days_are_spent_on_what_was_due_first(course):
    with course.gradebook() as gradebook, gradebook.db.no_autoflush:
        gradebook.add_assignment("earlier", duedate=DUE - timedelta(days=7))
        gradebook.add_assignment("after", duedate=DUE + timedelta(days=7))
        gradebook.add_student("ada")
        for name in ("earlier", "after"):
            gradebook.add_submission(name, "ada", timestamp=DUE + timedelta(days=7, hours=1))
        gradebook.add_submission("adding", "ada")
        assert days_used_before(gradebook, "ada", "adding") == 15  # 14 days and an hour
    late(course, "ada", hours=1)
    (result,) = grade(course, "adding")
    assert result.remark == "1 day late: 0.6 points taken off"


def test_being_late_costs_nothing_as_the_course_comes(released_course):
    with released_course.gradebook() as gradebook:
        gradebook.update_or_create_assignment("adding", duedate=DUE)
    late(released_course, "ada", days=3)
    (result,) = grade(released_course, "adding")
    assert (result.points, result.remark) == (6, "3 days late: nothing taken off")


def test_an_extension_counts_without_being_told_to_grade_anew(course):
    late(course, "ada", days=3)
    assert grade(course, "adding")[0].points == pytest.approx(4.8)
    with course.gradebook() as gradebook:
        gradebook.find_submission("adding", "ada").extension = timedelta(days=2)
        gradebook.db.commit()
    (result,) = grade(course, "adding")
    assert (result.status, result.points) == ("graded", 6)


def test_nbgraders_own_autograde_takes_off_the_same(course):
    from nbgrader.converters import Autograde

    late(course, "ada", days=3)
    run_converter(Autograde, course, "adding", "ada")
    with course.gradebook() as gradebook:
        assert gradebook.find_submission("adding", "ada").late_submission_penalty == pytest.approx(1.2)


def test_feedback_and_exports_say_what_was_taken_off(course, tmp_path):
    late(course, "ada", days=3)
    grade(course, "adding")
    (page,) = generate_feedback(course, "adding")
    assert "handed in late" in (page.folder / "adding.html").read_text()
    for name, said in {
        "csv": ",6.0,1.2000000000000002,4.8,6.0",
        "moodle": "4.8,1.2 points were taken off for handing in late.",
        "canvas": ",4.8",
    }.items():
        export_grades(course, tmp_path / name, name)
        assert said in (tmp_path / name).read_text()


def test_a_release_says_when_an_exercise_is_due_and_the_next_one_keeps_it(tiny_course):
    for due in (DUE, None):
        release(tiny_course, "adding", due)
        with tiny_course.gradebook() as gradebook:
            assert gradebook.find_assignment("adding").duedate == DUE


def test_what_nbgraders_exchange_looks_for_goes_along_to_the_feedback(course):
    late(course, "ada", days=1)
    (course.folder("submitted", "adding", "ada") / "submission_secret.txt").write_text("5e" * 64)
    grade(course, "adding")
    (page,) = generate_feedback(course, "adding")
    stamps = [course.folder(step, "adding", "ada") / "timestamp.txt" for step in ("submitted", "autograded")]
    assert {path.read_text() for path in [*stamps, page.folder / "timestamp.txt"]} == {
        f"{DUE + timedelta(days=1)}"
    }
    assert (page.folder / "submission_secret.txt").read_text() == "5e" * 64
