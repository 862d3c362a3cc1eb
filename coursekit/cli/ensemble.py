"""The command that measures what several networks gain over one: `coursekit ensemble`."""

from typing import Any

from coursekit.cli.say import print_table
from coursekit.cli.transfer import RESULTS, AsJson, Jobs, Out, carry_out, run_study

PAPER = (
    "AlexNet's authors: 18.2 % top-5 error with one network, 16.4 % with five alike; 15.4 % with seven,\n"
    "of which two had learnt from more images: that mixes two effects (Krizhevsky et al. 2012, table 2)."
)


def ensemble(out: Out = RESULTS, jobs: Jobs = None, as_json: AsJson = False) -> None:
    """Train seven networks, three times, and compare each one's test error with that of all together.

    Example: coursekit ensemble
    """
    from coursekit.experiments import ensemble as experiment

    single = carry_out(experiment.members(), out, jobs)
    results = run_study(experiment.study(), out, jobs, as_json)
    if not as_json:
        _print_repeats(single, results)


def _print_repeats(single: Any, results: Any) -> None:
    """Print a row for each repeat: the error of each network, their mean, and that of all together."""
    last = results.sizes[-1]
    rows = [
        (
            str(repeat),
            *(f"{single.of('error', number)[i]:.3f}" for number in single.sizes),
            *(f"{results.of(arm, last)[i]:.3f}" for arm in results.arms),
        )
        for i, repeat in enumerate(results.seeds)
    ]
    header = ("repeat", *(f"network {number}" for number in single.sizes), *results.arms)
    print_table(rows, header, right=set(range(len(header))))
    alone, together, _ = results.arms
    gain, _ = results.gain(together, alone, last)
    print(f"{last} networks together: {gain:+.3f} test error against one.\n{PAPER}")
