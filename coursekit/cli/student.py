"""What a student types."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from coursekit.cli.course import COURSE
from coursekit.cli.say import FOUND_WRONG, fail, near, print_table


def lab(
    ctx: typer.Context,
    exercise: Annotated[str, typer.Argument(help="The list of all that are released if left out.")] = "",
    course: Annotated[
        Path, typer.Option("--course", help="The course's folder, or the one with the released exercises.")
    ] = COURSE,
    folder: Annotated[Path, typer.Option(help="Your own folder.")] = Path("coursework"),
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
) -> None:
    """Copy exercises into your own folder, show your points so far, and open JupyterLab.

    What follows is passed on to JupyterLab.

    Example: coursekit lab conv_forward --port=8890
    """
    from coursekit.checks import progress
    from coursekit.coursework import CourseworkError, copy_exercise, handout, points_of_checks, released

    extra = ctx.args
    if exercise.startswith("-"):  # an option of JupyterLab's, and no exercise
        exercise, extra = "", [exercise, *extra]
    release = handout(course)
    names = [exercise] if exercise else released(release)
    if not names:
        raise CourseworkError(f"nothing is released in {release} yet; run: coursekit release EXERCISE")
    folder = folder.resolve()
    try:
        for name in names:
            notebook, kept = copy_exercise(release, name, folder)
            progress.begin(folder, name, points_of_checks(release, name))
            state = "your work is there and stays as it is" if kept else "a new copy"
            print(f"{near(notebook)}: {state}", flush=True)
        page = progress.write_page(folder)
    except OSError as error:
        fail(f"cannot write to {folder}: {error.strerror}; see: coursekit doctor", FOUND_WRONG)
    rows = [(row.exercise, f"{row.points:g} / {row.max_points:g}") for row in progress.read(folder)]
    print_table(rows, ("exercise", "points so far"), right={1})
    sys.stdout.flush()
    start = quote((notebook if exercise else page).relative_to(folder).as_posix())
    arguments = [f"--LabApp.default_url=/lab/tree/{start}", *([] if browser else ["--no-browser"]), *extra]
    # Ctrl-C reaches JupyterLab too, which asks before it stops. Who ends this process ends JupyterLab.
    jupyterlab = subprocess.Popen([sys.executable, "-m", "jupyterlab", *arguments], cwd=folder)
    answers = {signal.SIGINT: lambda *_: None, signal.SIGTERM: lambda *_: jupyterlab.terminate()}
    before = {number: signal.signal(number, answer) for number, answer in answers.items()}
    try:
        raise typer.Exit(jupyterlab.wait())
    finally:
        for number, answer in before.items():
            signal.signal(number, answer)
