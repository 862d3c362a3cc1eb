"""Trained weights in a quarter of their size: 8-bit integers with one scale for each output channel.

A weight is `integer * scale`, the integers from -127 to 127 and 0 for 0, as in Jacob et al. 2018,
*Quantization and training of neural networks*, sec. 2.1, without an offset. Large weight arrays are kept
so. The small ones, which are the first layers' and the depthwise convolutions', stay in half precision:
they cost little, and every error in them goes through all layers behind. Biases and batch norms stay in
single precision.
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int8

from coursekit.data import DataError

SMALL = 60_000  # an array of fewer weights is kept in half precision
SCALE = ".scale"  # `stem.weight.scale` holds the scales of `stem.weight`


def quantise(
    weight: Float[np.ndarray, "M ..."],
) -> tuple[Int8[np.ndarray, "M ..."], Float[np.ndarray, " M"]]:
    """Return the integers and the scale of each output channel; the largest weight of each becomes 127."""
    scale = np.abs(weight).reshape(len(weight), -1).max(axis=1) / 127
    scale[scale == 0] = 1  # a channel of zeros
    integers: np.ndarray = np.rint(weight / _column(scale, weight.ndim))
    return integers.astype(np.int8), scale.astype(np.float32)


def dequantise(
    integers: Int8[np.ndarray, "M ..."], scale: Float[np.ndarray, " M"]
) -> Float[np.ndarray, "M ..."]:
    """Return the weights, float32."""
    weight: np.ndarray = integers.astype(np.float32) * _column(scale, integers.ndim)
    return weight


def write(path: Path, state: Mapping[str, Float[np.ndarray, "..."]]) -> None:
    """Write a part of a state. The same state gives the same bytes."""
    arrays: dict[str, np.ndarray] = {}
    for name, array in state.items():
        if array.ndim > 1 and array.size >= SMALL:
            arrays[name], arrays[name + SCALE] = quantise(array)
        else:
            arrays[name] = array.astype(np.float16 if array.ndim > 1 else np.float32)
    np.savez_compressed(path, allow_pickle=False, **arrays)


def read(path: Path) -> dict[str, Float[np.ndarray, "..."]]:
    """Return what `write` wrote, float32.

    Raises
    ------
    DataError
        If the file is missing or not such a file.
    """
    try:
        with path.open("rb") as raw, np.load(raw) as file:
            arrays = dict(file)
        return {
            name: dequantise(array, arrays[name + SCALE])
            if array.dtype == np.int8
            else array.astype(np.float32)
            for name, array in arrays.items()
            if not name.endswith(SCALE)
        }
    except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} holds no weights: {error}. Install coursekit again.") from None


def _column(scale: np.ndarray, axes: int) -> np.ndarray:
    return scale.reshape(-1, *[1] * (axes - 1))
