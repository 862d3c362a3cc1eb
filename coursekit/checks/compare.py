"""Telling two values apart in words."""

from typing import Any

import numpy as np

from coursekit.answers import Held, Value

# float32 rounding over sums of some hundred products stays below this, a wrong formula does not.
TOLERANCE = 1e-4


def equal(got: Value, expected: Value) -> bool:
    """Return whether shapes are equal and values differ by rounding only; see `difference`."""
    return difference(got, expected) is None


def difference(got: Value, expected: Value, what: str = "The result") -> str | None:
    """Say in one or two sentences where `got` first differs from `expected`, None if they are equal.

    Numbers count as arrays of no dimensions. Rounding is measured against the largest expected value of an
    array, since sums of large terms may be near zero. Of dictionaries and tuples every part is compared.

    Parameters
    ----------
    got, expected
        The values.
    what
        What the value is, for the sentence.
    """
    if isinstance(expected, dict):
        return _different_parts(got, expected, what)
    if isinstance(expected, tuple):
        if not isinstance(got, tuple) or len(got) != len(expected):
            return f"{what} is {describe(got)}, expected {len(expected)} values."
        parts = (
            difference(g, e, f"Value {i} of {_lower(what)}")
            for i, (g, e) in enumerate(zip(got, expected, strict=True), start=1)
        )
        return next((part for part in parts if part), None)
    if isinstance(expected, str) or expected is None:
        same = got is None if expected is None else isinstance(got, str) and got == expected
        return None if same else f"{what} is {describe(got)}, expected {describe(expected)}."
    if got is None or isinstance(got, str | dict | tuple | Held):
        return f"{what} is {describe(got)}, not an array of numbers."
    return _different_arrays(np.asarray(got), np.asarray(expected), what)


def differs(got: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return where two arrays of one shape differ by more than rounding."""
    finite = expected[np.isfinite(expected)]
    scale = max(1.0, float(np.abs(finite).max(initial=0)))
    wrong: np.ndarray = ~np.isclose(got, expected, rtol=0, atol=TOLERANCE * scale, equal_nan=True)
    return wrong


def exact(value: Value) -> Value:
    """Return whole numbers as texts, so that `difference` compares them to the last digit.

    A count of 62,378,344 that lacks a bias is a wrong count, not a rounded one. One number becomes
    "62,378,344", a row of them, such as a shape, "(96, 55, 55)". One that is not whole stays as it is; a row
    that holds such a number is a text all the same, "(96, 54.25, 54.25)", so that a message can show it.
    """
    if isinstance(value, dict):
        return {key: exact(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return tuple(exact(part) for part in value)
    if isinstance(value, str | Held) or value is None:
        return value
    array = np.asarray(value)
    if array.ndim > 1 or array.size > 100 or not np.isfinite(array).all():
        return value
    if array.ndim:
        return f"({', '.join(f'{n:.0f}' if n == np.rint(n) else f'{n:g}' for n in array)})"
    return f"{int(array):,}" if array == np.rint(array) else value


def describe(value: object) -> str:
    """Return a value as a message names it: arrays by their shape."""
    if isinstance(value, np.ndarray):
        return f"array of shape {value.shape}" if value.ndim else f"{value}"
    if isinstance(value, Held):
        return f"a {value.kind}"
    if isinstance(value, tuple | list):
        return f"({', '.join(describe(part) for part in value)})"
    if isinstance(value, dict):
        if 0 < len(value) < 10 and all(isinstance(part, bool | int | str) for part in value.values()):
            return f"{{{', '.join(f'{key!r}: {describe(part)}' for key, part in value.items())}}}"
        return f"a dict with {', '.join(value) or 'nothing in it'}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _different_parts(got: Value, expected: dict[str, Any], what: str) -> str | None:
    if not isinstance(got, dict):
        return f"{what} is {describe(got)}, expected {describe(expected)}."
    if absent := [key for key in expected if key not in got]:
        return f"{what} lacks {absent[0]!r}."
    if extra := [key for key in got if key not in expected]:
        return f"{what} has {extra[0]!r}, which it should not have."
    parts = (difference(got[key], expected[key], f"The value of {key!r}") for key in expected)
    return next((part for part in parts if part), None)


def _different_arrays(got: np.ndarray, expected: np.ndarray, what: str) -> str | None:
    if got.shape != expected.shape:
        return f"{what} has shape {got.shape}, expected {expected.shape}."
    got, expected = got.astype(np.float64), expected.astype(np.float64)
    if not np.isfinite(got).all() and np.isfinite(expected).all():
        count = np.count_nonzero(~np.isfinite(got))
        return f"{what} holds {count} of {got.size} values that are not finite numbers."
    wrong = differs(got, expected)
    if not wrong.any():
        return None
    where = tuple(int(i) for i in np.argwhere(wrong)[0])
    values = f"got {got[where]:.4g}, expected {expected[where]:.4g}"
    if f"{got[where]:.4g}" == f"{expected[where]:.4g}":
        values = f"got {got[where]:.9g}, expected {expected[where]:.9g}"
    if not expected.ndim:
        return f"{what}: {values}."
    subject = "" if what == "The result" else f"{what}: "
    share = f"{np.count_nonzero(wrong)} of {wrong.size}"
    place = f"[{', '.join(map(str, where))}]"
    return f"{subject}{share} values differ. The first is at {place}: {values}."


def _lower(what: str) -> str:
    return what[:1].lower() + what[1:]
