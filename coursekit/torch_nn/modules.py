"""The modules that `torch.nn` does not have, and how each described layer becomes a module."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from coursekit.networks import (
    RBF,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    ReLU,
    ReLU6,
    ScaledTanh,
    Subsampling,
    TableConv2d,
    Tanh,
    ZeroPad2d,
    settings,
)
from coursekit.networks.measure import buffer_shapes, parameter_shapes
from coursekit.torch_nn import functional as F
from coursekit.torch_nn import norm


class Op(nn.Module):
    """A layer run by a function `f(x, *parameters, *buffers, **settings)`, with torch.nn's names for both."""

    def __init__(self, layer: Layer, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function
        self.settings = settings(layer)
        self.takes_training = isinstance(layer, BatchNorm2d | Dropout)
        for name, shape in parameter_shapes(layer).items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))
        for name, shape in buffer_shapes(layer).items():
            self.register_buffer(name, torch.empty(shape))

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output."""
        run = {"training": self.training} if self.takes_training else {}
        return self.function(x, *self.parameters(), *self.buffers(), **self.settings, **run)


class LocalResponseNormModule(nn.LocalResponseNorm):
    """torch.nn's; when compiled, the one that the compiler makes few kernels of."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output."""
        if torch.compiler.is_compiling():
            return norm.local_response_norm(x, self.size, self.alpha, self.beta, self.k)
        return super().forward(x)


# The layers written out.
WRITTEN_OUT: dict[type, Callable[..., Tensor]] = {
    Conv2d: F.conv2d,
    ZeroPad2d: F.zero_pad2d,
    TableConv2d: F.table_conv2d,
    MaxPool2d: F.max_pool2d,
    AvgPool2d: F.avg_pool2d,
    GlobalAvgPool2d: F.global_avg_pool,
    Subsampling: F.subsampling,
    Linear: F.linear,
    RBF: F.rbf,
    Tanh: F.tanh,
    ScaledTanh: F.scaled_tanh,
    ReLU: F.relu,
    ReLU6: F.relu6,
    LocalResponseNorm: F.local_response_norm,
    BatchNorm2d: F.batch_norm,
    Dropout: F.dropout,
    Flatten: F.flatten,
}


def written_out(layer: Layer, function: Callable[..., Tensor] | None = None) -> nn.Module:
    """Return the module that runs a layer by `function`; None for the library's own, written out."""
    return Op(layer, function or WRITTEN_OUT[type(layer)])


def _fields(make: Callable[..., nn.Module]) -> Callable[[Any], nn.Module]:
    # A description has the fields of the torch.nn module of its name.
    return lambda layer: make(**vars(layer))


# torch.nn's own modules, and ours where it has none.
MODULES: dict[type, Callable[[Any], nn.Module]] = {
    Conv2d: _fields(nn.Conv2d),
    ZeroPad2d: _fields(nn.ZeroPad2d),
    TableConv2d: written_out,
    MaxPool2d: _fields(nn.MaxPool2d),
    AvgPool2d: _fields(nn.AvgPool2d),
    GlobalAvgPool2d: lambda layer: nn.AdaptiveAvgPool2d(1),
    Subsampling: written_out,
    Linear: _fields(nn.Linear),
    RBF: written_out,
    Tanh: _fields(nn.Tanh),
    ScaledTanh: written_out,
    ReLU: _fields(nn.ReLU),
    ReLU6: _fields(nn.ReLU6),
    LocalResponseNorm: lambda layer: LocalResponseNormModule(**settings(layer)),
    BatchNorm2d: _fields(nn.BatchNorm2d),
    Dropout: _fields(nn.Dropout),
    Flatten: _fields(nn.Flatten),
}
