"""Opening nbgrader's gradebook, and refusing one that is not this course's before nbgrader writes to it."""

from functools import cache
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from nbgrader.api import Base, Gradebook
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DatabaseError

from coursekit.grading.course import CourseError

# nbgrader adds a course of this name to every gradebook that it opens.
NBGRADERS_OWN = "default_course"
SQLITE = "sqlite:///"


def open_gradebook(url: str, course_id: str, make: bool = False) -> Any:
    """Open the gradebook at `url`: a `nbgrader.api.Gradebook`, which is a context manager.

    Parameters
    ----------
    url
        SQLAlchemy's address of a database.
    course_id
        Whose gradebook it must be.
    make
        Whether to make an SQLite file that is not there yet. It is made under another name and then
        renamed, so that there never is half a gradebook.

    Raises
    ------
    CourseError
        If what is there is not this course's gradebook. It is left as it is.
    """
    check_gradebook(url, course_id)
    path = Path(url.removeprefix(SQLITE))
    if url.startswith(SQLITE) and not path.exists():
        if not make:
            raise CourseError(f"there is no gradebook {path} yet; release an exercise first")
        partial = path.with_name(f".{path.name}.partial")
        partial.unlink(missing_ok=True)
        _make_tables(f"{SQLITE}{partial}")
        partial.rename(path)
    return Gradebook(url, course_id)


def check_gradebook(url: str, course_id: str) -> None:
    """Raise `CourseError` if there is a gradebook at `url` and it is not this course's. Only reads."""
    read_only = url
    if url.startswith(SQLITE):
        path = Path(url.removeprefix(SQLITE))
        if not path.exists():
            return
        read_only = f"{SQLITE}file:{path}?mode=ro&uri=true"
    where = f"the gradebook {url.removeprefix(SQLITE)}"
    remedy = "Nothing was changed. Move it away, or put this course's gradebook back."
    engine = create_engine(read_only)
    try:
        with engine.connect() as database:
            if not {"course", "alembic_version"} <= set(inspect(database).get_table_names()):
                raise CourseError(f"{where} is a database, but not one of nbgrader's. {remedy}")
            version = database.execute(text("SELECT version_num FROM alembic_version")).scalar()
            courses = set(database.execute(text("SELECT id FROM course")).scalars())
    except DatabaseError as error:
        raise CourseError(f"{where} cannot be read: {error.orig}. {remedy}") from error
    finally:
        engine.dispose()
    if version != _version():
        raise CourseError(
            f"{where} is of another version of nbgrader. Copy it, then run: nbgrader db upgrade"
        )
    if others := courses - {course_id, NBGRADERS_OWN}:
        raise CourseError(f"{where} belongs to the course {min(others)!r}, not to {course_id!r}. {remedy}")


@cache
def _version() -> str | None:
    """Return the version of the gradebook's tables that this nbgrader works with."""
    return ScriptDirectory(ALEMBIC_DIR).get_current_head()


def _make_tables(url: str) -> None:
    """Make an empty gradebook.

    nbgrader would do it, but asks the program `alembic` for the version, which takes seconds and is only
    found in an activated environment.
    """
    engine = create_engine(url)
    Base.metadata.create_all(bind=engine)
    with engine.begin() as database:
        database.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        database.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": _version()})
    engine.dispose()
