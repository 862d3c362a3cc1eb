"""Files of the course from skeletons, and their names where the course lists them."""

import json
import keyword
import re
from pathlib import Path

SKELETON = Path(__file__).parent / "skeleton"
POINTS = 2
"""What the skeleton's one check gives."""

# The files of an exercise, each with its skeleton.
_EXERCISE = {
    "coursekit/checks/{name}.py": "checks.py",
    "exercises/source/{name}/{name}.ipynb": "exercise.ipynb",
    "exercises/notes/{name}.md": "note.md",
    "tests/checks/test_{name}.py": "test.py",
}
_NAMES = "coursekit/checks/__init__.py"
_WORTH = "tests/grading/test_exercises.py"
_README = "README.md"
_CONTENTS = "book/_toc.yml"


class AuthoringError(Exception):
    """A skeleton cannot be made. The message says why and what to do; nothing was changed."""


def new_exercise(root: Path, name: str, chapter: int | None = None) -> list[Path]:
    """Make a small exercise that works, and list it after the last one of the course.

    Parameters
    ----------
    root
        The folder of the course's repository.
    name
        The exercise's name: a name that Python could give a module.
    chapter
        The number of the chapter that leads to it, which gets a pointer at its end; None means the last one.

    Returns
    -------
    list of Path
        Every file that was made or changed.

    Raises
    ------
    AuthoringError
        If the name is none, or taken; if there is no such chapter; if `root` is no repository of a course.
    """
    _check_name(name)
    listed, worth = _read(root, _NAMES), _read(root, _WORTH)
    names = re.search(r"_NAMES = \((.*?)\n\)", listed, re.DOTALL)
    points = re.search(r"POINTS = \{.*?\n\}", worth, re.DOTALL)
    if not names or not points:
        raise AuthoringError(f"{root / _NAMES} or {root / _WORTH} lists no exercises any more")
    files = {root / path.format(name=name): SKELETON / made_from for path, made_from in _EXERCISE.items()}
    taken = [path for path in files if path.exists() or path.with_suffix("").is_dir()]
    if f'"{name}"' in names[1] or taken:
        raise AuthoringError(
            f"there is {taken[0] if taken else 'an exercise ' + name} already; choose another name"
        )
    pointer = _chapter(root, chapter)
    number = names[1].count('"') // 2 + 1
    words = {"skeleton_name": name, "NUMBER": str(number), "CHAPTER": str(int(pointer.name[:2]))}
    texts = {path: _filled(skeleton, words) for path, skeleton in files.items()}
    texts[root / _NAMES] = listed[: names.end() - 1] + f'    "{name}",\n' + listed[names.end() - 1 :]
    texts[root / _WORTH] = (
        worth[: points.end() - 1] + f'    "{name}": {POINTS},\n' + worth[points.end() - 1 :]
    )
    texts[root / _README] = re.sub(
        r"(?<=exercises worth )\d+", lambda total: str(int(total[0]) + POINTS), _read(root, _README)
    )
    texts[pointer] = _with_pointer(pointer, name, number)
    return _write(texts)


def new_chapter(root: Path, name: str) -> list[Path]:
    """Make a draft of a chapter behind the last one, and list it in the contents.

    Parameters
    ----------
    root
        The folder of the course's repository.
    name
        Its subject in a word or some, joined by underscores; the number is put before it.

    Returns
    -------
    list of Path
        Every file that was made or changed.

    Raises
    ------
    AuthoringError
        If the name is none, or taken; if `root` is no repository of a course.
    """
    _check_name(name)
    contents = _read(root, _CONTENTS)
    last = _chapter(root, None)
    if taken := sorted((root / "book").glob(f"[0-9][0-9]_{name}.*")):
        raise AuthoringError(f"there is {taken[0]} already; choose another name")
    if f"- file: {last.stem}\n" not in contents:
        raise AuthoringError(
            f"{root / _CONTENTS} does not list {last.stem}, behind which the chapter would stand"
        )
    number = int(last.name[:2]) + 1
    path = root / "book" / f"{number:02}_{name}.ipynb"
    line = re.search(rf"( *)- file: {last.stem}\n", contents)
    assert line
    listed = contents[: line.end()] + f"{line[1]}- file: {path.stem}\n" + contents[line.end() :]
    draft = _filled(SKELETON / "chapter.ipynb", {"NUMBER": str(number)})
    return _write({path: draft, root / _CONTENTS: listed})


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise AuthoringError(
            f"{name!r} cannot be a name here: use small letters, digits and underscores, a letter first"
        )


def _read(root: Path, path: str) -> str:
    if not (root / path).is_file():
        raise AuthoringError(
            f"{root.resolve()} is not the folder of the course's repository: {path} is missing"
        )
    return (root / path).read_text(encoding="utf-8")


def _chapter(root: Path, number: int | None) -> Path:
    """Return the file of a chapter; None means the last."""
    found = sorted((root / "book").glob("[0-9][0-9]_*.ipynb"))
    chosen = found[-1:] if number is None else [path for path in found if int(path.name[:2]) == number]
    if not chosen:
        raise AuthoringError(f"{root / 'book'} has no chapter{'' if number is None else f' {number}'}")
    return chosen[0]


def _filled(skeleton: Path, words: dict[str, str]) -> str:
    text = skeleton.read_text(encoding="utf-8")
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def _with_pointer(chapter: Path, name: str, number: int) -> str:
    """Return the chapter's notebook with a cell at its end that leads to the exercise."""
    notebook = json.loads(chapter.read_text(encoding="utf-8"))
    opens = f"opens exercise {number}, `{name}`, worth {POINTS} points. FILL IN: what is written there."
    text = f"```bash\ncoursekit lab {name}\n```\n\n{opens}"
    cell = {"cell_type": "markdown", "id": f"exercise-{name.replace('_', '-')}", "metadata": {}}
    notebook["cells"].append({**cell, "source": text.splitlines(keepends=True)})
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _write(texts: dict[Path, str]) -> list[Path]:
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(texts)
