"""Non-linearities, element by element. The cache is what makes the derivative cheapest.

All raise `TypeError` unless they get float arrays, and `ValueError` for a `dout` of another shape.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from coursekit.numpy_nn.arguments import check_float, check_shape


def tanh_forward(x: Float[np.ndarray, "*shape"]) -> tuple[Float[np.ndarray, "*shape"], np.ndarray]:
    """Return tanh(x)."""
    check_float("tanh_forward", "x", x)
    out = np.tanh(x)
    return out, out


def tanh_backward(
    dout: Float[np.ndarray, "*shape"], cache: Float[np.ndarray, "*shape"]
) -> Float[np.ndarray, "*shape"]:
    """Return dx = dout * (1 - tanh(x)**2); the cache is tanh(x)."""
    check_shape("tanh_backward", "dout", dout, cache.shape)
    dx: np.ndarray = dout * (1 - cache * cache)
    return dx


def relu_forward(x: Float[np.ndarray, "*shape"]) -> tuple[Float[np.ndarray, "*shape"], np.ndarray]:
    """Return max(0, x)."""
    check_float("relu_forward", "x", x)
    return np.maximum(x, 0), x > 0


def relu_backward(
    dout: Float[np.ndarray, "*shape"], cache: Bool[np.ndarray, "*shape"]
) -> Float[np.ndarray, "*shape"]:
    """Return dx = dout where x was positive, else 0. At x = 0 the derivative is taken as 0, as in PyTorch."""
    check_shape("relu_backward", "dout", dout, cache.shape)
    dx: np.ndarray = dout * cache
    return dx


def relu6_forward(x: Float[np.ndarray, "*shape"]) -> tuple[Float[np.ndarray, "*shape"], np.ndarray]:
    """Return min(max(0, x), 6)."""
    check_float("relu6_forward", "x", x)
    return np.clip(x, 0, 6), (x > 0) & (x < 6)


def relu6_backward(
    dout: Float[np.ndarray, "*shape"], cache: Bool[np.ndarray, "*shape"]
) -> Float[np.ndarray, "*shape"]:
    """Return dx = dout between the two kinks, else 0, as PyTorch does at the kinks."""
    check_shape("relu6_backward", "dout", dout, cache.shape)
    dx: np.ndarray = dout * cache
    return dx


class ScaledTanhCache(NamedTuple):
    """What `scaled_tanh_backward` needs of the forward pass."""

    out: np.ndarray
    amplitude: float
    slope: float


def scaled_tanh_forward(
    x: Float[np.ndarray, "*shape"], amplitude: float = 1.7159, slope: float = 2 / 3
) -> tuple[Float[np.ndarray, "*shape"], ScaledTanhCache]:
    """Return amplitude * tanh(slope * x). LeCun et al. 1998, eq. 6 and appendix A.

    With these constants f(1) = 1 and f(-1) = -1, and the curvature is largest there.
    """
    check_float("scaled_tanh_forward", "x", x)
    out = amplitude * np.tanh(slope * x)
    return out, ScaledTanhCache(out, amplitude, slope)


def scaled_tanh_backward(
    dout: Float[np.ndarray, "*shape"], cache: ScaledTanhCache
) -> Float[np.ndarray, "*shape"]:
    """Return dx = dout * amplitude * slope * (1 - tanh^2), with tanh = out / amplitude."""
    out, amplitude, slope = cache
    check_shape("scaled_tanh_backward", "dout", dout, out.shape)
    dx: np.ndarray = dout * (slope * (amplitude - out * out / amplitude))
    return dx
