"""The folder of an nbgrader course: what is in it, where things lie, and whether its gradebook is its own."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from coursekit.answers.values import whole

CONFIG = "nbgrader_config.py"
MOST_PARTS = 200_000
"""Lists and dictionaries in a notebook: an empty one takes three bytes of a file, and hundreds of memory."""


class CourseError(Exception):
    """Something in a course's files is not as it must be. The message says what, where, and what to do."""


class NotInCourseError(CourseError):
    """Something was asked for that the course does not have. The message lists what it has."""


@dataclass(frozen=True)
class Course:
    """A course folder and its configuration. Make one with `Course.open`.

    Attributes
    ----------
    root
        The folder that holds `nbgrader_config.py` and `source/`.
    config
        What `nbgrader_config.py` says.
    """

    root: Path
    config: Config

    @classmethod
    def open(cls, root: Path | str, db: str | None = None) -> "Course":
        """Return the course in the folder `root`.

        Parameters
        ----------
        root
            The folder.
        db
            SQLAlchemy's address of the gradebook, if it is another than the configuration's, such as
            "postgresql+psycopg://user@host/course". A password is better kept out of it: the server's own
            library finds one in `~/.pgpass`.

        Raises
        ------
        NotInCourseError
            If `root` is not the folder of a course.
        CourseError
            If its configuration cannot be read.
        """
        root = Path(root).resolve()
        if not root.is_dir():
            raise NotInCourseError(f"there is no folder {root}; give the course's folder with --course")
        if set("*?[]") & set(str(root)):
            raise CourseError(f"nbgrader cannot work in {root}: rename the folder without any of * ? [ ]")
        if not (root / CONFIG).is_file() or not (root / "source").is_dir():
            raise NotInCourseError(f"{root} is not a course: it needs {CONFIG} and a folder source/")
        try:
            config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
        except Exception as error:  # the file is a program: anything may be wrong with it
            raise CourseError(f"{root / CONFIG} cannot be read: {type(error).__name__}: {error}") from error
        config.CourseDirectory.root = str(root)
        if db is not None:
            config.CourseDirectory.db_url = db
        return cls(root, config)

    @property
    def course_id(self) -> str:
        """The name under which the gradebook knows the course."""
        return str(self.directory().course_id)

    def directory(self, student: str = "*", exercise: str = "") -> Any:
        """Return a new `nbgrader.coursedir.CourseDirectory`, which nbgrader's converters ask for paths."""
        from nbgrader.coursedir import CourseDirectory

        return CourseDirectory(config=self.config, student_id=student, assignment_id=exercise)

    def exercises(self) -> list[str]:
        """Return the names of the exercises that have a source notebook."""
        return sorted(path.parent.name for path in self.root.glob("source/*/*.ipynb") if _visible(path))

    def check_exercise(self, exercise: str) -> None:
        """Raise `NotInCourseError` if there is no such exercise."""
        if exercise not in self.exercises():
            there_are = ", ".join(self.exercises()) or "none"
            raise NotInCourseError(
                f"there is no exercise {exercise!r} in {self.root}; there are: {there_are}"
            )

    def folder(self, step: str, exercise: str, student: str = ".") -> Path:
        """Return the folder of one exercise at one step.

        Parameters
        ----------
        step
            source, release, submitted, autograded or feedback.
        exercise
            The exercise's name.
        student
            Whose, where the step has a folder for each student.
        """
        return Path(self.directory().format_path(step, student, exercise))

    def notebooks(self, exercise: str) -> list[str]:
        """Return the file names of an exercise's notebooks, as in its source."""
        return sorted(path.name for path in self.folder("source", exercise).glob("*.ipynb") if _visible(path))

    def gradebook(self, make: bool = False) -> Any:
        """Open the gradebook; `make` makes one if there is none. See `gradebook.open_gradebook`."""
        from coursekit.grading.gradebook import open_gradebook

        return open_gradebook(str(self.directory().db_url), self.course_id, make)

    @property
    def gradebook_name(self) -> str:
        """Where the gradebook lies: a path, or a server's address without its password."""
        from coursekit.grading.gradebook import spoken

        return spoken(str(self.directory().db_url))

    def check_gradebook(self) -> bool:
        """Return whether there is a gradebook. Only reads. See `gradebook.check_gradebook`."""
        from coursekit.grading.gradebook import check_gradebook

        return check_gradebook(str(self.directory().db_url), self.course_id)


def read_notebook(path: Path) -> Any:
    """Return the notebook in the file `path`, in the newest format.

    Raises
    ------
    CourseError
        If the file cannot be read, is not JSON, or is not a notebook; see `parse_notebook`.
    """
    if not path.is_file():
        raise CourseError(f"there is no notebook {path}")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}") from error
    return parse_notebook(content, str(path))


def parse_notebook(content: bytes, name: str) -> Any:
    """Return the notebook in a file's content, in the newest format; `name` is for messages.

    Raises
    ------
    CourseError
        If it is not JSON, or not a notebook. Small faults against nbformat's schema, such as other programs
        leave in outputs, are let pass, as nbgrader does.
    """
    import nbformat.reader

    if content.count(b"{") + content.count(b"[") > MOST_PARTS:
        raise CourseError(f"{name} is not read: it has more than {MOST_PARTS} brackets")
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CourseError(f"{name} is not a notebook: it is not JSON ({error})") from error
    try:
        text = whole(json.dumps(parsed, ensure_ascii=False))
        notebook: Any = nbformat.reader.reads(text)  # type: ignore[no-untyped-call]
        notebook = nbformat.convert(notebook, nbformat.current_nbformat)  # type: ignore[no-untyped-call]
        for cell in notebook.cells:
            if cell.cell_type not in ("code", "markdown", "raw") or not isinstance(cell.source, str):
                raise TypeError(f"a cell of type {cell.cell_type!r}")
            dict(cell.metadata), [output.output_type for output in cell.get("outputs", [])]
    except Exception as error:  # whatever a strange structure makes nbformat stumble over
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise CourseError(f"{name} is JSON, but not a notebook ({reason})") from error
    return notebook


def replace_folder(target: Path, made: Path) -> None:
    """Put the folder `made`, which lies on the same disk, in the place of `target`."""
    replaced = made.with_name(f"{made.name}.replaced")
    shutil.rmtree(replaced, ignore_errors=True)  # of a run that was killed here
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        target.rename(replaced)
    made.rename(target)
    shutil.rmtree(replaced, ignore_errors=True)


def _visible(path: Path) -> bool:
    """Whether the path is the author's: editors and Jupyter put theirs behind a dot."""
    return not any(part.startswith(".") for part in path.parts[-2:])
