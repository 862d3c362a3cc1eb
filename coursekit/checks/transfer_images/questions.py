"""What is looked at in the answers to exercise 12."""

from typing import Any

import numpy as np
import torch._dynamo  # noqa: F401  torch.optim imports it when first used: the answer's time

from coursekit.answers import Answers, Held, Value
from coursekit.answers.values import TensorArgument
from coursekit.checks.compare import describe, exact
from coursekit.checks.exercise import Case, Check, Draw, Question, Wrong
from coursekit.checks.transfer_images import reference
from coursekit.checks.transfer_images.ladder import judge_floor, judge_order
from coursekit.checks.transfer_images.networks import OLD_HEAD, Given, changed_by, moved, network, state_of

MODE_MATTERS = ("bn", "dropout")


def images(case: Case) -> TensorArgument:
    """Return the case's images as the answer gets them."""
    return TensorArgument(case["images"].astype(np.float32))


def extracted(answers: Answers, case: Case) -> Value:
    """Return the features of some images, of a network that comes in training mode."""
    net = network(answers, case["net"])
    return answers.call("features", net, images(case), batch_size=case["batch_size"])


def watched(answers: Answers, case: Case) -> dict[str, Value]:
    """Return what is seen of the network while features are computed."""
    net = network(answers, case["net"])
    watch = answers.do("watch", net)
    answers.call("features", net, images(case), batch_size=case["batch_size"])
    seen = answers.do("attribute", watch, "seen")
    if not isinstance(seen, dict):
        raise Wrong(f"What was seen of the network is {describe(seen)}.")
    return seen


def quiet(answers: Answers, case: Case) -> Value:
    """Return which layers ran as in training, and which kept what a gradient needs."""
    seen = watched(answers, case)
    layers = [name.removeprefix("body.") for name in str(seen["training"]).split()]
    return {
        "layers that ran in training mode": " ".join(n for n in layers if n.startswith(MODE_MATTERS)),
        "layers that recorded a gradient": str(seen["gradients"]).replace("body.", ""),
    }


def at_once(answers: Answers, case: Case) -> Value:
    """Return whether more images went through the network at once than may."""
    most = watched(answers, case)["images"]
    return {"more than `batch_size` images at once": "never" if most <= case["batch_size"] else exact(most)}


def headed(answers: Answers, case: Case) -> tuple[Held, dict[str, np.ndarray]]:
    """Return the network with its new head, and its state."""
    net = changed_by(answers, "new_head", network(answers, case["net"]), case["classes"])
    return net, state_of(answers, net)


def width(answers: Answers, case: Case) -> Value:
    """Return the shapes of head and scores, and what else of the network has changed."""
    net, state = headed(answers, case)
    out = answers.do("output", net, np.zeros((2, 1, 28, 28), np.float32))
    shapes = {name: str(a.shape) for name, a in sorted(state.items()) if name.startswith("head")}
    shapes["scores of two images"] = str(out.shape) if isinstance(out, np.ndarray) else describe(out)
    return shapes | {"what changed in the body": moved(case["net"].state(), state)}


def fresh(answers: Answers, case: Case) -> Value:
    """Return whether the new weights are those of an untrained layer; the old ones are around 3."""
    _, state = headed(answers, case)
    weight = state.get("head.weight")
    if weight is None or not weight.size:
        raise Wrong(f"The network has no head.weight; it has {', '.join(state)}.")
    taken = np.abs(weight) > OLD_HEAD / 2
    return {
        "rows with weights of the old head": exact(
            np.count_nonzero(taken.reshape(len(weight), -1).any(axis=1))
        ),
        "the weights differ from each other": str(len(np.unique(weight)) > weight.size // 2),
    }


def what_is_trained(answers: Answers, case: Case) -> Value:
    """Return the names of what asks for a gradient."""
    net = changed_by(answers, "freeze", network(answers, case["net"]))
    found = answers.do("trainable", net)
    return {"what asks for a gradient": ", ".join(found) if isinstance(found, dict) else describe(found)}


def frozen(answers: Answers, case: Case) -> tuple[Held, Held]:
    """Return a network that the answer has frozen, and the judge's optimiser for what is trained in it."""
    net = changed_by(answers, "freeze", network(answers, case["net"]))
    return net, answers.do("sgd", net, lr=0.1, momentum=0.9, weight_decay=0.1)


def difference_made(case: Case, state: dict[str, np.ndarray]) -> Value:
    """Return what of a network has changed, to the last bit."""
    before = case["net"].state()
    return {f"what changed in the {part}": moved(before, state, part) for part in ("body", "head")}


def identical(answers: Answers, case: Case) -> Value:
    """Return what three steps of the judge change in a frozen network."""
    net, optimiser = frozen(answers, case)
    net = changed_by(answers, "train_mode", net)
    answers.do("train", net, optimiser, batches(case, 3), training=None)
    return difference_made(case, state_of(answers, net))


def batches(case: Case, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the case's images and labels in so many batches."""
    x = np.split(case["images"].astype(np.float32), count)
    return list(zip(x, np.split(labels(case), count), strict=True))


def labels(case: Case) -> np.ndarray:
    """Return a label for each of the case's images."""
    return np.arange(len(case["images"])) % 3


def whole(answers: Answers, case: Case) -> Value:
    """Return losses and state after three steps of the judge in a network of which nothing is frozen."""
    net = changed_by(answers, "train_mode", network(answers, case["net"]))
    optimiser = answers.do("sgd", net, lr=0.05, momentum=0.9)
    losses = answers.do("train", net, optimiser, batches(case, 3), training=None)
    return {"losses": losses} | state_of(answers, net)


def groups_of(answers: Answers, case: Case) -> tuple[dict[str, Value], ...]:
    """Return the groups of the answer's optimiser; raise `Wrong` if it is none."""
    net = network(answers, case["net"])
    made = answers.call("two_rates", net, case["lr"])
    if not isinstance(made, Held):
        raise Wrong(f"`two_rates` returned {describe(made)}, not an optimiser of torch.optim.")
    groups = answers.do("groups", made, net)
    if not isinstance(groups, tuple) or not all(isinstance(group, dict) for group in groups):
        raise Wrong(f"The groups of parameters are {describe(groups)}, not those of torch.optim.")
    return groups


def names_in(group: dict[str, Value]) -> list[str]:
    """Return the names of a group's parameters."""
    return [str(name) for name in np.ravel(np.array(group.get("names", ()), dtype=object))]


def rates(answers: Answers, case: Case) -> Value:
    """Return the rates of body and head, and the momentum, as texts, to the last digit."""
    found: dict[str, set[str]] = {"rate of the body": set(), "rate of the head": set(), "momentum": set()}
    for group in groups_of(answers, case):
        for name in names_in(group):
            found["rate of the head" if name.startswith("head.") else "rate of the body"].add(
                _text(group, "lr")
            )
            found["momentum"].add(_text(group, "momentum"))
    return {what: " and ".join(sorted(texts)) for what, texts in found.items()}


def _text(group: dict[str, Value], key: str) -> str:
    value = group.get(key)
    return f"{float(value):.6g}" if isinstance(value, np.ndarray) and value.ndim == 0 else "not set"


def once(answers: Answers, case: Case) -> Value:
    """Return which parameters are in no group, and which in several."""
    given = [name for group in groups_of(answers, case) for name in names_in(group)]
    learnt = [name for name, value in case["net"].state().items() if _is_parameter(name, value)]
    return {
        "parameters in no group": ", ".join(name for name in learnt if name not in given),
        "parameters in several": ", ".join(name for name in learnt if given.count(name) > 1),
    }


def _is_parameter(name: str, value: np.ndarray) -> bool:
    return bool(value.ndim) and "running" not in name


def steps(answers: Answers, case: Case) -> Value:
    """Return how many losses there are; of training on all images at once also the losses and the state."""
    net = network(answers, case["net"])
    optimiser = answers.do("sgd", net, lr=case.get("lr", 0.05), momentum=0.9)
    y = TensorArgument(labels(case))
    settings = {"epochs": case["epochs"], "batch_size": case["batch_size"]}
    losses = answers.call("train", net, optimiser, images(case), y, **settings)
    if not isinstance(losses, np.ndarray) or losses.ndim != 1:
        raise Wrong(f"`train` returned {describe(losses)}, expected a list of numbers.")
    count = {"number of steps": exact(len(losses))}
    if case["batch_size"] == 1 and len(losses) == 2 * len(case["images"]):
        return orders(*np.split(losses, 2))
    if case["batch_size"] < len(case["images"]):  # the order of the images is the answer's
        return count
    return count | {"losses": losses} | state_of(answers, net)


def orders(first: np.ndarray, second: np.ndarray) -> Value:
    """Return what the losses of two epochs, a step for each image and all at the rate 0, say of its order."""
    return {
        "both epochs see the same images": str(np.allclose(np.sort(first), np.sort(second), atol=1e-3)),
        "in another order": str(not np.allclose(first, second, atol=1e-3)),
    }


def trained_frozen(answers: Answers, case: Case) -> Value:
    """Return what the answer's training changes in a network that the answer has frozen."""
    net, optimiser = frozen(answers, case)
    answers.call("train", net, optimiser, images(case), TensorArgument(labels(case)), epochs=2, batch_size=4)
    return difference_made(case, state_of(answers, net))


def learns(answers: Answers, case: Case) -> Value:
    """Return what `transfer` changes in the body, and whether the images that it learnt from are told."""
    net, y = network(answers, case["net"]), labels(case)
    settings: dict[str, Any] = {"classes": 3, "tune": case["tune"], "lr": 0.05, "epochs": 100}
    net = changed_by(answers, "transfer", net, images(case), TensorArgument(y), **settings)
    scores = answers.do("output", net, case["images"].astype(np.float32))
    if not isinstance(scores, np.ndarray) or scores.shape != (len(y), 3):
        raise Wrong(f"The scores of {len(y)} images are {describe(scores)}, expected {(len(y), 3)}.")
    told = np.mean(scores.argmax(axis=1) == y)
    before, after = case["net"].state(), state_of(answers, net)
    return {
        "the body began as": "the given one" if _alike(before, after, "body.conv1.weight") else "another",
        "what changed in the body": moved(before, after),
        "of the images that it learnt from, it tells": "nearly all" if told > 0.8 else "few",
    }


def _alike(before: dict[str, np.ndarray], after: dict[str, np.ndarray], name: str) -> bool:
    """Return whether training may have led from one array to the other: they are correlated."""
    one, other = before[name].ravel(), after.get(name, np.zeros(0)).ravel()
    return one.shape == other.shape and bool(np.corrcoef(one, other)[0, 1] > 0.5)


NET = Given()
SOME: Case = {"net": NET, "images": Draw(12, 1, 28, 28)}
FEATURES: tuple[Case, ...] = (
    {"net": Given(dropout=0.5), "images": Draw(10, 1, 28, 28), "batch_size": 3},
    {"net": Given(features=40, dropout=0.5), "images": Draw(7, 1, 28, 28), "batch_size": 2},
)
RATES: tuple[Case, ...] = ({"net": NET, "lr": 0.02}, {"net": NET, "lr": 3.0})

QUESTIONS = (
    Question(
        "features",
        reference.features,
        (
            Check("values", "the features of all images, in their order", 1, FEATURES, extracted),
            Check("quiet", "testing mode, no gradients", 1, FEATURES, quiet),
            Check("batches", "not more images at once than asked for", 1, FEATURES, at_once),
        ),
    ),
    Question(
        "new_head",
        reference.new_head,
        (
            Check(
                "width", "a head for other classes on the same body", 1,
                ({"net": NET, "classes": 10}, {"net": Given(features=40), "classes": 3}), width,
            ),
            Check(
                "fresh", "its weights know nothing", 1,
                (
                    {"net": Given(head=OLD_HEAD), "classes": 3},
                    {"net": Given(head=OLD_HEAD), "classes": 5},
                    {"net": Given(head=OLD_HEAD), "classes": 10},
                ),
                fresh,
            ),
        ),
    ),
    Question(
        "freeze",
        reference.freeze,
        (Check("trained", "exactly the head is trained", 1, ({"net": NET},), what_is_trained),),
    ),
    Question(
        "train_mode",
        reference.train_mode,
        (
            Check("identical", "no bit of a frozen body moves", 1, (SOME,), identical),
            Check("whole", "what is not frozen learns as ever", 1, (SOME,), whole),
        ),
    ),
    Question(
        "two_rates",
        reference.two_rates,
        (
            Check("rates", "a tenth for the body, and the momentum", 1, RATES, rates),
            Check("once", "every parameter in one group", 1, RATES[:1], once),
        ),
    ),
    Question(
        "train",
        reference.train,
        (
            Check(
                "steps", "losses and parameters after some steps, and the order of the images", 1,
                (
                    SOME | {"epochs": 3, "batch_size": 12},
                    SOME | {"epochs": 2, "batch_size": 5},
                    SOME | {"epochs": 2, "batch_size": 1, "lr": 0.0},
                ),
                steps,
            ),
            Check("frozen", "no bit of a frozen body moves", 1, (SOME,), trained_frozen),
        ),
    ),
    Question(
        "transfer",
        reference.transfer,
        (
            Check(
                "learns", "what moves, and that the head has learnt", 1,
                (SOME | {"tune": True}, SOME | {"tune": False}), learns,
            ),
            Check(
                "order", "transfer helps with few digits, tuning with more", 1,
                ({"orders": Draw(3, 2000), "asked": Draw(2000)},), judge=judge_order,
            ),
            Check(
                "floor", "both tell enough new digits", 1,
                ({"orders": Draw(1, 2000), "asked": Draw(2000)},), judge=judge_floor,
            ),
        ),
    ),
)  # fmt: skip
