"""Pooling: each map is shrunk by summing up every window in one number."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from coursekit.networks.layers import Size2d, pair
from coursekit.networks.measure import output_size
from coursekit.numpy_nn.arguments import check_array, check_shape
from coursekit.numpy_nn.conv import col2im, im2col


class AvgPool2dCache(NamedTuple):
    """What `avg_pool2d_backward` needs of the forward pass."""

    x_shape: tuple[int, int, int, int]
    kernel_size: Size2d
    stride: Size2d
    padding: Size2d


def avg_pool2d_forward(
    x: Float[np.ndarray, "N C H W"],
    kernel_size: Size2d,
    stride: Size2d | None = None,
    padding: Size2d = 0,
) -> tuple[Float[np.ndarray, "N C Ho Wo"], AvgPool2dCache]:
    """Return the mean of every window of each map.

    Parameters
    ----------
    x
        Maps, float32 or float64.
    kernel_size, stride, padding
        An int or a pair (height, width) each, in pixels. A missing stride is the kernel size. Padded
        zeros count in the mean, as in `torch.nn.AvgPool2d`.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape; the message names it.
    """
    check_array("avg_pool2d_forward", "x", x, ("N", "C", "H", "W"))
    stride = kernel_size if stride is None else stride
    kh, kw = pair(kernel_size, "kernel_size", at_least=1)
    (ph, pw), (n, c, h, w) = pair(padding, "padding"), x.shape
    if 2 * ph > kh or 2 * pw > kw:
        raise ValueError(
            f"avg_pool2d_forward: padding must be at most half of kernel_size {kernel_size}, got {padding}"
        )
    height, width = output_size((h, w), kernel_size, stride, padding)
    cols = im2col(x, kernel_size, stride, padding)  # (N, C*kh*kw, Ho*Wo)
    out = cols.reshape(n, c, kh * kw, height * width).mean(axis=2)
    return out.reshape(n, c, height, width), AvgPool2dCache(x.shape, kernel_size, stride, padding)


def avg_pool2d_backward(
    dout: Float[np.ndarray, "N C Ho Wo"], cache: AvgPool2dCache
) -> Float[np.ndarray, "N C H W"]:
    """Return dx: every pixel of a window receives an equal share of the gradient of its mean.

    Raises
    ------
    TypeError, ValueError
        If `dout` does not have the shape of the output.
    """
    x_shape, kernel_size, stride, padding = cache
    kh, kw = pair(kernel_size)
    n, c, h, w = x_shape
    height, width = output_size((h, w), kernel_size, stride, padding)
    check_shape("avg_pool2d_backward", "dout", dout, (n, c, height, width))
    shares = np.repeat(dout.reshape(n, c, 1, height * width) / (kh * kw), kh * kw, axis=2)
    return col2im(shares.reshape(n, c * kh * kw, height * width), x_shape, kernel_size, stride, padding)
