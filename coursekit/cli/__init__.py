"""The command `coursekit`: what it says and with which status it ends. What it does is in the library.

Exit status: 0 fine, 1 something was found wrong, 2 the command was misused.
"""

from typing import Annotated, Any

import typer
import typer.core

from coursekit import __version__
from coursekit.cli import author, course, instructor, library, student
from coursekit.cli.alexnet import alexnet
from coursekit.cli.depth import depth
from coursekit.cli.ensemble import ensemble
from coursekit.cli.say import FOUND_WRONG, MISUSED, fail
from coursekit.cli.train import train
from coursekit.cli.transfer import transfer

# The errors of this library that a user can cause, by name: to import them takes seconds.
STATUS = {
    "AuthoringError": MISUSED,
    "BookError": FOUND_WRONG,
    "CheckpointError": FOUND_WRONG,
    "CourseError": FOUND_WRONG,
    "CourseworkError": FOUND_WRONG,
    "DataError": FOUND_WRONG,
    "NotInCourseError": MISUSED,
    "NotReleasedError": MISUSED,
    "ResultsError": FOUND_WRONG,
    "SandboxError": FOUND_WRONG,
}


class PlainErrors(typer.core.TyperGroup):
    """Commands whose foreseeable mistakes end in one sentence on stderr."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            kind = type(error)
            if kind.__module__.startswith("coursekit.") and kind.__name__ in STATUS:
                fail(str(error), STATUS[kind.__name__])
            raise


app = typer.Typer(
    cls=PlainErrors,
    help="A course on convolutional neural networks: build it, release its exercises, grade a class.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)

for command in (
    library.summary,
    library.claims,
    train,
    library.book,
    library.doctor,
    course.release,
    instructor.collect,
    course.grade,
    course.feedback,
    course.mutants,
    course.similar,
    course.export,
    instructor.import_grades,
    instructor.report,
    course.sample_class,
    ensemble,
    depth,
    author.new_exercise,
    author.new_chapter,
):
    app.command(command.__name__.replace("_", "-"))(command)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(student.lab)
app.add_typer(alexnet, name="alexnet")
app.add_typer(transfer, name="transfer")


def main() -> None:
    """Run the command line."""
    app(prog_name="coursekit")


def say_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        print(f"coursekit {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=say_version, is_eager=True, help="Print the version and end."),
    ] = False,
) -> None:
    pass
