"""What was graded from what, so that an unchanged class costs nothing to grade again."""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

import coursekit
from coursekit.grading.course import CONFIG, Course

# The parts of this library on which no points depend.
NO_SAY = {"__pycache__", "book.py", "cli", "doctor.py", "figures"}


@dataclass
class Record:
    """For each student the fingerprint of what was last graded, kept in a file under `autograded/`.

    The file is only a note of what need not be done again: deleting it loses nothing but time.
    """

    path: Path
    _entries: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, course: Course, exercise: str) -> "Record":
        """Read the record of an exercise; there may be none yet."""
        path = course.root / "autograded" / f".{exercise}.json"
        try:
            entries = json.loads(path.read_text())
            return cls(
                path, {student: {"key": e["key"], "remark": e["remark"]} for student, e in entries.items()}
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return cls(path)

    def key(self, student: str) -> str | None:
        """Return the fingerprint of what was graded, None if nothing was."""
        return self._entries.get(student, {}).get("key")

    def remark(self, student: str) -> str:
        """Return what was to be said about it."""
        return self._entries.get(student, {}).get("remark", "")

    def write(self, student: str, key: str, remark: str) -> None:
        """Note that a student's submission was graded."""
        self._entries[student] = {"key": key, "remark": remark}
        self._save()

    def forget(self, student: str) -> None:
        """Note that it has to be graded next time."""
        if self._entries.pop(student, None) is not None:
            self._save()

    def _save(self) -> None:
        self.path.parent.mkdir(exist_ok=True)
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(self._entries, indent=1, sort_keys=True))
        partial.replace(self.path)


def fingerprint(course: Course, exercise: str, submitted: Path) -> str:
    """Return a hash of everything that a submission's points depend on.

    That is the submission, the exercise as it was released, the course's configuration, the library that
    holds the checks, and the versions of what runs them.
    """
    exercise_folders = (course.folder(step, exercise) for step in ("source", "release"))
    return hash_of(submitted, *exercise_folders, course.root / CONFIG)


def hash_of(*paths: Path) -> str:
    """Return a hash of files and folders, of this library, and of the versions of what it runs on."""
    digest = hashlib.sha256(_environment().encode())
    for path in paths:
        _add_files(digest, path)
    return digest.hexdigest()


@cache
def _environment() -> str:
    digest = hashlib.sha256()
    for part in sorted(Path(coursekit.__file__).parent.iterdir()):
        if part.name not in NO_SAY:
            _add_files(digest, part)
    packages = ("nbgrader", "nbclient", "numpy", "torch")
    return digest.hexdigest() + " ".join(f"{name} {version(name)}" for name in packages)


def _add_files(digest: "hashlib._Hash", root: Path) -> None:
    for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
        if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts):
            digest.update(f"{path.relative_to(root)}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
