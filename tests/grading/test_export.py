import csv

import pytest

from coursekit.grading import CourseError, export_grades


@pytest.fixture
def booked_course(released_course):
    """A released course with two students in its gradebook, one of whom has points."""
    with released_course.gradebook() as gradebook, gradebook.db.no_autoflush:
        gradebook.add_student("ada", first_name="Ada", last_name="Lovelace")
        gradebook.add_student("zoé", first_name="Zoé", last_name="Strauß")
        submission = gradebook.add_submission("adding", "ada")
        submission.notebooks[0].grades[0].auto_score = 1.5
        gradebook.db.commit()
    return released_course


def test_every_student_has_a_row(booked_course, tmp_path):
    assert export_grades(booked_course, tmp_path / "grades.csv") == 2
    rows = list(csv.DictReader((tmp_path / "grades.csv").read_text().splitlines()))
    assert [(row["student_id"], row["last_name"], row["score"]) for row in rows] == [
        ("ada", "Lovelace", "1.5"),
        ("zoé", "Strauß", "0.0"),
    ]


def test_a_name_that_would_shift_the_columns_is_refused_and_the_file_stays(booked_course, tmp_path):
    with booked_course.gradebook() as gradebook:
        gradebook.add_student("bob", last_name="Bobson, Jr.")
    (tmp_path / "grades.csv").write_text("older grades")
    with pytest.raises(CourseError, match="nothing was exported: a name or address has a comma"):
        export_grades(booked_course, tmp_path / "grades.csv")
    assert (tmp_path / "grades.csv").read_text() == "older grades"
    assert [path.name for path in tmp_path.glob("*grades*")] == ["grades.csv"]


def test_a_course_without_grades_exports_nothing(tiny_course, tmp_path):
    with pytest.raises(CourseError, match=r"there is no gradebook .* yet; release an exercise first"):
        export_grades(tiny_course, tmp_path / "grades.csv")
    assert not (tmp_path / "grades.csv").exists()
    assert not (tiny_course.root / "gradebook.db").exists()


def test_a_folder_is_no_file(booked_course, tmp_path):
    with pytest.raises(CourseError, match="is a folder; give the name of a file with --to"):
        export_grades(booked_course, tmp_path)


def test_the_folder_to_write_to_must_be_there(booked_course, tmp_path):
    with pytest.raises(CourseError, match=r"there is no folder .* to write"):
        export_grades(booked_course, tmp_path / "nowhere" / "grades.csv")


def test_an_unknown_format_is_answered_with_those_that_exist(booked_course, tmp_path):
    with pytest.raises(ValueError, match="there is no format 'xls'; there are: csv"):
        export_grades(booked_course, tmp_path / "grades.xls", "xls")
