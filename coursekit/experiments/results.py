"""The figures that an experiment gave: mean and spread over seeds, differences, table, file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float


class ResultsError(Exception):
    """A file of results cannot be used. The message says which, why, and what to do."""


@dataclass(frozen=True)
class Results:
    """What was measured.

    Attributes
    ----------
    name, x, y, arms, sizes, seeds, settings
        As in `Study`.
    values
        For each arm, a row for each size with a figure for each seed.
    versions
        The libraries' versions with which it was measured.
    """

    name: str
    x: str
    y: str
    arms: tuple[str, ...]
    sizes: tuple[int, ...]
    seeds: tuple[int, ...]
    settings: Mapping[str, Any]
    values: Mapping[str, list[list[float]]]
    versions: Mapping[str, str]

    def of(self, arm: str, size: int) -> Float[np.ndarray, " S"]:
        """Return the arm's figures at a size, one for each seed.

        Raises
        ------
        ValueError
            If the arm or the size is not part of the study.
        """
        if arm not in self.arms:
            raise ValueError(f"{self.name} has no arm {arm!r}; it has: {', '.join(self.arms)}")
        if size not in self.sizes:
            raise ValueError(f"{self.name} has no size {size}; it has: {', '.join(map(str, self.sizes))}")
        return np.array(self.values[arm][self.sizes.index(size)])

    def mean(self, arm: str, size: int) -> float:
        """Return the mean over seeds."""
        return float(self.of(arm, size).mean())

    def spread(self, arm: str, size: int) -> float:
        """Return the standard deviation over seeds (divisor n - 1); 0 for a single seed."""
        figures = self.of(arm, size)
        return float(figures.std(ddof=1)) if len(figures) > 1 else 0.0

    def gain(self, arm: str, over: str, size: int) -> tuple[float, float]:
        """Return mean and standard error of the paired difference between two arms.

        Both arms saw the same drawn data for each seed, so what the draw does to both cancels out.
        """
        differences = self.of(arm, size) - self.of(over, size)
        error = differences.std(ddof=1) / np.sqrt(len(differences)) if len(differences) > 1 else 0.0
        return float(differences.mean()), float(error)

    def rows(self) -> list[tuple[str, ...]]:
        """Return the table: for each size, the size and each arm's "mean ± spread"."""
        cells = [
            [f"{self.mean(arm, size):.3f} ± {self.spread(arm, size):.3f}" for arm in self.arms]
            for size in self.sizes
        ]
        return [(str(size), *row) for size, row in zip(self.sizes, cells, strict=True)]

    def save(self, path: Path) -> None:
        """Write the results as JSON."""
        partial = path.with_name(f"{path.name}.partial")
        partial.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(path)

    @classmethod
    def load(cls, path: Path | str) -> "Results":
        """Read results that `save` wrote.

        Raises
        ------
        ResultsError
            If the file is not there or does not hold results.
        """
        path = Path(path)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            arms, sizes, seeds = (tuple(content.pop(key)) for key in ("arms", "sizes", "seeds"))
            results = cls(arms=arms, sizes=sizes, seeds=seeds, **content)
            lengths = [[len(row) for row in results.values[arm]] for arm in arms]
        except FileNotFoundError:
            raise ResultsError(f"there is no file {path}; run the experiment that writes it") from None
        except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
            raise ResultsError(f"{path} does not hold results ({type(error).__name__}: {error})") from error
        if any(rows != [len(seeds)] * len(sizes) for rows in lengths):
            raise ResultsError(f"{path} lacks figures of some arm, size or seed; run its experiment again")
        return results
