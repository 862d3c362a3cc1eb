"""The fully connected layer, and the flattening in front of it."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from coursekit.numpy_nn.arguments import check_array, check_float, check_shape
from coursekit.numpy_nn.parallel import matrix_product


class LinearCache(NamedTuple):
    """What `linear_backward` needs of the forward pass."""

    x: np.ndarray
    w: np.ndarray
    has_bias: bool


def linear_forward(
    x: Float[np.ndarray, "N D"],
    w: Float[np.ndarray, "M D"],
    b: Float[np.ndarray, " M"] | None = None,
) -> tuple[Float[np.ndarray, "N M"], LinearCache]:
    """Return x @ w.T + b: M weighted sums of the D features.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape; the message names it.
    """
    check_array("linear_forward", "x", x, ("N", "D"))
    check_array("linear_forward", "w", w, ("M", "D"))
    if x.shape[1] != w.shape[1]:
        raise ValueError(
            f"linear_forward: x has {x.shape[1]} features, but w of shape {w.shape} takes {w.shape[1]}"
        )
    out = np.empty((len(x), len(w)), np.result_type(x, w))
    matrix_product(x, w.T, out)
    if b is not None:
        check_shape("linear_forward", "b", b, (len(w),))
        out += b
    return out, LinearCache(x, w, b is not None)


def linear_backward(
    dout: Float[np.ndarray, "N M"], cache: LinearCache
) -> tuple[Float[np.ndarray, "N D"], Float[np.ndarray, "M D"], Float[np.ndarray, " M"] | None]:
    """Return (dx, dw, db); db is None where there was no bias.

    Raises
    ------
    TypeError, ValueError
        If `dout` does not have the shape of the output.
    """
    x, w, has_bias = cache
    check_shape("linear_backward", "dout", dout, (len(x), len(w)))
    dx, dw = np.empty(x.shape, np.result_type(dout, w)), np.empty(w.shape, np.result_type(dout, x))
    matrix_product(dout, w, dx)
    matrix_product(dout.T, x, dw)
    return dx, dw, dout.sum(axis=0) if has_bias else None


def flatten_forward(
    x: Float[np.ndarray, "N ..."],
) -> tuple[Float[np.ndarray, "N D"], tuple[int, ...]]:
    """Write all numbers of an image one after the other: (N, C, H, W) becomes (N, C*H*W).

    Raises
    ------
    TypeError
        If `x` is no float array.
    """
    check_float("flatten_forward", "x", x)
    return x.reshape(len(x), int(np.prod(x.shape[1:]))), x.shape


def flatten_backward(dout: Float[np.ndarray, "N D"], cache: tuple[int, ...]) -> Float[np.ndarray, "N ..."]:
    """Return dx: the same numbers in the shape that the input had.

    Raises
    ------
    TypeError, ValueError
        If `dout` does not have the shape of the output.
    """
    check_shape("flatten_backward", "dout", dout, (cache[0], int(np.prod(cache[1:]))))
    return dout.reshape(cache)
