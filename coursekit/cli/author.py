"""What a course's author types."""

from pathlib import Path
from typing import Annotated

import typer

from coursekit.cli.say import near

Root = Annotated[Path, typer.Option(help="The folder of the course's repository.")]


def new_exercise(
    name: Annotated[str, typer.Argument(help="Its name, such as leaky_relu.")],
    chapter: Annotated[
        int | None, typer.Option(help="The chapter that leads to it; the last if left out.")
    ] = None,
    root: Root = Path(),
) -> None:
    """Make a small exercise that works: notebook, checks with wrong answers, note, test. Fill in your own.

    Example: coursekit new-exercise leaky_relu --chapter 3
    """
    from coursekit import authoring

    _say(authoring.new_exercise(root, name, chapter))
    print(f"Prove it: coursekit mutants {name} && coursekit release {name} && pytest tests/checks -k {name}")


def new_chapter(
    name: Annotated[str, typer.Argument(help="Its subject, such as attention.")], root: Root = Path()
) -> None:
    """Make a draft of a chapter behind the last one, with all its sections. Fill in your own.

    Example: coursekit new-chapter attention
    """
    from coursekit import authoring

    _say(authoring.new_chapter(root, name))
    print("Prove it: pytest tests/book/test_notebooks.py && coursekit book")


def _say(paths: list[Path]) -> None:
    print("Made or changed:")
    for path in paths:
        print(f"  {near(path)}")
    print("What is yours to write is marked in them: FILL IN")
