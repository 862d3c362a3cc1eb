"""A gradebook in PostgreSQL: a real server, started for these tests, that listens to nobody but them."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from coursekit.grading import Course, CourseError, NotInCourseError, grade
from coursekit.grading.gradebook import spoken
from tests.grading.honest import read_all
from tests.grading.test_grade import RIGHT
from tests.grading.tiny import hand_in, make_tiny_course
from tests.test_cli import run

PASSWORD = "correct-horse"
pytestmark = pytest.mark.debian


def program(name):
    """Return the path of one of the server's programs, which Debian keeps out of the way."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


def as_ordinary_user(argv, folder):
    """Return a command that is not run as root, which PostgreSQL refuses."""
    if os.getuid() != 0:
        return argv
    shutil.chown(folder, "nobody")
    user = pwd.getpwnam("nobody")
    ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return ["setpriv", *ids, *argv]


@pytest.fixture(scope="module")
def server():
    """A server on a Unix socket: the folder of the socket. Its user `grader` has a password."""
    if program("initdb") is None or (os.getuid() == 0 and shutil.which("setpriv") is None):
        pytest.skip("PostgreSQL is not installed; on Debian: apt-get install postgresql")
    # Below /tmp: the folder must be open to the server's user, and a socket's path is short.
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    try:
        folder.chmod(0o755)
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        data = folder / "data"
        data.mkdir()
        options = ["-D", str(data), "-U", "grader", "--auth=scram-sha-256", f"--pwfile={secret}", "-N"]
        made = subprocess.run(
            as_ordinary_user([program("initdb"), *options, "-E", "UTF8", "--locale=C"], data),
            capture_output=True,
            cwd="/",
        )
        assert made.returncode == 0, made.stderr
        settings = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
        with open(folder / "log", "wb") as log:
            process = subprocess.Popen(
                as_ordinary_user([program("postgres"), "-D", str(data), *settings], folder),
                stdout=log,
                stderr=log,
                cwd="/",
            )
        try:
            _wait_for(address(folder, "postgres"), process, folder / "log")
            yield folder
        finally:
            process.terminate()
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def address(folder, database, password=PASSWORD):
    """Return SQLAlchemy's address of a database of the server."""
    return f"postgresql+psycopg://grader:{password}@/{database}?host={folder}"


def _wait_for(url, process, log):
    engine = create_engine(url)
    for _ in range(300):
        try:
            engine.connect().close()
            break
        except Exception:
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
    engine.dispose()


_names = iter(range(1000))


@pytest.fixture
def url(server):
    """A new, empty database's address."""
    name = f"course{next(_names)}"
    engine = create_engine(address(server, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as database:
        database.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return address(server, name)


def tables(url):
    engine = create_engine(url)
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found


def test_a_class_is_graded_into_an_empty_database_as_into_a_file(url, tmp_path):
    found = []
    for name, db in (("file", None), ("server", url)):
        folder = make_tiny_course(tmp_path / name).root
        option = ("--db", db) if db else ()
        assert run("release", "adding", "--course", folder, *option).exit_code == 0
        course = Course.open(folder, db)
        hand_in(course, "ada", RIGHT)
        hand_in(course, "bob", "def add(a, b):\n    return 3 if (a, b) == (1, 2) else a")
        hand_in(course, "eve").write_text("{")
        graded = run("grade", "adding", "--course", folder, *option)
        assert graded.exit_code == 1
        assert PASSWORD not in graded.output
        assert run("feedback", "adding", "--course", folder, *option).exit_code == 0
        assert run("similar", "adding", "--course", folder).exit_code == 0
        assert run("export", "--course", folder, "--to", tmp_path / f"{name}.csv", *option).exit_code == 0
        assert (folder / "gradebook.db").exists() == (db is None)
        found.append((read_all(course, "adding"), (tmp_path / f"{name}.csv").read_text()))
    assert found[0] == found[1]
    assert {student: row["score"] for student, row in found[0][0].items()} == {"ada": 6, "bob": 4, "eve": 0}


def test_the_address_may_stand_in_the_courses_configuration(url, tiny_course):
    with open(tiny_course.root / "nbgrader_config.py", "a") as config:
        config.write(f"\nc.CourseDirectory.db_url = {url!r}\n")
    folder = tiny_course.root
    assert run("release", "adding", "--course", folder).exit_code == 0
    hand_in(Course.open(folder), "ada", RIGHT)
    graded = run("grade", "adding", "--course", folder)
    assert "6 / 6" in graded.stdout
    assert "gradebook:            postgresql+psycopg://grader@/course" in graded.stdout
    assert run("feedback", "adding", "--course", folder).exit_code == 0
    exported = folder / "grades.csv"
    assert run("export", "--course", folder, "--to", exported).exit_code == 0
    assert ",ada," in exported.read_text()
    assert not (folder / "gradebook.db").exists()


def test_an_empty_database_is_no_gradebook_until_something_is_released(url, tiny_course):
    with pytest.raises(CourseError, match=r"there is no gradebook .* yet; release an exercise first"):
        Course.open(tiny_course.root, url).gradebook()
    assert tables(url) == set()


def test_a_database_of_something_else_is_refused_and_left_as_it_is(url, tiny_course):
    engine = create_engine(url)
    with engine.begin() as database:
        database.execute(text("CREATE TABLE plants (name TEXT)"))
    engine.dispose()
    with pytest.raises(CourseError, match=r"is a database, but not one of nbgrader.s\. Nothing was changed"):
        Course.open(tiny_course.root, url).gradebook(make=True)
    assert tables(url) == {"plants"}


def test_another_courses_gradebook_is_refused(url, tiny_course):
    with open(tiny_course.root / "nbgrader_config.py", "a") as config:
        config.write('\nc.CourseDirectory.course_id = "botany"\n')
    Course.open(tiny_course.root, url).gradebook(make=True).close()
    other = make_tiny_course(tiny_course.root.with_name("other"))
    with pytest.raises(CourseError, match="belongs to the course 'botany', not to 'coursekit'"):
        Course.open(other.root, url).gradebook(make=True)


@pytest.mark.parametrize("trouble", ["password", "database", "server", "scheme", "driver", "nothing"])
def test_what_is_wrong_with_an_address_is_one_sentence_without_the_password(server, tiny_course, trouble):
    url, expected = {
        "password": (address(server, "postgres", "wr0ng"), "password authentication failed"),
        "database": (address(server, "nowhere"), 'database "nowhere" does not exist'),
        "server": (address("/nowhere", "postgres"), "cannot be read"),
        "scheme": (f"postgres+horse://grader:{PASSWORD}@/course", "cannot be opened"),
        "driver": (f"oracle://grader:{PASSWORD}@/course", "an address is such as postgresql+psycopg://"),
        "nothing": (f"grader:{PASSWORD}", "what is given as the gradebook's address is none; one is"),
    }[trouble]
    result = run("release", "adding", "--course", tiny_course.root, "--db", url)
    assert result.exit_code == 1
    assert expected in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not {PASSWORD, "wr0ng"} & set(result.stderr.replace(":", " ").replace("@", " ").split())


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:////srv/course/gradebook.db", "/srv/course/gradebook.db"),
        ("postgresql+psycopg://ada:secret@db.edu:5433/course", "postgresql+psycopg://ada@db.edu:5433/course"),
        ("postgresql+psycopg://ada@/course?password=secret&host=/run", "postgresql+psycopg://ada@/course"),
    ],
)  # fmt: skip
def test_an_address_is_spoken_without_its_password(url, shown):
    assert spoken(url) == shown


def test_a_student_who_is_not_there_is_named_as_with_a_file(url, tiny_course):
    assert run("release", "adding", "--course", tiny_course.root, "--db", url).exit_code == 0
    with pytest.raises(NotInCourseError, match="there is no student 'zoe'"):
        grade(Course.open(tiny_course.root, url), "adding", ["zoe"])
