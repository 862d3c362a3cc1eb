"""The ladder of transfer: from scratch, new head, fine-tuned, on digits whose labels the answer never has."""

from functools import lru_cache
from typing import Any

import numpy as np

from coursekit import data
from coursekit.answers import Answers, Held
from coursekit.answers.values import TensorArgument
from coursekit.checks import states
from coursekit.checks.compare import describe
from coursekit.checks.exercise import Case, Wrong
from coursekit.checks.transfer_images.networks import changed_by, moved, state_of
from coursekit.training import accuracy
from coursekit.transfer.letters import pretrained_state

FEW, MANY, TESTED_ON = 1, 20, 1000
EPOCHS = {FEW: 40, MANY: 14}
LR = 0.02
SCRATCH, HEAD, TUNED = "from scratch", "new head", "fine-tuned"
FLOORS = {HEAD: 0.8, TUNED: 0.85}


@lru_cache(maxsize=1)
def digits() -> data.Inputs:
    """Return 2,000 digits to learn from and 2,000 to be asked about."""
    return data.load("digits_small").inputs()


@lru_cache(maxsize=1)
def letters() -> dict[str, np.ndarray]:
    """Return the state of the network that has learnt the letters."""
    return pretrained_state()


def drawn(order: np.ndarray, per_class: int) -> tuple[np.ndarray, np.ndarray]:
    """Return `per_class` digits of each class, and their labels, as the numbers in `order` choose them."""
    rows, labels = np.argsort(order), digits().y_train
    chosen = np.concatenate([rows[labels[rows] == k][:per_class] for k in range(10)])
    return digits().x_train[chosen], labels[chosen]


def scratch(answers: Answers, x: np.ndarray, y: np.ndarray, epochs: int) -> Held:
    """Return an untrained network after the answer's own training."""
    net = states.network(answers, "LetterNet", classes=10)
    optimiser = answers.do("sgd", net, lr=LR, momentum=0.9)
    answers.call("train", net, optimiser, TensorArgument(x), TensorArgument(y), epochs=epochs)
    return net


def transferred(answers: Answers, x: np.ndarray, y: np.ndarray, epochs: int, tune: bool) -> Held:
    """Return the network of the letters after the answer's transfer."""
    net = states.network(answers, "LetterNet")
    answers.do("load_state", net, letters())
    settings: dict[str, Any] = {"classes": 10, "tune": tune, "lr": LR, "epochs": epochs}
    return changed_by(answers, "transfer", net, TensorArgument(x), TensorArgument(y), **settings)


def judge_kind(answers: Answers, net: Held, tune: bool) -> None:
    """Raise `Wrong` unless the body is that of the letters where it was frozen, and another where not."""
    names = moved(letters(), state_of(answers, net))
    if not tune and names != "nothing":
        first = ", ".join(names.split(", ")[:3])
        raise Wrong(f"transfer(..., tune=False) left no frozen body: what changed begins with {first}.")
    if tune and "fc4.weight" not in names:
        raise Wrong("transfer(..., tune=True) left the body as it was: nothing was fine-tuned.")


def share_right(answers: Answers, net: Held, asked: np.ndarray) -> float:
    """Return which share of digits the network tells; their labels stay here."""
    scores = answers.do("output", net, digits().x_test[asked])
    if not isinstance(scores, np.ndarray) or scores.shape != (len(asked), 10):
        raise Wrong(
            f"For {len(asked)} digits the trained network gives {describe(scores)}, not 10 scores each."
        )
    return accuracy(scores, digits().y_test[asked])


def shares(
    answers: Answers, case: Case, per_class: int, arms: tuple[str, ...], strict: bool
) -> dict[str, float]:
    """Return the mean share of each arm over the draws of the case; all arms learn from the same digits.

    If `strict`, also raise `Wrong` where something is not what its name says.
    """
    asked, epochs = np.argsort(case["asked"])[:TESTED_ON], EPOCHS[per_class]
    found: dict[str, list[float]] = {arm: [] for arm in arms}
    for order in case["orders"]:
        x, y = drawn(order, per_class)
        for arm in arms:
            if arm == SCRATCH:
                net = scratch(answers, x, y, epochs)
            else:
                net = transferred(answers, x, y, epochs, tune=arm == TUNED)
                if strict:
                    judge_kind(answers, net, tune=arm == TUNED)
            found[arm].append(share_right(answers, net, asked))
    return {arm: float(np.mean(values)) for arm, values in found.items()}


def judge_order(answers: Answers, case: Case) -> None:
    """Raise `Wrong` unless transfer helps as it should: over several draws, with many digits and with few."""
    many = shares(answers, case, MANY, (SCRATCH, HEAD, TUNED), strict=True)
    few = shares(answers, case, FEW, (SCRATCH, HEAD), strict=True)
    told = [
        f"With {count} digits of each class: " + ", ".join(f"{a} {s:.1%}" for a, s in found.items())
        for count, found in ((MANY, many), (FEW, few))
    ]
    if many[HEAD] < FLOORS[HEAD]:
        raise Wrong(f"{told[0]}. An order among networks that have learnt so little says nothing. {told[1]}.")
    if many[TUNED] <= max(many[SCRATCH], many[HEAD]):
        raise Wrong(f"{told[0]}. Fine-tuned should be above both. {told[1]}.")
    if few[HEAD] < few[SCRATCH] + 0.05:
        raise Wrong(f"{told[1]}. The new head should be at least 5 points above. {told[0]}.")


def judge_floor(answers: Answers, case: Case) -> None:
    """Raise `Wrong` unless the new head and the fine-tuned network tell enough new digits."""
    for arm, share in shares(answers, case, MANY, tuple(FLOORS), strict=False).items():
        if share < FLOORS[arm]:
            raise Wrong(
                f"With {MANY} digits of each class to learn from, {arm} tells {share:.1%} of {TESTED_ON} "
                f"new ones; at least {FLOORS[arm]:.0%} is asked for, and guessing gives 10%."
            )
