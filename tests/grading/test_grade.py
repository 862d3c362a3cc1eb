import os

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from coursekit.grading import CourseError, NotInCourseError, grade, release
from tests.grading.tiny import hand_in, make_tiny_course

RIGHT = "def add(a, b):\n    return a + b"


def by_student(results):
    return {result.student: result for result in results}


@pytest.fixture(scope="module")
def class_of_troubles(tmp_path_factory):
    """A course with one submission of every kind that goes wrong, graded once."""
    course = make_tiny_course(tmp_path_factory.mktemp("troubles") / "course")
    release(course, "adding")
    hand_in(course, "right", RIGHT)
    hand_in(course, "partly", "def add(a, b):\n    return 3 if (a, b) == (1, 2) else a")
    hand_in(course, "dies", f"{RIGHT}\n\n\nimport os\nos._exit(3)")
    hand_in(course, "not-json", RIGHT).write_text("print('hello')")
    path = hand_in(course, "misnamed", RIGHT)
    path.rename(path.with_name("my work.ipynb"))
    hand_in(course, "empty").unlink()
    hand_in(course, "pattern[1]", RIGHT)
    (course.root / "submitted" / "file").mkdir()
    (course.root / "submitted" / "file" / "adding").write_text("my work")
    path = hand_in(course, "lost-a-check", RIGHT)
    notebook = nbformat.read(path, as_version=4)
    del notebook.cells[3]
    nbformat.write(notebook, path)
    path = hand_in(course, "changed-a-check", "def add(a, b):\n    return None")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[3].source = "2.0"
    nbformat.write(notebook, path)
    with course.gradebook() as gradebook:
        gradebook.add_student("absent")
    seen = []
    results = grade(course, "adding", on_progress=seen.append)
    assert seen == results
    return course, by_student(results)


@pytest.mark.parametrize(
    ("student", "points", "status", "remark"),
    [
        ("right", 6, "graded", ""),
        ("partly", 4, "graded", ""),
        ("dies", 0, "graded", "a cell: Python stopped"),
        ("lost-a-check", 6, "graded", "the cell check_small is missing; the released one took its place"),
        ("changed-a-check", 0, "graded", "the cell check_small was edited; the released text counts"),
        ("not-json", 0, "failed", "adding.ipynb is not a notebook: it is not JSON"),
        ("misnamed", 0, "failed", "adding.ipynb is missing; handed in: my work.ipynb"),
        ("empty", 0, "failed", "adding.ipynb is missing; handed in: an empty folder"),
        ("pattern[1]", 0, "failed", "nbgrader takes no student id with any of"),
        ("file", 0, "failed", "is not a folder"),
        ("absent", 0, "missing", "nothing was handed in"),
    ],
)
def test_every_submission_gets_a_row(class_of_troubles, student, points, status, remark):
    result = class_of_troubles[1][student]
    assert (result.points, result.max_points, result.status) == (points, 6, status)
    said = "; ".join([result.remark, *result.flags]) if result.remark else "; ".join(result.flags)
    assert remark in said
    assert bool(remark) == bool(said)


def test_what_could_not_be_graded_is_an_explicit_zero_in_the_gradebook(class_of_troubles):
    with class_of_troubles[0].gradebook() as gradebook:
        submission = gradebook.find_submission("adding", "not-json")
        assert [grade.auto_score for notebook in submission.notebooks for grade in notebook.grades] == [0, 0]
        assert not submission.needs_manual_grade


def test_where_python_stopped_the_notebook_says_so_and_the_rest_is_judged(class_of_troubles):
    path = class_of_troubles[0].folder("autograded", "adding", "dies") / "adding.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    assert cells[1].outputs[0].evalue.startswith("Python stopped")
    assert "There is no function `add` yet" in cells[3].outputs[0].data["text/html"]


def test_nothing_half_written_is_left_behind(class_of_troubles):
    names = {path.name for path in class_of_troubles[0].root.iterdir()}
    folders = {"autograded", "release", "source", "submitted"}
    assert names == {*folders, ".seed", "gradebook.db", "nbgrader_config.py"}


def test_an_unchanged_class_is_not_graded_again(class_of_troubles):
    course, first = class_of_troubles
    again = by_student(grade(course, "adding"))
    assert {s for s, result in again.items() if result.status == "graded"} == set()
    assert {s: r.points for s, r in again.items()} == {s: r.points for s, r in first.items()}
    assert again["dies"].flags == first["dies"].flags != ()


@pytest.fixture
def graded_course(released_course):
    hand_in(released_course, "right", RIGHT)
    assert grade(released_course, "adding")[0].points == 6
    return released_course


def test_a_changed_submission_is_graded_again(graded_course):
    hand_in(graded_course, "right")
    (result,) = grade(graded_course, "adding")
    assert (result.status, result.points) == ("graded", 0)


def test_force_grades_what_has_not_changed(graded_course):
    (result,) = grade(graded_course, "adding", force=True)
    assert (result.status, result.points) == ("graded", 6)


def test_a_later_submission_that_is_broken_costs_nothing_that_was_there(graded_course):
    before = (graded_course.folder("autograded", "adding", "right") / "adding.ipynb").read_bytes()
    (graded_course.folder("submitted", "adding", "right") / "adding.ipynb").write_text("{")
    (result,) = grade(graded_course, "adding")
    assert (result.status, result.points) == ("failed", 6)
    assert result.remark.endswith("; the grade of the earlier submission stays")
    assert (graded_course.folder("autograded", "adding", "right") / "adding.ipynb").read_bytes() == before


def test_points_that_a_person_changed_are_the_points(graded_course):
    with graded_course.gradebook() as gradebook:
        gradebook.find_grade("check_small", "adding", "adding", "right").manual_score = 1.5
        gradebook.db.commit()
    (result,) = grade(graded_course, "adding")
    assert (result.status, result.points) == ("unchanged", 5.5)


def test_a_run_that_was_stopped_is_taken_up_where_it_was(released_course):
    for student in ("one", "two"):
        hand_in(released_course, student, RIGHT)

    def stop(result):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade(released_course, "adding", on_progress=stop)
    results = grade(released_course, "adding")
    assert [(result.status, result.points) for result in results] == [("unchanged", 6), ("graded", 6)]


def test_only_the_chosen_student_is_graded(released_course):
    hand_in(released_course, "one", RIGHT)
    hand_in(released_course, "two", RIGHT)
    assert [result.student for result in grade(released_course, "adding", ["two"])] == ["two"]
    assert not released_course.folder("autograded", "adding", "one").exists()


def test_an_unknown_student_is_answered_with_those_that_exist(released_course):
    hand_in(released_course, "one", RIGHT)
    with pytest.raises(NotInCourseError, match="there is no student 'two'; there are: one"):
        grade(released_course, "adding", ["two"])


def test_an_exercise_that_is_not_released_is_not_graded(tiny_course):
    with pytest.raises(CourseError, match="adding is not released yet; run: coursekit release adding"):
        grade(tiny_course, "adding")


def test_a_gradebook_without_the_exercise_is_refused_and_left_as_it_is(released_course):
    hand_in(released_course, "one", RIGHT)
    with released_course.gradebook() as gradebook:
        gradebook.remove_assignment("adding")
    with pytest.raises(CourseError, match="adding is not in the gradebook; run: coursekit release adding"):
        grade(released_course, "adding")
    with released_course.gradebook() as gradebook:
        assert (gradebook.students, gradebook.assignments) == ([], [])


def test_a_gradebook_with_other_points_is_refused(released_course):
    with released_course.gradebook() as gradebook:
        gradebook.find_grade_cell("check_small", "adding", "adding").max_score = 3
        gradebook.db.commit()
    with pytest.raises(CourseError, match="other cells or points for adding than its release"):
        grade(released_course, "adding")


def test_a_kernel_that_is_not_installed_is_named(released_course):
    hand_in(released_course, "one", RIGHT)
    with released_course.gradebook() as gradebook:
        gradebook.find_notebook("adding", "adding").kernelspec = '{"name": "fortran", "language": "python"}'
        gradebook.db.commit()
    with pytest.raises(CourseError, match="the kernel 'fortran' that adding asks for is not installed"):
        grade(released_course, "adding")


def test_a_folder_whose_name_is_no_text_is_named_before_anything_is_done(released_course):
    hand_in(released_course, "ada", RIGHT)
    strange = os.fsencode(released_course.root / "submitted") + b"/z\xffe/adding"
    os.makedirs(strange)
    with pytest.raises(CourseError, match=r"submitted/z\?e has a name that is no student id"):
        grade(released_course, "adding")
    assert not (released_course.root / "autograded").exists()


def test_a_graded_notebook_holds_nothing_that_acts_where_the_formgrader_shows_it(released_course):
    script = "<script>alert(1)</script>"
    path = hand_in(released_course, "eve", RIGHT)
    notebook = nbformat.read(path, as_version=4)
    shows = f"from IPython.display import HTML\nHTML({script!r})"
    notebook.cells[2:2] = [new_markdown_cell(f"Mine: {script}"), new_code_cell(shows)]
    nbformat.write(notebook, path)
    [result] = grade(released_course, "adding", ["eve"])
    assert (result.points, result.flags) == (6, ())
    graded = nbformat.read(
        released_course.folder("autograded", "adding", "eve") / "adding.ipynb", as_version=4
    )
    said, shown = graded.cells[2:4]
    assert script not in said.source
    assert "Mine: &lt;script&gt;" in said.source
    assert set(shown.outputs[0].data) == {"text/plain"}
