"""Giving an answer's network the parameters of the judge, whatever the answer calls them."""

from collections import Counter
from math import prod, sqrt
from typing import Any

import numpy as np

from coursekit.answers import Answers, Held
from coursekit.checks.compare import describe
from coursekit.checks.exercise import Wrong

Shapes = dict[str, tuple[int, ...]]


def network(answers: Answers, function: str, **settings: Any) -> Held:
    """Return what the answer builds; raise `Wrong` if that is a number or the like and no object."""
    net = answers.call(function, **settings)
    if not isinstance(net, Held):
        raise Wrong(f"`{function}` returned {describe(net)}, not a torch.nn.Module.")
    return net


def shapes(answers: Answers, net: Held) -> Shapes:
    """Return the shapes of a network's trainable parameters by name, in its order."""
    found = answers.do("trainable", net)
    if not isinstance(found, dict):
        raise Wrong(f"The parameters are {describe(found)}, not those of a torch.nn.Module.")
    return {name: tuple(int(n) for n in np.ravel(shape)) for name, shape in found.items()}


def filled(found: Shapes, seed: int = 0) -> dict[str, np.ndarray]:
    """Return an array for every parameter: He's initial weights, and biases that matter.

    They depend on shapes, not on names: the first weight of a shape gets the same numbers in every network,
    and a bias goes with the weight beside it. So networks whose layers have different shapes compute the same
    if they are the same, in whatever order they list their layers; layers of one shape must be listed in the
    order in which they run.
    """
    seen: Counter[tuple[tuple[int, ...], bool]] = Counter()
    arrays = {}
    for name, shape in found.items():
        bias = len(shape) < 2
        key = found.get(f"{name.rpartition('.')[0]}.weight", shape) if bias else shape
        rng = np.random.default_rng([seed, seen[key, bias], int(bias), *key])
        seen[key, bias] += 1
        scale = 0.2 if bias else sqrt(2 / max(1, prod(shape[1:])))
        arrays[name] = (scale * rng.standard_normal(shape)).astype(np.float32)
    return arrays
