"""Any described network, as a `torch.nn.Module`."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from coursekit import networks
from coursekit.networks import Add, Auxiliary, Concat, Layer, Sequential
from coursekit.torch_nn.modules import MODULES, written_out
from coursekit.torch_nn.pretrained import download
from coursekit.training import initial_state


class ConcatModule(nn.ModuleDict):
    """Named branches, all fed with the same input; their maps are put one behind the other."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps of all branches."""
        return torch.cat([branch(x) for branch in self.values()], dim=1)


class AddModule(nn.ModuleDict):
    """Named branches, all fed with the same input; their maps are added."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of all branches."""
        outs: list[Tensor] = [branch(x) for branch in self.values()]
        return sum(outs[1:], start=outs[0])


class AuxiliaryModule(nn.Sequential):
    """A side path: in training it keeps what its layers make of x; x goes on unchanged.

    Attributes
    ----------
    out
        What the side path gave in the last forward pass in training.
    """

    out: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return x."""
        self.out = super().forward(x) if self.training else None  # type: ignore[no-untyped-call]
        return x


COUNTER = "num_batches_tracked"

CONTAINERS: dict[type, type[nn.Module]] = {
    Sequential: nn.Sequential,
    Concat: ConcatModule,
    Add: AddModule,
    Auxiliary: AuxiliaryModule,
}


def module(layer: Layer, ops: Mapping[type, Callable[..., Tensor]] | None = None) -> nn.Module:
    """Return the module that runs a described layer; see `build` for `ops`."""
    if isinstance(layer, Sequential):
        container = CONTAINERS[type(layer)]()
        for name, child in layer.children.items():
            container.add_module(name, module(child, ops))
        return container
    if ops and type(layer) in ops:
        return written_out(layer, ops[type(layer)])
    return MODULES[type(layer)](layer)


def auxiliary_outputs(built: nn.Module) -> list[Tensor]:
    """Return what the auxiliary classifiers gave in the last forward pass in training."""
    kept = [m.out for m in built.modules() if isinstance(m, AuxiliaryModule)]
    return [out for out in kept if out is not None]


def build(
    name: str,
    seed: int = 0,
    device: str | torch.device | None = None,
    ops: Mapping[type, Callable[..., Tensor]] | None = None,
    weights: str | None = None,
) -> nn.Module:
    """Return the network called `name`, with random parameters or trained ones.

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
    weights
        None for random parameters; else torchvision's name for trained ones, such as "IMAGENET1K_V1",
        which are fetched once (see `pretrained.download`).

    Raises
    ------
    ValueError
        If there is no such network or layer type, or torchvision's network of that name is another one.
    RuntimeError
        If the weights could not be fetched.
    """
    unknown = [kind for kind in ops or {} if kind not in MODULES]
    if unknown:
        known = ", ".join(kind.__name__ for kind in MODULES)
        raise ValueError(f"ops: {unknown[0]!r} is not a layer type of this library; there are: {known}")
    network = networks.get(name)
    built = module(network.body, ops)
    load_arrays(built, initial_state(network, seed) if weights is None else download(name, weights))
    return built.to(best_device() if device is None else device)


def load_arrays(built: nn.Module, state: Mapping[str, Any]) -> None:
    """Take over the state of a NumPy network: `load_arrays(module, model.state_dict())`.

    Raises
    ------
    RuntimeError
        If a name is missing or unknown, or a shape differs.
    """
    tensors = {name: torch.as_tensor(array) for name, array in state.items()}
    # PyTorch's batch norms count their batches; NumPy's do not.
    counters = {name: value for name, value in built.state_dict().items() if name.endswith(COUNTER)}
    built.load_state_dict({**counters, **tensors})


def to_arrays(built: nn.Module) -> dict[str, Any]:
    """Return copies of the state as arrays: `model.load_state_dict(to_arrays(module))`."""
    state = built.state_dict().items()
    return {name: t.detach().cpu().numpy().copy() for name, t in state if not name.endswith(COUNTER)}


def best_device() -> torch.device:
    """Return the CUDA device if there is one, else Apple's GPU, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
