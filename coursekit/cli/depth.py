"""The command that measures what depth costs a network, and what shortcuts save: `coursekit depth`."""

from coursekit.cli.transfer import RESULTS, AsJson, Jobs, Out, run_study


def depth(out: Out = RESULTS, jobs: Jobs = None, as_json: AsJson = False) -> None:
    """Train plain and residual networks of growing depth, and compare their training errors.

    Example: coursekit depth
    """
    from coursekit.experiments import depth as experiment

    run_study(experiment.study(), out, jobs, as_json)
