"""What is asked in exercise 13, what is right, and in which cases it is looked at."""

from collections import OrderedDict
from typing import Any

import numpy as np

from coursekit.answers import AnswerError, Answers, Held, Value
from coursekit.answers.values import TensorArgument
from coursekit.checks import states
from coursekit.checks.compare import describe
from coursekit.checks.exercise import Case, Check, Draw, Question

HEIGHT, WIDTH = 16, 20
LAYERS = ("features.conv1", "features.pool1", "features.relu2", "classifier.fc")


def small_network() -> Any:
    """Return the network that the notebook gives: scores of 4 classes for images (N, 3, 16, 20)."""
    from torch import nn  # here, since PyTorch takes seconds to import

    features = OrderedDict(
        conv1=nn.Conv2d(3, 6, 3, padding=1), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(6, 8, 3, padding=1), relu2=nn.ReLU(),
    )  # fmt: skip
    classifier = OrderedDict(flatten=nn.Flatten(), fc=nn.Linear(8 * 8 * 10, 4))
    return nn.Sequential(
        OrderedDict(features=nn.Sequential(features), classifier=nn.Sequential(classifier))
    ).eval()


def filter_grid(weights: np.ndarray, columns: int, gap: int = 1) -> np.ndarray:
    """Return one picture (H, W, 3), from 0 to 1, of all filters (M, 3, h, w)."""
    count, channels, h, w = weights.shape
    rows = -(-count // columns)
    grid = np.ones((rows * (h + gap) - gap, columns * (w + gap) - gap, channels))
    for i, f in enumerate(weights):
        low, high = f.min(), f.max()
        scaled = (f - low) / (high - low) if high > low else np.full(f.shape, 0.5)
        top, left = (i // columns) * (h + gap), (i % columns) * (w + gap)
        grid[top : top + h, left : left + w] = scaled.transpose(1, 2, 0)
    return grid


def nearest(features: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    """Return the rows of `features` that are nearest to each query, (Q, k), the nearest first."""
    distances = np.linalg.norm(queries[:, None] - features[None], axis=2)
    return np.argsort(distances, axis=1, kind="stable")[:, :k]


def layer_output(model: Any, name: str, images: Any) -> Any:
    """Return what the layer called `name` gives for the images."""
    import torch

    kept = []
    handle = model.get_submodule(name).register_forward_hook(lambda _m, _i, out: kept.append(out))
    try:
        with torch.no_grad():
            model(images)
    finally:
        handle.remove()
    return kept[0]


def saliency(model: Any, images: Any, classes: Any) -> Any:
    """Return the largest size over the channels of the gradient of each image's class score, (N, H, W)."""
    import torch

    leaf = images.detach().clone().requires_grad_()
    total = model(leaf)[range(len(leaf)), classes].sum()
    return torch.autograd.grad(total, leaf)[0].abs().amax(dim=1)


def maps_and_gradients(model: Any, name: str, images: Any, score: Any) -> tuple[Any, Any]:
    """Return a layer's maps and the gradient by them of what `score` makes of the network's scores."""
    import torch

    kept = []
    handle = model.get_submodule(name).register_forward_hook(lambda _m, _i, out: kept.append(out))
    try:
        scores = model(images)
    finally:
        handle.remove()
    return kept[0].detach(), torch.autograd.grad(score(scores).sum(), kept[0])[0]


def grad_cam(model: Any, name: str, images: Any, classes: Any) -> Any:
    """Return Selvaraju's map (N, h, w): ReLU of the sum of maps, each times the mean of its gradient."""
    rows = range(len(images))
    maps, gradients = maps_and_gradients(model, name, images, lambda scores: scores[rows, classes])
    return (gradients.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1).clamp(min=0)


def filled_network(answers: Answers) -> Held:
    """Return the student's network with the judge's parameters."""
    net = states.network(answers, "small_network")
    found = states.shapes(answers, net)
    answers.do("load_state", net, states.filled(found))
    return net


def tensors(case: Case) -> Case:
    """Return the case with images of single precision and classes as tensors, as networks take them."""
    arrays = {"images": np.float32, "classes": np.int64}
    return {
        name: TensorArgument(value.astype(arrays[name])) if name in arrays else value
        for name, value in case.items()
    }


def layer_seen(answers: Answers, case: Case) -> Value:
    """Return what `layer_output` gives."""
    return answers.call("layer_output", filled_network(answers), **tensors(case))


def hooks_seen(answers: Answers, case: Case) -> Value:
    """Return what `layer_output` gives, how many hooks it leaves in the network, and in which mode."""
    net = filled_network(answers)
    out = answers.call("layer_output", net, **tensors(case))
    left = 0
    for name in (*answers.do("layers", net), "features", "classifier"):
        layer = answers.do("method", net, "get_submodule", name)
        for kind in ("_forward_hooks", "_forward_pre_hooks"):
            hooks = answers.do("attribute", layer, kind)
            left += int(answers.do("method", hooks, "__len__")) if isinstance(hooks, Held) else 0
    training = answers.do("attribute", net, "training")
    mode = {True: "training", False: "evaluation"}[bool(np.any(training))]
    return {"hooks left in the network": left, "mode that it is left in": mode, "output": out}


def saliency_seen(answers: Answers, case: Case) -> Value:
    """Return what `saliency` gives."""
    return answers.call("saliency", filled_network(answers), **tensors(case))


def cam_seen(answers: Answers, case: Case) -> Value:
    """Return what `grad_cam` gives."""
    return answers.call("grad_cam", filled_network(answers), **tensors(case))


RED, GREEN = 0, 1


def colour_state() -> dict[str, np.ndarray]:
    """Return parameters with which class 0 sees red and class 1 sees green, each against the other."""
    shapes = {
        "features.conv1.weight": (6, 3, 3, 3), "features.conv1.bias": (6,),
        "features.conv2.weight": (8, 6, 3, 3), "features.conv2.bias": (8,),
        "classifier.fc.weight": (4, 640), "classifier.fc.bias": (4,),
    }  # fmt: skip
    state = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    for colour, other in ((RED, GREEN), (GREEN, RED)):
        state["features.conv1.weight"][colour, :, 1, 1] = -1
        state["features.conv1.weight"][colour, colour, 1, 1] = 1
        state["features.conv2.weight"][colour, colour, 1, 1] = 1
        by_map = state["classifier.fc.weight"].reshape(4, 8, 80)
        by_map[colour, colour], by_map[colour, other] = 0.05, -0.05
    return state


def planted_seen(answers: Answers, case: Case) -> Value:
    """Return on which object the map is largest, for a red and a green object and the class of each."""
    net = states.network(answers, "small_network")
    answers.do("load_state", net, colour_state())
    image = np.full((3, HEIGHT, WIDTH), 0.5, np.float32)
    places = {"red": case["red"], "green": case["green"]}
    for channel, (name, (top, left)) in enumerate(places.items()):
        image[:, top : top + 4, left : left + 4] = 0
        image[channel, top : top + 4, left : left + 4] = 0.7 if name == "red" else 1.0
    images, classes = np.stack([image, image]), np.array([RED, GREEN])
    asked = {"name": "features.relu2", "images": images, "classes": classes}
    found = answers.call("grad_cam", net, **tensors(asked))
    if not isinstance(found, np.ndarray) or found.shape != (2, HEIGHT // 2, WIDTH // 2):
        raise AnswerError(f"The map is {describe(found)}, expected an array of shape {(2, 8, 10)}.")
    seen = {}
    for name, cam in zip(places, found, strict=True):
        row, column = (2 * int(i) for i in np.unravel_index(cam.argmax(), cam.shape))
        on = [
            other for other, (top, left) in places.items()
            if top <= row < top + 4 and left <= column < left + 4 and cam.max() > 0
        ]  # fmt: skip
        seen[f"{name} asked for, the map is largest on"] = f"the {on[0]} object" if on else "no object"
    return seen


IMAGES = Draw(3, 3, HEIGHT, WIDTH)
CLASSES = (np.array([0, 1, 2]), np.array([3, 3, 0]))

QUESTIONS = (
    Question(
        "filter_grid",
        filter_grid,
        (
            Check(
                "full", "filters that fill all rows", 1,
                (
                    {"weights": Draw(6, 3, 4, 5), "columns": 3},
                    {"weights": Draw(4, 3, 3, 3), "columns": 2, "gap": 2},
                ),
            ),
            Check(
                "rest", "a last row that is not full, and a filter of equal weights", 1,
                (
                    {"weights": Draw(7, 3, 3, 3), "columns": 4},
                    {"weights": np.full((2, 3, 2, 2), -0.7), "columns": 3},
                ),
            ),
        ),
    ),
    Question(
        "nearest",
        nearest,
        (
            Check(
                "neighbours", "the nearest rows, in order", 1,
                (
                    {"features": Draw(30, 5), "queries": Draw(4, 5), "k": 6},
                    {"features": Draw(12, 2), "queries": Draw(3, 2), "k": 1},
                ),
            ),
        ),
    ),
    Question(
        "layer_output",
        layer_output,
        (
            Check(
                "values", "what layers give", 1,
                tuple({"name": name, "images": IMAGES} for name in LAYERS),
                layer_seen,
            ),
            Check(
                "tidy", "no hook stays behind, and the mode stays", 1,
                tuple({"name": name, "images": IMAGES} for name in LAYERS[1:3]),
                hooks_seen,
            ),
        ),
    ),
    Question(
        "saliency",
        saliency,
        (
            Check(
                "map", "the gradient by the pixels", 1,
                tuple({"images": IMAGES, "classes": classes} for classes in CLASSES),
                saliency_seen,
            ),
        ),
    ),
    Question(
        "grad_cam",
        grad_cam,
        (
            Check(
                "map", "maps of two layers", 1,
                tuple(
                    {"name": name, "images": IMAGES, "classes": classes}
                    for name, classes in zip(("features.relu2", "features.pool1"), CLASSES, strict=True)
                ),
                cam_seen,
            ),
            Check(
                "planted", "objects of two colours are found, each by its class", 1,
                ({"red": (2, 2), "green": (10, 12)}, {"red": (8, 14), "green": (4, 0)}),
                planted_seen,
            ),
        ),
    ),
)  # fmt: skip
