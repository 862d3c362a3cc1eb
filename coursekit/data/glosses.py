"""WordNet's glosses: what 82,115 groups of English nouns mean (Fellbaum 1998), in two roles.

`corpus` is all of them, running text to learn word vectors from. `load` is a labelled set: glosses of eight
kinds of thing, as many of each; the label is the lexicographer file in which WordNet's authors wrote the
gloss down. So "a large tailless web-footed amphibian" is to be told from "a small tart fruit".
"""

import lzma
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import UInt8

from coursekit.data.card import read_card, verify
from coursekit.data.idx import DataError

CLASSES = ("act", "animal", "artifact", "body", "food", "location", "person", "plant")
PER_CLASS = 1800
EMBEDDED = Path(__file__).parent / "embedded" / "wordnet_glosses"
FILE = "glosses.txt.xz"


class Gloss(NamedTuple):
    """A tokenised definition and the lexicographer file that it is from, as `animal` of `noun.animal`."""

    kind: str
    words: list[str]


@dataclass(frozen=True)
class Glosses:
    """Glosses with their classes.

    Attributes
    ----------
    texts
        N glosses, each a list of words in lower case.
    labels
        uint8 (N,), the index of each one's class.
    classes
        The classes' names.
    card
        Where the glosses come from, their licence, how they were made, and the files' SHA-256.
    """

    texts: list[list[str]]
    labels: UInt8[np.ndarray, " N"]
    classes: tuple[str, ...]
    card: Mapping[str, Any] = field(repr=False)

    def __len__(self) -> int:
        return len(self.texts)

    def split(self, test_per_class: int = 200, seed: int = 0) -> tuple["Glosses", "Glosses"]:
        """Return a training part and a test part with `test_per_class` random glosses of each class.

        Raises
        ------
        ValueError
            If a class has not more than that many.
        """
        test = self._choose(test_per_class, seed)
        rest = np.setdiff1d(np.arange(len(self)), test)
        if len(np.unique(self.labels[rest])) < len(self.classes):
            raise ValueError(
                f"test_per_class is {test_per_class}: that leaves none of some class to train on"
            )
        return self._part(rest), self._part(test)

    def few(self, per_class: int, seed: int = 0) -> "Glosses":
        """Return `per_class` random glosses of each class.

        Raises
        ------
        ValueError
            If a class has fewer.
        """
        return self._part(self._choose(per_class, seed))

    def _choose(self, per_class: int, seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        members = [np.flatnonzero(self.labels == c) for c in range(len(self.classes))]
        smallest = min(map(len, members))
        if not 1 <= per_class <= smallest:
            raise ValueError(f"{per_class} glosses of each class are asked for, there are 1 to {smallest}")
        return np.sort(np.concatenate([rng.permutation(m)[:per_class] for m in members]))

    def _part(self, chosen: np.ndarray) -> "Glosses":
        texts = [self.texts[i] for i in chosen]
        return Glosses(texts, self.labels[chosen], self.classes, self.card)


def load() -> Glosses:
    """Return the labelled set: 1,800 glosses of each of the eight classes, no two alike, in mixed order.

    Raises
    ------
    DataError
        If a file is missing or does not have the SHA-256 that the card gives.
    """
    unlike: dict[tuple[str, ...], str] = {}
    for kind, words in glosses():
        unlike.setdefault(tuple(words), kind)  # the same words in training and test would be a leak
    rng = np.random.default_rng(0)
    drawn = []
    for label, name in enumerate(CLASSES):
        texts = [words for words, kind in unlike.items() if kind == name]
        drawn += [(list(texts[i]), label) for i in rng.permutation(len(texts))[:PER_CLASS]]
    drawn = [drawn[i] for i in rng.permutation(len(drawn))]
    labels = np.array([label for _, label in drawn], np.uint8)
    return Glosses([words for words, _ in drawn], labels, CLASSES, read_card(EMBEDDED))


def corpus() -> list[list[str]]:
    """Return every gloss as a list of words.

    Raises
    ------
    DataError
        If a file is missing or does not have the SHA-256 that the card gives.
    """
    return [words for _, words in glosses()]


def glosses() -> list[Gloss]:
    """Return every gloss with its lexicographer file, file by file.

    Raises
    ------
    DataError
        If a file is missing or does not have the SHA-256 that the card gives.
    """
    verify(EMBEDDED)
    return read_glosses(EMBEDDED / FILE)


def read_glosses(path: Path) -> list[Gloss]:
    """Return the glosses in a file of lines `kind<TAB>words`, compressed with xz.

    Raises
    ------
    DataError
        If the file cannot be read.
    """
    try:
        lines = lzma.decompress(path.read_bytes()).decode("ascii").splitlines()
        pairs = (line.split("\t") for line in lines)
        return [Gloss(kind, words.split()) for kind, words in pairs]
    except (OSError, EOFError, lzma.LZMAError, ValueError) as error:
        raise DataError(f"{path} could not be read: {error}. Get it again.") from None


def write_glosses(path: Path, found: list[Gloss]) -> None:
    """Write a file that `read_glosses` reads."""
    text = "".join(f"{gloss.kind}\t{' '.join(gloss.words)}\n" for gloss in found)
    path.write_bytes(lzma.compress(text.encode("ascii"), preset=9 | lzma.PRESET_EXTREME))
