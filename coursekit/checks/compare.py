"""Telling two arrays apart in words."""

import numpy as np

# float32 rounding over sums of some hundred products stays below this, a wrong formula does not.
TOLERANCE = 1e-4


def equal(got: np.ndarray, expected: np.ndarray) -> bool:
    """Return whether shapes are equal and values differ by rounding only.

    Rounding is measured against the largest expected value, since sums of large terms may be near zero.
    """
    if got.shape != expected.shape:
        return False
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    return bool(np.allclose(got, expected, rtol=0, atol=TOLERANCE * scale))


def difference(got: np.ndarray, expected: np.ndarray) -> str:
    """Say in one or two sentences where `got` first differs from `expected`."""
    if got.shape != expected.shape:
        return f"The result has shape {got.shape}, expected {expected.shape}."
    if not np.isfinite(got).all():
        return f"The result holds {np.count_nonzero(~np.isfinite(got))} values that are not finite numbers."
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    wrong = np.abs(got - expected) > TOLERANCE * scale
    where = tuple(int(i) for i in np.argwhere(wrong)[0])
    share = f"{np.count_nonzero(wrong)} of {wrong.size}"
    place = f"[{', '.join(map(str, where))}]"
    values = f"got {got[where]:.4g}, expected {expected[where]:.4g}"
    return f"{share} values differ. The first is at {place}: {values}."


def describe(value: object) -> str:
    """Return an argument as a message names it: arrays by their shape."""
    return f"array of shape {value.shape}" if isinstance(value, np.ndarray) else repr(value)
