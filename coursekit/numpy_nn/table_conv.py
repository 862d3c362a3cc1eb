"""A convolution whose output maps see the input maps that a table lists: C3 of LeNet-5."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from coursekit.networks import TableConv2d
from coursekit.numpy_nn.arguments import check_array, check_shape
from coursekit.numpy_nn.conv import Conv2dCache, conv2d_backward, conv2d_forward


class TableConv2dCache(NamedTuple):
    """What `table_conv2d_backward` needs of the forward pass."""

    dense: Conv2dCache
    outs: list[int]
    sources: list[int]


def table_conv2d_forward(
    x: Float[np.ndarray, "N C H W"],
    w: Float[np.ndarray, "L kh kw"],
    b: Float[np.ndarray, " M"] | None = None,
    connections: tuple[tuple[int, ...], ...] = (),
) -> tuple[Float[np.ndarray, "N M Ho Wo"], TableConv2dCache]:
    """Convolve, with zeros where the table lists no connection (LeCun et al. 1998, table I).

    Parameters
    ----------
    x
        Maps, float32 or float64.
    w
        The windows that have weights, output map by output map, in the order of the table.
    b
        One number added to each output map; None for none.
    connections
        For each output map the input maps that it sees.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape, or the table names a map that is not there.
    """
    check_array("table_conv2d_forward", "x", x, ("N", "C", "H", "W"))
    check_array("table_conv2d_forward", "w", w, ("L", "kh", "kw"))
    kernel = (w.shape[1], w.shape[2])
    windows = TableConv2d(x.shape[1], connections, kernel).windows
    check_shape("table_conv2d_forward", "w", w, (len(windows), *kernel))
    outs, sources = [out for out, _ in windows], [source for _, source in windows]
    dense = np.zeros((len(connections), x.shape[1], *kernel), w.dtype)
    dense[outs, sources] = w
    out, cache = conv2d_forward(x, dense, b)
    return out, TableConv2dCache(cache, outs, sources)


def table_conv2d_backward(
    dout: Float[np.ndarray, "N M Ho Wo"], cache: TableConv2dCache
) -> tuple[Float[np.ndarray, "N C H W"], Float[np.ndarray, "L kh kw"], Float[np.ndarray, " M"] | None]:
    """Return (dx, dw, db): what a zero that the table fixes would get is left out."""
    dx, ddense, db = conv2d_backward(dout, cache.dense)
    return dx, ddense[cache.outs, cache.sources], db
