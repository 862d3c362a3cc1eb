"""The commands that measure what AlexNet's parts gain on few photographs: `coursekit alexnet ...`."""

import typer

from coursekit.cli.transfer import RESULTS, AsJson, Jobs, Out, run_study

alexnet = typer.Typer(
    help="Measure what AlexNet's parts gain on few photographs.\n\nExample: coursekit alexnet parts",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@alexnet.command()
def parts(out: Out = RESULTS, jobs: Jobs = None, as_json: AsJson = False) -> None:
    """Train a small network with and without normalisation, overlapping pooling and dropout.

    Example: coursekit alexnet parts
    """
    from coursekit.experiments import alexnet_parts as experiment

    run_study(experiment.study(), out, jobs, as_json)


@alexnet.command()
def augmentation(out: Out = RESULTS, jobs: Jobs = None, as_json: AsJson = False) -> None:
    """Train a small network on photographs as they are, cut, mirrored and shifted in colour.

    Example: coursekit alexnet augmentation
    """
    from coursekit.experiments import augmentation as experiment

    run_study(experiment.study(), out, jobs, as_json)
