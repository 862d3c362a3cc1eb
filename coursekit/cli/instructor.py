"""The instructor's commands between the release of an exercise and its grades."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from coursekit.cli.course import COURSE, CourseFolder, Db, Exercise
from coursekit.cli.library import AsJson
from coursekit.cli.say import FOUND_WRONG, MISUSED, fail, near, print_table


def collect(
    exercise: Exercise,
    source: Annotated[Path, typer.Argument(help="A zip archive, or the folder of an unpacked one.")],
    course: CourseFolder = COURSE,
    platform: Annotated[
        str, typer.Option(help="Who named the files: nbgrader, moodle, canvas or gradescope.")
    ] = "nbgrader",
    pattern: Annotated[
        str | None,
        typer.Option(help="Other names, such as '{student_id}_{file}', or a regular expression with groups."),
    ] = None,
    replace: Annotated[bool, typer.Option(help="Put aside what was collected before.")] = False,
    new_students: Annotated[bool, typer.Option(help="Take ids that are not in the gradebook.")] = False,
    times_in: Annotated[
        str | None,
        typer.Option(help="The archive's times are when files were handed in, in this zone: Europe/Berlin."),
    ] = None,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Take what students handed in out of a learning platform's archive.

    Nothing is overwritten, and no file's name leads anywhere else. Status 1 if a file was refused or kept.

    Example: coursekit collect conv_forward submissions.zip --platform moodle
    """
    from coursekit import grading

    if platform not in grading.PATTERNS:
        fail(f"there is no platform {platform!r}; there are: {', '.join(grading.PATTERNS)}", MISUSED)
    try:
        zone = ZoneInfo(times_in) if times_in else None
    except (ZoneInfoNotFoundError, ValueError):
        fail(f"there is no time zone {times_in!r}; one is Europe/Berlin", MISUSED)
    found = grading.collect(
        grading.Course.open(course, db),
        exercise,
        source,
        platform,
        pattern=pattern,
        replace=replace,
        new_students=new_students,
        times_in=zone,
    )
    outcomes = [one.outcome for one in found]
    if as_json:
        print(json.dumps([dataclasses.asdict(one) for one in found], indent=2))
    else:
        rows = [(_shown(one.file), one.student, one.outcome, _shown(one.reason)) for one in found]
        print_table(rows, ("file", "student", "", "why"), right=set())
        print(", ".join(f"{outcomes.count(one)} {one}" for one in sorted(set(outcomes))) or "It is empty.")
    if {"refused", "kept"} & set(outcomes):
        raise typer.Exit(FOUND_WRONG)


def _shown(text: str) -> str:
    """Return text with signs that would steer a terminal as escapes, and short enough for a table."""
    plain = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
    return plain if len(plain) <= 200 else f"{plain[:160]} ... ({len(plain)} characters)"


def import_grades(
    table: Annotated[Path, typer.Argument(help="The table, saved from a spreadsheet as CSV in UTF-8.")],
    course: CourseFolder = COURSE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    db: Db = None,
    as_json: AsJson = False,
) -> None:
    """Enter the points and comments that were edited in a table of marks.

    The table is that of `coursekit export --format marks`. All of it is entered, or nothing.

    Example: coursekit import-grades exercises/grades-marks.csv --dry-run
    """
    from coursekit import grading

    changes = grading.import_marks(grading.Course.open(course, db), table, dry_run=dry_run)
    if as_json:
        print(json.dumps([dataclasses.asdict(one) for one in changes], indent=2))
        return
    if changes:
        rows = [
            (one.student, one.exercise, one.question, one.what, _value(one.before), _value(one.after))
            for one in changes
        ]
        print_table(rows, ("student", "exercise", "question", "what", "before", "after"), right={4, 5})
    print(f"{len(changes)} {'would change' if dry_run else 'changed'}.")


def _value(value: float | str | None) -> str:
    return _shown(value) if isinstance(value, str) else "" if value is None else f"{value:g}"


def report(
    exercise: Annotated[str, typer.Argument(help="All that are graded if left out.")] = "",
    course: CourseFolder = COURSE,
    to: Annotated[Path | None, typer.Option(help="The file; report.html in COURSE if left out.")] = None,
    db: Db = None,
) -> None:
    """Write a page about a class: points, checks, known mistakes, what is slow, what to look at.

    Example: coursekit report conv_forward
    """
    from coursekit import grading

    opened = grading.Course.open(course, db)
    target = to or opened.root / "report.html"
    for one in grading.write_report(opened, target, [exercise] if exercise else []):
        print(
            f"{one.name}: {len(one.points)} submissions, median {one.median:g} of {one.max_points:g} points"
        )
    print(f"The page: {near(target)}")
