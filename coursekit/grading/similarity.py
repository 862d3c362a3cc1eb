"""How alike submissions are, for a person to look at: to each other, and to the author's solution.

The code of the answers is reduced to its structure (names, numbers, texts and comments gone), cut into runs
of tokens, and a sample of these is compared: winnowing, as in Schleimer, Wilkerson and Aiken, "Winnowing:
local algorithms for document fingerprinting", SIGMOD 2003, which MOSS is built on. What everybody was given
is left out. Short exercises have few right answers: a high figure is a reason to read, and proves nothing.
"""

import ast
import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from coursekit.grading.course import Course, CourseError, NotInCourseError, read_notebook
from coursekit.grading.rebuild import grade_id, is_answer, rebuild
from coursekit.grading.suspicion import MOST_SIGNS

K = 20
"""Tokens in a run: shorter matches are chance (k of the paper)."""
WINDOW = 8
"""Of so many runs in a row one is kept: K + WINDOW - 1 equal tokens are always found (w of the paper)."""
REFERENCE = "(solution)"


@dataclass(frozen=True)
class Pair:
    """Two submissions and how alike they are.

    Attributes
    ----------
    first, second
        Students' ids; `REFERENCE` is the author's solution.
    similarity
        The share of the smaller one's sampled runs that the other has too, 0 to 1.
    """

    first: str
    second: str
    similarity: float


def similar(course: Course, exercise: str, threshold: float = 0.8) -> list[Pair]:
    """Return the pairs that are at least so alike, most alike first.

    Raises
    ------
    NotInCourseError
        If there is no such exercise, or nobody handed it in.
    CourseError
        If it is not released.
    """
    codes = codes_of(course, exercise)
    given = fingerprints(_given(course, exercise))
    prints = {student: fingerprints(code) - given for student, code in codes.items()}
    pairs = []
    for (first, a), (second, b) in combinations(sorted(prints.items()), 2):
        shared = len(a & b) / min(len(a), len(b)) if a and b else 0.0
        if shared >= threshold:
            pairs.append(Pair(first, second, shared))
    return sorted(pairs, key=lambda pair: -pair.similarity)


def codes_of(course: Course, exercise: str) -> dict[str, str]:
    """Return the code of each submission's answers and added cells, and of the author's solution."""
    course.check_exercise(exercise)
    codes: dict[str, str] = {}
    for path in sorted(course.root.glob(f"submitted/*/{exercise}")):
        code = "\n\n".join(
            _answers(course, exercise, name, path / name)
            for name in course.notebooks(exercise)
            if (path / name).is_file() and not (path / name).is_symlink()
        )
        if code.strip():
            codes[path.parent.name] = code
    if not codes:
        raise NotInCourseError(f"nobody has handed in {exercise}")
    sources = [
        cell.source
        for name in course.notebooks(exercise)
        for cell in read_notebook(course.folder("source", exercise) / name).cells
        if cell.cell_type == "code" and is_answer(cell)
    ]
    return codes | {REFERENCE: "\n\n".join(sources)}


def bundle(course: Course, exercise: str, to: Path) -> int:
    """Write a zip file for JPlag or MOSS, and return how many submissions are in it.

    It has a folder `submissions` with a file for each student and a folder `base` with what everybody was
    given, which both programs leave out: `java -jar jplag.jar -l python3 -bc base submissions`.
    """
    codes = codes_of(course, exercise)
    try:
        with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as file:
            for student, code in codes.items():
                name = "solution" if student == REFERENCE else student
                file.writestr(f"submissions/{name}/{exercise}.py", code)
            file.writestr(f"base/{exercise}.py", _given(course, exercise))
    except OSError as error:
        raise CourseError(f"{to} cannot be written: {error.strerror}") from error
    return len(codes) - 1


def fingerprints(code: str) -> frozenset[int]:
    """Return the sampled runs of the code's structure; of code shorter than one run, all of it as one."""
    tokens = list(_tokens(code))
    if not tokens:
        return frozenset()
    runs = ["\0".join(tokens[i : i + K]) for i in range(max(1, len(tokens) - K + 1))]
    hashes = [int.from_bytes(hashlib.blake2b(run.encode(), digest_size=8).digest(), "big") for run in runs]
    windows = range(max(1, len(hashes) - WINDOW + 1))
    return frozenset(min(hashes[i : i + WINDOW]) for i in windows)


def _tokens(code: str) -> Iterator[str]:
    """Walk through the code's syntax tree and give the kinds of its nodes; magics count as nothing."""
    code = code[:MOST_SIGNS]
    plain = "\n".join("pass" if line.lstrip().startswith(("%", "!")) else line for line in code.splitlines())
    try:
        tree = ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield from code.split()
        return
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # a docstring
        if not isinstance(node, ast.expr_context | ast.Module):
            yield type(node).__name__
        stack += reversed(list(ast.iter_child_nodes(node)))


def _answers(course: Course, exercise: str, name: str, path: Path) -> str:
    try:
        notebook = rebuild(_released(course, exercise, name), read_notebook(path)).notebook
    except CourseError:
        return ""
    return _code(notebook)


def _given(course: Course, exercise: str) -> str:
    notebooks = [_released(course, exercise, name) for name in course.notebooks(exercise)]
    return "\n\n".join(_code(notebook) for notebook in notebooks)


def _code(notebook: Any) -> str:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return "\n\n".join(cell.source for cell in cells if is_answer(cell) or grade_id(cell) is None)


def _released(course: Course, exercise: str, name: str) -> Any:
    return read_notebook(course.folder("release", exercise) / name)
