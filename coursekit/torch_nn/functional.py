"""The layers written out in PyTorch: plain tensor operations, any device, gradients by autograd.

They compute what `torch.nn.functional` computes under the same names. Read them beside
`coursekit.numpy_nn`: the forward passes are the same lines; the backward passes are gone.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from coursekit.networks.layers import Size2d, TableConv2d, pair
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


def zero_pad2d(x: Float[Tensor, "N C H W"], padding: tuple[int, int, int, int]) -> Float[Tensor, "N C Ho Wo"]:
    """Return the maps with `padding` (left, right, top, bottom) zeros around them."""
    left, right, top, bottom = padding
    n, c, h, w = x.shape
    out = x.new_zeros(n, c, top + h + bottom, left + w + right)
    out[:, :, top : top + h, left : left + w] = x
    return out


def table_conv2d(
    x: Float[Tensor, "N C H W"],
    w: Float[Tensor, "L kh kw"],
    b: Float[Tensor, " M"] | None = None,
    connections: tuple[tuple[int, ...], ...] = (),
) -> Float[Tensor, "N M Ho Wo"]:
    """Convolve, with zeros where the table lists no connection; see `numpy_nn.table_conv`."""
    windows = TableConv2d(x.shape[1], connections, (w.shape[1], w.shape[2])).windows
    outs, sources = [out for out, _ in windows], [source for _, source in windows]
    dense = w.new_zeros(len(connections), x.shape[1], *w.shape[1:])
    dense[outs, sources] = w
    return torch.nn.functional.conv2d(x, dense, b)


def avg_pool2d(
    x: Float[Tensor, "N C H W"], kernel_size: Size2d, stride: Size2d | None = None, padding: Size2d = 0
) -> Float[Tensor, "N C Ho Wo"]:
    """Return the mean of every window of each map; padded zeros count."""
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = pair(kernel_size if stride is None else stride)
    x = torch.nn.functional.pad(x, (pw, pw, ph, ph))
    windows = x.unfold(2, kh, sh).unfold(3, kw, sw)  # (N, C, Ho, Wo, kh, kw), a view
    return windows.mean(dim=(-2, -1))


def max_pool2d(
    x: Float[Tensor, "N C H W"],
    kernel_size: Size2d,
    stride: Size2d | None = None,
    padding: Size2d = 0,
    ceil_mode: bool = False,
) -> Float[Tensor, "N C Ho Wo"]:
    """Return the largest value of every window of each map, of equal ones the first; see `numpy_nn.pool`."""
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = pair(kernel_size if stride is None else stride)
    size = (x.shape[2], x.shape[3])
    height, width = output_size(size, (kh, kw), (sh, sw), (ph, pw), ceil_mode=ceil_mode)
    below = max(ph, sh * (height - 1) + kh - size[0] - ph)  # a last window may hang over the edge
    right = max(pw, sw * (width - 1) + kw - size[1] - pw)
    x = torch.nn.functional.pad(x, (pw, right, ph, below), value=-torch.inf)
    windows = x.unfold(2, kh, sh).unfold(3, kw, sw)[:, :, :height, :width].flatten(-2)
    return windows.gather(-1, windows.argmax(dim=-1, keepdim=True))[..., 0]


def global_avg_pool(x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C 1 1"]:
    """Return the mean of each map."""
    return x.mean(dim=(2, 3), keepdim=True)


def subsampling(
    x: Float[Tensor, "N C H W"],
    weight: Float[Tensor, " C"],
    bias: Float[Tensor, " C"],
    kernel_size: Size2d,
) -> Float[Tensor, "N C Ho Wo"]:
    """Return weight * (sum of every window) + bias (LeCun et al. 1998, sec. II.B)."""
    kh, kw = pair(kernel_size)
    return weight[:, None, None] * (kh * kw) * avg_pool2d(x, (kh, kw)) + bias[:, None, None]


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


def relu6(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Return min(max(0, x), 6)."""
    inside = (x > 0) & (x < 6)
    return x * inside + 6.0 * (x >= 6)


def scaled_tanh(
    x: Float[Tensor, "*shape"], amplitude: float = 1.7159, slope: float = 2 / 3
) -> Float[Tensor, "*shape"]:
    """Return amplitude * tanh(slope * x) (LeCun et al. 1998, eq. 6)."""
    return amplitude * torch.tanh(slope * x)


def local_response_norm(
    x: Float[Tensor, "N C H W"], size: int = 5, alpha: float = 1e-4, beta: float = 0.75, k: float = 2.0
) -> Float[Tensor, "N C H W"]:
    """Return x / (k + alpha/size * sum of x^2 over `size` channels)^beta; alpha as `torch.nn` takes it."""
    squares = torch.nn.functional.pad(x * x, (0, 0, 0, 0, size // 2, (size - 1) // 2))
    sums = squares.unfold(1, size, 1).sum(dim=-1)
    return x * (k + alpha / size * sums) ** -beta


def batch_norm(
    x: Float[Tensor, "N C H W"],
    weight: Float[Tensor, " C"],
    bias: Float[Tensor, " C"],
    running_mean: Float[Tensor, " C"],
    running_var: Float[Tensor, " C"],
    training: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Float[Tensor, "N C H W"]:
    """Return weight * (x - mean) / sqrt(var + eps) + bias; see `numpy_nn.norm`."""
    mean, var = running_mean, running_var
    if training:
        mean, var = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), correction=0)
        n = x.numel() / x.shape[1]
        with torch.no_grad():
            running_mean.lerp_(mean, momentum)
            running_var.lerp_(var * (n / (n - 1)), momentum)
    factor = weight / torch.sqrt(var + eps)
    return (x - mean[:, None, None]) * factor[:, None, None] + bias[:, None, None]


def dropout(x: Float[Tensor, "*shape"], p: float = 0.5, training: bool = True) -> Float[Tensor, "*shape"]:
    """Return x with every element zero with probability p, and the others divided by 1 - p."""
    return x * (torch.rand_like(x) >= p) / (1 - p) if training else x


def rbf(x: Float[Tensor, "N D"], codes: Float[Tensor, "K D"]) -> Float[Tensor, "N K"]:
    """Return the squared distance of each row of x to each code (LeCun et al. 1998, eq. 7)."""
    return ((x[:, None] - codes) ** 2).sum(dim=2)


def rbf_loss(distances: Float[Tensor, "N K"], labels: Int[Tensor, " N"], j: float = 0.1) -> Float[Tensor, ""]:
    """Return the loss of LeCun et al. 1998, eq. 9; see `numpy_nn.rbf`."""
    right = distances.gather(1, labels[:, None].long())[:, 0]
    constant = distances.new_full((len(distances), 1), -j)
    return (right + torch.cat([constant, -distances], dim=1).logsumexp(dim=1)).mean()


def flatten(x: Float[Tensor, "N ..."]) -> Float[Tensor, "N D"]:
    """Write all numbers of an image one after the other."""
    return x.flatten(1)


def softmax_cross_entropy(scores: Float[Tensor, "N K"], labels: Int[Tensor, " N"]) -> Float[Tensor, ""]:
    """Return the mean of -log softmax(scores)[label]; see `numpy_nn.loss` for why it cannot overflow."""
    shifted = scores - scores.max(dim=1, keepdim=True).values
    log_softmax = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
    return -log_softmax.gather(1, labels[:, None].long()).mean()
