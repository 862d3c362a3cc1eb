"""Saying things: errors in one sentence, progress with the time left, tables, paths."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

FOUND_WRONG, MISUSED = 1, 2


def fail(sentence: str, status: int) -> NoReturn:
    """Say on stderr what went wrong, and end."""
    print(f"coursekit: {sentence}", file=sys.stderr)
    raise typer.Exit(status)


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[Callable[[str], None]]:
    """Show a bar with the time left, on stderr; without a terminal, a line for each thing done.

    Yields
    ------
    Callable
        To be called with the name of each thing as soon as it is done.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done: print(f"{what}: {done}", file=sys.stderr)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, advance=1, description=f"{what}: {done}")


def print_table(rows: Sequence[tuple[str, ...]], header: tuple[str, ...], right: set[int]) -> None:
    """Print a table that is as wide as it needs to be, also where the output is not a terminal."""
    table = Table()
    for column, name in enumerate(header):
        table.add_column(name, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = 160
    console.print(table)


def near(path: Path) -> str:
    """Return the path from here if it is below, the whole path otherwise."""
    path = path.resolve()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
