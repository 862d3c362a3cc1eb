"""Collecting: what a platform hands out comes to its student's folder, whatever it is called."""

import shutil
import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from coursekit.grading import CourseError, NotInCourseError, collect, grade, students
from coursekit.grading.archive import LONGEST_NAME
from tests.grading.archives import METADATA, STUDENTS, link, member, write_zip
from tests.grading.tiny import hand_in

NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
OTHER = NOTEBOOK.replace(b"5}", b"4}")


@pytest.fixture
def course(released_course):
    """A released course that knows its students."""
    with released_course.gradebook() as gradebook:
        for student, (first, last, email) in STUDENTS.items():
            gradebook.add_student(student, first_name=first, last_name=last, email=email)
    return released_course


@pytest.fixture
def collected(course, tmp_path):
    """A function that collects from an archive of {name: content}: {name: (student, outcome, reason)}."""

    def collected(members, platform="nbgrader", **settings):
        archive = write_zip(tmp_path / "archive.zip", members)
        found = collect(course, "adding", archive, platform, **settings)
        return {one.file: (one.student, one.outcome, one.reason) for one in found}

    return collected


def there(course):
    """Return what is in the folder of submissions."""
    root = course.root / "submitted"
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def of(*owners):
    return {f"{student}/adding/adding.ipynb" for student in owners}


NAMES = {
    "nbgrader": {
        "ada/adding/adding.ipynb": "ada",
        "class/submitted/bob/adding/adding.ipynb": "bob",
        "zoé+adding+2026-05-03 12:00:00 UTC+d0e1f2/adding.ipynb": "zoé",
        "li+adding+2026-05-03 12:00:00.123456 CEST/adding.ipynb": "li",
    },
    "moodle": {
        "Ada Lovelace_1234567_assignsubmission_file_/adding.ipynb": "ada",
        "Course-Adding-42/Bobson, Jr. Bob_1234568_assignsubmission_file/mine/adding (1).ipynb": "bob",
        "Zoé Strauß_1234569_assignsubmission_file_adding.ipynb": "zoé",
        "李测试_1234570_assignsubmission_file/adding.ipynb": "li",
    },
    "canvas": {
        "lovelaceada_340934_208490284_adding.ipynb": "ada",
        "bobsonjrbob_LATE_340935_208490285_adding-2.ipynb": "bob",
        "straußzoé_340936_208490286_my answer.ipynb": "zoé",
        "李测试_340937_208490287_adding.ipynb": "li",
    },
}


@pytest.mark.parametrize("platform", NAMES)
def test_a_platforms_names_lead_to_its_students(platform, course, collected):
    found = collected(dict.fromkeys(NAMES[platform], NOTEBOOK), platform)
    assert {name: one[:2] for name, one in found.items()} == {
        name: (student, "taken") for name, student in NAMES[platform].items()
    }
    assert {path for path in there(course) if path.endswith(".ipynb")} == of(*STUDENTS)


def test_gradescopes_metadata_says_whose_a_submission_is_and_when_it_came(course, collected):
    found = collected(
        {
            "assignment_1_export/submission_metadata.yml": METADATA.encode(),
            "assignment_1_export/submission_101/adding.ipynb": NOTEBOOK,
            "assignment_1_export/submission_102/adding.ipynb": OTHER,  # of two students
            "assignment_1_export/submission_103/adding.ipynb": NOTEBOOK,
        },
        "gradescope",
    )
    assert there(course) >= of("ada", "bob", "zoé")
    assert found["assignment_1_export/submission_103/adding.ipynb"][1:] == (
        "refused",
        "is of submission_103, of which submission_metadata.yml does not tell",
    )
    stamps = [course.folder("submitted", "adding", one) / "timestamp.txt" for one in ("ada", "zoé")]
    assert [stamp.read_text() for stamp in stamps] == ["2026-05-03 12:00:00\n", "2026-05-04 06:30:00\n"]


@pytest.mark.parametrize(
    "pattern",
    ["{student_id}_{file}", r"(?P<student_id>\w+?)_(?P<file>.*)", "{first_name} {last_name}_{file}"],
)
def test_a_pattern_of_ones_own_may_be_a_template_or_an_expression(pattern, course, collected):
    name = "Ada Lovelace_adding.ipynb" if "name" in pattern else "ada_adding.ipynb"
    assert collected({name: NOTEBOOK}, pattern=pattern)[name] == ("ada", "taken", "")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(?P<student_id>", r"is no pattern"),
        ("{file}", r"must name file and one of student_id, name, email"),
        ("{student_id}", r"must name file"),
        ("{student}_{file}", r"in a pattern 'student' means nothing; what does: email, file"),
    ],
)
def test_a_pattern_that_tells_nothing_is_refused(pattern, message, collected):
    with pytest.raises(CourseError, match=message):
        collected({}, pattern=pattern)


def test_the_time_beside_a_notebook_comes_along(course, collected):
    collected({"ada/adding/adding.ipynb": NOTEBOOK, "ada/adding/timestamp.txt": b"2026-05-03 14:00:00+02:00"})
    assert (course.folder("submitted", "adding", "ada") / "timestamp.txt").read_text() == (
        "2026-05-03 12:00:00\n"
    )


def test_the_archives_times_count_where_their_zone_is_named(course, collected):
    name = "Ada Lovelace_1_assignsubmission_file/adding.ipynb"
    stamp = course.folder("submitted", "adding", "ada") / "timestamp.txt"
    collected({name: NOTEBOOK}, "moodle")
    assert not stamp.exists()
    collected({name: OTHER}, "moodle", replace=True, times_in=ZoneInfo("Europe/Berlin"))
    assert stamp.read_text() == "2026-05-03 10:00:00\n"


HOSTILE = {
    "../ada/adding/adding.ipynb": "has .. in its path",
    "ada/adding/../../../../x/adding/adding.ipynb": "has .. in its path",
    "/ada/adding/adding.ipynb": "has an absolute path",
    "C:/ada/adding/adding.ipynb": "has an absolute path",
    "..\\ada/adding/adding.ipynb": "has a backslash in its path",
    "ada/adding\0/adding.ipynb": "has a control character in its path",
    "ada/adding/adding.ipynb\0.txt": "has a control character in its path",
    "ada\x1b[2J/adding/adding.ipynb": "has a control character in its path",
    f"{'a' * 300}/adding/adding.ipynb": f"has a name of more than {LONGEST_NAME} characters",
    f"{'é' * 120}/adding/adding.ipynb": "cannot be a folder's name: it is too long",
    "ADA/adding/adding.ipynb": "there is 'ada', which differs in capitals only",
    "./adding/adding.ipynb": "cannot be a folder's name: it begins or ends with .",
    ".ssh/adding/adding.ipynb": "cannot be a folder's name: it begins or ends with .",
    "eve./adding/adding.ipynb": "cannot be a folder's name: it begins or ends with .",
    "e*e/adding/adding.ipynb": "cannot be a folder's name: it has a *",
    "{0}/adding/adding.ipynb": "cannot be a folder's name: it has a {",
    "a\u202eda/adding/adding.ipynb": "cannot be a folder's name: it has a character that does not show",
    "ada/subtracting/adding.ipynb": "does not match",
    "adding.ipynb": "does not match",
    "ada/adding/work.zip": "is an archive in the archive",
}


def test_hostile_names_are_listed_and_lead_nowhere(course, collected):
    before = set(course.root.parent.rglob("*"))
    found = collected(dict.fromkeys(HOSTILE, NOTEBOOK), new_students=True)
    assert {name: one[1] for name, one in found.items()} == dict.fromkeys(HOSTILE, "refused")
    assert [name for name, reason in HOSTILE.items() if reason not in found[name][2]] == []
    made = set(course.root.parent.rglob("*")) - before
    assert {path.name for path in made} == {"archive.zip"}


def test_an_id_in_the_gradebook_that_leads_elsewhere_is_refused_too(course, collected, tmp_path):
    with course.gradebook() as gradebook:
        gradebook.add_student("../../eve", first_name="Eve", last_name="Vile")
    name = "Eve Vile_7_assignsubmission_file/adding.ipynb"
    assert "cannot be a folder's name: it has a /" in collected({name: NOTEBOOK}, "moodle")[name][2]
    assert list(tmp_path.rglob("eve")) == []


def test_links_encrypted_and_strangely_packed_members_are_refused(course, tmp_path):
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr(link("ada/adding/adding.ipynb"), "/etc/passwd")
        archive.writestr(member("bob/adding/adding.ipynb", compress_type=zipfile.ZIP_LZMA), NOTEBOOK)
        archive.writestr(member("li/adding/adding.ipynb"), NOTEBOOK)
        archive.getinfo("li/adding/adding.ipynb").flag_bits |= 1  # in the directory at the archive's end
    found = collect(course, "adding", tmp_path / "archive.zip")
    assert [(one.outcome, one.reason) for one in found] == [
        ("refused", "is a link to another file"),
        ("refused", "is packed in another way than by zip's usual one"),
        ("refused", "is encrypted"),
    ]
    assert there(course) == set()


def test_links_in_a_folder_are_not_followed(course, tmp_path):
    folder = tmp_path / "unpacked" / "ada" / "adding"
    folder.mkdir(parents=True)
    (folder / "adding.ipynb").symlink_to("/etc/passwd")
    (tmp_path / "unpacked" / "bob").symlink_to(course.root)
    found = collect(course, "adding", tmp_path / "unpacked")
    assert [one.reason for one in found if one.file.endswith("adding.ipynb")] == ["is a link to another file"]
    assert {one.outcome for one in found} == {"refused"}


def test_a_bomb_is_refused_without_being_unpacked_whole(course, collected):
    bomb = bytes(200 * 2**20)
    assert collected({"ada/adding/adding.ipynb": bomb})["ada/adding/adding.ipynb"] == (
        *("ada", "refused"),
        "has more than 20 MiB",
    )
    assert there(course) == set()


def test_a_damaged_member_costs_itself_only(course, tmp_path):
    members = {f"{one}/adding/adding.ipynb": NOTEBOOK for one in ("ada", "bob")}
    path = write_zip(tmp_path / "archive.zip", members)
    content = path.read_bytes()
    at = content.index(b"adding.ipynb") + len("adding.ipynb") + 4
    path.write_bytes(content[:at] + b"\xff\xff\xff\xff" + content[at + 4 :])
    found = {one.student: one for one in collect(course, "adding", path)}
    assert (found["ada"].outcome, found["bob"].outcome) == ("refused", "taken")
    assert found["ada"].reason.startswith("is damaged")


def test_of_two_by_one_student_the_last_is_taken_where_that_is_known(course, collected):
    found = collected(
        {
            "lovelaceada_340934_208490284_adding.ipynb": OTHER,
            "lovelaceada_340934_208490999_adding-1.ipynb": NOTEBOOK,
        },
        "canvas",
    )
    assert [one[1] for one in found.values()] == ["refused", "taken"]
    assert found["lovelaceada_340934_208490284_adding.ipynb"][2].startswith("is older than lovelaceada")
    assert (course.folder("submitted", "adding", "ada") / "adding.ipynb").read_bytes() == NOTEBOOK


def test_of_two_by_one_student_none_is_taken_where_nothing_tells_the_last(course, collected):
    found = collected({"x/ada/adding/adding.ipynb": NOTEBOOK, "y/ada/adding/adding.ipynb": OTHER})
    assert {one[1:] for one in found.values()} == {
        ("refused", "is one of several, and nothing tells which is the last: leave one")
    }
    assert there(course) == set()


def test_what_was_collected_before_stays_until_it_is_told_to_go(course, collected):
    name = "ada/adding/adding.ipynb"
    path = course.folder("submitted", "adding", "ada") / "adding.ipynb"
    assert collected({name: NOTEBOOK})[name][1] == "taken"
    assert collected({name: NOTEBOOK})[name][1] == "unchanged"
    assert collected({name: OTHER})[name][1] == "kept"
    assert path.read_bytes() == NOTEBOOK
    assert collected({name: OTHER}, replace=True)[name][1:] == (
        *("replaced", "the former is in replaced/adding/ada/1"),
    )
    assert path.read_bytes() == OTHER
    assert (course.root / "replaced/adding/ada/1/adding.ipynb").read_bytes() == NOTEBOOK
    collected({name: NOTEBOOK}, replace=True)
    assert (course.root / "replaced/adding/ada/2/adding.ipynb").read_bytes() == OTHER


def test_who_is_not_in_the_gradebook_is_refused_unless_told(course, collected):
    name = "eve/adding/adding.ipynb"
    assert collected({name: NOTEBOOK})[name][1:] == (
        *("refused", "is of 'eve', who is not in the gradebook; --new-students takes all ids"),
    )
    assert collected({name: NOTEBOOK}, new_students=True)[name][:2] == ("eve", "taken")
    nobody = "Eve Nobody_1_assignsubmission_file/adding.ipynb"
    found = collected({nobody: NOTEBOOK}, "moodle", new_students=True)
    assert found[nobody][2] == "is of 'Eve Nobody', who is not in the gradebook"


def test_two_students_of_one_name_are_not_guessed_at(course, collected):
    with course.gradebook() as gradebook:
        gradebook.add_student("ada2", first_name="ADA", last_name="Lovelace")
    name = "Ada Lovelace_1_assignsubmission_file/adding.ipynb"
    found = collected({name: NOTEBOOK}, "moodle")
    assert found[name][2] == "may be of any of ada, ada2, who are all called 'Ada Lovelace'"


@pytest.mark.parametrize("name", ["Ada Love Lace", "A da Lovelace", "Ada"])
def test_a_name_that_is_only_alike_is_nobodys(name, course, collected):
    path = f"{name}_1_assignsubmission_file/adding.ipynb"
    assert collected({path: NOTEBOOK}, "moodle")[path][2] == f"is of {name!r}, who is not in the gradebook"


def test_a_disk_that_is_full_is_said(course, collected, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    name = "ada/adding/adding.ipynb"
    assert collected({name: NOTEBOOK})[name][1:] == ("refused", "cannot be written: No space left on device")
    assert there(course) == set()


def test_other_files_are_listed_and_macos_litter_is_not(course, collected):
    found = collected(
        {
            "ada/adding/adding.ipynb": NOTEBOOK,
            "ada/adding/notes.txt": b"x",
            "__MACOSX/ada/adding/._adding.ipynb": b"x",
            "ada/adding/.DS_Store": b"x",
        }
    )
    assert {name: one[1] for name, one in found.items()} == {
        "ada/adding/adding.ipynb": "taken",
        "ada/adding/notes.txt": "ignored",
    }
    assert there(course) == of("ada")


def test_an_unpacked_archive_is_collected_like_the_archive(course, tmp_path):
    with zipfile.ZipFile(write_zip(tmp_path / "a.zip", dict.fromkeys(NAMES["moodle"], NOTEBOOK))) as archive:
        archive.extractall(tmp_path / "unpacked")
    found = collect(course, "adding", tmp_path / "unpacked", "moodle")
    assert {one.outcome for one in found} == {"taken"}
    assert there(course) == of(*STUDENTS)


def test_what_is_collected_is_graded(course, tmp_path):
    path = hand_in(course, "ada", "def add(a, b):\n    return a + b")
    archive = write_zip(tmp_path / "a.zip", {"lovelaceada_1_2_adding.ipynb": path.read_bytes()})
    shutil.rmtree(path.parent)
    collect(course, "adding", archive, "canvas")
    assert students(course, "adding") == sorted(STUDENTS)
    (result,) = grade(course, "adding", ["ada"])
    assert (result.status, result.points) == ("graded", 6.0)


def test_what_is_no_archive_is_said(course, tmp_path):
    with pytest.raises(NotInCourseError, match="there is no archive or folder"):
        collect(course, "adding", tmp_path / "none.zip")
    (tmp_path / "text.zip").write_text("text")
    with pytest.raises(CourseError, match="cannot be read as a zip archive: File is not a zip file"):
        collect(course, "adding", tmp_path / "text.zip")
    archive = write_zip(tmp_path / "a.zip", {"submission_metadata.yml": b"a: [b"})
    with pytest.raises(CourseError, match=r"submission_metadata.yml cannot be read"):
        collect(course, "adding", archive, "gradescope")
