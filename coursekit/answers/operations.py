"""What a check may ask for about an object that stays behind the door.

Each function's first argument is the object; arrays come in and go out as NumPy arrays. PyTorch is imported
where it is needed, so that checks of NumPy answers do not wait for it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def call(thing: Any, /, *arguments: Any, **settings: Any) -> Any:
    """Call the object itself."""
    return thing(*arguments, **settings)


def method(thing: Any, name: str, /, *arguments: Any, **settings: Any) -> Any:
    """Call the object's method `name`."""
    return getattr(thing, name)(*arguments, **settings)


def attribute(thing: Any, name: str, /) -> Any:
    """Return the object's attribute `name`."""
    return getattr(thing, name)


def state(network: Any, /) -> dict[str, Any]:
    """Return all parameters and buffers of a `torch.nn.Module` by name."""
    return {name: value.detach() for name, value in network.state_dict().items()}


def load_state(network: Any, arrays: Mapping[str, np.ndarray], /) -> None:
    """Put parameters and buffers into a `torch.nn.Module`; names and shapes must be its own."""
    import torch

    network.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in arrays.items()})


def trainable(network: Any, /) -> dict[str, Any]:
    """Return the shapes of the parameters that ask for a gradient, by name."""
    return {name: tuple(p.shape) for name, p in network.named_parameters() if p.requires_grad}


def layers(network: Any, /) -> dict[str, str]:
    """Return the class name of each module inside a `torch.nn.Module` that has no modules inside itself."""
    return {name: type(m).__name__ for name, m in network.named_modules() if not list(m.children())}


def output(network: Any, x: np.ndarray, /, training: bool = False) -> Any:
    """Return what a `torch.nn.Module` gives for x, without gradients, in evaluation or training mode."""
    import torch

    network.train(training)
    with torch.no_grad():
        return network(torch.from_numpy(np.array(x)))


def layer_shapes(network: Any, x: np.ndarray, /) -> dict[str, Any]:
    """Return the output shapes of all modules inside a `torch.nn.Module` for the input x, by name."""
    import torch

    shapes: dict[str, Any] = {}

    def note(name: str) -> Any:
        def hook(_module: Any, _inputs: Any, out: Any) -> None:
            if isinstance(out, torch.Tensor):
                shapes[name] = tuple(out.shape)

        return hook

    handles = [m.register_forward_hook(note(name)) for name, m in network.named_modules() if name]
    try:
        output(network, x)
    finally:
        for handle in handles:
            handle.remove()
    return shapes


class Watch:
    """What was seen of a network since `watch`.

    Attributes
    ----------
    seen
        "images": the most rows that came in at once; "training" and "gradients": the innermost modules, by
        name, that ran in training mode, and those whose output asked for a gradient.
    """

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {"images": 0, "training": "", "gradients": ""}

    def note(self, name: str, module: Any, inputs: Sequence[Any], out: Any) -> None:
        """Note that a module ran."""
        rows = max((len(x) for x in inputs if getattr(x, "ndim", 0)), default=0)
        self.seen["images"] = max(self.seen["images"], rows)
        for what, holds in (
            ("training", module.training),
            ("gradients", getattr(out, "requires_grad", False)),
        ):
            if holds and name not in self.seen[what].split():
                self.seen[what] = f"{self.seen[what]} {name}".strip()


def watch(network: Any, /) -> Watch:
    """Return what notes, from now on, how a `torch.nn.Module` is used: read its attribute `seen`."""
    noted = Watch()
    for name, module in network.named_modules():
        if not list(module.children()):
            module.register_forward_hook(lambda m, x, out, name=name: noted.note(name, m, x, out))
    return noted


def gradients(network: Any, x: np.ndarray, upstream: np.ndarray, /, training: bool = False) -> dict[str, Any]:
    """Return the gradients of sum(output * upstream): of every trainable parameter, and of the input as "x".

    A parameter that the output does not depend on has no entry.
    """
    import torch

    network.train(training)
    leaf = torch.from_numpy(np.array(x)).requires_grad_()
    total = (network(leaf) * torch.from_numpy(np.array(upstream))).sum()
    wanted = {name: p for name, p in network.named_parameters() if p.requires_grad} | {"x": leaf}
    found = torch.autograd.grad(total, list(wanted.values()), allow_unused=True)
    return {name: g for name, g in zip(wanted, found, strict=True) if g is not None}


def sgd(network: Any, /, lr: float, momentum: float = 0.0, weight_decay: float = 0.0) -> Any:
    """Return a `torch.optim.SGD` of all parameters that ask for a gradient."""
    import torch

    trained = [p for p in network.parameters() if p.requires_grad]
    return torch.optim.SGD(trained, lr=lr, momentum=momentum, weight_decay=weight_decay)


def groups(optimiser: Any, network: Any, /) -> tuple[dict[str, Any], ...]:
    """Return for each parameter group of an optimiser its numbers and the names of its parameters."""
    names = {id(p): name for name, p in network.named_parameters()}
    return tuple(
        {key: value for key, value in group.items() if type(value) in (bool, int, float)}
        | {"names": tuple(names.get(id(p), "?") for p in group["params"])}
        for group in optimiser.param_groups
    )


def train(
    network: Any,
    optimiser: Any,
    batches: Sequence[tuple[np.ndarray, np.ndarray]],
    /,
    training: bool | None = True,
) -> Any:
    """Train with softmax cross-entropy, one step for each batch (x, labels), and return the losses.

    `training` None leaves the network's modules in the mode in which the answer put them.
    """
    import torch

    if training is not None:
        network.train(training)
    losses = []
    for x, labels in batches:
        optimiser.zero_grad()
        out = network(torch.from_numpy(np.array(x)))
        loss = torch.nn.functional.cross_entropy(out, torch.from_numpy(np.array(labels, dtype=np.int64)))
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(loss.item())
    return losses


OPERATIONS = {
    f.__name__: f
    for f in (
        call, method, attribute, state, load_state, trainable, layers, output, layer_shapes, watch, gradients,
        sgd, groups, train,
    )
}  # fmt: skip
