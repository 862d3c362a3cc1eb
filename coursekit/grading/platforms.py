"""Whose a file is, by the names that learning platforms give to what they hand out."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unicodedata import normalize

import yaml
from nbgrader.utils import parse_utc

from coursekit.grading.archive import Member, UnreadableError
from coursekit.grading.course import CourseError
from coursekit.grading.grades import Student

PATTERNS = {
    # Folders as nbgrader has them under submitted/, or as its exchange has them under inbound/.
    "nbgrader": r"(?:.*/)?(?P<student_id>[^/]+)(?:/{exercise}|\+{exercise}\+(?P<timestamp>[^/+]+)[^/]*)/"
    r"(?P<file>[^/]+)",
    # moodle/moodle, mod/assign/classes/downloader.php: in folders, in older versions with a last underscore,
    # or without.
    "moodle": r"(?:.*/)?(?P<name>[^/]+)_\d+_assignsubmission_file(?:_?/(?:.*/)?|_)(?P<file>[^/]+)",
    # instructure/canvas-lms, lib/content_zipper.rb: sortable name, user, attachment, name of the file.
    "canvas": r"(?:.*/)?(?P<name>[^/]+?)(?:_LATE)?_\d+_(?P<order>\d+)_(?P<file>[^/]+)",
    # A folder for each submission; `submission_metadata.yml` says whose it is.
    "gradescope": r"(?:.*/)?(?P<submission>submission_\d+)/(?:.*/)?(?P<file>[^/]+)",
}
METADATA = "submission_metadata.yml"
METADATA_BYTES = 200 * 2**20
_GROUPS = {"student_id", "name", "first_name", "last_name", "email", "submission"}
_KNOWN_GROUPS = _GROUPS | {"file", "timestamp", "order"}


@dataclass(frozen=True)
class Origin:
    """What a platform says of one file.

    Attributes
    ----------
    owners
        Who handed it in, each as {"student_id", "email", "name"}, what is unknown empty.
    file
        The name that the student gave it.
    time
        When it was handed in, in UTC, None if that is not said.
    order
        A number that is larger for what was handed in later; 0 if there is none.
    """

    owners: tuple[Mapping[str, str], ...]
    file: str
    time: datetime | None = None
    order: int = 0


def compiled(platform: str, pattern: str | None, exercise: str) -> re.Pattern[str]:
    """Return the expression that matches whole paths, of a platform or of a user's own pattern.

    A user's is a regular expression with named groups, or a template such as "{student_id}_{file}", in which
    each name stands for anything but a slash.

    Raises
    ------
    CourseError
        If it is no expression, does not say whose a file is, or has a group that means nothing.
    """
    if pattern is None:
        return re.compile(PATTERNS[platform].replace("{exercise}", re.escape(exercise)))
    expression = pattern
    if "(?P<" not in pattern:
        parts = re.split(r"\{(\w+)\}", pattern)
        groups = [f"(?P<{part}>[^/]+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)]
        expression = "(?:.*/)?" + "".join(groups)
    try:
        found = re.compile(expression)
    except re.error as error:
        raise CourseError(f"{pattern!r} is no pattern: {error}") from error
    known = ", ".join(sorted(_KNOWN_GROUPS - {"submission"}))
    if unknown := found.groupindex.keys() - _KNOWN_GROUPS:
        raise CourseError(f"in a pattern {min(unknown)!r} means nothing; what does: {known}")
    if not found.groupindex.keys() & _GROUPS or "file" not in found.groupindex:
        raise CourseError(
            f"{pattern!r} must name file and one of student_id, name, email; it may name: {known}"
        )
    return found


def origin(path: str, expression: re.Pattern[str], metadata: Mapping[str, Any]) -> Origin | None:
    """Return what a file's path says of it, None if it does not match.

    Raises
    ------
    UnreadableError
        If the path names a time that is none, or a submission that is not in the metadata.
    """
    match = expression.fullmatch(normalize("NFC", path))
    if match is None:
        return None
    said = {name: text or "" for name, text in match.groupdict().items()}
    time, owners = said.get("timestamp") or None, [said]
    if "submission" in said:
        try:
            about = metadata[said["submission"]]
            time = about.get(":created_at")
            owners = [
                {key[1:]: str(value or "") for key, value in one.items()} for one in about[":submitters"]
            ]
        except (KeyError, TypeError, AttributeError) as error:
            raise UnreadableError(f"is of {said['submission']}, of which {METADATA} does not tell") from error
        for owner in owners:
            owner["student_id"] = owner.get("sid", "")
    try:
        handed_in, order = parse_utc(time) if time else None, int(said.get("order") or 0)
    except (ValueError, OverflowError) as error:
        raise UnreadableError(f"has a time or an order that is none ({error})") from error
    return Origin(tuple(map(_owner, owners)), said["file"], handed_in, order)


def _owner(said: Mapping[str, str]) -> dict[str, str]:
    name = said.get("name") or f"{said.get('first_name', '')} {said.get('last_name', '')}"
    return {
        "student_id": normalize("NFC", said.get("student_id", "").strip()),
        "email": said.get("email", "").strip(),
        "name": name.strip(),
    }


def read_metadata(members: Iterable[Member]) -> dict[str, Any]:
    """Return what Gradescope's `submission_metadata.yml` says, {} if it is not among the files.

    It is Ruby's YAML: keys begin with a colon, and mappings may be tagged with the name of a class.

    Raises
    ------
    CourseError
        If it cannot be read.
    """

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        pass

    Loader.add_multi_constructor("!ruby/", lambda loader, _, node: loader.construct_mapping(node, deep=True))
    for member in members:
        if member.name.rpartition("/")[2] == METADATA and not member.fault:
            try:
                found = yaml.load(member.read(METADATA_BYTES), Loader)
            except (yaml.YAMLError, UnreadableError, ValueError, RecursionError) as error:
                raise CourseError(f"{member.name} cannot be read: {error}") from error
            return found if isinstance(found, dict) else {}
    return {}


class Class:
    """The students of a gradebook, to be found by what platforms call them.

    Parameters
    ----------
    students
        All that the gradebook has.
    """

    def __init__(self, students: Sequence[Student]) -> None:
        self.ids = {student.id for student in students}
        self._by_case = {student.id.casefold(): student.id for student in students}
        self._by_name: dict[Hashable, set[str]] = defaultdict(set)
        for student in students:
            first, last = student.first_name, student.last_name
            joined = ("".join((one + other).split()) for one, other in ((first, last), (last, first)))
            for key in (student.email.casefold(), _name(f"{first} {last}"), *map(_name, joined)):
                self._by_name[key].add(student.id)

    def find(self, owner: Mapping[str, str], new: bool) -> str:
        """Return the id of the student that is meant: by id, else by address, else by name.

        Capitals and punctuation make no difference in a name, nor which of its words comes first.

        Parameters
        ----------
        owner
            As in `Origin.owners`.
        new
            Whether an id that nobody has may be a new student's.

        Raises
        ------
        UnreadableError
            If that is nobody, more than one, or somebody whose id cannot be a folder's name.
        """
        student = self._find(owner)
        if fault := _fault_of_id(student):
            raise UnreadableError(f"is of {student!r}, which cannot be a folder's name: {fault}")
        if student in self.ids:
            return student
        if other := self._by_case.get(student.casefold()):
            raise UnreadableError(
                f"is of {student!r}, and there is {other!r}, which differs in capitals only"
            )
        if not new:
            raise UnreadableError(
                f"is of {student!r}, who is not in the gradebook; --new-students takes all ids"
            )
        self.ids.add(student)
        self._by_case[student.casefold()] = student
        return student

    def _find(self, owner: Mapping[str, str]) -> str:
        said = owner["student_id"]
        if said in self.ids:
            return said
        for name, key in ((owner["email"], owner["email"].casefold()), (owner["name"], _name(owner["name"]))):
            found = self._by_name.get(key, set()) if key else set()
            if len(found) > 1:
                raise UnreadableError(
                    f"may be of any of {', '.join(sorted(found))}, who are all called {name!r}"
                )
            if found:
                return min(found)
        if not said:
            who = owner["email"] or owner["name"]
            raise UnreadableError(f"is of {who!r}, who is not in the gradebook")
        return said


def _fault_of_id(student: str) -> str:
    """Return why an id cannot be the name of a folder on every system."""
    if found := re.search(r'[/\\:*?"<>|\[\]{}]', student):
        return f"it has a {found.group()}"
    if not student.isprintable():
        return "it has a character that does not show"
    if student.startswith((".", "~", "-")) or student.endswith("."):
        return f"it begins or ends with {student[0] if not student.endswith('.') else '.'}"
    return "it is too long" if len(student.encode()) > 200 else ""


def _name(name: str) -> Hashable:
    """Return what a name's spellings have in common: its words, of letters and digits, in any order.

    One word, as names are in Canvas, is that word.
    """
    words = ["".join(filter(str.isalnum, word)) for word in normalize("NFC", name).casefold().split()]
    words = sorted(filter(None, words))
    return tuple(words) if len(words) > 1 else "".join(words)
