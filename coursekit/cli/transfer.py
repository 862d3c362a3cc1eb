"""The commands that measure what transfer learning gains: `coursekit transfer ...`."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from coursekit.cli.say import near, print_table, progress_bar

Out = Annotated[Path, typer.Option(help="The folder for table, picture and what is measured so far.")]
Jobs = Annotated[int | None, typer.Option(min=1, help="Processes; one for each core if left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]
RESULTS = Path("results")

transfer = typer.Typer(
    help="Measure what transfer learning gains.\n\nExample: coursekit transfer text",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def carry_out(study: Any, out: Path, jobs: int | None) -> Any:
    """Carry out a study with progress, and return its results.

    Ctrl-C ends it with status 130; what is measured is kept, and the same command goes on from there.
    """
    from coursekit import experiments

    total = 1 + len(study.sizes) * len(study.seeds)
    try:
        with progress_bar(study.name, total) as advance:
            return experiments.carry_out(study, out, jobs=jobs, on_progress=advance)
    except KeyboardInterrupt:
        print(
            f"coursekit: stopped; what is measured is kept in {near(out)}; "
            "the same command goes on from there",
            file=sys.stderr,
        )
        raise typer.Exit(130) from None


def run_study(study: Any, out: Path, jobs: int | None, as_json: bool) -> Any:
    """Carry out a study, show its table, picture and file, and return its results."""
    from coursekit.figures.study import draw_curves, draw_points

    results = carry_out(study, out, jobs)
    if len(results.sizes) == 1:
        figure = draw_points({arm: results.values[arm][0] for arm in results.arms}, results.y)
    else:
        curves = {
            arm: (
                [results.mean(arm, n) for n in results.sizes],
                [results.spread(arm, n) for n in results.sizes],
            )
            for arm in results.arms
        }
        figure = draw_curves(results.sizes, curves, results.x, results.y)
    picture = out / f"{study.name}.png"
    figure.savefig(picture, dpi=150)
    if as_json:
        print(json.dumps(dataclasses.asdict(results), indent=2, ensure_ascii=False))
        return results
    print(f"{results.y}, mean ± standard deviation over {len(results.seeds)} seeds")
    print_table(results.rows(), (results.x, *results.arms), right=set(range(1 + len(results.arms))))
    print(f"figures: {near(out / f'{study.name}.json')}\npicture: {near(picture)}")
    return results


@transfer.command()
def text(out: Out = RESULTS, jobs: Jobs = None, as_json: AsJson = False) -> None:
    """Tell glosses apart by few labelled ones: from scratch, on frozen and on tuned GloVe vectors.

    Example: coursekit transfer text
    """
    from coursekit.experiments import text as experiment

    run_study(experiment.study(), out, jobs, as_json)


@transfer.command()
def letters(out: Out = RESULTS, jobs: Jobs = None, as_json: AsJson = False) -> None:
    """Read few handwritten digits after many printed letters: new head, fine-tuned, from scratch.

    Example: coursekit transfer letters
    """
    from coursekit.experiments import letters as experiment

    run_study(experiment.study(), out, jobs, as_json)


@transfer.command()
def related(out: Out = RESULTS, jobs: Jobs = None, as_json: AsJson = False) -> None:
    """Read digits after letters or after clothes: what a related source gains, and another one costs.

    Example: coursekit transfer related
    """
    from coursekit.experiments import related as experiment

    run_study(experiment.related(), out, jobs, as_json)


@transfer.command()
def source(out: Out = RESULTS, jobs: Jobs = None, as_json: AsJson = False) -> None:
    """Read few digits after few or many drawings of each letter.

    Example: coursekit transfer source
    """
    from coursekit.experiments import related as experiment

    run_study(experiment.source_size(), out, jobs, as_json)


@transfer.command()
def layers(out: Out = RESULTS, jobs: Jobs = None, as_json: AsJson = False) -> None:
    """Read digits with the first one, two, three or four layers copied, frozen or tuned.

    Example: coursekit transfer layers
    """
    from coursekit.experiments import related as experiment

    run_study(experiment.layers(), out, jobs, as_json)


@transfer.command()
def words(out: Out = RESULTS, jobs: Jobs = None, as_json: AsJson = False) -> None:
    """Learn word vectors from glosses by skip-gram, fastText and GloVe, and by gensim beside them.

    Example: coursekit transfer words
    """
    from coursekit.experiments import words as experiment

    study = experiment.study()
    run_study(study, out, jobs, as_json)
    if not as_json:
        print("nearest words, seed 0")
        print_table(experiment.neighbours(study, out), ("word", *study.arms), right=set())


@transfer.command()
def images(
    data: Annotated[str, typer.Option(help="cifar10_small, which ships, or cifar10.")] = "cifar10_small",
    folder: Annotated[Path | None, typer.Option(help="Where the files of the full set lie.")] = None,
    out: Out = RESULTS,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Tell CIFAR-10's photographs apart by few labelled ones: from scratch, and from ImageNet's features.

    Example: coursekit transfer images
    """
    from coursekit.experiments import cifar10
    from coursekit.experiments import images as experiment

    study = experiment.study(data, None if folder is None else str(folder.resolve()))
    cifar10.photographs(study.settings)  # what is wrong with the data is said before the work begins
    run_study(study, out, jobs, as_json)


@transfer.command()
def pitfalls(out: Out = RESULTS, jobs: Jobs = None, as_json: AsJson = False) -> None:
    """Tune too much, too fast, or by the wrong statistics, with a hundred photographs.

    Example: coursekit transfer pitfalls
    """
    from coursekit.experiments import pitfalls as experiment

    run_study(experiment.study(), out, jobs, as_json)


@transfer.command()
def photographs(out: Out = RESULTS, as_json: AsJson = False) -> None:
    """Remake the AlexNet paper's figure 4: photographs with five labels, and images with their neighbours.

    Example: coursekit transfer photographs
    """
    from coursekit.experiments import photographs as experiment

    try:
        with progress_bar("photographs", experiment.STEPS) as advance:
            found = experiment.look(out, on_progress=advance)
    except KeyboardInterrupt:
        print("coursekit: stopped; the same command goes on from there", file=sys.stderr)
        raise typer.Exit(130) from None
    if as_json:
        print(found.as_json())
        return
    print("the five most probable labels, and the place of the right one")
    print_table(found.rows(), ("photograph", "right", "labels", "place", "by"), right={3})
    print(f"neighbours of the same class as their image: {found.agreement():.2f}")
    for what, path in experiment.files(out).items():
        print(f"{what}: {near(path)}")
