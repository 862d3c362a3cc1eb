"""Non-linearities, element by element. The cache is what makes the derivative cheapest."""

import numpy as np
from jaxtyping import Bool, Float


def tanh_forward(x: Float[np.ndarray, "*shape"]) -> tuple[Float[np.ndarray, "*shape"], np.ndarray]:
    """Return tanh(x)."""
    out = np.tanh(x)
    return out, out


def tanh_backward(
    dout: Float[np.ndarray, "*shape"], cache: Float[np.ndarray, "*shape"]
) -> Float[np.ndarray, "*shape"]:
    """Return dx = dout * (1 - tanh(x)**2); the cache is tanh(x)."""
    dx: np.ndarray = dout * (1 - cache * cache)
    return dx


def relu_forward(x: Float[np.ndarray, "*shape"]) -> tuple[Float[np.ndarray, "*shape"], np.ndarray]:
    """Return max(0, x)."""
    return np.maximum(x, 0), x > 0


def relu_backward(
    dout: Float[np.ndarray, "*shape"], cache: Bool[np.ndarray, "*shape"]
) -> Float[np.ndarray, "*shape"]:
    """Return dx = dout where x was positive, else 0. At x = 0 the derivative is taken as 0, as in PyTorch."""
    dx: np.ndarray = dout * cache
    return dx
