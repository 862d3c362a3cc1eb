"""Normalisation: over neighbouring channels (AlexNet), and over the images of a batch (ResNet)."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from coursekit.numpy_nn.arguments import check_array, check_shape
from coursekit.numpy_nn.parallel import BLOCK_BYTES, channels_last, each, scratch, spans


class LocalResponseNormCache(NamedTuple):
    """What `local_response_norm_backward` needs of the forward pass."""

    x: np.ndarray
    s: np.ndarray  # k + alpha/size * sum of squares, (N, C, H, W)
    size: int
    alpha: float
    beta: float


def local_response_norm_forward(
    x: Float[np.ndarray, "N C H W"],
    size: int = 5,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 2.0,
) -> tuple[Float[np.ndarray, "N C H W"], LocalResponseNormCache]:
    """Return x / s^beta with s = k + alpha/size * (sum of x^2 over `size` neighbouring channels).

    Krizhevsky et al. 2012, sec. 3.3. There alpha multiplies the plain sum; here it is divided by `size`,
    as in `torch.nn.LocalResponseNorm`. The paper's network is `alpha=size * 1e-4`. Channels beyond the
    first and the last count as zero.

    Parameters
    ----------
    x
        Maps, float32 or float64.
    size
        How many channels are added up: size // 2 before, (size - 1) // 2 behind, and the channel itself.
    alpha, beta, k
        As in the equation.

    Raises
    ------
    TypeError, ValueError
        If `x` is no float array of shape (N, C, H, W), or `size` is below 1.
    """
    check_array("local_response_norm_forward", "x", x, ("N", "C", "H", "W"))
    if size < 1:
        raise ValueError(f"local_response_norm_forward: size must be at least 1, got {size}")
    if x.dtype == np.float32:
        out, s = _by_products(x, size, alpha, beta, k)
    else:
        s = k + alpha / size * _channel_sums(x * x, size // 2, (size - 1) // 2)
        out = x * s**-beta
    return out, LocalResponseNormCache(x, s, size, alpha, beta)


def local_response_norm_backward(
    dout: Float[np.ndarray, "N C H W"], cache: LocalResponseNormCache
) -> Float[np.ndarray, "N C H W"]:
    """Return dx.

    x stands above the line for its own channel, and below the line for all channels whose window holds
    it: those are (size - 1) // 2 before and size // 2 behind, the window turned round.

    Raises
    ------
    TypeError, ValueError
        If `dout` does not have the shape of the output.
    """
    x, s, size, alpha, beta = cache
    check_shape("local_response_norm_backward", "dout", dout, x.shape)
    if x.dtype == dout.dtype == np.float32:
        return _by_products_backward(dout, cache)
    power = s**-beta
    below = _channel_sums(dout * x * power / s, (size - 1) // 2, size // 2)
    dx: np.ndarray = dout * power - (2 * alpha * beta / size) * x * below
    return dx


def _channel_sums(x: np.ndarray, before: int, behind: int) -> np.ndarray:
    """Return for every channel c the sum of channels c - before to c + behind."""
    sums = np.zeros_like(x)
    channels = x.shape[1]
    for shift in range(-before, behind + 1):
        to = slice(max(0, -shift), max(0, channels - max(0, shift)))
        source = slice(max(0, shift), max(0, channels + min(0, shift)))
        sums[:, to] += x[:, source]
    return sums


def _by_products(
    x: np.ndarray, size: int, alpha: float, beta: float, k: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return x / s^beta and s: sums over channels are a product with ones around a matrix's diagonal."""
    pixels = channels_last(x)  # (N, H, W, C)
    s, out = np.empty_like(pixels), np.empty_like(pixels)
    band = _band(pixels.shape[3], size, alpha)
    rows, s_rows, out_rows = (a.reshape(-1, len(band)) for a in (pixels, s, out))

    def normalise(at: slice) -> None:
        square = np.square(rows[at], out=scratch("squares", rows[at].shape, x.dtype))
        np.matmul(square, band, out=s_rows[at])
        s_rows[at] += np.float32(k)
        np.divide(rows[at], _power(s_rows[at], beta, square), out=out_rows[at])

    each(normalise, spans(len(rows), 4 * rows.nbytes // BLOCK_BYTES))
    return out.transpose(0, 3, 1, 2), s.transpose(0, 3, 1, 2)


def _by_products_backward(dout: np.ndarray, cache: LocalResponseNormCache) -> np.ndarray:
    """Return dx, by the product with the transposed matrix."""
    x, s, size, alpha, beta = cache
    pixels, slopes = channels_last(x), channels_last(dout)
    dx = np.empty_like(pixels)
    band = _band(pixels.shape[3], size, alpha).T * np.float32(2 * beta)
    rows, s_rows, slope_rows, dx_rows = (
        a.reshape(-1, len(band)) for a in (pixels, channels_last(s), slopes, dx)
    )

    def spread(at: slice) -> None:
        direct = scratch("direct", rows[at].shape, x.dtype)
        np.divide(slope_rows[at], _power(s_rows[at], beta, direct), out=direct)
        below = np.multiply(direct, rows[at], out=scratch("below", direct.shape, x.dtype))
        below /= s_rows[at]
        np.matmul(below, band, out=dx_rows[at])
        dx_rows[at] *= rows[at]
        np.subtract(direct, dx_rows[at], out=dx_rows[at])

    each(spread, spans(len(rows), 4 * rows.nbytes // BLOCK_BYTES))
    return dx.transpose(0, 3, 1, 2)


def _band(channels: int, size: int, alpha: float) -> np.ndarray:
    """Return the matrix with which squares of channels become alpha/size times the sums over windows."""
    apart = np.arange(channels) - np.arange(channels)[:, None]  # output channel - input channel
    inside = (-((size - 1) // 2) <= apart) & (apart <= size // 2)
    band: np.ndarray = np.multiply(inside, alpha / size, dtype=np.float32)
    return band


def _power(s: np.ndarray, beta: float, out: np.ndarray) -> np.ndarray:
    """Return s^beta in `out`; for the usual 3/4 by two square roots, which are far cheaper than a power."""
    if beta != 0.75:
        np.power(s, np.float32(beta), out=out)
        return out
    root = np.sqrt(s, out=scratch("root", s.shape, s.dtype))
    np.sqrt(root, out=out)
    out *= root
    return out


class BatchNormCache(NamedTuple):
    """What `batch_norm_backward` needs of the forward pass."""

    normal: np.ndarray  # (x - mean) / std, (N, C, H, W)
    std: np.ndarray  # (C,)
    weight: np.ndarray
    training: bool


def batch_norm_forward(
    x: Float[np.ndarray, "N C H W"],
    weight: Float[np.ndarray, " C"],
    bias: Float[np.ndarray, " C"],
    running_mean: Float[np.ndarray, " C"],
    running_var: Float[np.ndarray, " C"],
    training: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Float[np.ndarray, "N C H W"], BatchNormCache]:
    """Return weight * (x - mean) / sqrt(var + eps) + bias, channel by channel.

    Ioffe & Szegedy 2015, algorithms 1 and 2. In training, mean and variance are those of the batch, and
    the running ones move towards them, *in place*; else the running ones are used.

    Parameters
    ----------
    x
        Maps, float32 or float64.
    weight, bias
        The paper's gamma and beta.
    running_mean, running_var
        Changed in place in training: running = (1 - momentum) * running + momentum * batch. As in
        PyTorch, the running variance takes the unbiased one (divided by n - 1).
    training
        Whether to use and to keep the batch's own statistics.
    momentum, eps
        As above.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape, or a channel has one value only in training.
    """
    where = "batch_norm_forward"
    check_array(where, "x", x, ("N", "C", "H", "W"))
    vectors = {"weight": weight, "bias": bias, "running_mean": running_mean, "running_var": running_var}
    for name, value in vectors.items():
        check_shape(where, name, value, (x.shape[1],))
    if training:
        n = x.size // x.shape[1]
        if n < 2:
            raise ValueError(
                f"{where}: in training every channel needs two values at least, got x of {x.shape}"
            )
        mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
        running_mean += momentum * (mean - running_mean)
        running_var += momentum * (var * (n / (n - 1)) - running_var)
    else:
        mean, var = running_mean, running_var
    std = np.sqrt(var + eps)
    normal = (x - mean[:, None, None]) / std[:, None, None]
    out = weight[:, None, None] * normal + bias[:, None, None]
    return out, BatchNormCache(normal, std, weight, training)


def batch_norm_backward(
    dout: Float[np.ndarray, "N C H W"], cache: BatchNormCache
) -> tuple[Float[np.ndarray, "N C H W"], Float[np.ndarray, " C"], Float[np.ndarray, " C"]]:
    """Return (dx, dweight, dbias).

    In training the batch's mean and deviation depend on x as well. Their part takes out of dout its mean,
    and its projection on the normalised values.

    Raises
    ------
    TypeError, ValueError
        If `dout` does not have the shape of the output.
    """
    normal, std, weight, training = cache
    check_shape("batch_norm_backward", "dout", dout, normal.shape)
    axes = (0, 2, 3)
    dweight, dbias = (dout * normal).sum(axis=axes), dout.sum(axis=axes)
    dx = dout
    if training:
        n = dout.size // dout.shape[1]
        dx = dout - (dbias[:, None, None] + normal * dweight[:, None, None]) / n
    return dx * (weight / std)[:, None, None], dweight, dbias
