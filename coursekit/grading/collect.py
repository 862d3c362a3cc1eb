"""From what a learning platform hands out to the folders of an nbgrader course.

nbgrader's own `zip_collect` unpacks whatever an archive holds, takes any group of its pattern for a folder's
name, and with two files of one student ends the run or clears what was there. So it is not used; a pattern's
groups are called as in it.
"""

import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from nbgrader.utils import parse_utc

from coursekit.answers.values import whole
from coursekit.grading.archive import Member, UnreadableError, opened
from coursekit.grading.course import Course, replace_folder
from coursekit.grading.grades import read_students
from coursekit.grading.limits import Limits
from coursekit.grading.platforms import Class, Origin, compiled, origin, read_metadata

TIMESTAMP = "timestamp.txt"
# What browsers and platforms add to the name of a file that they have already.
_COPY = re.compile(r"(?:-\d+| ?\(\d+\))?\.ipynb", re.IGNORECASE)

Outcome = Literal["taken", "replaced", "unchanged", "kept", "refused", "ignored"]


@dataclass(frozen=True)
class Collected:
    """What became of one file.

    Attributes
    ----------
    file
        Its path in the archive.
    student
        Whose it is; empty where that is not known.
    outcome
        *taken*; *replaced*: taken, and what was there before was put aside; *unchanged*: the same is there;
        *kept*: another one is there and stays; *refused*; *ignored*: no notebook.
    reason
        Why, where that is to be said.
    """

    file: str
    student: str
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True)
class _Candidate:
    member: Member
    origin: Origin

    @property
    def age(self) -> tuple[datetime, int]:
        return self.origin.time or datetime.min, self.origin.order


def collect(
    course: Course,
    exercise: str,
    source: Path,
    platform: str = "nbgrader",
    *,
    pattern: str | None = None,
    replace: bool = False,
    new_students: bool = False,
    times_in: ZoneInfo | None = None,
) -> list[Collected]:
    """Copy notebooks out of an archive or a folder to `submitted/STUDENT/EXERCISE/`.

    Nothing is unpacked, and nothing is written but a notebook of the exercise under its own name, with
    `timestamp.txt` where it is known when it was handed in. Of two notebooks by one student the one that was
    handed in last is taken, and none where that cannot be told.

    Parameters
    ----------
    course, exercise
        For what; the exercise must have been released, for the gradebook tells who is in the class.
    source
        A zip archive, or a folder with what was in one.
    platform
        One of `platforms.PATTERNS`.
    pattern
        Another way to name files; see `platforms.compiled`.
    replace
        Whether to put another notebook of the same student, collected before, aside, to
        `replaced/EXERCISE/STUDENT/NUMBER`.
    new_students
        Whether an id that is not in the gradebook is taken as a new student's.
    times_in
        The time zone of the times in the archive, where those are when the files were handed in, as in
        Moodle's; None means that they say nothing.

    Returns
    -------
    list of Collected
        One for each file, in the archive's order, sorted by name.

    Raises
    ------
    NotInCourseError
        If there is no such exercise, archive or folder.
    CourseError
        If there is no gradebook yet, or the archive, its metadata or the pattern cannot be read.
    """
    course.check_exercise(exercise)
    with course.gradebook() as gradebook:
        known = Class(read_students(gradebook))
    expression = compiled(platform, pattern, exercise)
    done: dict[str, list[Collected]] = defaultdict(list)
    candidates: dict[str, list[_Candidate]] = defaultdict(list)
    with opened(source) as members:
        metadata = read_metadata(members) if "submission" in expression.groupindex else {}
        times = _times(members)
        for member in members:
            try:
                found = _origin(member, expression, metadata, times, times_in)
                if found is None:
                    done[member.name].append(Collected(member.name, "", "ignored", "is no notebook"))
                    continue
            except UnreadableError as error:
                done[member.name].append(Collected(member.name, "", "refused", str(error)))
                continue
            for owner in found.owners:
                try:
                    candidates[known.find(owner, new_students)].append(_Candidate(member, found))
                except UnreadableError as error:
                    done[member.name].append(Collected(member.name, "", "refused", str(error)))
        for student in sorted(candidates):
            for one in _take(course, exercise, student, candidates[student], replace):
                done[one.file].append(one)
    return [one for name in sorted(done) for one in done[name]]


def _origin(
    member: Member,
    expression: re.Pattern[str],
    metadata: dict[str, object],
    times: dict[str, str],
    times_in: ZoneInfo | None,
) -> Origin | None:
    """Return what is known of a notebook, None for any other file.

    Raises
    ------
    UnreadableError
        If it must not be read, or nothing tells whose it is.
    """
    if member.fault:
        raise UnreadableError(member.fault)
    if not member.name.lower().endswith(".ipynb"):
        if member.name.lower().endswith((".zip", ".7z", ".rar", ".tar", ".gz")):
            raise UnreadableError("is an archive in the archive: unpack it beside, and collect that folder")
        return None
    found = origin(member.name, expression, metadata)
    if found is None:
        raise UnreadableError(f"does not match {expression.pattern!r}")
    time = found.time
    folder = member.name.rpartition("/")[0]
    if time is None and folder in times:
        try:
            time = parse_utc(times[folder])
        except (ValueError, OverflowError) as error:
            raise UnreadableError(f"has a {TIMESTAMP} that is no time: {times[folder]!r}") from error
    if time is None and times_in is not None and member.modified is not None:
        time = member.modified.replace(tzinfo=times_in).astimezone(UTC).replace(tzinfo=None)
    return Origin(found.owners, found.file, time, found.order)


def _times(members: Iterable[Member]) -> dict[str, str]:
    """Return {folder: what its timestamp.txt says}."""
    found = {}
    for member in members:
        folder, _, name = member.name.rpartition("/")
        if name == TIMESTAMP and not member.fault:
            try:
                found[folder] = whole(member.read(100).decode(errors="replace")).strip()
            except UnreadableError as error:
                found[folder] = f"it {error}"
    return found


def _take(
    course: Course, exercise: str, student: str, candidates: list[_Candidate], replace: bool
) -> Iterator[Collected]:
    """Put one student's notebooks where they belong, and say what became of each."""
    chosen: dict[str, _Candidate] = {}
    for name, several in _by_notebook(course.notebooks(exercise), candidates).items():
        several.sort(key=lambda one: one.age)
        *older, newest = several
        reason = f"is older than {newest.member.name}"
        if not name:
            older, reason = several, f"is not called {' or '.join(course.notebooks(exercise))}"
        elif older and older[-1].age == newest.age:
            older, reason = several, "is one of several, and nothing tells which is the last: leave one"
        else:
            chosen[name] = newest
        for one in older:
            yield Collected(one.member.name, student, "refused", reason)
    contents = {}
    for name, one in chosen.items():
        try:
            contents[name] = one.member.read(Limits.of(course.config).notebook_bytes)
        except UnreadableError as error:
            yield Collected(one.member.name, student, "refused", str(error))
    times = [chosen[name].origin.time for name in contents]
    if not contents:
        return
    try:
        time = max(filter(None, times), default=None)
        outcome, reason = _put(course, exercise, student, contents, time, replace)
    except OSError as error:
        outcome, reason = "refused", f"cannot be written: {error.strerror}"
    for name in contents:
        renamed = f"was called {chosen[name].origin.file}" if chosen[name].origin.file != name else ""
        said = "; ".join(filter(None, (reason, renamed)))
        yield Collected(chosen[name].member.name, student, outcome, said)


def _by_notebook(names: list[str], candidates: list[_Candidate]) -> dict[str, list[_Candidate]]:
    """Return {the exercise's notebook: who may be it}; under "" are those that are none of them.

    The only notebook of a student is taken for the only one of an exercise, whatever it is called.
    """
    if len(names) == len(candidates) == 1:
        return {names[0]: candidates}
    found: dict[str, list[_Candidate]] = defaultdict(list)
    for one in candidates:
        stem = _COPY.sub("", one.origin.file.rpartition("/")[2])
        found[next((name for name in names if name == f"{stem}.ipynb"), "")].append(one)
    return found


def _put(
    course: Course,
    exercise: str,
    student: str,
    contents: dict[str, bytes],
    time: datetime | None,
    replace: bool,
) -> tuple[Outcome, str]:
    """Write a student's notebooks to a folder that is complete or not there; say what became of them."""
    target = course.folder("submitted", exercise, student)
    for path in (target.parent, target):
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            return "refused", f"{path.relative_to(course.root)} is there and is no folder"
    there = target.is_dir() and any(target.iterdir())
    if there and all(_same(target / name, content) for name, content in contents.items()):
        return "unchanged", ""
    if there and not replace:
        return "kept", "another one was collected before; --replace puts that aside"
    partial = course.root / "submitted.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    for name, content in contents.items():
        (partial / name).write_bytes(content)
    if time is not None:
        (partial / TIMESTAMP).write_text(f"{time.isoformat(' ')}\n")
    if not there:
        replace_folder(target, partial)
        return "taken", ""
    aside = course.root / "replaced" / exercise / student
    aside.mkdir(parents=True, exist_ok=True)
    numbers = [int(path.name) for path in aside.iterdir() if path.name.isdecimal()]
    aside /= str(max(numbers, default=0) + 1)
    target.rename(aside)
    replace_folder(target, partial)
    return "replaced", f"the former is in {aside.relative_to(course.root)}"


def _same(path: Path, content: bytes) -> bool:
    return path.is_file() and not path.is_symlink() and path.read_bytes() == content
