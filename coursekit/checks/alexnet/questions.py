"""What is asked in exercise 7, and in which cases it is looked at."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import numpy as np

from coursekit.answers import Answers, Held, Value
from coursekit.answers.values import TensorArgument
from coursekit.checks import states
from coursekit.checks.alexnet import reference as right
from coursekit.checks.compare import describe, exact
from coursekit.checks.exercise import Case, Check, Draw, Question, Wrong
from coursekit.checks.parts import call_for_parts
from coursekit.networks import measure

SIDE = 227
FAINT, BRIGHT = 0.1, 100.0
"""Scales of images. Of faint ones normalisation makes a fixed share, whatever its alpha and its place."""


def settings(case: Case) -> dict[str, Any]:
    """Return what of a case the function is called with."""
    return {name: value for name, value in case.items() if name != "x"}


def count(answers: Answers, case: Case) -> Value:
    """Return the number of parameters to the last digit."""
    found = states.shapes(answers, states.network(answers, "alexnet", **case))
    return {"number of parameters": f"{sum(prod(shape) for shape in found.values()):,}"}


def layers(answers: Answers, case: Case) -> Value:
    """Return the shapes of all weights, sorted, and what comes out of each layer that has weights."""
    net = states.network(answers, "alexnet", **case)
    found = states.shapes(answers, net)
    seen = answers.do("layer_shapes", net, np.zeros((1, 3, SIDE, SIDE), np.float32))
    if not isinstance(seen, dict):
        raise Wrong(f"The shapes of its layers are {describe(seen)}, not those of a torch.nn.Module.")
    owners = {name.rpartition(".")[0] for name in found}
    return {
        "weights": tuple(sorted("x".join(map(str, s)) for s in found.values() if len(s) > 1)),
        "outputs of layers with weights": tuple(exact(s) for name, s in seen.items() if name in owners),
    }


def scores(scale: float, answers: Answers, case: Case) -> Value:
    """Return the scores of images in evaluation, with the judge's parameters."""
    net = states.network(answers, "alexnet", **settings(case))
    answers.do("load_state", net, states.filled(states.shapes(answers, net)))
    return answers.do("output", net, (scale * case["x"]).astype(np.float32))


def dropped(answers: Answers, case: Case) -> Value:
    """Return what passes through the two dropouts.

    The judge's parameters make every number before the first dropout 1. What passes is doubled; fc7 hands it
    on and adds 1, so that 1 or 3 comes to the second dropout; and fc8 shows what passes that: 0, 2 or 6.
    """
    net = states.network(answers, "alexnet", **case)
    hidden, classes = case["width"] * 128 // 3, case["classes"]
    state = {}
    for name, shape in states.shapes(answers, net).items():
        if shape in ((hidden, hidden), (classes, hidden)):
            array = np.eye(*shape)
        else:
            array = np.full(shape, float(shape == (hidden,)))
        state[name] = array.astype(np.float32)
    answers.do("load_state", net, state)
    seen: dict[str, Value] = {}
    for mode, training in (("evaluation", False), ("training", True)):
        x = np.zeros((8, 3, SIDE, SIDE), np.float32)
        out = answers.do("output", net, x, training=training)
        if not isinstance(out, np.ndarray) or out.shape != (8, classes):
            raise Wrong(f"The scores of 8 images are {describe(out)}, expected {(8, classes)}.")
        # To an eighth, of 2,048 numbers: their share strays by 0.01, so chance decides nothing.
        shares = {value: round(8 * float(np.mean(np.isclose(out, value)))) / 8 for value in (0, 2, 6)}
        seen |= {f"{mode}: share of scores that are {value}": share for value, share in shares.items()}
    return seen


@dataclass(frozen=True)
class Parameters:
    """Parameters of the network with two groups, or of one of its columns; in a message they are named.

    Attributes
    ----------
    width, classes
        Settings of the network.
    seed
        Draws them.
    column
        0 or 1 for those of one column, None for all.
    """

    width: int
    classes: int
    seed: int
    column: int | None = None

    def __repr__(self) -> str:
        """Return how a message names them."""
        whose = "" if self.column is None else f" of column {self.column + 1}"
        return f"parameters{whose} at width {self.width}"

    def tensors(self) -> dict[str, TensorArgument]:
        """Return them by name, as the answer gets them."""
        shapes = measure.parameter_shapes(right.body(2, self.width, self.classes))
        arrays = states.filled(shapes, self.seed)
        wanted = arrays if self.column is None else right.halves(arrays)[self.column]
        return {name: TensorArgument(array) for name, array in wanted.items()}


def draw_whole(rng: np.random.Generator) -> tuple[Case, ...]:
    """Return the parameters of two networks to be halved."""
    seeds = rng.integers(1000, size=2)
    return tuple({"state": Parameters(w, 10, int(seed))} for w, seed in zip((6, 12), seeds, strict=True))


def draw_columns(rng: np.random.Generator) -> tuple[Case, ...]:
    """Return the halves of two networks, with images."""
    cases = []
    for width, classes in ((6, 10), (12, 4)):
        seed = int(rng.integers(1000))
        first, second = (Parameters(width, classes, seed, column) for column in (0, 1))
        cases.append({"x": Draw(2, 3, SIDE, SIDE), "first": first, "second": second})
    return tuple(cases)


def half(kind: str, answers: Answers, case: Case) -> Value:
    """Return the weights, or the biases, of both halves."""
    value = answers.call("halves", case["state"].tensors())
    if not isinstance(value, tuple) or len(value) != 2 or not all(isinstance(v, dict) for v in value):
        raise Wrong(f"`halves` returned {describe(value)}, expected two dictionaries.")
    names = ("the first half", "the second half")
    return {
        which: {name: array for name, array in own.items() if name.endswith(kind)}
        for which, own in zip(names, value, strict=True)
    }


def of_columns(scale: float, answers: Answers, case: Case) -> Value:
    """Return the scores of two half networks."""
    x = TensorArgument((scale * case["x"]).astype(np.float32))
    return answers.call("two_columns", x, case["first"].tensors(), case["second"].tensors())


def optimiser(answers: Answers, case: Case) -> tuple[tuple[dict[str, Value], ...], states.Shapes]:
    """Return the groups of the answer's optimiser for its own narrow network, and that network's parameters.

    Raises
    ------
    Wrong
        If the optimiser is none.
    """
    net = states.network(answers, "alexnet", **case)
    made = answers.call("make_optimiser", net)
    if not isinstance(made, Held):
        raise Wrong(f"`make_optimiser` returned {describe(made)}, not an optimiser of torch.optim.")
    groups = answers.do("groups", made, net)
    if not isinstance(groups, tuple) or not all(isinstance(group, dict) for group in groups):
        raise Wrong(f"The groups of parameters are {describe(groups)}, not those of torch.optim.")
    return groups, states.shapes(answers, net)


def training_settings(answers: Answers, case: Case) -> Value:
    """Return learning rate, momentum and decay as texts, to the last digit; of several groups all of them."""
    groups, _ = optimiser(answers, case)

    def text(value: Value) -> str:
        return f"{float(value):.6g}" if isinstance(value, np.ndarray) and value.ndim == 0 else "not set"

    names = ("lr", "momentum", "weight_decay", "dampening", "nesterov")
    return {name: " and ".join(sorted({text(group.get(name)) for group in groups})) for name in names}


def trained(answers: Answers, case: Case) -> Value:
    """Return how many of the parameters the optimiser changes."""
    groups, found = optimiser(answers, case)
    given = [name for group in groups for name in np.ravel(np.array(group.get("names"), dtype=object))]
    absent = len([name for name in found if name not in given])
    return {"parameters that it leaves as they are": str(absent)}


def stepped(name: str, answers: Answers, case: Case) -> Value:
    """Return the new velocity, or by how much the weight has changed: a decay would drown in the weight."""
    arrays = {"weight": 100 * case["weight"], "velocity": case["velocity"], "gradient": case["gradient"]}
    given = {key: TensorArgument(array) for key, array in arrays.items()} | {"lr": case["lr"]}
    value = call_for_parts(answers, "paper_step", ("weight", "velocity"), given)[name]
    if name == "velocity" or not isinstance(value, np.ndarray) or value.shape != arrays["weight"].shape:
        return value
    return {"the change of the weight": value - arrays["weight"]}


def rate_texts(answers: Answers, case: Case) -> Value:
    """Return the rates as texts, since small rates differ by less than what counts as rounding."""
    value = answers.call("rates", **case)
    if not isinstance(value, np.ndarray) or value.ndim != 1:
        raise Wrong(f"`rates` returned {describe(value)}, expected a list of numbers.")
    return tuple(f"{float(rate):.4g}" for rate in value)


def networks(classes: int, *widths: int) -> tuple[Case, ...]:
    """Return settings for one group and for two."""
    pairs = zip((1, 2), widths, strict=True)
    return tuple({"groups": groups, "width": width, "classes": classes} for groups, width in pairs)


def with_images(cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Return the cases with two images each."""
    return tuple(case | {"x": Draw(2, 3, SIDE, SIDE)} for case in cases)


STEP: Case = {"weight": Draw(4, 3), "velocity": Draw(4, 3), "gradient": Draw(4, 3), "lr": 0.5}
SMALL: tuple[Case, ...] = ({"width": 6, "classes": 10},)
Observe = Callable[[Answers, Case], Value]


def check(name: str, about: str, cases: Any, observe: Observe) -> Check:
    """Return a check for one point."""
    return Check(name, about, 1, cases, observe)


QUESTIONS = (
    Question(
        "alexnet",
        right.alexnet,
        (
            check("one_column", "parameters in one column", ({"groups": 1, "device": "meta"},), count),
            check("two_columns", "parameters in two columns", ({"groups": 2, "device": "meta"},), count),
            check("layers", "the shape of every layer", networks(7, 6, 12), layers),
            check("scores", "the scores of faint images", with_images(networks(7, 6, 12)),
                  partial(scores, FAINT)),
            check("bright", "the scores of bright images, where normalisation matters",
                  with_images(networks(5, 12, 6)), partial(scores, BRIGHT)),
            check("dropout", "what passes in training and in evaluation",
                  ({"groups": 1, "width": 12, "classes": 256},), dropped),
        ),
    ),
    Question(
        "halves",
        right.halves,
        (
            check("weights", "the weights of both halves", draw_whole, partial(half, "weight")),
            check("biases", "the biases of both halves", draw_whole, partial(half, "bias")),
        ),
    ),
    Question(
        "two_columns",
        right.two_columns,
        (
            check("scores", "the scores of faint images", draw_columns, partial(of_columns, FAINT)),
            check("bright", "the scores of bright images, where normalisation matters", draw_columns,
                  partial(of_columns, BRIGHT)),
        ),
    ),
    Question(
        "make_optimiser",
        right.make_optimiser,
        (
            check("settings", "rate, momentum and decay", SMALL, training_settings),
            check("parameters", "all parameters are trained", SMALL, trained),
        ),
    ),
    Question(
        "paper_step",
        right.paper_step,
        (
            check("velocity", "the new velocity", (STEP,), partial(stepped, "velocity")),
            check("weight", "the new weight", (STEP,), partial(stepped, "weight")),
        ),
    ),
    Question(
        "rates",
        right.rates,
        (
            check(
                "cuts", "the rate is cut when the error stops falling",
                (
                    {"errors": (0.9, 0.7, 0.6, 0.55)},
                    {"errors": (0.9, 0.7, 0.8, 0.75, 0.6, 0.5)},
                    {"errors": (0.9, 0.7, 0.7, 0.6)},
                    {"errors": (0.5, 0.6, 0.4, 0.3), "lr": 0.1},
                ),
                rate_texts,
            ),
            check(
                "three", "the rate is cut three times at most",
                ({"errors": (0.9, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8)},
                 {"errors": (0.3, 0.4, 0.2, 0.3, 0.25, 0.2, 0.1, 0.2, 0.3)}),
                rate_texts,
            ),
        ),
    ),
)  # fmt: skip
