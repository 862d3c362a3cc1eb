"""What is looked at in the answers to exercise 5."""

from functools import lru_cache, partial
from typing import Any

import numpy as np
import torch._dynamo  # torch.optim imports it when first used; that would count as the answer's time

from coursekit import data
from coursekit.answers import Answers, Held, Value
from coursekit.answers.values import TensorArgument
from coursekit.checks.compare import describe
from coursekit.checks.exercise import Case, Check, Draw, Question, Wrong
from coursekit.checks.lenet5 import reference
from coursekit.networks.lenet_1998 import codes

CODES = TensorArgument(np.array(codes(), np.float32))
MASK = np.array([[1, 0, 1], [0, 1, 1], [1, 1, 1], [1, 0, 0]])  # another one than Table I
ARGUMENTS: dict[str, tuple[Value, ...]] = {
    "Subsampling": (3,),
    "MaskedConv2d": (MASK,),
    "LeNet1998": (CODES,),
    "LeNet5": (),
}
TRAINED_ON, TESTED_ON, EPOCHS, BATCH = 600, 1000, 4, 16
# Right answers reached 0.84 to 0.90 (LeNet5) and 0.78 to 0.88 (LeNet1998) over 28 seeds; guessing gives 0.1.
FLOORS = {"LeNet5": 0.7, "LeNet1998": 0.65}
RATES = {"LeNet5": 0.02, "LeNet1998": 0.001}


def made(answers: Answers, name: str) -> Held:
    """Return the student's module of this class."""
    module = answers.call(name, *ARGUMENTS[name])
    if not isinstance(module, Held):
        raise Wrong(f"`{name}` made {describe(module)}, not a torch.nn.Module.")
    return module


def filled(answers: Answers, name: str) -> Held:
    """Return the student's module with numbers in its weights that are the same for every answer."""
    module = made(answers, name)
    right: Any = getattr(reference, name)(*(_plain(value) for value in ARGUMENTS[name]))
    state = answers.do("state", module)
    rng = np.random.default_rng(5)
    for parameter, value in right.named_parameters():
        bound = np.prod(value.shape[1:]) ** -0.5
        if not isinstance(state, dict) or parameter not in state:
            has = ", ".join(state) if isinstance(state, dict) else ""
            raise Wrong(f"`{name}` has no weights called {parameter!r}; it has: {has or 'none'}.")
        if what := shape_difference(state[parameter], tuple(value.shape)):
            raise Wrong(f"The weights {parameter!r} of `{name}`: {what}")
        state[parameter] = rng.uniform(-bound, bound, value.shape).astype(np.float32)
    answers.do("load_state", module, state)
    return module


def shape_difference(got: Value, shape: tuple[int, ...]) -> str | None:
    """Say that a value is no array of this shape, None if it is."""
    if isinstance(got, np.ndarray) and got.shape == shape:
        return None
    return f"{describe(got)}, expected array of shape {shape}."


def _plain(value: Value) -> Any:
    return torch.from_numpy(value.array) if isinstance(value, TensorArgument) else value


def rows(first: int, last: int, answers: Answers, case: Case) -> Value:
    """Return rows of the connection mask, or all of it if it is no array of that shape."""
    mask = answers.call("connection_mask")
    is_mask = isinstance(mask, np.ndarray) and mask.shape == (16, 6)
    return mask[first:last] if is_mask else mask


def parameters(name: str, answers: Answers, case: Case) -> Value:
    """Return the shapes of the weights that ask for a gradient, and what they start with."""
    module = made(answers, name)
    shapes, state = answers.do("trainable", module), answers.do("state", module)
    if not isinstance(shapes, dict) or not isinstance(state, dict):
        return shapes
    return shapes | {f"{key} at the start": state.get(key) for key in shapes}


def output(name: str, answers: Answers, case: Case) -> Value:
    """Return what the module with given weights makes of x."""
    return answers.do("output", filled(answers, name), np.float32(case["x"]))


def output_and_loss(name: str, answers: Answers, case: Case) -> Value:
    """Return what the module with given weights makes of x, and its loss for given scores."""
    module = filled(answers, name)
    given = (
        TensorArgument(case["scores"].astype(np.float32)),
        TensorArgument(np.arange(len(case["scores"])) + 3),
    )
    return {
        "output": answers.do("output", module, np.float32(case["x"])),
        "loss": answers.do("method", module, "loss", *given),
    }


def gradients(name: str, answers: Answers, case: Case) -> Value:
    """Return the gradients of the module with given weights."""
    return answers.do("gradients", filled(answers, name), np.float32(case["x"]), np.float32(case["upstream"]))


def learning(name: str, answers: Answers, case: Case) -> Value:
    """Return how many single weights receive a gradient that is not zero, by name and in all."""
    found = answers.do("gradients", made(answers, name), np.float32(case["x"]), np.float32(case["upstream"]))
    if not isinstance(found, dict):
        return found
    counts = {key: np.count_nonzero(value) for key, value in found.items() if key != "x"}
    return {"all weights that learn": sum(counts.values())} | counts


def function_of_tensors(name: str, answers: Answers, case: Case) -> Value:
    """Return what a function gives for the case's arrays as float32 tensors."""
    kinds = {key: np.int64 if key == "labels" else np.float32 for key in case}
    return answers.call(name, *(TensorArgument(np.array(case[key], kinds[key])) for key in case))


def distance_loss(answers: Answers, case: Case) -> Value:
    """Return the loss of small distances, among which the constant j matters."""
    return function_of_tensors("rbf_loss", answers, case | {"distances": np.abs(case["distances"])})


def three_steps(name: str, answers: Answers, case: Case) -> Value:
    """Return the losses of three steps, and all weights behind them."""
    net = filled(answers, name)
    optimiser = answers.do("sgd", net, lr=case["lr"], momentum=0.9)
    labels = np.arange(len(case["x"])) % 10
    losses = tuple(
        answers.call("train_step", net, optimiser, TensorArgument(x), TensorArgument(y))
        for x, y in zip(np.split(np.float32(case["x"]), 3), np.split(labels, 3), strict=True)
    )
    state = answers.do("state", net)
    weights = state if isinstance(state, dict) else {}
    right = dict(getattr(reference, name)(*map(_plain, ARGUMENTS[name])).named_parameters())
    return {"losses": losses} | {key: value for key, value in weights.items() if key in right}


@lru_cache(maxsize=1)
def _digits() -> data.Split:
    return data.load("digits_small")


def prepared(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return training and test digits as the network takes them."""
    if name == "LeNet5":
        inputs = _digits().inputs()
        return inputs.x_train, inputs.x_test
    # LeCun et al. 1998, sec. III.A: 32x32, paper at -0.1 and ink at 1.175, so that the mean is about 0.
    both = [data.scale(images) * 1.275 - 0.1 for images in (_digits().x_train, _digits().x_test)]
    margins = ((0, 0), (0, 0), (2, 2), (2, 2))
    x_train, x_test = (np.pad(x.astype(np.float32), margins, constant_values=-0.1) for x in both)
    return x_train, x_test


def in_a_row(losses: Value) -> Value:
    """Return single numbers, such as a list of tensors, as one array; anything else as it is."""
    if isinstance(losses, tuple) and all(isinstance(n, np.ndarray) and n.ndim == 0 for n in losses):
        return np.array(losses)
    return losses


def judge_accuracy(name: str, answers: Answers, case: Case) -> None:
    """Raise `Wrong` unless the trained network tells new digits, whose labels stay here."""
    x_train, x_test = prepared(name)
    chosen, asked = np.argsort(case["order"])[:TRAINED_ON], np.argsort(case["asked"])[:TESTED_ON]
    labels = _digits().y_train[chosen].astype(np.int64)
    net = made(answers, name)
    images = TensorArgument(x_train[chosen])
    losses = answers.call("train", net, images, TensorArgument(labels), lr=RATES[name], epochs=EPOCHS)
    if what := shape_difference(in_a_row(losses), (EPOCHS * -(-TRAINED_ON // BATCH),)):
        raise Wrong(
            f"Of {EPOCHS} epochs with {TRAINED_ON} images, {BATCH} in a step, `train` returned {what} "
            "It is to return the loss of every step."
        )
    scores = answers.do("output", net, x_test[asked])
    if what := shape_difference(scores, (TESTED_ON, 10)):
        raise Wrong(f"For {TESTED_ON} images the trained {name} gives {what}")
    guesses = scores.argmin(axis=1) if name == "LeNet1998" else scores.argmax(axis=1)
    share = float((guesses == _digits().y_test[asked]).mean())
    if share < FLOORS[name]:
        raise Wrong(
            f"{name}, trained on {TRAINED_ON} digits, lr={RATES[name]}, tells {share:.0%} of {TESTED_ON} new "
            f"ones; at least {FLOORS[name]:.0%} is asked for, and guessing gives 10%. Does every step change "
            "this very network, with every image beside its own label?"
        )


_STEPS = {"LeNet5": Draw(12, 1, 28, 28), "LeNet1998": Draw(12, 1, 32, 32)}
_ORDERS = {"order": Draw(2000), "asked": Draw(2000)}

QUESTIONS = (
    Question(
        "connection_mask",
        reference.connection_mask,
        (
            Check("neighbours", "the twelve maps that see neighbours", 1, ({},), partial(rows, 0, 12)),
            Check("others", "the four maps that are left", 1, ({},), partial(rows, 12, 16)),
        ),
    ),
    Question(
        "Subsampling",
        reference.Subsampling,
        (
            Check(
                "parameters", "a coefficient and a bias for each map, both trained, and their start", 1,
                ({"channels": 3},), partial(parameters, "Subsampling"),
            ),
            Check(
                "output", "its output for given weights", 1,
                ({"x": Draw(2, 3, 4, 6)}, {"x": Draw(1, 3, 2, 2)}), partial(output, "Subsampling"),
            ),
        ),
    ),
    Question(
        "MaskedConv2d",
        reference.MaskedConv2d,
        (
            Check(
                "output", "its output for given weights", 1,
                ({"x": Draw(2, 3, 7, 6)}, {"x": Draw(1, 3, 5, 5)}), partial(output, "MaskedConv2d"),
            ),
            Check(
                "gradients", "all gradients, zero where the mask is", 1,
                ({"x": Draw(2, 3, 6, 7), "upstream": Draw(2, 4, 2, 3)},), partial(gradients, "MaskedConv2d"),
            ),
        ),
    ),
    Question(
        "rbf",
        reference.rbf,
        (
            Check(
                "distances", "squared distances to every code", 1,
                ({"x": Draw(4, 7), "codes": Draw(3, 7)}, {"x": Draw(1, 2), "codes": Draw(5, 2)}),
                partial(function_of_tensors, "rbf"),
            ),
        ),
    ),
    Question(
        "rbf_loss",
        reference.rbf_loss,
        (
            Check(
                "loss", "the mean loss of a batch", 1,
                (
                    {"distances": Draw(4, 10), "labels": (3, 0, 9, 3)},
                    {"distances": Draw(1, 3), "labels": (2,)},
                ),
                distance_loss,
            ),
        ),
    ),
    Question(
        "LeNet1998",
        reference.LeNet1998,
        (
            Check(
                "count", "60,000 weights that learn, layer by layer", 1,
                ({"x": Draw(4, 1, 32, 32), "upstream": Draw(4, 10)},), partial(learning, "LeNet1998"),
            ),
            Check(
                "output", "its output for given weights", 1,
                ({"x": Draw(2, 1, 32, 32)},), partial(output, "LeNet1998"),
            ),
        ),
    ),
    Question(
        "LeNet5",
        reference.LeNet5,
        (
            Check(
                "count", "61,706 weights that learn, layer by layer", 1,
                ({"x": Draw(4, 1, 28, 28), "upstream": Draw(4, 10)},), partial(learning, "LeNet5"),
            ),
            Check(
                "output", "its output for given weights, and its loss", 1,
                ({"x": Draw(2, 1, 28, 28), "scores": Draw(6, 10)},), partial(output_and_loss, "LeNet5"),
            ),
        ),
    ),
    Question(
        "train_step",
        reference.train_step,
        (
            Check(
                "today", "three steps of LeNet5: losses and weights", 1,
                ({"x": _STEPS["LeNet5"], "lr": 0.5},), partial(three_steps, "LeNet5"),
            ),
            Check(
                "1998", "three steps of LeNet1998: losses and weights", 1,
                ({"x": _STEPS["LeNet1998"], "lr": 0.005},), partial(three_steps, "LeNet1998"),
            ),
        ),
    ),
    Question(
        "train",
        reference.train,
        (
            Check(
                "today", "LeNet5 tells new digits", 1,
                (_ORDERS,), judge=partial(judge_accuracy, "LeNet5"),
            ),
            Check(
                "1998", "LeNet1998 tells new digits", 1,
                (_ORDERS,), judge=partial(judge_accuracy, "LeNet1998"),
            ),
        ),
    ),
)  # fmt: skip
