"""Local response normalisation for the compiler: with its gradient written down, it becomes few kernels.

torch.nn's is seven operations, each of which reads and writes the whole array, and its average pooling over
channels stays a kernel of its own when compiled. Here the sum over channels is as many shifted additions.
`torch.compile` makes one kernel of the forward pass and two of the backward pass, and only x is kept.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor


def local_response_norm(
    x: Float[Tensor, "N C H W"], size: int = 5, alpha: float = 1e-4, beta: float = 0.75, k: float = 2.0
) -> Float[Tensor, "N C H W"]:
    """Return x / s^beta, s = k + alpha/size * sum of x^2 over `size` channels; alpha as `torch.nn` takes it.

    Krizhevsky et al. 2012, sec. 3.3. What is narrower than float32 is computed in float32.
    """
    return _LocalResponseNorm.apply(x, size, alpha, beta, k)  # type: ignore[no-any-return, no-untyped-call]


class _LocalResponseNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, size: int, alpha: float, beta: float, k: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.settings = size, alpha, beta, k
        wide = _wide(x)
        return (wide * _scale(wide, size, alpha, k) ** -beta).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, dout: Tensor) -> tuple[Tensor, None, None, None, None]:  # type: ignore[override]
        """dx_i = dout_i / s_i^beta - 2 alpha beta / size * x_i * sum of dout_j x_j / s_j^(beta + 1).

        The sum goes over all j that have i in their window, so the window is mirrored.
        """
        (x,) = ctx.saved_tensors
        size, alpha, beta, k = ctx.settings
        wide, dout = _wide(x), _wide(dout)
        s = _scale(wide, size, alpha, k)
        factor = s**-beta
        through = _window_sum(dout * wide * factor / s, (size - 1) // 2, size // 2)
        dx = dout * factor - (2 * alpha * beta / size) * wide * through
        return dx.to(x.dtype), None, None, None, None


def _wide(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))


def _scale(x: Tensor, size: int, alpha: float, k: float) -> Tensor:
    return k + (alpha / size) * _window_sum(x * x, size // 2, (size - 1) // 2)


def _window_sum(x: Tensor, before: int, after: int) -> Tensor:
    """Return for each channel the sum over it, `before` channels before it and `after` behind it."""
    padded = torch.nn.functional.pad(x, (0, 0, 0, 0, before, after))
    shifted = [padded[:, i : i + x.shape[1]] for i in range(before + after + 1)]
    return sum(shifted[1:], start=shifted[0])
