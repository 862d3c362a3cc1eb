"""The commands about exercises and classes."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from coursekit.cli.library import AsJson
from coursekit.cli.say import FOUND_WRONG, MISUSED, fail, near, print_table, progress_bar

Exercise = Annotated[str, typer.Argument(help="The exercise's name, such as conv_forward.")]
CourseFolder = Annotated[Path, typer.Option("--course", help="The course's folder.")]
Db = Annotated[
    str | None,
    typer.Option("--db", help="The gradebook's address, such as postgresql+psycopg://user@host/course."),
]
Student = Annotated[str | None, typer.Option("--student", help="Only this student's id.")]
COURSE = Path("exercises")
# What a format has a row or a file for.
ROWS = {"csv": "grades", "gradescope": "submissions", "marks": "rows"}


def release(
    exercise: Annotated[str, typer.Argument(help="All exercises if left out.")] = "",
    course: CourseFolder = COURSE,
    due: Annotated[
        str | None,
        typer.Option(help="When it is due, such as '2026-05-03 23:59+02:00'; without a zone, UTC."),
    ] = None,
    archive: Annotated[
        Path | None, typer.Option("--zip", help="Write it to a zip file too, for a learning platform.")
    ] = None,
    db: Db = None,
) -> None:
    """Make the students' version of an exercise: solutions out, points into the gradebook.

    Example: coursekit release conv_forward --zip conv_forward.zip
    """
    from nbgrader.utils import parse_utc

    from coursekit import grading

    opened = grading.Course.open(course, db)
    if (due or archive) and not exercise:
        fail("--due and --zip are about one exercise: name it", MISUSED)
    try:
        when = parse_utc(due) if due else None
    except (ValueError, OverflowError):
        fail(f"{due!r} is no time; one is '2026-05-03 23:59+02:00'", MISUSED)
    for name in [exercise] if exercise else opened.exercises():
        folder = grading.release(opened, name, when)
        print(f"{name} is released in {near(folder)}, with nothing of the solution left in it.", flush=True)
    if archive is not None:
        grading.pack(folder, archive)
        print(f"For a learning platform: {near(archive)}")


def grade(
    exercise: Exercise,
    course: CourseFolder = COURSE,
    student: Student = None,
    force: Annotated[bool, typer.Option(help="Grade also what has not changed.")] = False,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Processes on this machine; all cores for a large class if left out."),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="A Dask scheduler's address: its workers judge.")
    ] = None,
    db: Db = None,
    unsafe_no_sandbox: Annotated[
        bool, typer.Option("--unsafe-no-sandbox", help="Run students' code unprotected.")
    ] = False,
    expected: Annotated[
        Path | None,
        typer.Option(help="Compare with the points in this file."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Grade what a class handed in. What was graded before and has not changed is left alone.

    Status 1 if something could not be graded, or if points differ from those expected.

    Example: coursekit grade conv_forward
    """
    from coursekit import grading

    opened = grading.Course.open(course, db)
    opened.check_exercise(exercise)
    tier = grading.choose_tier(opened, unsafe_no_sandbox)
    wanted = grading.read_expected(expected, exercise) if expected else {}
    if student is not None:
        wanted = {name: points for name, points in wanted.items() if name == student}
    chosen = None if student is None else [student]
    total = len(chosen or grading.students(opened, exercise))
    if not tier.confines:
        print(
            "coursekit: no sandbox: every submission runs with your rights on this machine", file=sys.stderr
        )
    with progress_bar("grading", total) as advance:
        results = grading.grade(
            opened,
            exercise,
            chosen,
            force=force,
            jobs=jobs,
            scheduler=scheduler,
            sandbox=tier.name,
            on_progress=lambda result: advance(result.student),
        )
    places = {
        "autograded notebooks": str(opened.root / "autograded"),
        "gradebook": opened.gradebook_name,
        "feedback": str(opened.root / "feedback"),
    }
    differences = grading.unexpected(results, wanted) if expected else []
    if as_json:
        rows = [dataclasses.asdict(result) for result in results]
        found = {"exercise": exercise, "sandbox": tier.name, "results": rows, "differences": differences}
        print(json.dumps({**found, "places": places}, indent=2))
    else:
        _print_results(results)
        _print_changes(results)
        print(f"{'sandbox:':<22}{tier.name}")
        for name, place in places.items():
            if Path(place).exists():
                place = near(Path(place))
            elif "://" not in place:  # nothing is there yet; the gradebook may be on a server
                continue
            print(f"{name + ':':<22}{place}")
        if expected and not differences:
            print(f"All points are those written down in {near(expected)}.")
    for difference in differences:
        print(f"coursekit: {difference}", file=sys.stderr)
    failed = [result.student for result in results if result.status == "failed"]
    if failed:
        print(f"coursekit: could not be graded: {', '.join(failed)}", file=sys.stderr)
    if failed or differences:
        raise typer.Exit(FOUND_WRONG)


def feedback(
    exercise: Exercise,
    course: CourseFolder = COURSE,
    student: Student = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="How many processes; one for each core if left out.")
    ] = None,
    db: Db = None,
) -> None:
    """Write a page for each graded student: their notebook with points and comments.

    The pages are safe to open: nothing of what was handed in runs in them or loads anything.

    Example: coursekit feedback conv_forward
    """
    from coursekit import grading

    opened = grading.Course.open(course, db)
    total = 1 if student else len(grading.graded_students(opened, exercise))
    with progress_bar("feedback", total) as advance:
        pages = grading.generate_feedback(
            opened, exercise, student, jobs=jobs, on_progress=lambda page: advance(page.student)
        )
    for page in pages:
        print(f"{page.student}: {page.error or near(page.folder)}")
    if any(page.error for page in pages):
        raise typer.Exit(FOUND_WRONG)


def export(
    course: CourseFolder = COURSE,
    file_format: Annotated[
        str,
        typer.Option(
            "--format", help="csv (nbgrader's own), canvas, moodle, gradescope, or marks (to edit)."
        ),
    ] = "csv",
    to: Annotated[
        Path | None, typer.Option(help="The file; for gradescope the folder. In COURSE if left out.")
    ] = None,
    exercise: Annotated[str | None, typer.Option(help="Only this exercise.")] = None,
    db: Db = None,
) -> None:
    """Write the grades to a file for other programs; for Gradescope, a file for each student.

    A name that a spreadsheet would take for a formula gets an apostrophe in front.

    Example: coursekit export --format canvas --to canvas.csv
    """
    from coursekit import grading

    if file_format not in grading.FORMATS:
        fail(f"there is no format {file_format!r}; there are: {', '.join(grading.FORMATS)}", MISUSED)
    opened = grading.Course.open(course, db)
    target = to or grading.default_target(opened, file_format)
    rows = grading.export_grades(opened, target, file_format, exercise)
    print(f"{rows} {ROWS.get(file_format, 'students')} are in {near(target)}")


def similar(
    exercise: Exercise,
    course: CourseFolder = COURSE,
    threshold: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="List pairs that are at least so alike.")
    ] = 0.8,
    to: Annotated[Path | None, typer.Option("--bundle", help="Write a zip file for JPlag or MOSS.")] = None,
    as_json: AsJson = False,
) -> None:
    """List submissions whose code is much alike, for a person to look at; it proves nothing.

    Example: coursekit similar conv_forward --bundle submissions.zip
    """
    from coursekit import grading

    opened = grading.Course.open(course)
    pairs = grading.similar(opened, exercise, threshold)
    if as_json:
        print(json.dumps([dataclasses.asdict(pair) for pair in pairs], indent=2))
    elif pairs:
        rows = [(pair.first, pair.second, f"{pair.similarity:.0%}") for pair in pairs]
        print_table(rows, ("submission", "submission", "alike"), right={2})
    else:
        print(f"No two submissions of {exercise} are {threshold:.0%} alike or more.")
    if to is not None:
        count = grading.bundle(opened, exercise, to)
        print(f"{count} submissions are in {near(to)}", file=sys.stderr)


def mutants(
    exercise: Annotated[str, typer.Argument(help="All exercises if left out.")] = "",
    course: CourseFolder = COURSE,
    as_json: AsJson = False,
) -> None:
    """Prove the checks: run every wrong answer of the bank, and show the points that each loses.

    Status 1 if one survives a check that it should fail, fails one that it should not, or is not named.

    Example: coursekit mutants conv_forward
    """
    from coursekit import checks, grading
    from coursekit.checks.mutation import Bank
    from coursekit.grading.course import read_notebook

    opened = grading.Course.open(course)
    names = [exercise] if exercise else [name for name in checks.names() if name in opened.exercises()]
    complaints, found = [], []
    for name in names:
        opened.check_exercise(name)
        chosen = checks.get(name)
        points = {f"{q.function}.{check.name}": check.points for q in chosen.questions for check in q.checks}
        bank = Bank(chosen, read_notebook(opened.folder("source", name) / opened.notebooks(name)[0]))
        rows = []
        with progress_bar(name, len(chosen.mutants)) as advance:
            for mutant in chosen.mutants:
                tried = bank.trial(mutant)
                advance(mutant.name)
                if tried.complaint:
                    complaints.append(f"{name}: {mutant.name}: {tried.complaint}")
                lost = {check: points[check] for check in points if check in tried.lost}
                found.append({"exercise": name, "mutant": mutant.name, "lost": lost})
                said = ", ".join(f"{check} {value:g}" for check, value in lost.items())
                rows.append((mutant.name, f"{sum(lost.values()):g}", said))
        if not as_json:
            print(f"{name}: {chosen.points:g} points, {len(rows)} wrong answers")
            print_table(rows, ("wrong answer", "points lost", "by check"), right={1})
    if as_json:
        print(json.dumps({"mutants": found, "complaints": complaints}, indent=2))
    for complaint in complaints:
        print(f"coursekit: {complaint}", file=sys.stderr)
    if complaints:
        raise typer.Exit(FOUND_WRONG)


def sample_class(
    folder: Annotated[Path, typer.Argument(help="Where to make it.")], course: CourseFolder = COURSE
) -> None:
    """Make a course with a class of seven made-up students who handed in conv_forward.

    Their expected points are written beside it, for `coursekit grade --expected`.

    Example: coursekit sample-class sample
    """
    from coursekit import grading

    made = grading.make_sample_class(grading.Course.open(course), folder)
    state = "made" if made else "there already and unchanged"
    print(f"The class is {state}: {near(folder)}; expected points: {near(folder / grading.EXPECTED)}")


def _print_changes(results: list[Any]) -> None:
    """Say whose points are other ones than an earlier grading gave."""
    changed = [one for one in results if one.points_before not in (None, one.points) or one.changes]
    if changed:
        rows = [
            (one.student, f"{one.points_before:g} -> {one.points:g}", "\n".join(one.changes))
            for one in changed
        ]
        print("Points that are not those of the grading before:")
        print_table(rows, ("student", "points", "which checks"), right={1})
    elif any(one.points_before is not None for one in results):
        print("All points are those of the grading before.")


def _print_results(results: list[Any]) -> None:
    if not results:
        print("Nothing was handed in, and there is no student in the gradebook.")
        return
    rows = []
    for result in results:
        remark = {"graded": "", "failed": "NOT GRADED"}.get(result.status, result.status)
        remarks = ": ".join(part for part in (remark, result.remark) if part)
        remarks = "\n".join([*([remarks] if remarks else []), *(f"look: {flag}" for flag in result.flags)])
        points = f"{result.points:g} / {result.max_points:g}"
        rows.append((result.student, points, f"{result.seconds:.1f}", remarks))
    print_table(rows, ("student", "points", "seconds", "remark"), right={1, 2})
