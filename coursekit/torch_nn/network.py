"""Any described network, as a `torch.nn.Module`."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from coursekit import networks
from coursekit.networks import AvgPool2d, Conv2d, Flatten, Layer, Linear, ReLU, Sequential, Tanh
from coursekit.networks.measure import parameter_shapes
from coursekit.torch_nn import functional as F
from coursekit.training import initial_state

# The descriptions have the names and the fields of torch.nn, so that a module is made of its fields.
MODULES: dict[type, Callable[..., nn.Module]] = {
    Conv2d: nn.Conv2d,
    AvgPool2d: nn.AvgPool2d,
    Linear: nn.Linear,
    Tanh: nn.Tanh,
    ReLU: nn.ReLU,
    Flatten: nn.Flatten,
}

# The layers written out, for `build(..., ops=WRITTEN_OUT)`: slower, and the same numbers.
WRITTEN_OUT: dict[type, Callable[..., Tensor]] = {
    Conv2d: F.conv2d,
    AvgPool2d: F.avg_pool2d,
    Linear: F.linear,
    Tanh: F.tanh,
    ReLU: F.relu,
    Flatten: F.flatten,
}

SETTINGS: dict[type, tuple[str, ...]] = {
    Conv2d: ("stride", "padding", "dilation", "groups"),
    AvgPool2d: ("kernel_size", "stride", "padding"),
}


class Op(nn.Module):
    """A layer run by a function `f(x, *parameters, **settings)`, with torch.nn's parameter names."""

    def __init__(self, layer: Layer, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function
        self.settings = {name: getattr(layer, name) for name in SETTINGS.get(type(layer), ())}
        for name, shape in parameter_shapes(layer).items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output."""
        return self.function(x, *self.parameters(), **self.settings)


def module(layer: Layer, ops: Mapping[type, Callable[..., Tensor]] | None = None) -> nn.Module:
    """Return the module that runs a described layer; see `build` for `ops`."""
    if isinstance(layer, Sequential):
        children = nn.Sequential()
        for name, child in layer.children.items():
            children.add_module(name, module(child, ops))
        return children
    if ops and type(layer) in ops:
        return Op(layer, ops[type(layer)])
    return MODULES[type(layer)](**vars(layer))


def build(
    name: str,
    seed: int = 0,
    device: str | torch.device | None = None,
    ops: Mapping[type, Callable[..., Tensor]] | None = None,
) -> nn.Module:
    """Return the network called `name` with random parameters.

    Parameters
    ----------
    name
        One of `coursekit.networks.names()`.
    seed
        Fixes the parameters; the NumPy backend draws the same ones.
    device
        Where the parameters live; None for the best there is.
    ops
        Functions to use in place of torch.nn's modules, by layer type, with the signatures of
        `torch_nn.functional`.

    Raises
    ------
    ValueError
        If there is no such network or layer type.
    """
    unknown = [kind for kind in ops or {} if kind not in MODULES]
    if unknown:
        known = ", ".join(kind.__name__ for kind in MODULES)
        raise ValueError(f"ops: {unknown[0]!r} is not a layer type of this library; there are: {known}")
    network = networks.get(name)
    built = module(network.body, ops)
    load_arrays(built, initial_state(network, seed))
    return built.to(best_device() if device is None else device)


def load_arrays(built: nn.Module, state: Mapping[str, Any]) -> None:
    """Take over the parameters of a NumPy network: `load_arrays(module, model.state_dict())`.

    Raises
    ------
    RuntimeError
        If a name is missing or unknown, or a shape differs.
    """
    built.load_state_dict({name: torch.as_tensor(array) for name, array in state.items()})


def to_arrays(built: nn.Module) -> dict[str, Any]:
    """Return copies of the parameters as arrays: `model.load_state_dict(to_arrays(module))`."""
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in built.state_dict().items()}


def best_device() -> torch.device:
    """Return the CUDA device if there is one, else Apple's GPU, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
