"""Dropout."""

import numpy as np
from jaxtyping import Float

from coursekit.numpy_nn.arguments import check_float, check_shape


def dropout_forward(
    x: Float[np.ndarray, "*shape"],
    p: float = 0.5,
    training: bool = True,
    rng: np.random.Generator | None = None,
) -> tuple[Float[np.ndarray, "*shape"], np.ndarray | None]:
    """Return x with every element zero with probability p, and the others divided by 1 - p.

    Srivastava et al. 2014, sec. 10 ("inverted" dropout): the expectation of the output is x, so that
    nothing has to be done when the network is used. Krizhevsky et al. 2012, sec. 4.2, leave the elements
    as they are in training and multiply by 1 - p in use.

    Parameters
    ----------
    x
        Any shape, float32 or float64.
    p
        From 0 to 1, 1 excluded.
    training
        Without it x comes back as it is.
    rng
        Draws the elements; None for a new generator.

    Raises
    ------
    TypeError, ValueError
        If `x` is no float array, or p is not a probability below 1.
    """
    check_float("dropout_forward", "x", x)
    if not 0 <= p < 1:
        raise ValueError(f"dropout_forward: p must be at least 0 and below 1, got {p}")
    if not training or p == 0:
        return x, None
    rng = np.random.default_rng() if rng is None else rng
    factor = np.empty_like(x)
    np.multiply(_kept(x, p, rng), x.dtype.type(1 / (1 - p)), out=factor)
    return x * factor, factor


def _kept(x: np.ndarray, p: float, rng: np.random.Generator) -> np.ndarray:
    """Return which elements are kept, in x's order in memory.

    One random byte an element decides where p is a multiple of 1/256, as 1/2 is; else two, and p is rounded
    to the next multiple of 1/65536.
    """
    kind, values = (np.uint8, 256) if (256 * p).is_integer() else (np.uint16, 65536)
    drawn = np.frombuffer(rng.bytes(x.size * np.dtype(kind).itemsize), kind)
    kept = np.empty_like(x, dtype=bool)
    order = sorted(range(x.ndim), key=lambda axis: -x.strides[axis])
    in_memory = kept.transpose(order)
    np.greater_equal(drawn.reshape(in_memory.shape), round(values * p), out=in_memory)
    return kept


def dropout_backward(
    dout: Float[np.ndarray, "*shape"], cache: Float[np.ndarray, "*shape"] | None
) -> Float[np.ndarray, "*shape"]:
    """Return dx: the gradient of the elements that were kept, divided by 1 - p.

    Raises
    ------
    TypeError, ValueError
        If `dout` does not have the shape of the output.
    """
    check_float("dropout_backward", "dout", dout)
    if cache is not None:
        check_shape("dropout_backward", "dout", dout, cache.shape)
    return dout if cache is None else dout * cache
