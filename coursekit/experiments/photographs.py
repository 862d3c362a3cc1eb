"""The AlexNet paper's figure 4 with photographs that come with scikit-image and scikit-learn.

Left, as in Krizhevsky, Sutskever & Hinton 2012, fig. 4: what a network that was trained on ImageNet takes a
photograph for. Right: the training images whose features are nearest to those of a test image. The paper
takes the Euclidean distance of AlexNet's 4,096 numbers before the last layer; here it is the angle between
EfficientNet-Lite0's 1,280, and the images are CIFAR-10's.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from coursekit.data import Split, load
from coursekit.data.photographs import PHOTOGRAPHS, Photograph
from coursekit.figures.photographs import Bars, draw_labels, draw_neighbours
from coursekit.transfer import images

NAME = "photographs"
NETWORK = "efficientnet_lite0"
DATA = "cifar10_small"
SIDE = 96  # pixels, to which CIFAR-10's images are scaled for their features
PART = 500  # of them, after which something is said
STEPS = 1 + 2000 // PART
"""How often `look` says how far it is."""


@dataclass(frozen=True)
class Labelled:
    """A photograph with its most probable labels.

    Attributes
    ----------
    photograph
        Which one.
    guesses
        The five most probable labels, the most probable first.
    """

    photograph: Photograph
    guesses: tuple[images.Guess, ...]

    @property
    def place(self) -> int | None:
        """The place of the first right label among the five, counted from 1; None if there is none."""
        names = [guess.name for guess in self.guesses]
        return next((i for i, name in enumerate(names, 1) if name in self.photograph.labels), None)


@dataclass(frozen=True)
class Neighbourhood:
    """A test image and the training images that are nearest to it in feature space.

    Attributes
    ----------
    query
        Its index among the test images.
    nearest
        The indices of the training images, the nearest first.
    cosines
        The cosines of the angles between their features and the query's.
    """

    query: int
    nearest: tuple[int, ...]
    cosines: tuple[float, ...]


@dataclass(frozen=True)
class Figure4:
    """What the two panels of the figure show.

    Attributes
    ----------
    labelled
        The left panel.
    neighbourhoods
        The right panel.
    split
        The images of the right panel.
    """

    labelled: tuple[Labelled, ...]
    neighbourhoods: tuple[Neighbourhood, ...]
    split: Split

    def rows(self) -> list[tuple[str, ...]]:
        """Return the table: photograph, right labels, the five labels, the place of the right one, credit."""
        return [
            (
                each.photograph.name,
                "\n".join(each.photograph.labels) or "none of the 1,000",
                "\n".join(f"{guess.probability:.2f} {guess.name}" for guess in each.guesses),
                "none" if each.place is None else str(each.place),
                each.photograph.credit,
            )
            for each in self.labelled
        ]

    def agreement(self) -> float:
        """Return the share of the neighbours that have their query's class."""
        same = [
            self.split.y_train[list(each.nearest)] == self.split.y_test[each.query]
            for each in self.neighbourhoods
        ]
        return float(np.mean(same))

    def as_json(self) -> str:
        """Return all of it as JSON."""
        photographs = [
            {
                **asdict(each.photograph),
                "guesses": [{"label": g.name, "probability": round(g.probability, 4)} for g in each.guesses],
                "place": each.place,
            }
            for each in self.labelled
        ]
        neighbours = [asdict(each) for each in self.neighbourhoods]
        content = {
            "name": NAME,
            "network": NETWORK,
            "photographs": photographs,
            "neighbours": {"data": DATA, "side": SIDE, "agreement": self.agreement(), "found": neighbours},
        }
        return json.dumps(content, indent=1, ensure_ascii=False)


def look(folder: Path, on_progress: Callable[[str], None] | None = None) -> Figure4:
    """Label the photographs, find the neighbours, and write table and pictures.

    Parameters
    ----------
    folder
        Where `files` says, and where the features are kept; made if it is not there.
    on_progress
        Called `STEPS` times, with a few words after each part of the work.
    """
    report = on_progress or (lambda _: None)
    folder.mkdir(parents=True, exist_ok=True)
    split = load(DATA)
    labelled = label()
    report("photographs labelled")
    found = Figure4(labelled, neighbours(split, folder / "features", report), split)
    paths = files(folder)
    paths["figures"].write_text(found.as_json() + "\n", encoding="utf-8")
    bars = [
        Bars(e.photograph.load(), e.photograph.name, e.photograph.credit, e.guesses, e.photograph.labels)
        for e in found.labelled
    ]
    draw_labels(bars).savefig(paths["labels"], dpi=150)
    rows = [
        [(split.x_test[each.query], split.classes[split.y_test[each.query]])]
        + [(split.x_train[i], split.classes[split.y_train[i]]) for i in each.nearest]
        for each in found.neighbourhoods
    ]
    draw_neighbours(rows, ("test image", "nearest training images")).savefig(paths["neighbours"], dpi=150)
    return found


def files(folder: Path) -> dict[str, Path]:
    """Return where the figures and the two pictures are written."""
    return {
        "figures": folder / f"{NAME}.json",
        "labels": folder / f"{NAME}-labels.png",
        "neighbours": folder / f"{NAME}-neighbours.png",
    }


def label() -> tuple[Labelled, ...]:
    """Return every photograph with its five most probable ImageNet labels."""
    model = images.pretrained(NETWORK)
    return tuple(
        Labelled(photo, tuple(images.predict_top(model, photo.load()[None], k=5)[0])) for photo in PHOTOGRAPHS
    )


def neighbours(
    split: Split, cache: Path | None = None, on_progress: Callable[[str], None] | None = None
) -> tuple[Neighbourhood, ...]:
    """Return the six nearest training images of the first test image of each class.

    Parameters
    ----------
    split
        Colour images.
    cache
        A folder that keeps the features.
    on_progress
        Called with a few words after each part of the training images.
    """
    model = images.pretrained(NETWORK)
    queries = [int(np.flatnonzero(split.y_test == label)[0]) for label in range(len(split.classes))]
    parts = []
    for start in range(0, len(split.x_train), PART):
        part = split.x_train[start : start + PART]
        parts.append(images.features(model, part, size=SIDE, cache=cache))
        if on_progress is not None:
            on_progress(f"features of {start + len(part)} images")
    asked = images.features(model, split.x_test[queries], size=SIDE, cache=cache)
    found = images.nearest(np.concatenate(parts), asked, k=6)
    return tuple(
        Neighbourhood(query, tuple(map(int, indices)), tuple(round(float(c), 4) for c in cosines))
        for query, indices, cosines in zip(queries, found.indices, found.cosines, strict=True)
    )
