"""What was graded from what, so that an unchanged class costs nothing to grade again."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

import coursekit
from coursekit.grading.course import CONFIG, Course

# The parts of this library on which no points depend.
NO_SAY = {"__pycache__", "book.py", "cli", "doctor.py", "figures"}


@dataclass(frozen=True)
class Entry:
    """What is noted of one graded submission.

    Attributes
    ----------
    key
        The fingerprint of what was graded.
    remark
        What was to be said about it.
    flags
        What a person should look at.
    questions
        Seconds for each question.
    """

    key: str
    remark: str = ""
    flags: tuple[str, ...] = ()
    questions: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """What was last graded for each student, a file each in a folder under `autograded/`.

    The files are only notes of what need not be done again: deleting them loses nothing but time, and the
    flags until the next run.
    """

    folder: Path

    @classmethod
    def of(cls, course: Course, exercise: str) -> "Record":
        """Return the record of an exercise; there may be none yet."""
        return cls(course.root / "autograded" / f".{exercise}")

    def read(self, student: str) -> Entry | None:
        """Return what was noted of a student's submission, None if nothing was that can be read."""
        try:
            content = json.loads(self._path(student).read_text(encoding="utf-8"))
            return Entry(
                str(content["key"]),
                str(content["remark"]),
                tuple(str(flag) for flag in content["flags"]),
                {str(name): float(seconds) for name, seconds in content["questions"].items()},
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def write(self, student: str, entry: Entry) -> None:
        """Note that a student's submission was graded."""
        path = self._path(student)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(entry), indent=1, ensure_ascii=False), encoding="utf-8")
        partial.replace(path)

    def forget(self, student: str) -> None:
        """Note that it has to be graded next time."""
        self._path(student).unlink(missing_ok=True)

    def _path(self, student: str) -> Path:
        return self.folder / f"{student}.json"


def fingerprint(course: Course, exercise: str, seed: int) -> str:
    """Return a hash of everything but the submission that points depend on.

    That is the exercise as it was released, the course's configuration and seed, the library that holds the
    checks, and the versions of what runs them.
    """
    exercise_folders = (course.folder(step, exercise) for step in ("source", "release"))
    return hash_of(*exercise_folders, course.root / CONFIG, salt=str(seed))


def hash_of(*paths: Path, salt: str = "") -> str:
    """Return a hash of files and folders, of this library, and of the versions of what it runs on."""
    digest = hashlib.sha256((environment() + salt).encode())
    for path in paths:
        _add_files(digest, path)
    return digest.hexdigest()


@cache
def environment() -> str:
    """Return what tells this library, and the versions of what it runs on, from others."""
    digest = hashlib.sha256()
    for part in sorted(Path(coursekit.__file__).parent.iterdir()):
        if part.name not in NO_SAY:
            _add_files(digest, part)
    packages = ("nbgrader", "numpy", "torch")
    return digest.hexdigest() + " ".join(f"{name} {version(name)}" for name in packages)


def _add_files(digest: "hashlib._Hash", root: Path) -> None:
    for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
        if (
            path.is_file()
            and not path.is_symlink()
            and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts)
        ):
            digest.update(f"{path.relative_to(root)}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
