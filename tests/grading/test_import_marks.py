"""A table of marks: what is edited in it comes into the gradebook, what is not stays as it is."""

import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.grading import CourseError, export_grades, import_marks
from coursekit.grading.grades import read_grades
from coursekit.grading.spreadsheets import MARKS_COLUMNS, read_text, text_field

NAMES = {
    "ada": ("Ada", "Lovelace"),
    "bob": ("Bob", "Bobson, Jr."),
    "dot": ('Dorothy "Dot"', "O'Hara; Smith\nof two lines"),
    "eve": ("'=1+1", '=HYPERLINK("http://tracker.example";"6")'),
    "+49": ("-", "@x"),
    "zoé": ("Zoé 测试", "Strauß"),
    "noor": ("نور", "الهاشمي"),
    "רות": ("רות", "לוי"),
    "missing": ("Has", "Not handed in"),
}


@pytest.fixture
def course(released_course):
    """A course of students with names of all kinds, points, comments, a penalty, and one who is missing."""
    with released_course.gradebook() as gradebook, gradebook.db.no_autoflush:
        for number, (student, (first, last)) in enumerate(NAMES.items()):
            gradebook.add_student(student, first_name=first, last_name=last)
            if student != "missing":
                (notebook,) = gradebook.add_submission("adding", student).notebooks
                notebook.grades[0].auto_score = number / 3
                notebook.comments[0].manual_comment = f'=well, "{student}"\nand\tmore'
        gradebook.find_submission("adding", "bob").notebooks[0].late_submission_penalty = 0.1 + 0.2
        gradebook.db.commit()
    return released_course


@pytest.fixture
def table(course, tmp_path):
    """The exported table."""
    export_grades(course, tmp_path / "marks.csv", "marks")
    return tmp_path / "marks.csv"


def rows_of(table):
    with table.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def edit(table, delimiter=",", **edits):
    """Change fields of Ada's rows, {column: value}, by question."""
    rows = rows_of(table)
    for row in rows:
        row.update(edits.get(f"{row['student_id'].strip(chr(39))}_{row['question']}", {}))
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def everything(course):
    with course.gradebook() as gradebook:
        return read_grades(gradebook)


def test_what_is_not_edited_changes_nothing(course, table):
    before = everything(course)
    assert import_marks(course, table) == []
    assert everything(course) == before


def test_a_gradebook_restored_from_the_table_is_the_same(course, table):
    before = everything(course)
    with course.gradebook() as gradebook:
        for submission in gradebook.find_assignment("adding").submissions:
            (notebook,) = submission.notebooks
            notebook.late_submission_penalty = None
            notebook.comments[0].manual_comment = None
        gradebook.db.commit()
    assert everything(course) != before
    changes = import_marks(course, table)
    assert len(changes) == len(NAMES) - 1 + 1  # comments, and Bob's penalty
    assert everything(course) == before


def test_names_of_all_kinds_come_back(table):
    rows = {read_text(row["student_id"]): row for row in rows_of(table)}
    found = {one: (read_text(row["first_name"]), read_text(row["last_name"])) for one, row in rows.items()}
    assert found == NAMES


def test_who_is_missing_has_a_row_and_no_zero(table):
    (row,) = [row for row in rows_of(table) if row["student_id"] == "missing"]
    assert {name for name in MARKS_COLUMNS if row[name]} == {
        *("assignment", "student_id", "last_name", "first_name")
    }


@given(st.text())
@settings(max_examples=300)
def test_no_text_is_a_formula_and_every_text_comes_back(text):
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    assert text_field(text)[:1] not in tuple("=+-@\t\n＝＋－＠")
    assert read_text(text_field(text)) == plain


def test_edits_come_into_the_gradebook(course, table):
    edit(
        table,
        ada_check_small={"manual_score": "1.5", "extra_credit": "-0.5"},
        ada_answer={"comment": "Well done"},
        ada_={"late_submission_penalty": "0.25", "last_name": "Byron"},
        bob_={"late_submission_penalty": ""},
    )
    changes = import_marks(course, table)
    assert {(one.student, one.question, one.what, one.after) for one in changes} == {
        ("ada", "", "late_submission_penalty", 0.25),
        ("ada", "check_small", "manual_score", 1.5),
        ("ada", "check_small", "extra_credit", -0.5),
        ("ada", "answer", "comment", "Well done"),
        ("bob", "", "late_submission_penalty", None),
    }
    with course.gradebook() as gradebook:
        ada = gradebook.find_submission("adding", "ada")
        (grade,) = [one for one in ada.notebooks[0].grades if one.name == "check_small"]
        assert (grade.manual_score, grade.extra_credit, grade.needs_manual_grade) == (1.5, -0.5, False)
        assert ada.notebooks[0].comments[0].comment == "Well done"
        assert (ada.late_submission_penalty, ada.student.last_name) == (0.25, "Lovelace")
        assert gradebook.find_submission("adding", "bob").late_submission_penalty == 0


def test_a_dry_run_changes_nothing(course, table):
    before = everything(course)
    edit(table, ada_check_small={"manual_score": "1"})
    assert len(import_marks(course, table, dry_run=True)) == 1
    assert everything(course) == before


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_tables_of_other_languages_are_read(delimiter, course, table):
    edit(table, delimiter, ada_check_small={"manual_score": "1,5"})
    assert [one.after for one in import_marks(course, table)] == [1.5]


FAULTS = {
    "has manual_score 'two', which is no number": {"ada_check_small": {"manual_score": "two"}},
    "has manual_score '-1', which is no number of points": {"ada_check_small": {"manual_score": "-1"}},
    "has manual_score 'nan', which is no number of points": {"ada_check_small": {"manual_score": "nan"}},
    "has manual_score 3 of 2: give more as extra_credit": {"ada_check_small": {"manual_score": "3"}},
    "has no place for manual_score": {"ada_": {"manual_score": "3"}},
    "has no place for comment": {"ada_check_small": {"comment": "x"}},
    "was graded anew since": {"ada_check_small": {"manual_score": "1", "auto_score": "2"}},
    "is not in the gradebook": {"ada_check_small": {"question": "check_large"}},
    "has marks, but nothing was handed in": {"missing_": {"manual_score": "1"}},
    "is there twice": {"ada_check_small": {"question": "check_partial"}},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_bad_row_and_nothing_is_entered(fault, course, table):
    before = everything(course)
    edit(table, **{**FAULTS[fault], "bob_check_small": {"manual_score": "1"}})
    with pytest.raises(CourseError, match=f"(?s)nothing was changed:.*{fault}"):
        import_marks(course, table)
    assert everything(course) == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,2\n", "has no column assignment; it needs: assignment, notebook"),
        (b"", "has no column assignment"),
        ("Zoé".encode("latin-1"), "is not UTF-8: save it as CSV UTF-8"),
        (b'assignment,"x"y\n', "is no table of comma-separated values"),
    ],
)
def test_what_is_no_such_table_is_said(content, message, course, tmp_path):
    (tmp_path / "table.csv").write_bytes(content)
    with pytest.raises(CourseError, match=message):
        import_marks(course, tmp_path / "table.csv")
