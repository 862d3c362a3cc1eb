"""Wrong answers about the training of exercise 7, each a change to the right function, which comes first."""

from collections.abc import Callable
from typing import Any

from coursekit.checks.exercise import Mutant


def _sgd(net: Any, **change: Any) -> Any:
    import torch

    return torch.optim.SGD(net.parameters(), **{"lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4} | change)


def no_momentum(right: Any, net: Any) -> Any:
    """An optimiser without momentum."""
    return _sgd(net, momentum=0.0)


def decay_ten_times(right: Any, net: Any) -> Any:
    """An optimiser with a decay of 5e-3."""
    return _sgd(net, weight_decay=5e-3)


def nesterov(right: Any, net: Any) -> Any:
    """An optimiser with Nesterov's momentum."""
    return _sgd(net, nesterov=True)


def adam(right: Any, net: Any) -> Any:
    """Adam, which came two years later."""
    import torch

    return torch.optim.Adam(net.parameters(), lr=0.01, weight_decay=5e-4)


def biases_not_decayed(right: Any, net: Any) -> Any:
    """An optimiser that spares the biases the decay and doubles their rate, as Caffe's AlexNet."""
    import torch

    weights = {"params": [p for p in net.parameters() if p.ndim > 1]}
    biases = {"params": [p for p in net.parameters() if p.ndim < 2], "lr": 0.02, "weight_decay": 0.0}
    groups: list[dict[str, Any]] = [weights, biases]
    return torch.optim.SGD(groups, lr=0.01, momentum=0.9, weight_decay=5e-4)


def _only(net: Any, wanted: Callable[[Any], bool]) -> Any:
    import torch

    kept = [p for p in net.parameters() if wanted(p)]
    return torch.optim.SGD(kept, lr=0.01, momentum=0.9, weight_decay=5e-4)


def weights_only(right: Any, net: Any) -> Any:
    """An optimiser that leaves the biases as they are."""
    return _only(net, lambda p: p.ndim > 1)


def convolutions_only(right: Any, net: Any) -> Any:
    """An optimiser of the convolutions' weights alone."""
    return _only(net, lambda p: p.ndim == 4)


def pytorchs_velocity(right: Any, weight: Any, velocity: Any, gradient: Any, lr: Any) -> Any:
    """PyTorch's rule, whose velocity has no learning rate in it and the other sign."""
    velocity = 0.9 * velocity + gradient + 0.0005 * weight
    return weight - lr * velocity, velocity


def decay_without_rate(right: Any, weight: Any, velocity: Any, gradient: Any, lr: Any) -> Any:
    """The decay without the learning rate in it."""
    velocity = 0.9 * velocity - 0.0005 * weight - lr * gradient
    return weight + velocity, velocity


def decay_apart(right: Any, weight: Any, velocity: Any, gradient: Any, lr: Any) -> Any:
    """The decay taken from the weight directly, so that the velocity does not keep it."""
    velocity = 0.9 * velocity - lr * gradient
    return weight + velocity - 0.0005 * lr * weight, velocity


def up_the_slope(right: Any, weight: Any, velocity: Any, gradient: Any, lr: Any) -> Any:
    """A step up the slope: the gradient with the wrong sign."""
    return right(weight, velocity, -gradient, lr)


def velocity_subtracted(right: Any, weight: Any, velocity: Any, gradient: Any, lr: Any) -> Any:
    """The weight minus the new velocity, which already points down the slope."""
    velocity = right(weight, velocity, gradient, lr)[1]
    return weight - velocity, velocity


def old_velocity(right: Any, weight: Any, velocity: Any, gradient: Any, lr: Any) -> Any:
    """The weight moved by the old velocity, not by the new one."""
    return weight + velocity, right(weight, velocity, gradient, lr)[1]


def _rates(errors: Any, lr: Any, worse: Callable[[Any, Any], bool], most: int = 3, by: float = 10) -> Any:
    used = []
    for i in range(len(errors)):
        used.append(lr)
        if i and worse(errors[i], errors[:i]) and most:
            lr, most = lr / by, most - 1
    return used


def compared_with_the_epoch_before(right: Any, errors: Any, lr: Any = 0.01) -> Any:
    """The rates if an error is compared with the one before it, not with the best so far."""
    return _rates(errors, lr, lambda error, before: error >= before[-1])


def equal_is_better(right: Any, errors: Any, lr: Any = 0.01) -> Any:
    """The rates if an error that equals the best one counts as better."""
    return _rates(errors, lr, lambda error, before: error > min(before))


def cut_too_early(right: Any, errors: Any, lr: Any = 0.01) -> Any:
    """The rates if the epoch that was no improvement itself gets the lower rate."""
    used = right(errors, lr)
    return [*used[1:], right([*errors, max(errors)], lr)[-1]]


def halved(right: Any, errors: Any, lr: Any = 0.01) -> Any:
    """The rates if they are halved, not divided by ten."""
    return _rates(errors, lr, lambda error, before: error >= min(before), by=2)


def cut_without_end(right: Any, errors: Any, lr: Any = 0.01) -> Any:
    """The rates if nothing ends the cuts after the third."""
    return _rates(errors, lr, lambda error, before: error >= min(before), most=99)


def cut_twice(right: Any, errors: Any, lr: Any = 0.01) -> Any:
    """The rates with two cuts at most."""
    return _rates(errors, lr, lambda error, before: error >= min(before), most=2)


def _losing(question: str, checks: str) -> set[str]:
    return {f"{question}.{check}" for check in checks.split()}


MUTANTS = (
    Mutant("make_optimiser", no_momentum, {"make_optimiser.settings"}),
    Mutant("make_optimiser", decay_ten_times, {"make_optimiser.settings"}),
    Mutant("make_optimiser", nesterov, {"make_optimiser.settings"}),
    Mutant("make_optimiser", adam, {"make_optimiser.settings"}),
    Mutant("make_optimiser", biases_not_decayed, {"make_optimiser.settings"}),
    Mutant("make_optimiser", weights_only, {"make_optimiser.parameters"}),
    Mutant("make_optimiser", convolutions_only, {"make_optimiser.parameters"}),
    Mutant("paper_step", pytorchs_velocity, _losing("paper_step", "velocity weight")),
    Mutant("paper_step", decay_without_rate, _losing("paper_step", "velocity weight")),
    Mutant("paper_step", decay_apart, {"paper_step.velocity"}),
    Mutant("paper_step", up_the_slope, _losing("paper_step", "velocity weight")),
    Mutant("paper_step", velocity_subtracted, {"paper_step.weight"}),
    Mutant("paper_step", old_velocity, {"paper_step.weight"}),
    Mutant("rates", compared_with_the_epoch_before, _losing("rates", "cuts three")),
    Mutant("rates", equal_is_better, _losing("rates", "cuts three")),
    Mutant("rates", cut_too_early, _losing("rates", "cuts three")),
    Mutant("rates", halved, _losing("rates", "cuts three")),
    Mutant("rates", cut_without_end, {"rates.three"}),
    Mutant("rates", cut_twice, {"rates.three"}),
)
