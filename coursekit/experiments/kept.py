"""Arrays that an experiment computes once and keeps in its folder, under a name that tells their settings."""

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]


def path_of(folder: Path, name: str, settings: Mapping[str, Any]) -> Path:
    """Return where the arrays for these settings are kept: `folder`/NAME-HASH.npz."""
    text = json.dumps(dict(settings), sort_keys=True)
    return folder / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.npz"


def kept(path: Path, shapes: Mapping[str, tuple[int, ...]], compute: Callable[[], Arrays]) -> Arrays:
    """Return the arrays in the file, or compute and write them.

    A file that was harmed, or that holds other arrays than `shapes` says, is made anew: its check sums are
    looked at, and it holds no pickled objects. A half-written file never bears the name.

    Parameters
    ----------
    path
        An `npz` file.
    shapes
        The name and shape of each array; they must be float32 and finite.
    compute
        Returns the arrays.
    """
    arrays = _read(path)
    if arrays is None or not _are(arrays, shapes):
        arrays = compute()
        _write(path, arrays)
    return arrays


def _are(arrays: Arrays, shapes: Mapping[str, tuple[int, ...]]) -> bool:
    return {name: array.shape for name, array in arrays.items()} == dict(shapes) and all(
        array.dtype == np.float32 and bool(np.isfinite(array).all()) for array in arrays.values()
    )


def _read(path: Path) -> Arrays | None:
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return dict(file)
    except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile):
        return None


def _write(path: Path, arrays: Arrays) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.stem}.", suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
