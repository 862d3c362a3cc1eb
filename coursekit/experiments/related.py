"""When to transfer: related and other source tasks, much and little data, first layers and all.

Four conditions of the course's last chapter are measured with the small network of `letters`: the target task
is to read handwritten digits, the source task letters (related) or clothes (the same kind of image, another
subject). One network is trained for each source; the seeds draw the digits, the head and what is not copied.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from coursekit.experiments.letters import BODY, FROZEN, RANDOM, SCRATCH, TARGET, TUNED, frozen, whole
from coursekit.experiments.sources import CLOTHES, LETTERS, pretrained
from coursekit.experiments.study import Settings, Study

LETTERS_FROZEN, LETTERS_TUNED = "letters, frozen", "letters, tuned"
CLOTHES_FROZEN, CLOTHES_TUNED = "clothes, frozen", "clothes, tuned"
SEEDS = (10, 11, 12, 13, 14)
ACCURACY = "test accuracy on digits"


def related(sizes: tuple[int, ...] = (1, 5, 20, 100), seeds: tuple[int, ...] = SEEDS) -> Study:
    """Return the study: a related and another source, little and much data in the target."""
    return Study(
        name="related",
        x="labelled images a class",
        y=ACCURACY,
        arms=(SCRATCH, LETTERS_FROZEN, LETTERS_TUNED, CLOTHES_FROZEN, CLOTHES_TUNED),
        sizes=sizes,
        seeds=seeds,
        settings={"sources": {"letters": LETTERS, "clothes": CLOTHES}, "target": TARGET},
        measure=measure_related,
        prepare=(partial(prepare, "letters"), partial(prepare, "clothes")),
    )


def source_size(sizes: tuple[int, ...] = (1, 10, 100), seeds: tuple[int, ...] = SEEDS) -> Study:
    """Return the study: little and much data in the source, five digits of each class in the target.

    Every source network is trained for the same number of steps.
    """
    return Study(
        name="source",
        x="drawings of each letter",
        y=ACCURACY,
        arms=(SCRATCH, FROZEN, TUNED),
        sizes=sizes,
        seeds=seeds,
        settings={
            "sources": {str(size): LETTERS | {"per_class": size} for size in sizes},
            "target": TARGET,
            "per_class": 5,
        },
        measure=measure_source_size,
        prepare=tuple(partial(prepare, str(size)) for size in sizes),
    )


def layers(sizes: tuple[int, ...] = (1, 2, 3, 4), seeds: tuple[int, ...] = SEEDS) -> Study:
    """Return the study: the first layers copied, the rest new, with 20 digits of each class.

    After Yosinski et al. 2014, *How transferable are features in deep neural networks?*, sec. 4. What
    differs: tuned layers have a tenth of the others' rate; random frozen layers stand beside. Behind three
    random layers some trainings fail at this rate: that figure says nothing about the features.
    """
    return Study(
        name="layers",
        x="layers copied",
        y=ACCURACY,
        arms=(SCRATCH, RANDOM, LETTERS_FROZEN, LETTERS_TUNED, CLOTHES_FROZEN),
        sizes=sizes,
        seeds=seeds,
        settings={"sources": {"letters": LETTERS, "clothes": CLOTHES}, "target": TARGET, "per_class": 20},
        measure=measure_layers,
        prepare=(partial(prepare, "letters"), partial(prepare, "clothes")),
    )


def prepare(source: str, settings: Settings, folder: Path) -> None:
    """Train a source network, if it is not kept."""
    pretrained(settings["sources"][source], folder)


def measure_related(settings: Settings, folder: Path, size: int, seed: int) -> Mapping[str, float]:
    """Return each arm's accuracy after training on `size` digits of each class."""
    target = settings["target"]
    letters, clothes = (pretrained(settings["sources"][name], folder) for name in ("letters", "clothes"))
    return {
        SCRATCH: whole(target, size, seed),
        LETTERS_FROZEN: frozen(target, size, seed, letters),
        LETTERS_TUNED: whole(target, size, seed, letters),
        CLOTHES_FROZEN: frozen(target, size, seed, clothes),
        CLOTHES_TUNED: whole(target, size, seed, clothes),
    }


def measure_source_size(settings: Settings, folder: Path, size: int, seed: int) -> Mapping[str, float]:
    """Return each arm's accuracy with the source network that saw `size` drawings of each letter."""
    target, digits = settings["target"], settings["per_class"]
    letters = pretrained(settings["sources"][str(size)], folder)
    return {
        SCRATCH: whole(target, digits, seed),
        FROZEN: frozen(target, digits, seed, letters),
        TUNED: whole(target, digits, seed, letters),
    }


def measure_layers(settings: Settings, folder: Path, size: int, seed: int) -> Mapping[str, float]:
    """Return each arm's accuracy with the first `size` layers copied."""
    target, digits, copied = settings["target"], settings["per_class"], BODY[:size]
    letters, clothes = (pretrained(settings["sources"][name], folder) for name in ("letters", "clothes"))
    return {
        SCRATCH: whole(target, digits, seed),
        RANDOM: frozen(target, digits, seed, layers=copied),
        LETTERS_FROZEN: frozen(target, digits, seed, letters, copied),
        LETTERS_TUNED: whole(target, digits, seed, letters, copied),
        CLOTHES_FROZEN: frozen(target, digits, seed, clothes, copied),
    }
