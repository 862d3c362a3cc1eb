"""What an experiment consists of, as data."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Study:
    """An experiment: the same measurement for every size and every seed.

    Attributes
    ----------
    name
        Names its files.
    x, y
        What the sizes count and what is measured, for tables and axes: "labelled images a class".
    arms
        What is compared, in the order of tables and legends. All arms of one size and one seed are measured
        together, on the same drawn data, so that their differences are paired.
    sizes, seeds
        For which it is measured.
    settings
        All else that the figures depend on: data, learning rates, epochs. JSON types only.
    measure
        `measure(settings, folder, size, seed)` returns a float for each arm. A function of a module, since it
        runs in other processes; it draws everything random from the seed.
    prepare
        Each `(settings, folder)` makes in `folder` a thing that all measurements share, such as a trained
        network, once; a half-made file must never bear its final name. They are made at the same time.
    """

    name: str
    x: str
    y: str
    arms: tuple[str, ...]
    sizes: tuple[int, ...]
    seeds: tuple[int, ...]
    settings: Settings
    measure: Callable[[Settings, Path, int, int], Mapping[str, float]]
    prepare: tuple[Callable[[Settings, Path], None], ...] = ()

    def fingerprint(self) -> str:
        """Return a name for the settings: figures of other settings are never mixed with these."""
        text = json.dumps([self.name, self.arms, dict(self.settings)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
