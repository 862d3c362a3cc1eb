"""Zeros around maps."""

import numpy as np
from jaxtyping import Float

from coursekit.networks import ZeroPad2d
from coursekit.numpy_nn.arguments import check_array, check_shape

Padding = tuple[int, int, int, int]  # left, right, top, bottom
ZeroPad2dCache = tuple[tuple[int, ...], Padding]  # the shape of x, and the padding


def zero_pad2d_forward(
    x: Float[np.ndarray, "N C H W"], padding: Padding
) -> tuple[Float[np.ndarray, "N C Ho Wo"], ZeroPad2dCache]:
    """Return the maps with `padding` (left, right, top, bottom) zeros around them.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape; the message names it.
    """
    check_array("zero_pad2d_forward", "x", x, ("N", "C", "H", "W"))
    left, right, top, bottom = ZeroPad2d(padding).padding
    return np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right))), (x.shape, padding)


def zero_pad2d_backward(
    dout: Float[np.ndarray, "N C Ho Wo"], cache: ZeroPad2dCache
) -> Float[np.ndarray, "N C H W"]:
    """Return dx: what is cut out of the gradient where the maps were; the zeros need none.

    Raises
    ------
    TypeError, ValueError
        If `dout` does not have the shape of the output.
    """
    (n, c, h, w), (left, right, top, bottom) = cache
    check_shape("zero_pad2d_backward", "dout", dout, (n, c, top + h + bottom, left + w + right))
    return dout[:, :, top : top + h, left : left + w]
