"""From ImageNet to CIFAR-10: test accuracy against the number of labelled images, with and without transfer.

The recipe of the course's slides, with real weights and real photographs. All settings were chosen on
training images that the experiment does not draw from, for each arm the best of those tried; the test images
were used for the figures alone. No arm sees augmented images.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from coursekit.data import Split
from coursekit.experiments import cifar10, small_alexnet
from coursekit.experiments.study import Settings, Study
from coursekit.torch_nn import predict
from coursekit.training import accuracy
from coursekit.transfer import images
from coursekit.transfer.images.network import Layers

SCRATCH, RANDOM, FROZEN, SVM, TUNED = ARMS = (
    "from scratch",
    "random features",
    "frozen features",
    "linear SVM",
    "fine-tuned",
)


def study(data: str = "cifar10_small", folder: str | None = None) -> Study:
    """Return the study: test accuracy against labelled images a class, five seeds.

    The arms: a small AlexNet from scratch (`small_alexnet`); a new linear head on the features of an
    untrained EfficientNet-Lite0; the same on those of the one trained on ImageNet; a linear support vector
    machine on them; and fine-tuning, which begins with that head and trains the last three blocks too, at a
    tenth of its rate. The blocks before never change, so they are computed once: that is what makes
    fine-tuning a matter of seconds. Batch norms are held, as are the frozen blocks.

    Parameters
    ----------
    data
        "cifar10_small", which ships, or "cifar10".
    folder
        Where the files of the full set lie.
    """
    small = data == cifar10.SETS[0]
    return Study(
        name="images" if small else f"images-{data}",
        x="labelled images a class",
        y="test accuracy on CIFAR-10",
        arms=ARMS,
        sizes=(1, 5, 10, 50) if small else (1, 5, 10, 50, 500),
        seeds=tuple(range(5)),
        settings={
            "data": data,
            "folder": folder,
            "pool": 100 if small else 500,  # images a class of which the labelled ones are drawn
            "test": 100 if small else 1000,  # test images a class: all
            "side": 96,  # pixels to which images are scaled for EfficientNet-Lite0
            "augmentation": None,
            "scratch": {"steps": 200, "batch_size": 32, "lr": 0.01, "weight_decay": 5e-4},
            "head": {"C": 1e-3},
            "svm": {"C": 1e-3},
            "tuned": {"blocks": 3, "steps": 60, "batch_size": 32, "lr": 0.003, "body_scale": 0.1},
        },
        measure=measure,
        prepare=(prepare_trained, prepare_random),
    )


def prepare_trained(settings: Settings, folder: Path) -> None:
    """Compute what the frozen layers make of the images, if it is not kept."""
    cifar10.frozen_maps(settings, folder, cifar10.photographs(settings))


def prepare_random(settings: Settings, folder: Path) -> None:
    """Compute the untrained network's features of the images, if they are not kept."""
    cifar10.random_features(settings, folder, cifar10.photographs(settings))


def measure(settings: Settings, folder: Path, size: int, seed: int) -> Mapping[str, float]:
    """Return each arm's accuracy after learning from the same `size` images of each class.

    The seed draws the images, their order, and the first weights of the network that learns from scratch.
    """
    split = cifar10.photographs(settings)
    chosen = small_alexnet.draw(split.y_train.astype(np.int64), size, seed)
    return {
        SCRATCH: _from_scratch(settings, split, chosen, seed),
        RANDOM: _on_random_features(settings, folder, split, chosen),
        **_on_trained_features(settings, folder, split, chosen, seed),
    }


def _from_scratch(settings: Settings, split: Split, chosen: np.ndarray, seed: int) -> float:
    inputs, recipe = split.inputs(), settings["scratch"]
    model = small_alexnet.build(len(split.classes), seed, inputs.x_train.shape[1:])
    small_alexnet.train(
        model, inputs.x_train[chosen], inputs.y_train[chosen],
        [{"params": model.parameters(), "lr": recipe["lr"]}],
        steps=recipe["steps"], batch_size=recipe["batch_size"], seed=seed,
        weight_decay=recipe["weight_decay"],
    )  # fmt: skip
    return accuracy(predict(model, inputs.x_test), inputs.y_test)


def _on_random_features(settings: Settings, folder: Path, split: Split, chosen: np.ndarray) -> float:
    features = cifar10.random_features(settings, folder, split)
    head = images.logistic_regression(features["train"][chosen], split.y_train[chosen], **settings["head"])
    return float(head.score(features["test"], split.y_test))


def _on_trained_features(
    settings: Settings, folder: Path, split: Split, chosen: np.ndarray, seed: int
) -> dict[str, float]:
    """Return the accuracies of the two classifiers on frozen features, and of fine-tuning."""
    maps, recipe = cifar10.frozen_maps(settings, folder, split), settings["tuned"]
    x, x_test = maps["train"][chosen], maps["test"]
    y, y_test = (labels.astype(np.int64) for labels in (split.y_train[chosen], split.y_test))
    model = cifar10.network(settings, seed)
    _, back = model.split(recipe["blocks"])
    body = Layers(*list(back)[:-1])
    features, features_test = predict(body, x), predict(body, x_test)
    head = images.logistic_regression(features, y, **settings["head"])
    svm = images.linear_svm(features, y, **settings["svm"], seed=seed)
    accuracies = {FROZEN: head.score(features_test, y_test), SVM: svm.score(features_test, y_test)}
    images.copy_head(model, head)
    torch.manual_seed(seed)  # for dropout; here, since to build a network draws numbers too
    small_alexnet.train(
        back, x, y, images.parameter_groups(model, recipe["lr"], recipe["body_scale"]),
        steps=recipe["steps"], batch_size=recipe["batch_size"], seed=seed, weight_decay=0.0,
    )  # fmt: skip
    return accuracies | {TUNED: accuracy(predict(back, x_test), y_test)}
