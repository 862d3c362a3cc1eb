"""No submission gets a point that it did not earn, ends the run, or changes what is not its own.

`python -m tests.grading.test_hostile` prints the bank: what each tries, what it must get, what it got.
"""

import contextlib
import hashlib
import os
import socket
import tempfile
import threading
from pathlib import Path

import nbformat
import pytest

from coursekit.grading import grade, release
from coursekit.sandbox import tiers
from tests.grading.hostile import RIGHT, rows
from tests.grading.tiny import hand_in, make_tiny_course

ROWS = rows()
LIMITS = """
c.Limits.call_seconds = 1.0
c.Limits.cell_seconds = 2.0
c.Limits.question_seconds = 6.0
c.Limits.memory_bytes = 768 * 2**20
c.Limits.file_bytes = 32 * 2**20
c.Limits.processes = 40
c.Limits.answer_bytes = 16 * 2**20
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not any(tier.works for tier in tiers()), reason="no sandbox works on this machine"),
]


def digest(folder: Path) -> dict[str, str]:
    """Return a hash of every file below a folder, but for what grading itself writes."""
    own = ("gradebook.db", "autograded")
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in own
    }


def sleepers() -> set[str]:
    """Return the command lines of processes that the rows start and that ought to be gone."""
    lines = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if "sleep 1001" in line:
            lines.add(line)
    return lines


@contextlib.contextmanager
def listening():
    """Run a server that everybody on this machine could reach, and give its port."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            connection.sendall(b"a secret")
            connection.close()

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The whole bank and two honest students, graded in one run: results by name, folder, digests."""
    with listening() as port:
        return grade_bank(tmp_path_factory.mktemp("hostile"), port)


def grade_bank(folder, port):
    """Grade the bank and return results, the rows' student ids, the course, and its digests around that."""
    course = make_tiny_course(folder / "course")
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(LIMITS)
    course = type(course).open(course.root)
    release(course, "adding")
    hand_in(course, "honest", RIGHT)
    hand_in(course, "zz-honest-too", RIGHT)
    names = {}
    for number, row in enumerate(ROWS):
        names[row] = f"row-{number:03d}"
        answer = row.answer.replace("{root}", str(course.root)).replace("{port}", str(port))
        path = hand_in(course, names[row], answer)
        if row.edit:
            notebook = nbformat.read(path, as_version=4)
            row.edit(notebook)
            path.write_text(nbformat.writes(notebook, version=nbformat.NO_CONVERT))
        if row.file:
            row.file(path)
    os.environ["SECRET_OF_THE_JUDGE"] = "1"
    grade(course, "adding", ["honest"])
    before = digest(course.root)
    results = {result.student: result for result in grade(course, "adding")}
    del os.environ["SECRET_OF_THE_JUDGE"]
    return results, names, course, (before, digest(course.root))


def test_the_bank_is_large_enough_and_its_rows_have_names_of_their_own():
    assert len(ROWS) >= 60
    assert len({(row.group, row.name) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.group}: {row.name}")
def test_a_row_gets_what_it_earned(graded, row):
    result = graded[0][graded[1][row]]
    said = "\n".join([result.remark, *result.flags])
    assert (result.points, result.status) == (row.points, row.status), said
    assert row.flag in said


def test_no_other_students_result_changes(graded):
    assert graded[0]["honest"].points == graded[0]["zz-honest-too"].points == 6
    assert graded[0]["honest"].flags == graded[0]["zz-honest-too"].flags == ()


def test_nothing_of_the_course_is_changed(graded):
    before, after = graded[3]
    assert after == before


def test_no_process_is_left(graded):
    assert sleepers() == set()


def test_nothing_of_the_course_stands_in_what_was_graded(graded):
    seed = (graded[2].root / ".seed").read_text().strip()
    for path in (graded[2].root / "autograded").rglob("*.ipynb"):
        text = path.read_text()
        assert seed not in text
        assert "total_of_both = a + b" not in text


def print_bank():
    """Grade the bank and print it as a table."""
    with tempfile.TemporaryDirectory() as folder, listening() as port:
        results, names, _, _ = grade_bank(Path(folder), port)
    print("| group | what it tries | must get | got | what a person is told |")
    print("|---|---|--:|--:|---|")
    for row in ROWS:
        got = results[names[row]]
        told = "; ".join(filter(None, [got.remark, *got.flags])).replace("|", "\\|")
        must = f"{row.points:g}, {row.status}"
        print(f"| {row.group} | {row.name} | {must} | {got.points:g}, {got.status} | {told[:120]} |")
    earned = sum(
        (results[names[row]].points, results[names[row]].status) == (row.points, row.status) for row in ROWS
    )
    print(
        f"{len(ROWS)} submissions in {len({row.group for row in ROWS})} groups; {earned} got what they must"
    )


if __name__ == "__main__":
    print_bank()
