"""What is looked at in the answers to exercise 6.

Of dropout, which is random, the checks look at what does not depend on the numbers drawn: shares, factors,
and whether two things agree. Every share is of so many elements that its second decimal is certain.
"""

from typing import Any

import numpy as np

from coursekit.answers import Answers, Held, Value
from coursekit.checks.compare import describe
from coursekit.checks.exercise import Case, Check, Draw, Question, Wrong
from coursekit.checks.lrn_and_dropout import reference

BRIGHT = 60.0  # with alpha = 1e-4, numbers around 1 are as good as unchanged; AlexNet's maps are larger
MANY = Draw(2, 200, 1000)  # two images


def bright_forward(answers: Answers, case: Case) -> Value:
    """Return the normalisation of large numbers."""
    return answers.call("lrn_forward", **(case | {"x": BRIGHT * case["x"]}))


def bright_backward(answers: Answers, case: Case) -> Value:
    """Return the gradient at large numbers."""
    return answers.call("lrn_backward", **(case | {"x": BRIGHT * case["x"]}))


def dropped_by(answers: Answers, case: Case) -> Value:
    """Return what dropout makes of x with uniform numbers, one of which is p itself."""
    u = case["u"] % 1.0
    u.flat[0] = case["p"]
    return answers.call("dropout", **(case | {"u": u}))


def mean_of_ones(answers: Answers, case: Case) -> Value:
    """Return the mean of what dropout makes of ones."""
    x = np.ones(case["u"].shape)
    out = array(answers.call("dropout", x=x, p=case["p"], u=case["u"] % 1.0), x.shape, "`dropout`")
    return {"the mean of many ones": rounded(out.mean())}


def array(got: Value, shape: tuple[int, ...], what: str) -> np.ndarray:
    """Return the value if it is an array of numbers of this shape; raise `Wrong` if not."""
    if not isinstance(got, np.ndarray) or got.shape != shape:
        raise Wrong(f"{what} gave {describe(got)}, expected array of shape {shape}.")
    return np.asarray(got, np.float64)


def rounded(value: Any) -> float:
    """Return two decimals."""
    return round(float(value), 2)


class Layer:
    """The student's `Dropout`, asked through the door."""

    def __init__(self, answers: Answers, p: float, seed: int) -> None:
        self._answers = answers
        layer = answers.call("Dropout", p, seed)
        if not isinstance(layer, Held):
            raise Wrong(f"`Dropout` made {describe(layer)}, not an object.")
        self._layer = layer

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Return what the layer makes of x."""
        return array(self._answers.do("method", self._layer, "forward", x), x.shape, "`Dropout.forward`")

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """Return the gradient by the last x."""
        got = self._answers.do("method", self._layer, "backward", dout)
        return array(got, dout.shape, "`Dropout.backward`")

    def mode(self, name: str) -> None:
        """Call `train` or `eval`."""
        self._answers.do("method", self._layer, name)


def positive(case: Case) -> np.ndarray:
    """Return an x without a zero in it."""
    x: np.ndarray = 1 + np.abs(case["x"])
    return x


def share(answers: Answers, case: Case) -> Value:
    """Return how much is dropped, and by what the rest is multiplied."""
    x = positive(case)
    factors = Layer(answers, case["p"], case["seed"]).forward(x) / x
    kept = factors[factors != 0]
    return {
        "the share of zeros": rounded((factors == 0).mean()),
        "the factors of what is kept, smallest and largest": np.array(
            [kept.min(initial=9), kept.max(initial=0)]
        ),
    }


def expectation(answers: Answers, case: Case) -> Value:
    """Return the mean of many ones in training and in use."""
    layer, x = Layer(answers, case["p"], case["seed"]), np.ones(case["x"].shape)
    training = rounded(layer.forward(x).mean())
    layer.mode("eval")
    return {"the mean of ones in training": training, "in use": rounded(layer.forward(x).mean())}


def fresh(answers: Answers, case: Case) -> Value:
    """Return how what is dropped agrees with what is dropped another time."""
    x, seed = positive(case), case["seed"]
    layer = Layer(answers, case["p"], seed)
    first, second = layer.forward(x) == 0, layer.forward(x) == 0
    same, other = (Layer(answers, case["p"], s).forward(x) == 0 for s in (seed, seed + 1))
    return {
        "the share that two passes in a row both drop": rounded((first & second).mean()),
        "the share that two images both drop": rounded((first[0] & first[1]).mean()),
        "the share that a layer with another seed drops too": rounded((first & other).mean()),
        "the share on which a layer with the same seed agrees": rounded((first == same).mean()),
    }


def where_dropped(answers: Answers, case: Case) -> Value:
    """Return to how much of what was dropped a gradient comes."""
    dropped, dx = _two_passes_and_back(answers, case)
    reached = np.sum(dropped & (dx != 0)) / max(1, int(np.sum(dropped)))
    return {
        "the share of zeros": rounded(dropped.mean()),
        "the share of them that a gradient reaches": rounded(reached),
    }


def where_kept(answers: Answers, case: Case) -> Value:
    """Return by what the gradient is multiplied where nothing was dropped."""
    dropped, dx = _two_passes_and_back(answers, case)
    return {
        "the share of zeros": rounded(dropped.mean()),
        "the factors of the gradient, smallest and largest": np.array(
            [dx[~dropped].min(initial=9), dx[~dropped].max(initial=0)]
        ),
    }


def _two_passes_and_back(answers: Answers, case: Case) -> tuple[np.ndarray, np.ndarray]:
    layer, x = Layer(answers, case["p"], case["seed"]), positive(case)
    layer.forward(x)
    dropped = layer.forward(x) == 0
    return dropped, layer.backward(np.ones(x.shape))


def in_use(answers: Answers, case: Case) -> Value:
    """Return what the layer changes when it is used, and whether it drops again in training."""
    layer, x = Layer(answers, case["p"], case["seed"]), positive(case)
    layer.forward(x)
    layer.mode("eval")
    forward = np.abs(layer.forward(x) - x).max()
    backward = np.abs(layer.backward(x) - x).max()
    layer.mode("train")
    return {
        "the largest change of x in use": forward,
        "the largest change of the gradient in use": backward,
        "the share of zeros, back in training": rounded((layer.forward(x) == 0).mean()),
    }


_LAYER = ({"p": 0.5, "seed": 3, "x": MANY},)

QUESTIONS = (
    Question(
        "channel_sums",
        reference.channel_sums,
        (
            Check(
                "windows", "n channels in the middle of many", 1,
                ({"x": Draw(2, 7, 2, 3), "n": 3}, {"x": Draw(1, 8, 1, 2), "n": 5}),
                lambda answers, case: middle(answers.call("channel_sums", **case), case),
            ),
            Check(
                "edges", "the first and last channels, and n above the number of channels", 1,
                (
                    {"x": Draw(2, 6, 2, 3), "n": 5},
                    {"x": Draw(1, 2, 2, 2), "n": 5},
                    {"x": Draw(1, 3, 1, 2), "n": 1},
                ),
            ),
        ),
    ),
    Question(
        "lrn_forward",
        reference.lrn_forward,
        (
            Check(
                "paper", "the paper's constants, maps of large numbers", 1,
                ({"x": Draw(2, 8, 3, 4)},), bright_forward,
            ),
            Check(
                "constants", "other constants", 1,
                (
                    {"x": Draw(2, 6, 2, 3), "n": 3, "k": 1.0, "alpha": 0.5, "beta": 0.75},
                    {"x": Draw(1, 5, 2, 2), "n": 5, "k": 3.0, "alpha": 0.2, "beta": 0.5},
                ),
            ),
        ),
    ),
    Question(
        "lrn_backward",
        reference.lrn_backward,
        (
            Check(
                "alone", "n = 1: every channel for itself", 1,
                (
                    {"dout": Draw(2, 4, 2, 3), "x": Draw(2, 4, 2, 3), "n": 1, "alpha": 0.5},
                    {"dout": Draw(1, 1, 2, 2), "x": Draw(1, 1, 2, 2), "n": 1, "k": 1.0, "alpha": 1.0},
                ),
            ),
            Check(
                "neighbours", "n = 3 and 5: channels that divide each other", 2,
                (
                    {"dout": Draw(2, 6, 2, 3), "x": Draw(2, 6, 2, 3), "n": 3, "alpha": 0.5},
                    {"dout": Draw(1, 4, 2, 2), "x": Draw(1, 4, 2, 2), "n": 5, "alpha": 0.3, "beta": 0.5},
                ),
            ),
            Check(
                "paper", "the paper's constants, maps of large numbers", 1,
                ({"dout": Draw(2, 8, 3, 3), "x": Draw(2, 8, 3, 3)},), bright_backward,
            ),
        ),
    ),
    Question(
        "dropout",
        reference.dropout,
        (
            Check(
                "elements", "what is dropped, and what becomes of the rest", 1,
                (
                    {"x": Draw(3, 4), "p": 0.5, "u": Draw(3, 4)},
                    {"x": Draw(2, 3, 2, 5), "p": 0.3, "u": Draw(2, 3, 2, 5)},
                ),
                dropped_by,
            ),
            Check(
                "expectation", "the mean stays", 1,
                ({"p": 0.2, "u": MANY}, {"p": 0.0, "u": Draw(3, 4)}), mean_of_ones,
            ),
        ),
    ),
    Question(
        "Dropout",
        reference.Dropout,
        (
            Check("share", "how much is dropped, and the factor of the rest", 1,
                  ({"p": 0.3, "seed": 1, "x": MANY},), share),
            Check("expectation", "the mean stays, in training and in use", 1,
                  ({"p": 0.2, "seed": 2, "x": MANY},), expectation),
            Check("fresh", "others in every pass and image, repeatable by the seed", 1, _LAYER, fresh),
            Check("dropped", "backward: nothing reaches what was dropped", 1, _LAYER, where_dropped),
            Check("kept", "backward: the factor of the rest", 1, _LAYER, where_kept),
            Check("eval", "eval() and train(), forward and backward", 1, _LAYER, in_use),
        ),
    ),
)  # fmt: skip


def middle(got: Value, case: Case) -> Value:
    """Return the channels whose windows are complete, or all if it is no array of that shape."""
    reach = case["n"] // 2
    is_right_shape = isinstance(got, np.ndarray) and got.shape == case["x"].shape
    return got[:, reach:-reach] if is_right_shape else got
