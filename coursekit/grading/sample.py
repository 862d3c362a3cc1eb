"""A sample class: seven made-up students, and the points that each must get, written down beforehand."""

import inspect
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coursekit.grading.course import CONFIG, Course, CourseError, read_notebook, replace_folder
from coursekit.grading.grade import Result
from coursekit.grading.record import hash_of
from coursekit.grading.release import release

EXERCISE = "conv_forward"
EXPECTED = "expected.json"


@dataclass(frozen=True)
class Sample:
    """A made-up student and how the submission is made.

    Attributes
    ----------
    student, first_name, last_name
        Id and name.
    kind
        What the submission is an example of.
    points
        What it must get.
    mutants
        Wrong answers from the exercise's bank, "function.wrong", that take the right ones' place.
    code
        {function: what follows the right answer in the cell that defines it}.
    solved
        Whether it starts from the solution; otherwise it is the released notebook as it is.
    handed_in
        Whether there is a submission at all.
    """

    student: str
    first_name: str
    last_name: str
    kind: str
    points: float
    mutants: tuple[str, ...] = ()
    code: Mapping[str, str] = field(default_factory=dict)
    solved: bool = True
    handed_in: bool = True


PARTLY = ("conv2d_loops.bias_forgotten", "conv2d.stride_ignored")
WRONG = ("pad.padding_with_the_edge", "conv2d_loops.true_convolution", "im2col.columns_as_rows")
CRASH = {"conv2d": "import os\n\nos._exit(1)"}
NO_END = {"conv2d_loops": "def conv2d_loops(*arguments, **settings):\n    while True:\n        pass"}

# The exercise: pad 2 points, conv2d_loops 5, im2col 3, conv2d 3, conv2d_grouped 3.
SAMPLE = (
    Sample("amara", "Amara", "Okafor", "perfect", 16),
    Sample(
        "bruno",
        "Bruno",
        "Silva",
        "partly right",
        12,
        ("conv2d_loops.bias_forgotten", "conv2d.stride_ignored"),
    ),
    Sample("chloe", "Chloé", "Martin", "wrong", 0, WRONG),
    Sample("deniz", "Deniz", "Kaya", "blank", 0, solved=False),
    Sample("emil", "Emil", "Novák", "crashing", 10, code=CRASH),  # what came before the crash counts
    Sample("farah", "Farah", "Haddad", "endless", 11, code=NO_END),
    Sample("grace", "Grace", "Mensah", "missing", 0, handed_in=False),
)


def make_sample_class(course: Course, folder: Path) -> bool:
    """Make a course with the sample class in `folder`, released and ready to be graded.

    Parameters
    ----------
    course
        The course whose configuration and exercise are copied.
    folder
        A new or empty folder, or a sample class made earlier: one that is made of the same things stays as
        it is, with its grades; any other is replaced.

    Returns
    -------
    bool
        Whether it was made; False if it was there and stays.

    Raises
    ------
    CourseError
        If `folder` holds something else, or the exercise cannot be released.
    """
    course.check_exercise(EXERCISE)
    folder = folder.resolve()
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is a file, where the folder for the sample class should be")
    if folder.exists() and any(folder.iterdir()) and not (folder / EXPECTED).is_file():
        raise CourseError(f"{folder} is not empty and not a sample class: name another folder")
    made_from = hash_of(course.folder("source", EXERCISE), course.root / CONFIG)
    if _made_from(folder) == made_from:
        return False
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        (partial / "source").mkdir(parents=True)
        shutil.copyfile(course.root / CONFIG, partial / CONFIG)
        shutil.copytree(course.folder("source", EXERCISE), partial / "source" / EXERCISE)
        _fill(Course.open(partial))
        points = {sample.student: sample.points for sample in SAMPLE}
        expected = {"exercise": EXERCISE, "points": points, "made_from": made_from}
        (partial / EXPECTED).write_text(json.dumps(expected, indent=2) + "\n")
        replace_folder(folder, partial)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return True


def is_untouched(course: Course) -> bool:
    """Whether a course is a sample class in which every submission is as `make_sample_class` made it."""
    if _made_from(course.root) is None:
        return False
    submissions = {
        course.folder("submitted", EXERCISE, sample.student) / name: sample
        for sample in SAMPLE
        if sample.handed_in
        for name in course.notebooks(EXERCISE)
    }
    there = {path for path in (course.root / "submitted").rglob("*") if not path.is_dir()}
    return there == set(submissions) and all(
        path.read_text(encoding="utf-8") == _text(submission(course, path.name, sample))
        for path, sample in submissions.items()
    )


def read_expected(path: Path, exercise: str) -> dict[str, float]:
    """Return the points that each student must get, from a file that `make_sample_class` wrote.

    Raises
    ------
    CourseError
        If the file cannot be read, or is about another exercise.
    """
    try:
        expected = json.loads(path.read_bytes())
        about, points = expected["exercise"], {s: float(p) for s, p in expected["points"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CourseError(f"{path} is not a file of expected points: {error}") from error
    if about != exercise:
        raise CourseError(f"{path} has the points expected for {about}, not for {exercise}")
    return points


def unexpected(results: Sequence[Result], expected: dict[str, float]) -> list[str]:
    """Return a sentence for each student whose points are not those expected."""
    got = {result.student: result.points for result in results}
    return [
        f"{student} has {_said(got.get(student))}, expected {_said(expected.get(student))}"
        for student in sorted(got.keys() | expected.keys())
        if got.get(student) is None
        or expected.get(student) is None
        or abs(got[student] - expected[student]) > 1e-9
    ]


def submission(course: Course, name: str, sample: Sample) -> Any:
    """Return one notebook as a sample student would hand it in: the released one, with the answers put in."""
    notebook = read_notebook(course.folder("release", EXERCISE) / name)
    if not sample.solved:
        return notebook
    source = read_notebook(course.folder("source", EXERCISE) / name)
    answers = {
        cell.metadata.nbgrader.grade_id: _without_marks(cell.source)
        for cell in source.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in notebook.cells}
    for grade_id, answer in answers.items():
        defined = re.findall(r"^def (\w+)\(", answer, re.MULTILINE)
        extra = [_mutated(name) for name in sample.mutants if name.split(".")[0] in defined]
        extra += [sample.code[function] for function in defined if function in sample.code]
        cells[grade_id].source = "\n\n\n".join([answer, *extra])
    return notebook


def _mutated(name: str) -> str:
    """Return code that puts a mutant, written out, in the place of the function defined above it."""
    from coursekit import checks

    function, _, wrong_name = name.partition(".")
    wrong = next(
        mutant.wrong
        for mutant in checks.get(EXERCISE).mutants
        if (mutant.function, mutant.wrong.__name__) == (function, wrong_name)
    )
    imports = ["import functools"]
    for used in ("Any", *wrong.__code__.co_names):
        value = wrong.__globals__.get(used)
        if inspect.ismodule(value):
            imports.append(f"import {value.__name__} as {used}")
        elif value is not None and value.__module__ != wrong.__module__:  # else np.pad's name, not a function
            imports.append(f"from {value.__module__} import {used}")
    source = inspect.getsource(wrong).rstrip()
    return "\n\n\n".join(
        ["\n".join(imports), source, f"{function} = functools.partial({wrong_name}, {function})"]
    )


def _without_marks(source: str) -> str:
    return "\n".join(line for line in source.split("\n") if not re.search("(BEGIN|END) SOLUTION", line))


def _fill(course: Course) -> None:
    """Release the exercise in a new course, enter the students and hand in for them."""
    release(course, EXERCISE)
    with course.gradebook() as gradebook:
        for sample in SAMPLE:
            gradebook.update_or_create_student(
                sample.student, first_name=sample.first_name, last_name=sample.last_name
            )
    for sample in SAMPLE:
        if sample.handed_in:
            folder = course.folder("submitted", EXERCISE, sample.student)
            folder.mkdir(parents=True)
            for name in course.notebooks(EXERCISE):
                (folder / name).write_text(_text(submission(course, name, sample)), encoding="utf-8")


def _text(notebook: Any) -> str:
    import nbformat

    return str(nbformat.writes(notebook))  # type: ignore[no-untyped-call]


def _made_from(folder: Path) -> str | None:
    try:
        return str(json.loads((folder / EXPECTED).read_bytes())["made_from"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _said(points: float | None) -> str:
    return "no row" if points is None else f"{points:g} points"
