"""A study so small that tests can repeat it; in a module of its own, since other processes import it."""

import time
from pathlib import Path

import numpy as np

from coursekit.experiments import Study


def throw(settings, folder: Path, size: int, seed: int):
    """Return the share of heads among `size` throws of a fair and of a bent coin."""
    with (folder / "asked.txt").open("a") as asked:
        asked.write(f"{size} {seed}\n")
    time.sleep(settings.get("seconds", 0) if seed else 0)
    if settings.get("fails") == [size, seed]:
        raise RuntimeError("a coin was lost")
    rng = np.random.default_rng([seed, size])
    draws = rng.random(size)
    bent = float((folder / "bent.txt").read_text())
    return {"fair": float((draws < 0.5).mean()), "bent": float((draws < bent).mean())}


def bend(settings, folder: Path):
    """Write how bent the coin is."""
    (folder / "bent.txt").write_text(str(settings["bent"]))


def study(**changes) -> Study:
    """Return the study, with other fields where given."""
    fields = {
        "name": "coins",
        "x": "throws",
        "y": "share of heads",
        "arms": ("fair", "bent"),
        "sizes": (10, 100),
        "seeds": (0, 1, 2),
        "settings": {"bent": 0.9},
        "measure": throw,
        "prepare": (bend,),
    }
    return Study(**{**fields, **changes})
