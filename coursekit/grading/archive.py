"""Reading what was handed in out of an archive or a folder, without ever unpacking it.

A file is read into memory by its member, so no name that stands in an archive ever becomes a path. Names are
looked at all the same: whoever made `../../.bashrc` meant no exercise.
"""

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from coursekit.answers.values import whole
from coursekit.grading.course import CourseError, NotInCourseError

LONGEST_NAME = 255
"""Characters in one part of a path: what common file systems take."""
MOST_MEMBERS = 100_000
# What macOS adds to every archive that it makes.
_JUNK = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$|\.ipynb_checkpoints/)")
# What may go wrong while a member is read; RuntimeError is zipfile's for encrypted ones.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


class UnreadableError(Exception):
    """A file of an archive cannot be read, or must not be. The message is the reason, without the name."""


@dataclass(frozen=True)
class Member:
    """One file of an archive or a folder.

    Attributes
    ----------
    name
        Its path in there, parts separated by slashes; as it was found, so for showing and matching only.
    modified
        When it was last changed by its maker's clock, without a time zone.
    fault
        Why it must not be read; empty if it may.
    content
        Reads at most so many bytes, and one more if there are more.
    """

    name: str
    modified: datetime | None
    fault: str
    content: Callable[[int], bytes]

    def read(self, most: int) -> bytes:
        """Return the content.

        Raises
        ------
        UnreadableError
            If it has more than `most` bytes once unpacked, whatever the archive says, or is damaged.
        """
        try:
            content = self.content(most)
        except _BROKEN as error:
            raise UnreadableError(f"is damaged ({whole(str(error))})") from error
        if len(content) > most:
            raise UnreadableError(f"has more than {most / 2**20:g} MiB")
        return content


@contextmanager
def opened(source: Path) -> Iterator[list[Member]]:
    """Give the files in a zip archive or a folder, by name; what macOS adds is left out.

    Raises
    ------
    NotInCourseError
        If there is nothing at `source`.
    CourseError
        If it is no zip archive and no folder, or has more than `MOST_MEMBERS` files.
    """
    if source.is_dir():
        members = list(_of_folder(source))
        yield _sorted(members, source)
        return
    if not source.exists():
        raise NotInCourseError(f"there is no archive or folder {source}")
    try:
        archive = zipfile.ZipFile(source)
    except _BROKEN as error:
        raise CourseError(f"{source} cannot be read as a zip archive: {error}") from error
    with archive:
        yield _sorted([_of_zip(archive, info) for info in archive.infolist() if not info.is_dir()], source)


def _sorted(members: list[Member], source: Path) -> list[Member]:
    if len(members) > MOST_MEMBERS:
        raise CourseError(f"{source} has {len(members)} files; at most {MOST_MEMBERS} are looked at")
    return sorted((one for one in members if not _JUNK.search(one.name)), key=lambda one: one.name)


def _of_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    def content(most: int) -> bytes:
        with archive.open(info) as file:
            return file.read(most + 1)

    name = info.orig_filename  # zipfile cuts `filename` at a NUL
    fault = _fault_of(name)
    if info.flag_bits & 1:
        fault = "is encrypted"
    elif stat.S_ISLNK(info.external_attr >> 16):
        fault = "is a link to another file"
    elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        fault = "is packed in another way than by zip's usual one"  # zipfile unpacks others without bound
    try:
        modified = datetime(*info.date_time)
    except ValueError:  # no such day
        modified = None
    return Member(whole(name), modified, fault, content)


def _of_folder(folder: Path) -> Iterator[Member]:
    for parent, folders, names in os.walk(folder):
        links = [name for name in folders if Path(parent, name).is_symlink()]  # which are not followed
        for path in (Path(parent, name) for name in [*names, *links]):

            def content(most: int, path: Path = path) -> bytes:
                with path.open("rb") as file:
                    return file.read(most + 1)

            name = path.relative_to(folder).as_posix()
            about = path.lstat()
            fault = "" if stat.S_ISREG(about.st_mode) else "is no plain file"
            if stat.S_ISLNK(about.st_mode):
                fault = "is a link to another file"
            yield Member(whole(name), None, fault or _fault_of(name), content)


def _fault_of(name: str) -> str:
    """Return what is wrong with a path in an archive."""
    parts = name.split("/")
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "has an absolute path"
    if ".." in parts:
        return "has .. in its path"
    if "\\" in name:
        return "has a backslash in its path"
    if re.search(r"[\x00-\x1f\x7f]", name) or whole(name) != name:
        return "has a control character in its path"
    if max(map(len, parts)) > LONGEST_NAME:
        return f"has a name of more than {LONGEST_NAME} characters"
    return ""
