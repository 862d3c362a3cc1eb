"""What may pass through the door: numbers, texts, arrays, and tuples and dictionaries of them.

Everything else stays behind the door and is named by a `Held`. A value travels as a tree of JSON with the raw
bytes of its arrays beside it: reading it runs no code, whoever wrote it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Value = Any
"""None, bool, int, float, str, numpy.ndarray of numbers, Held, or a tuple or dict (keys: str) of values."""

KINDS = "biuf"
"""NumPy's letters for booleans, integers and floating point numbers."""
DEPTH = 20
LARGEST = 2**64
MAX_ARRAYS = 10_000


class ValueTooLarge(ValueError):  # noqa: N818  an outcome of a call as others
    """A value is larger than may pass."""


@dataclass(frozen=True)
class Held:
    """The name of an object that stays behind the door, such as a network or an optimiser.

    Attributes
    ----------
    number
        Tells it from others.
    kind
        The name of its class, for messages.
    """

    number: int
    kind: str


@dataclass(frozen=True)
class TensorArgument:
    """An array that the answer gets as a `torch.Tensor`."""

    array: np.ndarray


def whole(text: str) -> str:
    """Return the text with a question mark for each half of a character (a lone surrogate).

    JSON and Python's strings may hold them; no file, page or gradebook can.
    """
    return text.encode("utf-8", "replace").decode()


def encode(value: Value) -> tuple[Any, list[np.ndarray]]:
    """Return the value as a tree of JSON types and the arrays that the tree refers to.

    Raises
    ------
    TypeError
        If something in it may not pass.
    """
    arrays: list[np.ndarray] = []

    def walk(value: Any, depth: int) -> Any:
        if depth > DEPTH:
            raise TypeError(f"it is nested more than {DEPTH} deep")
        if value is None or type(value) in (bool, str):
            return value
        if type(value) is int:
            if abs(value) >= LARGEST:
                raise TypeError("a whole number of more than 64 bits cannot pass")
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if isinstance(value, np.ndarray):
            return {"array": walk_array(value)}
        if isinstance(value, TensorArgument):
            return {"tensor": walk_array(value.array)}
        if isinstance(value, Held):
            return {"held": value.number, "kind": value.kind}
        if isinstance(value, tuple | list):
            return [walk(part, depth + 1) for part in value]
        if isinstance(value, Mapping) and all(type(key) is str for key in value):
            return {"dict": {key: walk(part, depth + 1) for key, part in value.items()}}
        raise TypeError(f"a {type(value).__name__} cannot pass")

    def walk_array(array: np.ndarray) -> int:
        if array.dtype.kind not in KINDS or array.dtype.itemsize > 8:
            raise TypeError(f"an array of {array.dtype} cannot pass")
        little_endian = array.dtype.newbyteorder("<")
        arrays.append(np.ascontiguousarray(array, little_endian).reshape(array.shape))
        return len(arrays) - 1

    return walk(value, 0), arrays


def decode(tree: Any, arrays: Sequence[np.ndarray]) -> Value:
    """Return the value of a tree and its arrays.

    Raises
    ------
    ValueError
        If the tree is none that `encode` makes.
    """

    def walk(tree: Any, depth: int) -> Any:
        if depth > DEPTH:
            raise ValueError("a value is nested too deep")
        if tree is None or type(tree) in (bool, float) or (type(tree) is int and abs(tree) < LARGEST):
            return tree
        if type(tree) is str:
            return whole(tree)
        if type(tree) is list:
            return tuple(walk(part, depth + 1) for part in tree)
        if type(tree) is dict:
            match tree:
                case {"array": int(index)} if 0 <= index < len(arrays):
                    return arrays[index]
                case {"tensor": int(index)} if 0 <= index < len(arrays):
                    return TensorArgument(arrays[index])
                case {"held": int(number), "kind": str(kind)}:
                    return Held(number, whole(kind)[:100])
                case {"float": "nan" | "inf" | "-inf" as text}:
                    return float(text)
                case {"dict": dict(parts)}:
                    return {whole(key): walk(part, depth + 1) for key, part in parts.items()}
        raise ValueError(f"no value: {str(tree)[:80]}")

    return walk(tree, 0)
