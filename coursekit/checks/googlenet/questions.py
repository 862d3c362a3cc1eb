"""What is asked in exercise 10, what is right, and in which cases it is looked at."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from coursekit.answers import Answers, Value
from coursekit.answers.values import TensorArgument
from coursekit.checks import states
from coursekit.checks.compare import describe, exact
from coursekit.checks.exercise import Case, Check, Draw, Question, Wrong
from coursekit.checks.googlenet import networks as nets
from coursekit.networks import Concat, Conv2d, MaxPool2d, ReLU, Sequential, measure
from coursekit.networks.googlenet import Widths, inception

WIDTHS = ("conv_1x1", "reduce_3x3", "conv_3x3", "reduce_5x5", "conv_5x5", "pool_proj")


def inception_module(channels: int, *widths: int, **named: int) -> Any:
    """Return an Inception module."""
    return nets.build(inception(channels, Widths(*widths, **named)))


def global_average_pool(x: Any) -> Any:
    """Return the mean of every map."""
    return x.mean(dim=(2, 3))


def auxiliary_head(channels: int, classes: int = 1000, maps: int = 128, hidden: int = 1024) -> Any:
    """Return an auxiliary head as a module that gives its scores."""
    from torch import nn

    net = nets.build(nets.head(channels, classes, maps, hidden))
    return nn.Sequential(*net.children())  # its layers, without passing on what they see


def inception_cost(channels: int, size: int, *widths: int, reduced: bool = True, **named: int) -> Value:
    """Return the parameters and the multiply-adds of a module on maps of size x size."""
    w = Widths(*widths, **named)
    layer: Sequential = inception(channels, w)
    if not reduced:
        layer = Concat(
            conv_1x1=Conv2d(channels, w.conv_1x1, 1),
            conv_3x3=Conv2d(channels, w.conv_3x3, 3, padding=1),
            conv_5x5=Conv2d(channels, w.conv_5x5, 5, padding=2),
            pool=Sequential(pool=MaxPool2d(3, 1, 1), relu=ReLU()),
        )
    return measure.parameter_count(layer), measure.multiply_adds(layer, (channels, size, size))


def googlenet(
    table: nets.Table,
    stem: tuple[int, ...] = (64, 64, 192),
    classes: int = 1000,
    auxiliary: bool = False,
    head: tuple[int, ...] = (128, 1024),
) -> Any:
    """Return the whole network; in training, and with heads, it gives their scores behind its own."""
    from torch import nn

    from coursekit.torch_nn.network import auxiliary_outputs

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nets.build(nets.body(table, stem, classes, auxiliary, head))

        def forward(self, x: Any) -> Any:
            out = self.body(x)
            return (out, *auxiliary_outputs(self.body)) if auxiliary and self.training else out

    return Net()


def settings(case: Case) -> dict[str, Any]:
    """Return what of a case the function is called with."""
    return {name: value for name, value in case.items() if name != "x"}


def load(answers: Answers, function: str, case: Case, right: Sequential) -> tuple[Any, states.Shapes]:
    """Return the answer's object with the judge's parameters, if their shapes are those of `right`."""
    net = states.network(answers, function, **settings(case))
    found = states.shapes(answers, net)
    if sorted(found.values()) != sorted(measure.parameter_shapes(right).values()):
        raise Wrong("Its parameters do not have the shapes that they should have, see the first check.")
    answers.do("load_state", net, states.filled(found))
    return net, found


def weight_shapes(function: str) -> Callable[[Answers, Case], Value]:
    """Return what observes the shapes of all weights, sorted, and how many parameters there are in all."""

    def observe(answers: Answers, case: Case) -> Value:
        found = states.shapes(answers, states.network(answers, function, **settings(case)))
        weights = sorted(shape for shape in found.values() if len(shape) > 1)
        return {
            "weights": tuple("x".join(map(str, shape)) for shape in weights),
            "number of parameters": f"{sum(prod(shape) for shape in found.values()):,}",
        }

    return observe


def inception_body(case: Case) -> Sequential:
    """Return the description of the module of a case."""
    return inception(case["channels"], Widths(*(case[name] for name in WIDTHS)))


def branch_order(answers: Answers, case: Case) -> Value:
    """Return which branch each map comes from: the judge's parameters let branch i give the number i."""
    net, found = load(answers, "Inception", case, inception_body(case))
    ends = [case["conv_1x1"], case["conv_3x3"], case["conv_5x5"], case["pool_proj"]]
    state = {name: np.zeros(shape, np.float32) for name, shape in found.items()}
    for name, shape in found.items():
        if name.endswith("bias") and shape[0] in ends:
            state[name] += ends.index(shape[0]) + 1
    answers.do("load_state", net, state)
    out = answers.do("output", net, np.zeros((1, case["channels"], 3, 3), np.float32))
    if not isinstance(out, np.ndarray) or out.ndim != 4 or out.shape[0] != 1 or not out.size:
        raise Wrong(f"The output for one image is {describe(out)}, not an array of maps.")
    names = {1: "1x1", 2: "3x3", 3: "5x5", 4: "pool"}
    return tuple(names.get(round(float(v)) if abs(v) < 9 else 0, "none") for v in out[0, :, 0, 0])


def inception_output(answers: Answers, case: Case) -> Value:
    """Return the maps with the judge's parameters, sorted by their sum: their order is another check's."""
    net, _ = load(answers, "Inception", case, inception_body(case))
    out = answers.do("output", net, case["x"].astype(np.float32))
    if not isinstance(out, np.ndarray) or out.ndim != 4 or not np.isfinite(out).all():
        return out
    return out[:, np.argsort(out.astype(np.float64).sum(axis=(0, 2, 3)), kind="stable")]


def pooled(answers: Answers, case: Case) -> Value:
    """Return the pooled maps."""
    return answers.call("global_average_pool", TensorArgument(case["x"]))


def head_body(case: Case) -> Sequential:
    """Return the description of the head of a case."""
    return nets.head(**settings(case))


def head_output(answers: Answers, case: Case) -> Value:
    """Return the scores of a head in evaluation, with the judge's parameters."""
    net, _ = load(answers, "AuxiliaryHead", case, head_body(case))
    return answers.do("output", net, case["x"].astype(np.float32))


def head_dropout(answers: Answers, case: Case) -> Value:
    """Return what passes a head's dropout: the judge's parameters put 1 before it, and add 1 behind it."""
    net, found = load(answers, "AuxiliaryHead", case, head_body(case))
    hands_on = next(name for name, shape in found.items() if shape == (case["classes"], case["hidden"]))
    state = {}
    for name, shape in found.items():
        array = np.eye(shape[0]) if name == hands_on else np.full(shape, float(len(shape) == 1))
        state[name] = array.astype(np.float32)
    answers.do("load_state", net, state)
    seen: dict[str, Value] = {}
    for mode, training in (("evaluation", False), ("training", True)):
        x = np.zeros((64, case["channels"], 14, 14), np.float32)
        out = answers.do("output", net, x, training=training)
        if not isinstance(out, np.ndarray) or out.shape != (64, case["classes"]):
            raise Wrong(f"The scores of 64 images are {describe(out)}, expected {(64, case['classes'])}.")
        seen |= passes(mode, out - 1)
    return seen


def cost(answers: Answers, case: Case) -> Value:
    """Return both counts to the last digit."""
    value = answers.call("inception_cost", **case)
    if not isinstance(value, np.ndarray) or value.shape != (2,):
        raise Wrong(f"`inception_cost` returned {describe(value)}, expected two numbers.")
    return {"parameters": exact(value[0]), "multiply-adds": exact(value[1])}


def whole_body(case: Case) -> Sequential:
    """Return the description of the network of a case."""
    named = settings(case)
    if "head" in named:
        named["head_widths"] = named.pop("head")
    return nets.body(**named)


def whole_output(answers: Answers, case: Case) -> Value:
    """Return the scores of a narrow network in evaluation, and what passes its dropout in training.

    The judge's parameters give the scores. Then others let every map be 1, and hand some of them on, plus 1.
    """
    net, found = load(answers, "GoogLeNet", case, whole_body(case))
    scores = answers.do("output", net, case["x"].astype(np.float32))
    state = {
        n: np.eye(*s) if s[:1] == (case["classes"],) and len(s) == 2 else np.zeros(s)
        for n, s in found.items()
    }
    state |= {name: np.ones(shape) for name, shape in found.items() if len(shape) == 1}
    answers.do("load_state", net, {name: array.astype(np.float32) for name, array in state.items()})
    out = answers.do("output", net, np.zeros((512, 3, 64, 64), np.float32), training=True)
    if not isinstance(out, np.ndarray) or out.shape != (512, case["classes"]):
        raise Wrong(
            f"In training the scores of 512 images are {describe(out)}, expected {(512, case['classes'])}."
        )
    return {"scores": scores} | passes("training", out - 1)


def passes(mode: str, numbers: np.ndarray) -> dict[str, Value]:
    """Return which share of the numbers passed a dropout, and what became of a 1 that passed.

    The share is rounded to a tenth. Of some thousand numbers it strays by 0.01, so chance decides nothing.
    """
    return {
        f"{mode}: share of numbers that pass": round(float(np.mean(numbers > 0)), 1),
        f"{mode}: what passes, of 1": float(numbers.max()),
    }


def head_outputs(answers: Answers, case: Case) -> Value:
    """Return what comes out in training, with parameters that let each classifier name itself.

    Before each last layer a dropout works by chance, so the judge sets all weights to zero and tells the
    classifiers apart by their biases: 1 for the first head, 2 for the second, 3 for the network's own.
    """
    net, found = load(answers, "GoogLeNet", case, whole_body(case))
    state = {name: np.zeros(shape, np.float32) for name, shape in found.items()}
    linear = [name for name, shape in found.items() if len(shape) == 2 and shape[0] == case["classes"]]
    first, second = [name for name in linear if found[name][1] == case["head"][1]]
    own = next(name for name in linear if found[name][1] != case["head"][1])
    for number, name in enumerate((first, second, own), start=1):
        state[f"{name.rpartition('.')[0]}.bias"] += number
    answers.do("load_state", net, state)
    x = np.zeros((2, 3, 224, 224), np.float32)
    return {
        "in training": answers.do("output", net, x, training=True),
        "in evaluation": answers.do("output", net, x, training=False),
    }


def draw_modules(rng: np.random.Generator) -> tuple[Case, ...]:
    """Return two modules with images."""
    cases = []
    for channels, side in ((int(rng.integers(14, 20)), 6), (int(rng.integers(20, 30)), 9)):
        widths = dict(zip(WIDTHS, nets.draw_widths(rng), strict=True))
        cases.append({"channels": channels, **widths, "x": Draw(2, channels, side, side + 1)})
    return tuple(cases)


def draw_orders(rng: np.random.Generator) -> tuple[Case, ...]:
    """Return two modules."""
    return tuple(settings(case) for case in draw_modules(rng))


def draw_head(rng: np.random.Generator) -> tuple[Case, ...]:
    """Return a head with images."""
    channels, classes, maps = (int(n) for n in rng.integers(5, 20, 3))
    hidden = int(rng.integers(20, 60))
    case = {"channels": channels, "classes": classes, "maps": maps, "hidden": hidden}
    return ({**case, "x": Draw(3, channels, 14, 14)},)


def draw_costs(reduced: bool) -> Callable[[np.random.Generator], tuple[Case, ...]]:
    """Return what draws modules to count: 3a of the paper, and two of the student's own."""

    def cases(rng: np.random.Generator) -> tuple[Case, ...]:
        paper = dict(zip(WIDTHS, nets.TABLE["3a"], strict=True))
        drawn: list[Case] = [{"channels": 192, "size": 28, **paper}]
        for _ in range(2):
            widths = dict(zip(WIDTHS, (8 * w for w in nets.draw_widths(rng, 30)), strict=True))
            channels, size = 16 * int(rng.integers(8, 30)), int(rng.integers(7, 30))
            drawn.append({"channels": channels, "size": size, **widths})
        return tuple(case | {"reduced": reduced} for case in drawn)

    return cases


def draw_networks(rng: np.random.Generator) -> tuple[Case, ...]:
    """Return a narrow network with images."""
    stem = tuple(int(n) for n in rng.choice(np.arange(3, 9), 3, replace=False))
    classes = int(rng.integers(5, 20))
    return ({"table": nets.draw_table(rng), "stem": stem, "classes": classes, "x": Draw(2, 3, 96, 96)},)


def draw_headed(rng: np.random.Generator) -> tuple[Case, ...]:
    """Return a narrow network with heads."""
    case = settings(draw_networks(rng)[0])
    return ({**case, "auxiliary": True, "head": (4, int(rng.integers(150, 170)))},)


QUESTIONS = (
    Question(
        "Inception",
        inception_module,
        (
            Check(
                "widths", "the shapes of its weights, for 3a and 4e of the paper", 1,
                tuple(
                    {"channels": channels, **dict(zip(WIDTHS, nets.TABLE[name], strict=True))}
                    for name, channels in (("3a", 192), ("4e", 528))
                ),
                weight_shapes("Inception"),
            ),
            Check("order", "which branch each map comes from", 1, draw_orders, branch_order),
            Check("values", "what the maps hold, whatever their order", 2, draw_modules, inception_output),
        ),
    ),
    Question(
        "global_average_pool",
        global_average_pool,
        (
            Check(
                "values", "the mean of every map", 1,
                ({"x": Draw(2, 5, 7, 7)}, {"x": Draw(3, 4, 2, 6)}),
                pooled,
            ),
        ),
    ),
    Question(
        "AuxiliaryHead",
        auxiliary_head,
        (
            Check(
                "shapes", "the shapes of its weights, as published", 1,
                ({"channels": 512}, {"channels": 528, "classes": 10}),
                weight_shapes("AuxiliaryHead"),
            ),
            Check("values", "its scores, for widths drawn for you", 1, draw_head, head_output),
            Check(
                "dropout", "what passes in training and in evaluation", 1,
                ({"channels": 3, "classes": 64, "maps": 2, "hidden": 64},),
                head_dropout,
            ),
        ),
    ),
    Question(
        "inception_cost",
        inception_cost,
        (
            Check("reduced", "3a, and modules drawn for you, with 1x1 reductions", 1, draw_costs(True), cost),
            Check("naive", "the same without", 1, draw_costs(False), cost),
        ),
    ),
    Question(
        "GoogLeNet",
        googlenet,
        (
            Check("count", "6,998,552 parameters", 1, ({"table": nets.TABLE},), weight_shapes("GoogLeNet")),
            Check(
                "count_with_heads", "both heads where they belong", 1,
                ({"table": nets.TABLE, "auxiliary": True},),
                weight_shapes("GoogLeNet"),
            ),
            Check("scores", "a network drawn for you: scores, dropout", 1, draw_networks, whole_output),
            Check("heads", "three outputs in training, one in evaluation", 1, draw_headed, head_outputs),
        ),
    ),
)  # fmt: skip
