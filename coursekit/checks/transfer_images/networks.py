"""The networks that answers to exercise 12 get: `LetterNet` with numbers of the judge in it."""

from dataclasses import dataclass

import numpy as np

from coursekit.answers import Answers, Held, Value
from coursekit.checks import states
from coursekit.checks.compare import describe
from coursekit.checks.exercise import Wrong
from coursekit.transfer.letters import LetterNet

OLD_HEAD = 3.0
"""About what the weights of an old head are; those of a new one are all below 1."""


@dataclass(frozen=True)
class Given:
    """A network with random numbers in it, the same for every answer.

    Attributes
    ----------
    classes, features, dropout
        As `LetterNet` takes them.
    head
        What is added to the weights of its head.
    """

    classes: int = 5
    features: int = 24
    dropout: float = 0.0
    head: float = 0.0

    def __repr__(self) -> str:
        """Return how a message names it."""
        return f"LetterNet({self.classes}, features={self.features}, dropout={self.dropout})"

    def state(self) -> dict[str, np.ndarray]:
        """Return all its parameters and buffers."""
        rng = np.random.default_rng([self.classes, self.features])
        found = {}
        for name, value in LetterNet(self.classes, self.features, self.dropout).state_dict().items():
            shape = tuple(value.shape)
            if not shape:  # how many batches a batch norm has seen
                array = np.array(7)
            elif name.endswith("running_var") or (name.startswith("body.bn") and name.endswith("weight")):
                array = rng.uniform(0.5, 1.5, shape)
            elif value.ndim == 1:
                array = rng.normal(0, 0.3, shape)
            else:
                array = rng.normal(0, (2 / np.prod(shape[1:])) ** 0.5, shape)
            if name == "head.weight":
                array = array + self.head
            found[name] = array.astype(np.float32 if shape else np.int64)
        return found


def network(answers: Answers, given: Given) -> Held:
    """Return the network behind the door, in training mode."""
    settings = {"classes": given.classes, "features": given.features, "dropout": given.dropout}
    net = states.network(answers, "LetterNet", **settings)
    answers.do("load_state", net, given.state())
    answers.do("method", net, "train")
    return net


def changed_by(answers: Answers, function: str, net: Held, *arguments: Value, **settings: Value) -> Held:
    """Return the network that a function of the answer returns."""
    value = answers.call(function, net, *arguments, **settings)
    if not isinstance(value, Held):
        raise Wrong(f"`{function}` returned {describe(value)}, not the network.")
    return value


def state_of(answers: Answers, net: Held) -> dict[str, np.ndarray]:
    """Return a network's parameters and buffers; raise `Wrong` if they are none."""
    found = answers.do("state", net)
    if not isinstance(found, dict) or not all(isinstance(value, np.ndarray) for value in found.values()):
        raise Wrong(f"The state of the network is {describe(found)}, not that of a torch.nn.Module.")
    return found


def moved(before: dict[str, np.ndarray], after: dict[str, np.ndarray], part: str = "body") -> str:
    """Return which arrays of a part of a network are not the same to the last bit, as one text."""
    names = [name for name in before if name.startswith(f"{part}.")]
    gone = [n for n in names if n not in after or not np.array_equal(before[n], after[n], equal_nan=True)]
    return ", ".join(name.removeprefix(f"{part}.") for name in gone) or "nothing"
