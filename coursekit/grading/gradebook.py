"""Opening nbgrader's gradebook, and refusing one that is not this course's before nbgrader writes to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from nbgrader.api import Base, Gradebook
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import URL, Connection, create_engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from coursekit.grading.course import CourseError

# nbgrader adds a course of this name to every gradebook that it opens.
NBGRADERS_OWN = "default_course"
SQLITE = "sqlite:///"
EXAMPLE = "postgresql+psycopg://user@host/course"


def open_gradebook(url: str, course_id: str, make: bool = False) -> Any:
    """Open the gradebook at `url`: a `nbgrader.api.Gradebook`, which is a context manager.

    Parameters
    ----------
    url
        SQLAlchemy's address of a database, such as "sqlite:////srv/course/gradebook.db" or
        "postgresql+psycopg://user@host/course".
    course_id
        Whose gradebook it must be.
    make
        Whether to make one where there is none: no SQLite file yet, or an empty database of a server. An
        SQLite file is made under another name and then renamed, the tables of a server in one transaction, so
        that there never is half a gradebook.

    Raises
    ------
    CourseError
        If what is there is not this course's gradebook. It is left as it is. No message has a password.
    """
    if not check_gradebook(url, course_id):
        if not make:
            raise CourseError(f"there is no gradebook {spoken(url)} yet; release an exercise first")
        if url.startswith(SQLITE):
            path = Path(url.removeprefix(SQLITE))
            partial = path.with_name(f".{path.name}.partial")
            partial.unlink(missing_ok=True)
            _make_tables(f"{SQLITE}{partial}")
            partial.rename(path)
        else:
            _make_tables(url)
    return Gradebook(url, course_id)


def check_gradebook(url: str, course_id: str) -> bool:
    """Return whether there is a gradebook at `url`. Only reads; SQLite undoes what a killed run half wrote.

    Raises
    ------
    CourseError
        If something is there that is not this course's gradebook, or nobody answers.
    """
    existing = url
    if url.startswith(SQLITE):
        path = Path(url.removeprefix(SQLITE))
        if not path.exists():
            return False
        # Not "ro": with it SQLite could not undo, and would read nothing.
        existing = f"{SQLITE}file:{path}?mode=rw&uri=true"
    where = f"the gradebook {spoken(url)}"
    remedy = "Nothing was changed. Move it away, or put this course's gradebook back."
    with _database(existing, where) as database:
        tables = set(inspect(database).get_table_names())
        if not tables and not url.startswith(SQLITE):
            return False
        if not {"course", "alembic_version"} <= tables:
            raise CourseError(f"{where} is a database, but not one of nbgrader's. {remedy}")
        version = database.execute(text("SELECT version_num FROM alembic_version")).scalar()
        courses = set(database.execute(text("SELECT id FROM course")).scalars())
    if version != _version():
        raise CourseError(
            f"{where} is of another version of nbgrader. Copy it, then run: nbgrader db upgrade"
        )
    if others := courses - {course_id, NBGRADERS_OWN}:
        raise CourseError(f"{where} belongs to the course {min(others)!r}, not to {course_id!r}. {remedy}")
    return True


def spoken(url: str) -> str:
    """Return the address as it may be shown: an SQLite file's path, or a server's address without password.

    Raises
    ------
    CourseError
        If it is no address of a database. The message does not repeat it.
    """
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise CourseError(f"what is given as the gradebook's address is none; one is: {EXAMPLE}") from error
    if url.startswith(SQLITE):
        return url.removeprefix(SQLITE)
    # What follows a question mark may be a password too.
    shown = URL.create(parts.drivername, parts.username, None, parts.host, parts.port, parts.database)
    return shown.render_as_string()


@contextmanager
def _database(url: str, where: str) -> Iterator[Connection]:
    """Give a connection in one transaction, and say in a sentence why there is none."""
    try:
        engine = create_engine(url)
    except (ArgumentError, ImportError) as error:
        # "postgresql://" asks for a driver of the former generation.
        raise CourseError(f"{where} cannot be opened: {error}; an address is such as {EXAMPLE}") from error
    try:
        with engine.begin() as database:
            yield database
    except DBAPIError as error:
        # The first line says what; PostgreSQL's driver goes on with hints for each address it tried.
        said = " ".join(str(error.orig).split("\n")[0].split())
        raise CourseError(f"{where} cannot be read: {said}. Nothing was changed.") from error
    finally:
        engine.dispose()


@cache
def _version() -> str | None:
    """Return the version of the gradebook's tables that this nbgrader works with."""
    return ScriptDirectory(ALEMBIC_DIR).get_current_head()


def _make_tables(url: str) -> None:
    """Make an empty gradebook.

    nbgrader would do it, but asks the program `alembic` for the version, which takes seconds and is only
    found in an activated environment.
    """
    with _database(url, f"the gradebook {spoken(url)}") as database:
        Base.metadata.create_all(bind=database)
        database.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        database.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": _version()})
