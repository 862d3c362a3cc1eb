"""Checks of array arguments: a wrong shape is named where it comes in, not three products later."""

import numpy as np


def check_float(where: str, name: str, value: object) -> None:
    """Raise `TypeError` unless `value` is a NumPy array of float32 or float64, of any shape."""
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{where}: {name} must be a NumPy array, got {type(value).__name__}")
    if value.dtype not in (np.float32, np.float64):
        raise TypeError(f"{where}: {name} must be float32 or float64, got {value.dtype}")


def check_array(where: str, name: str, value: object, axes: tuple[str, ...]) -> None:
    """Raise unless `value` is a float array with one axis for each name in `axes`.

    Parameters
    ----------
    where
        The function that was called, for the message.
    name
        The argument's name.
    value
        What came.
    axes
        The names of the expected axes, for instance ("N", "C", "H", "W").

    Raises
    ------
    TypeError
        If `value` is no NumPy array of float32 or float64.
    ValueError
        If it has another number of axes.
    """
    check_float(where, name, value)
    assert isinstance(value, np.ndarray)
    if value.ndim != len(axes):
        raise ValueError(f"{where}: {name} must have shape ({', '.join(axes)}), got {value.shape}")


def check_shape(where: str, name: str, value: object, shape: tuple[int, ...]) -> None:
    """Raise unless `value` is a float array of exactly this `shape`; see `check_array` for what is raised."""
    check_array(where, name, value, tuple(map(str, shape)))
    assert isinstance(value, np.ndarray)
    if value.shape != shape:
        raise ValueError(f"{where}: {name} must have shape {shape}, got {value.shape}")
