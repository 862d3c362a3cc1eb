"""What is asked in exercise 11, and in which cases it is looked at."""

from collections.abc import Callable
from functools import partial
from math import prod, sqrt
from typing import Any

import numpy as np

from coursekit.answers import Answers, Held, Value
from coursekit.checks import states
from coursekit.checks.compare import describe
from coursekit.checks.exercise import Case, Check, Draw, Question, Wrong
from coursekit.checks.resnet import reference as right


def settings(case: Case) -> dict[str, Any]:
    """Return what of a case the function is called with."""
    return {name: value for name, value in case.items() if name not in ("x", "upstream", "block")}


def numbers_for(state: dict[str, Value]) -> dict[str, np.ndarray]:
    """Return an array for each array of a state that depends on its shape and its kind alone.

    So it does not matter in which order, and under which names, a network lists its layers. Weights are He's;
    a normalisation scales by about 1 with running statistics near those of its input, whose weights are
    named "weight", "bias", "running_mean" and "running_var" as in `torch.nn`.
    """
    arrays = {}
    for name, value in state.items():
        array = np.asarray(value)
        kind = name.rpartition(".")[2]
        rng = np.random.default_rng([len(kind), *array.shape])
        noise = rng.standard_normal(array.shape)
        if array.ndim > 1:
            array = noise * sqrt(2 / max(1, prod(array.shape[1:])))
        elif array.ndim == 1:
            scale, offset = {"running_var": (0.2, 2.0), "weight": (0.2, 1.0)}.get(kind, (0.2, 0.0))
            array = offset + scale * np.clip(noise, -3, 3)
        arrays[name] = array.astype(np.asarray(value).dtype)
    return arrays


def loaded(answers: Answers, net: Held) -> None:
    """Give the answer's network the judge's numbers.

    Raises
    ------
    Wrong
        If it has no state.
    """
    state = answers.do("state", net)
    if not isinstance(state, dict) or not all(isinstance(v, np.ndarray) for v in state.values()):
        raise Wrong(f"The parameters are {describe(state)}, not those of a torch.nn.Module.")
    answers.do("load_state", net, numbers_for(state))


def count(answers: Answers, net: Held) -> str:
    """Return the number of parameters to the last digit."""
    return f"{sum(prod(shape) for shape in states.shapes(answers, net).values()):,}"


def module(function: str, answers: Answers, case: Case) -> Value:
    """Return the parameters of a block, and what comes out in evaluation and in training."""
    net = states.network(answers, function, **settings(case))
    weights = sorted("x".join(map(str, s)) for s in states.shapes(answers, net).values() if len(s) > 1)
    seen = {"weights": tuple(weights), "number of parameters": count(answers, net)}
    loaded(answers, net)
    x = case["x"].astype(np.float32)
    for mode, training in (("evaluation", False), ("training", True)):
        seen[f"output in {mode}"] = answers.do("output", net, x, training=training)
    return seen


def zeroed(answers: Answers, case: Case) -> Held:
    """Return a block of the answer's own after its `zero_residual`."""
    made = answers.call("zero_residual", states.network(answers, case["block"], **settings(case)))
    if not isinstance(made, Held):
        raise Wrong(f"`zero_residual` returned {describe(made)}, not the block.")
    return made


def stays(answers: Answers, case: Case) -> Value:
    """Return what comes out of a zeroed block for maps that are not negative, which are to stay the same."""
    block = zeroed(answers, case)
    x = np.abs(case["x"]).astype(np.float32)
    return {
        f"output in {mode}": answers.do("output", block, x, training=training)
        for mode, training in (("evaluation", False), ("training", True))
    }


def learns(answers: Answers, case: Case) -> Value:
    """Return which parameters of a zeroed block get a gradient, and which weights are zero, by shape.

    Of a block with a projection only whether a convolution of its branch and that of its projection get one.
    """
    block = zeroed(answers, case)
    x, upstream = (case[name].astype(np.float32) for name in ("x", "upstream"))
    found = answers.do("gradients", block, x, upstream, training=True)
    state = answers.do("state", block)
    if not isinstance(found, dict) or not isinstance(state, dict):
        raise Wrong(f"The gradients are {describe(found)}, not those of a torch.nn.Module.")

    if case["stride"] > 1:
        width, out = case["width"], upstream.shape[1]
        looked_at = {"its branch": (width, width, 3, 3), "its projection": (out, case["channels"], 1, 1)}
        gets = {shape for g in found.values() if np.abs(g).max() > 1e-5 for shape in [np.shape(g)]}
        return {f"a gradient in {part}": "yes" if s in gets else "no" for part, s in looked_at.items()}

    def listed(arrays: dict[str, Value], zero: bool) -> tuple[str, ...]:
        known = [a for n, a in arrays.items() if n != "x" and isinstance(a, np.ndarray) and a.size]
        return tuple(sorted("x".join(map(str, a.shape)) for a in known if (np.abs(a).max() < 1e-5) == zero))

    weights = {name: array for name, array in state.items() if name.endswith("weight")}
    return {
        "shapes of parameters with a gradient": listed(found, zero=False),
        "shapes of weights that are zero": listed(weights, zero=True),
    }


def counted(answers: Answers, case: Case) -> Value:
    """Return the number of parameters of a whole network."""
    return {"number of parameters": count(answers, states.network(answers, "resnet", **case))}


def scores(answers: Answers, case: Case) -> Value:
    """Return the scores of images in evaluation, with the judge's numbers."""
    net = states.network(answers, "resnet", **settings(case))
    loaded(answers, net)
    return answers.do("output", net, case["x"].astype(np.float32))


def first_gradient(answers: Answers, case: Case) -> Value:
    """Return the gradient of the first convolution in evaluation, with the judge's numbers, scaled to 1."""
    net = states.network(answers, "resnet", **settings(case))
    loaded(answers, net)
    upstream = case["upstream"].astype(np.float32)
    found = answers.do("gradients", net, case["x"].astype(np.float32), upstream)
    if not isinstance(found, dict):
        raise Wrong(f"The gradients are {describe(found)}, not those of a torch.nn.Module.")
    shape = (case["width"], 3, 7, 7)
    first = [g for g in found.values() if isinstance(g, np.ndarray) and g.shape == shape]
    size = float(np.abs(first[0]).max()) if first else 0.0
    if not 0 < size < np.inf:
        return {"the first convolution's gradient": "not finite" if size else "none reaches it"}
    return {
        "size of the first convolution's gradient (decimal logarithm)": np.log10(size),
        "first convolution's gradient, scaled": first[0] / size,
    }


def block_case(channels: int, width: int, stride: int, side: int = 6) -> Case:
    """Return the arguments of a block, with maps."""
    return {"channels": channels, "width": width, "stride": stride, "x": Draw(3, channels, side, side)}


def shortcut_case(channels: int, out_channels: int, stride: int) -> Case:
    """Return the arguments of a shortcut, with maps."""
    x = Draw(3, channels, 7, 6)
    return {"channels": channels, "out_channels": out_channels, "stride": stride, "x": x}


def check(name: str, about: str, cases: tuple[Case, ...], observe: Callable[[Answers, Case], Value]) -> Check:
    """Return a check for one point."""
    return Check(name, about, 1, cases, observe)


BASIC, BOTTLENECK = (18, 34), (50, 101, 152)
ZEROED: tuple[Case, ...] = (
    {"block": "BasicBlock"} | block_case(6, 6, 1) | {"upstream": Draw(3, 6, 6, 6)},
    {"block": "Bottleneck"} | block_case(12, 3, 1) | {"upstream": Draw(3, 12, 6, 6)},
)
PROJECTED: tuple[Case, ...] = (
    {"block": "BasicBlock"} | block_case(4, 6, 2) | {"upstream": Draw(3, 6, 3, 3)},
    {"block": "Bottleneck"} | block_case(8, 4, 2) | {"upstream": Draw(3, 16, 3, 3)},
)

QUESTIONS = (
    Question(
        "shortcut",
        right.shortcut,
        (
            check("identity", "where shapes stay", (shortcut_case(5, 5, 1),), partial(module, "shortcut")),
            check("projection", "where shapes change",
                  (shortcut_case(4, 6, 1), shortcut_case(4, 8, 2), shortcut_case(6, 6, 2)),
                  partial(module, "shortcut")),
        ),
    ),
    Question(
        "BasicBlock",
        right.basic_block,
        (
            check("same", "where shapes stay", (block_case(5, 5, 1),), partial(module, "BasicBlock")),
            check("changed", "where shapes change", (block_case(4, 6, 1), block_case(4, 8, 2)),
                  partial(module, "BasicBlock")),
        ),
    ),
    Question(
        "Bottleneck",
        right.bottleneck_block,
        (
            check("same", "where shapes stay", (block_case(12, 3, 1),), partial(module, "Bottleneck")),
            check("changed", "where shapes change", (block_case(4, 4, 1), block_case(8, 4, 2)),
                  partial(module, "Bottleneck")),
        ),
    ),
    Question(
        "zero_residual",
        right.zero_residual,
        (
            check("identity", "a block that changes nothing", ZEROED, stays),
            check("learns", "a block that can learn to change something", ZEROED + PROJECTED, learns),
        ),
    ),
    Question(
        "resnet",
        right.resnet,
        (
            check("basic", "the parameters of 18 and 34 layers",
                  (*({"depth": depth, "device": "meta"} for depth in BASIC),
                   {"depth": 34, "width": 6, "classes": 7}),
                  counted),
            check("bottleneck", "the parameters of 50, 101 and 152 layers",
                  tuple({"depth": depth, "device": "meta"} for depth in BOTTLENECK), counted),
            check("scores", "the scores of images",
                  tuple({"depth": d, "width": 4, "classes": 7, "x": Draw(2, 3, 64, 64)} for d in (18, 50)),
                  scores),
            check("gradient", "the gradient that reaches the first layer",
                  tuple({"depth": d, "width": 4, "classes": 7, "x": Draw(2, 3, 64, 64),
                         "upstream": Draw(2, 7)} for d in (34, 50)),
                  first_gradient),
        ),
    ),
)  # fmt: skip
