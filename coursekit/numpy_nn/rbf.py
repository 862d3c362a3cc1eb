"""The output layer of 1998: distances to fixed codes, and the loss that goes with them."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from coursekit.numpy_nn.arguments import check_array, check_shape
from coursekit.numpy_nn.loss import check_labels


class RBFCache(NamedTuple):
    """What `rbf_backward` needs of the forward pass."""

    x: np.ndarray
    codes: np.ndarray


def rbf_forward(
    x: Float[np.ndarray, "N D"], codes: Float[np.ndarray, "K D"]
) -> tuple[Float[np.ndarray, "N K"], RBFCache]:
    """Return the squared distance of each row of x to each code (LeCun et al. 1998, eq. 7).

    A small number means a good fit. Multiply by -1 to have scores.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape.
    """
    check_array("rbf_forward", "x", x, ("N", "D"))
    check_array("rbf_forward", "codes", codes, ("K", "D"))
    if x.shape[1] != codes.shape[1]:
        raise ValueError(f"rbf_forward: x has {x.shape[1]} features, but codes of shape {codes.shape}")
    return ((x[:, None] - codes) ** 2).sum(axis=2), RBFCache(x, codes)


def rbf_backward(dout: Float[np.ndarray, "N K"], cache: RBFCache) -> Float[np.ndarray, "N D"]:
    """Return dx; the codes are fixed and have no gradient.

    Raises
    ------
    TypeError, ValueError
        If `dout` does not have the shape of the output.
    """
    x, codes = cache
    check_shape("rbf_backward", "dout", dout, (len(x), len(codes)))
    dx: np.ndarray = 2 * (dout.sum(axis=1, keepdims=True) * x - dout @ codes)
    return dx


def rbf_loss(
    distances: Float[np.ndarray, "N K"], labels: Int[np.ndarray, " N"], j: float = 0.1
) -> tuple[float, Float[np.ndarray, "N K"]]:
    """Return the loss of LeCun et al. 1998, eq. 9, and its gradient by the distances.

    The distance to the right code, plus log(exp(-j) + sum of exp(-distance) over all classes): the second
    term pushes wrong codes away, but only while they are nearer than about j. The paper leaves the
    positive constant j open.

    Parameters
    ----------
    distances
        What `rbf_forward` gives, for N images, N at least 1.
    labels
        The right class of each image.
    j
        The distance from which on a wrong code does no harm.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape, or a label is not a class.
    """
    check_array("rbf_loss", "distances", distances, ("N", "K"))
    check_labels("rbf_loss", labels, *distances.shape)
    n = len(distances)
    rows = np.arange(n)
    exponents = np.concatenate([np.full((n, 1), -j, distances.dtype), -distances], axis=1)
    largest = exponents.max(axis=1, keepdims=True)
    terms = np.exp(exponents - largest)
    total = terms.sum(axis=1, keepdims=True)
    loss = distances[rows, labels] + (largest + np.log(total))[:, 0]
    gradient = -(terms / total)[:, 1:]
    gradient[rows, labels] += 1
    return float(loss.mean()), gradient / n
