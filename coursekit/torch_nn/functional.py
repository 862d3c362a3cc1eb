"""The layers written out in PyTorch: plain tensor operations, any device, gradients by autograd.

They compute what `torch.nn.functional` computes under the same names. Read them beside
`coursekit.numpy_nn`: the forward passes are the same lines; the backward passes are gone.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from coursekit.networks.layers import Size2d, pair
from coursekit.networks.measure import output_size


def conv2d(
    x: Float[Tensor, "N C H W"],
    w: Float[Tensor, "M Cg kh kw"],
    b: Float[Tensor, " M"] | None = None,
    stride: Size2d = 1,
    padding: Size2d = 0,
    dilation: Size2d = 1,
    groups: int = 1,
) -> Float[Tensor, "N M Ho Wo"]:
    """Convolve by one matrix product for each image and group, as `numpy_nn.conv.conv2d_forward`.

    Raises
    ------
    ValueError
        If the channels of `x` and `w` do not fit, or the window is larger than the padded image.
    """
    out_channels, group_channels, kh, kw = w.shape
    if x.shape[1] != group_channels * groups:
        raise ValueError(
            f"conv2d: x has {x.shape[1]} channels, but w of shape {tuple(w.shape)} with groups={groups} "
            f"takes {group_channels * groups}"
        )
    height, width = output_size((x.shape[2], x.shape[3]), (kh, kw), stride, padding, dilation)
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    x = torch.nn.functional.pad(x, (pw, pw, ph, ph))
    windows = x.unfold(2, dh * (kh - 1) + 1, sh).unfold(3, dw * (kw - 1) + 1, sw)[..., ::dh, ::dw]
    cols = windows.permute(0, 1, 4, 5, 2, 3)  # (N, C, kh, kw, Ho, Wo), no copy yet
    cols = cols.reshape(len(x), groups, group_channels * kh * kw, height * width)  # one copy
    rows = w.reshape(groups, out_channels // groups, group_channels * kh * kw)
    out = (rows @ cols).reshape(len(x), out_channels, height, width)
    return out if b is None else out + b[:, None, None]


def avg_pool2d(
    x: Float[Tensor, "N C H W"], kernel_size: Size2d, stride: Size2d | None = None, padding: Size2d = 0
) -> Float[Tensor, "N C Ho Wo"]:
    """Return the mean of every window of each map; padded zeros count."""
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = pair(kernel_size if stride is None else stride)
    x = torch.nn.functional.pad(x, (pw, pw, ph, ph))
    windows = x.unfold(2, kh, sh).unfold(3, kw, sw)  # (N, C, Ho, Wo, kh, kw), a view
    return windows.mean(dim=(-2, -1))


def linear(
    x: Float[Tensor, "N D"], w: Float[Tensor, "M D"], b: Float[Tensor, " M"] | None = None
) -> Float[Tensor, "N M"]:
    """Return x @ w.T + b."""
    out = x @ w.T
    return out if b is None else out + b


def tanh(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Return (e^x - e^-x) / (e^x + e^-x), by way of e^-2|x|, which cannot overflow."""
    e = torch.exp(-2 * x.abs())
    return x.sign() * (1 - e) / (1 + e)


def relu(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Return max(0, x)."""
    return x * (x > 0)


def flatten(x: Float[Tensor, "N ..."]) -> Float[Tensor, "N D"]:
    """Write all numbers of an image one after the other."""
    return x.flatten(1)


def softmax_cross_entropy(scores: Float[Tensor, "N K"], labels: Int[Tensor, " N"]) -> Float[Tensor, ""]:
    """Return the mean of -log softmax(scores)[label]; see `numpy_nn.loss` for why it cannot overflow."""
    shifted = scores - scores.max(dim=1, keepdim=True).values
    log_softmax = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
    return -log_softmax.gather(1, labels[:, None].long()).mean()
