import json
import shutil

import pytest

from coursekit import checks
from coursekit.grading import (
    EXPECTED,
    SAMPLE,
    Course,
    CourseError,
    Result,
    make_sample_class,
    read_expected,
    unexpected,
)
from tests.grading.honest import stock, stock_autograde
from tests.grading.tiny import EXERCISES, make_tiny_course

KINDS = {"perfect", "partly right", "wrong", "blank", "crashing", "endless", "missing"}


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_there_is_one_student_of_each_kind():
    assert sorted(sample.kind for sample in SAMPLE) == sorted(KINDS)


@pytest.mark.parametrize("sample", [s for s in SAMPLE if s.handed_in and s.solved and not s.code], ids=str)
def test_the_points_written_down_are_those_that_the_mutants_leave(sample):
    exercise = checks.get("conv_forward")
    mutants = {f"{mutant.function}.{mutant.wrong.__name__}": mutant for mutant in exercise.mutants}
    lost = set().union(*(mutants[name].loses for name in sample.mutants))
    left = sum(
        check.points
        for question in exercise.questions
        for check in question.checks
        if f"{question.function}.{check.name}" not in lost
    )
    assert sample.points == left


@pytest.mark.slow
@pytest.mark.parametrize("sample", SAMPLE, ids=lambda sample: sample.kind)
def test_grading_gives_the_points_written_down(graded_sample, sample):
    results = {result.student: result for result in graded_sample[1]}
    result = results[sample.student]
    assert (result.points, result.max_points) == (sample.points, 16)
    assert result.status == ("graded" if sample.handed_in else "missing")


@pytest.mark.slow
def test_stock_nbgrader_gives_the_same_points(sample_folder, graded_sample, tmp_path):
    course = stock(Course.open(sample_folder), tmp_path / "class")
    # A kernel that ends itself is the end of nbgrader's run for that student: no points at all.
    crashing = next(sample.student for sample in SAMPLE if sample.kind == "crashing")
    shutil.rmtree(course.root / "submitted" / crashing)
    stock_autograde(course, "conv_forward")
    ours = {result.student: result.points for result in graded_sample[1] if result.status == "graded"}
    with course.gradebook() as gradebook:
        theirs = {s.student.id: s.score for s in gradebook.assignment_submissions("conv_forward")}
    assert theirs == {student: points for student, points in ours.items() if student != crashing}


def test_a_class_made_of_the_same_things_stays_as_it_is(sample_folder):
    before = files(sample_folder)
    assert not make_sample_class(Course.open(EXERCISES), sample_folder)
    assert files(sample_folder) == before


def test_a_class_made_of_other_things_is_replaced(sample_folder, tmp_path):
    shutil.copytree(sample_folder, tmp_path / "class")
    expected = json.loads((tmp_path / "class" / EXPECTED).read_text())
    (tmp_path / "class" / EXPECTED).write_text(json.dumps({**expected, "made_from": "something else"}))
    (tmp_path / "class" / "submitted" / "amara" / "conv_forward" / "conv_forward.ipynb").write_text("{}")
    assert make_sample_class(Course.open(EXERCISES), tmp_path / "class")
    made, again = files(sample_folder), files(tmp_path / "class")
    assert made.keys() == again.keys()
    assert {path for path in made if made[path] != again[path]} <= {
        path for path in made if path.suffix == ".db"
    }


def test_a_folder_with_something_else_in_it_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("chapter one")
    with pytest.raises(CourseError, match="is not empty and not a sample class"):
        make_sample_class(Course.open(EXERCISES), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_is_no_place_for_a_class(tmp_path):
    (tmp_path / "class").write_text("mine")
    with pytest.raises(CourseError, match="is a file, where the folder for the sample class should be"):
        make_sample_class(Course.open(EXERCISES), tmp_path / "class")
    assert (tmp_path / "class").read_text() == "mine"


def test_a_course_without_the_exercise_makes_no_class(tmp_path):
    with pytest.raises(CourseError, match="there is no exercise 'conv_forward'"):
        make_sample_class(make_tiny_course(tmp_path / "course"), tmp_path / "class")
    assert not (tmp_path / "class").exists()


def test_the_points_expected_are_read_back(sample_folder):
    points = read_expected(sample_folder / EXPECTED, "conv_forward")
    assert points == {sample.student: sample.points for sample in SAMPLE}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("points", "is not a file of expected points"),
        ("{}", "is not a file of expected points"),
        ('{"exercise": "conv_forward", "points": {"amara": "all"}}', "is not a file of expected points"),
        (
            '{"exercise": "pooling", "points": {}}',
            "has the points expected for pooling, not for conv_forward",
        ),
    ],
)
def test_a_file_without_expected_points_is_told_why(tmp_path, content, reason):
    (tmp_path / "expected.json").write_text(content)
    with pytest.raises(CourseError, match=reason):
        read_expected(tmp_path / "expected.json", "conv_forward")


def test_every_difference_is_named_with_its_student():
    results = [
        Result("ada", 3, 4, 0, "graded"),
        Result("bob", 2.5, 4, 0, "graded"),
        Result("eve", 0, 4, 0, "missing"),
    ]
    assert unexpected(results, {"ada": 3.0, "bob": 2.0, "zoe": 1.0}) == [
        "bob has 2.5 points, expected 2 points",
        "eve has 0 points, expected no row",
        "zoe has no row, expected 1 points",
    ]
