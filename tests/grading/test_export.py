import csv
import json

import pytest

from coursekit.grading import FORMATS, CourseError, NotInCourseError, default_target, export_grades

# Names as students have them, and as they might type them.
NAMES = {
    "ada": ("Ada", "Lovelace", "ada@example.org"),
    "bob": ("Bob", "Bobson, Jr.", "bob@example.org"),
    "dot": ('Dorothy "Dot"', "O'Hara; Smith", ""),
    "eve": ("Eve\nPoints Possible", '=HYPERLINK("http://tracker.example";"6")', "+49@example.org"),
    "zoé": ("Zoé 测试", "Strauß", "zoé@example.org"),
}
FORMULA = '\'=HYPERLINK("http://tracker.example";"6")'


@pytest.fixture
def booked_course(released_course):
    """A released course with five students in its gradebook; all but Zoé have handed in."""
    with released_course.gradebook() as gradebook, gradebook.db.no_autoflush:
        for number, (student, (first, last, email)) in enumerate(NAMES.items()):
            gradebook.add_student(student, first_name=first, last_name=last, email=email)
            if student != "zoé":
                submission = gradebook.add_submission("adding", student)
                submission.notebooks[0].grades[0].auto_score = 1.5 + number
        gradebook.db.commit()
        comment = gradebook.find_submission("adding", "ada").notebooks[0].comments[0]
        comment.manual_comment = 'Well done,\n"Ada"'
        late = gradebook.find_submission("adding", "bob").notebooks[0]
        late.late_submission_penalty = 2.0
        gradebook.db.commit()
    return released_course


def exported(course, to, *arguments):
    """Export, and return the rows as a program reads them that knows RFC 4180."""
    export_grades(course, to, *arguments)
    with to.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


def by(column, rows):
    """Return {value in that column: {heading: value}}."""
    return {row[rows[0].index(column)]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}


def test_every_student_has_a_row_with_nbgraders_columns(booked_course, tmp_path):
    rows = exported(booked_course, tmp_path / "grades.csv")
    assert ",".join(rows[0]) == (
        "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,late_submission_penalty,"
        "score,max_score"
    )
    students = by("student_id", rows)
    assert {student: float(row["score"]) for student, row in students.items()} == {
        "ada": 1.5,
        "bob": 0.5,
        "dot": 3.5,
        "eve": 4.5,
        "zoé": 0.0,
    }
    assert students["bob"]["raw_score"] == "2.5"
    assert students["bob"]["late_submission_penalty"] == "2.0"


def test_the_rows_are_those_of_nbgraders_own_exporter(booked_course, tmp_path):
    from nbgrader.plugins import CsvExportPlugin

    with booked_course.gradebook() as gradebook:
        for student in ("bob", "dot", "eve"):  # whose names nbgrader's exporter does not quote
            gradebook.update_or_create_student(student, first_name="x", last_name="x", email=None)
        CsvExportPlugin(to=str(tmp_path / "stock.csv")).export(gradebook)
    stock = list(csv.reader((tmp_path / "stock.csv").read_text().splitlines()))
    assert exported(booked_course, tmp_path / "grades.csv") == stock


def test_names_come_back_as_they_are(booked_course, tmp_path):
    students = by("student_id", exported(booked_course, tmp_path / "grades.csv"))
    for student in ("ada", "bob", "dot", "zoé"):
        row = students[student]
        assert (row["first_name"], row["last_name"], row["email"]) == NAMES[student]
    assert students["eve"]["first_name"] == "Eve\nPoints Possible"


@pytest.mark.parametrize("file_format", ["csv", "canvas", "moodle", "marks"])
def test_no_field_becomes_a_formula(file_format, booked_course, tmp_path):
    rows = exported(booked_course, tmp_path / "grades.csv", file_format)
    fields = [field for row in rows for field in row]
    assert [field for field in fields if field[:1] in ("=", "+", "@", "\t", "\r")] == []
    assert {field for field in fields if field.startswith("-")} <= {"-"}  # Moodle's "no grade"
    assert any(field.startswith(FORMULA) for field in fields)


@pytest.mark.parametrize("start", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1"])
def test_every_sign_that_starts_a_formula_is_disarmed(start, released_course, tmp_path):
    with released_course.gradebook() as gradebook:
        gradebook.add_student("ada", first_name=start)
    rows = exported(released_course, tmp_path / "grades.csv")
    assert by("student_id", rows)["ada"]["first_name"] == "'" + start.replace("\r", "\n")


def test_canvas_gets_the_columns_that_it_looks_for(booked_course, tmp_path):
    rows = exported(booked_course, tmp_path / "canvas.csv", "canvas")
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "adding"]
    assert rows[1] == ["    Points Possible", "", "", "", "", "6.0"]
    students = by("SIS Login ID", [rows[0], *rows[2:]])
    assert {student: row["adding"] for student, row in students.items()} == {
        "ada": "1.5",
        "bob": "0.5",
        "dot": "3.5",
        "eve": "4.5",
        "zoé": "",  # an empty field changes nothing
    }
    assert students["bob"]["Student"] == "Bobson, Jr., Bob"


def test_no_students_name_is_taken_for_the_row_of_points_possible(booked_course, tmp_path):
    rows = exported(booked_course, tmp_path / "canvas.csv", "canvas")
    assert ["Points Possible" in row[0] for row in rows] == [False, True, *[False] * 5]


def test_moodle_gets_points_feedback_and_what_tells_students_apart(booked_course, tmp_path):
    rows = exported(booked_course, tmp_path / "moodle.csv", "moodle")
    assert rows[0] == [
        *["First name", "Last name", "ID number", "Email address"],
        *["adding", "adding (feedback)"],
    ]
    students = by("ID number", rows)
    assert students["ada"]["adding"] == "1.5"
    assert students["ada"]["adding (feedback)"] == 'answer: Well done,\n"Ada"'
    assert students["ada"]["Email address"] == "ada@example.org"
    assert students["zoé"]["adding"] == "-"


def test_gradescope_gets_a_file_for_each_submission(booked_course, tmp_path):
    assert export_grades(booked_course, tmp_path / "out", "gradescope") == 4
    folder = tmp_path / "out" / "adding"
    assert sorted(path.name for path in folder.iterdir()) == ["ada.json", "bob.json", "dot.json", "eve.json"]
    ada = json.loads((folder / "ada.json").read_text())
    assert ada["score"] == 1.5
    assert sum(test["score"] for test in ada["tests"]) == 1.5
    assert sum(test["max_score"] for test in ada["tests"]) == 6.0
    assert [test["output"] for test in ada["tests"] if test["name"] == "answer"] == ['Well done,\n"Ada"']
    assert {test["visibility"] for test in ada["tests"]} == {"visible"}


def test_for_gradescope_what_was_taken_off_for_being_late_counts(booked_course, tmp_path):
    export_grades(booked_course, tmp_path / "out", "gradescope")
    bob = json.loads((tmp_path / "out" / "adding" / "bob.json").read_text())
    assert (bob["score"], sum(test["score"] for test in bob["tests"])) == (0.5, 2.5)
    assert bob["output"] == "2 points were taken off for handing in late."


def test_a_students_id_names_no_file_elsewhere(released_course, tmp_path):
    with released_course.gradebook() as gradebook, gradebook.db.no_autoflush:
        gradebook.add_student("../eve")
        gradebook.add_submission("adding", "../eve")
    export_grades(released_course, tmp_path / "out", "gradescope")
    assert [path.name for path in tmp_path.rglob("*.json")] == ["..%2Feve.json"]


@pytest.mark.parametrize("file_format", FORMATS)
def test_one_exercise_can_be_exported_alone(file_format, booked_course, tmp_path):
    with booked_course.gradebook() as gradebook:
        gradebook.add_assignment("subtracting")
    everything = export_grades(booked_course, tmp_path / "all", file_format)
    alone = export_grades(booked_course, tmp_path / "one", file_format, "adding")
    assert alone == {"csv": everything // 2, "marks": everything - 5}.get(file_format, everything)
    written = "".join(
        path.read_text() for path in [tmp_path / "one", *tmp_path.glob("one/*/*")] if path.is_file()
    )
    assert "subtracting" not in written
    assert "adding" in written or file_format == "gradescope"


def test_an_exercise_that_is_not_there_is_answered_with_those_that_are(booked_course, tmp_path):
    with pytest.raises(NotInCourseError, match="no exercise 'dividing' in the gradebook; there are: adding"):
        export_grades(booked_course, tmp_path / "grades.csv", "csv", "dividing")
    assert not (tmp_path / "grades.csv").exists()


@pytest.mark.parametrize("file_format", FORMATS)
def test_what_cannot_be_finished_leaves_the_earlier_export(file_format, booked_course, tmp_path, monkeypatch):
    export_grades(booked_course, tmp_path / "out", file_format)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    monkeypatch.setattr("coursekit.grading.export.replace_folder", no_space)
    monkeypatch.setattr("coursekit.grading.export.Path.replace", no_space)
    with pytest.raises(CourseError, match="out cannot be written: No space left"):
        export_grades(booked_course, tmp_path / "out", file_format)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def no_space(*_):
    raise OSError(28, "No space left on device")


def test_a_folder_with_anything_else_in_it_is_not_replaced(booked_course, tmp_path):
    (tmp_path / "out" / "thesis").mkdir(parents=True)
    (tmp_path / "out" / "thesis" / "chapter.tex").touch()
    with pytest.raises(CourseError, match=r"out holds thesis/chapter.tex: name a new folder with --to"):
        export_grades(booked_course, tmp_path / "out", "gradescope")
    assert (tmp_path / "out" / "thesis" / "chapter.tex").exists()


def test_every_format_has_a_place_of_its_own(booked_course):
    assert len({default_target(booked_course, name) for name in FORMATS}) == len(FORMATS)


def test_a_course_without_grades_exports_nothing(tiny_course, tmp_path):
    with pytest.raises(CourseError, match=r"there is no gradebook .* yet; release an exercise first"):
        export_grades(tiny_course, tmp_path / "grades.csv")
    assert not (tmp_path / "grades.csv").exists()
    assert not (tiny_course.root / "gradebook.db").exists()


def test_a_folder_is_no_file_and_a_file_no_folder(booked_course, tmp_path):
    with pytest.raises(CourseError, match="is a folder; give the name of a file with --to"):
        export_grades(booked_course, tmp_path)
    (tmp_path / "grades").touch()
    with pytest.raises(CourseError, match="is a file; gradescope needs the name of a folder with --to"):
        export_grades(booked_course, tmp_path / "grades", "gradescope")


def test_the_folder_to_write_to_must_be_there(booked_course, tmp_path):
    with pytest.raises(CourseError, match=r"there is no folder .* to write"):
        export_grades(booked_course, tmp_path / "nowhere" / "grades.csv")


def test_an_unknown_format_is_answered_with_those_that_exist(booked_course, tmp_path):
    with pytest.raises(
        ValueError, match="there is no format 'xls'; there are: csv, canvas, moodle, marks, gradescope"
    ):
        export_grades(booked_course, tmp_path / "grades.xls", "xls")
