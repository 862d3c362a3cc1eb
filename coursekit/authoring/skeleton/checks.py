"""Exercise NUMBER: SAY WHAT IT IS ABOUT.

One question with one check, and the wrong answers that prove it. Put your own function, cases and mistakes in
the place of these, one after the other: the tests tell at each step what no longer holds.
"""

from typing import Any

import numpy as np

from coursekit.checks.exercise import Check, Draw, Exercise, Mutant, Question


def skeleton_name(x: np.ndarray, slope: float) -> np.ndarray:
    """Return x where it is positive, and `slope` times x elsewhere (a leaky ReLU)."""
    return np.where(x > 0, x, slope * x)


QUESTIONS = (
    Question(
        "skeleton_name",
        skeleton_name,
        (
            Check(
                "values",
                "both sides of zero",
                2,
                ({"x": Draw(3, 4), "slope": 0.1}, {"x": Draw(5), "slope": 0.5}),
            ),
        ),
    ),
)


# The wrong answers: mistakes that students really make. Each is written as a change to the right function.


def slope_forgotten(right: Any, x: Any, slope: Any) -> Any:
    """A ReLU that is 0 where x is negative."""
    return np.maximum(x, 0)


def nothing_done(right: Any, x: Any, slope: Any) -> Any:
    """The input itself."""
    return x


def slope_everywhere(right: Any, x: Any, slope: Any) -> Any:
    """The slope times x, on both sides of zero."""
    return slope * x


def slope_above(right: Any, x: Any, slope: Any) -> Any:
    """The slope on the wrong side of zero."""
    return np.where(x > 0, slope * x, x)


def wrong_sign(right: Any, x: Any, slope: Any) -> Any:
    """A slope that goes up where x is negative."""
    return np.where(x > 0, x, -slope * x)


def slope_added(right: Any, x: Any, slope: Any) -> Any:
    """X plus the slope where x is negative, in place of a product."""
    return np.where(x > 0, x, x + slope)


def slope_alone(right: Any, x: Any, slope: Any) -> Any:
    """The slope itself where x is negative."""
    return np.where(x > 0, x, slope)


def slope_divides(right: Any, x: Any, slope: Any) -> Any:
    """X divided by the slope where x is negative."""
    return np.where(x > 0, x, x / slope)


VALUES = {"skeleton_name.values"}

MUTANTS = tuple(
    Mutant("skeleton_name", wrong, VALUES)
    for wrong in (
        slope_forgotten,
        nothing_done,
        slope_everywhere,
        slope_above,
        wrong_sign,
        slope_added,
        slope_alone,
        slope_divides,
    )
)

EXERCISE = Exercise("skeleton_name", QUESTIONS, MUTANTS)
