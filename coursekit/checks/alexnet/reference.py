"""What is right in exercise 7: AlexNet of any width, as one network and as two halves, and its training.

Krizhevsky, Sutskever & Hinton 2012: sec. 3.3 to 3.5 (layers), 4.2 (dropout), 5 (training).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from coursekit.networks import (
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    ReLU,
    Sequential,
)

State = Mapping[str, Any]


def body(groups: int = 1, width: int = 96, classes: int = 1000) -> Sequential:
    """Return the network with `width` filters in its first layer; `groups` 2 is the published one."""
    second, third, hidden = width * 8 // 3, 4 * width, width * 128 // 3
    return Sequential(
        conv1=Conv2d(3, width, kernel_size=11, stride=4),
        relu1=ReLU(),
        norm1=LocalResponseNorm(),
        pool1=MaxPool2d(kernel_size=3, stride=2),
        conv2=Conv2d(width, second, kernel_size=5, padding=2, groups=groups),
        relu2=ReLU(),
        norm2=LocalResponseNorm(),
        pool2=MaxPool2d(kernel_size=3, stride=2),
        conv3=Conv2d(second, third, kernel_size=3, padding=1),
        relu3=ReLU(),
        conv4=Conv2d(third, third, kernel_size=3, padding=1, groups=groups),
        relu4=ReLU(),
        conv5=Conv2d(third, second, kernel_size=3, padding=1, groups=groups),
        relu5=ReLU(),
        pool5=MaxPool2d(kernel_size=3, stride=2),
        flatten=Flatten(),
        fc6=Linear(second * 6 * 6, hidden),
        relu6=ReLU(),
        drop6=Dropout(0.5),
        fc7=Linear(hidden, hidden),
        relu7=ReLU(),
        drop7=Dropout(0.5),
        fc8=Linear(hidden, classes),
    )


def alexnet(groups: int = 1, width: int = 96, classes: int = 1000, device: str = "cpu") -> Any:
    """Return the network as a `torch.nn.Module`."""
    import torch

    from coursekit.torch_nn.network import module  # here, since PyTorch takes seconds to import

    with torch.device(device):
        return module(body(groups, width, classes))


def halves(state: State) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parameters of the first column and of the second: half of the outputs of every layer."""
    parts = {name: (value[: len(value) // 2], value[len(value) // 2 :]) for name, value in state.items()}
    return {name: pair[0] for name, pair in parts.items()}, {name: pair[1] for name, pair in parts.items()}


def both(maps: Sequence[Any]) -> list[Any]:
    """Return what each column has when it has got the other's maps."""
    import torch

    return [torch.cat(list(maps), dim=1)] * 2


def normalised_together(maps: Sequence[Any], alpha: float = 5e-4) -> list[Any]:
    """Return the maps after a normalisation that crosses from one column to the other."""
    import torch

    norm = torch.nn.functional.local_response_norm  # divides alpha by the five channels; the paper does not
    return list(norm(torch.cat(list(maps), dim=1), size=5, alpha=alpha, beta=0.75, k=2.0).chunk(2, dim=1))


def two_columns(
    x: Any,
    first: State,
    second: State,
    meet: Callable[[Sequence[Any]], list[Any]] = both,
    norm: Callable[[Sequence[Any]], list[Any]] = normalised_together,
    last: Callable[[Sequence[Any]], list[Any]] = both,
) -> Any:
    """Return the scores of two half networks in evaluation.

    How the columns meet before conv3 and the hidden layers, how they are normalised, and how their scores
    are put together can be changed, for wrong answers.
    """
    from torch.nn import functional as F

    columns = (first, second)

    def each(layer: str, inputs: Sequence[Any], **settings: int) -> list[Any]:
        run = F.conv2d if layer.startswith("conv") else F.linear
        pairs = zip(columns, inputs, strict=True)
        return [run(i, own[f"{layer}.weight"], own[f"{layer}.bias"], **settings) for own, i in pairs]

    def relu(maps: Sequence[Any]) -> list[Any]:
        return [m.relu() for m in maps]

    def pool(maps: Sequence[Any]) -> list[Any]:
        return [F.max_pool2d(m, 3, 2) for m in maps]

    maps = pool(norm(relu(each("conv1", [x, x], stride=4))))
    maps = pool(norm(relu(each("conv2", maps, padding=2))))
    maps = relu(each("conv3", meet(maps), padding=1))
    maps = relu(each("conv4", maps, padding=1))
    features = [m.flatten(1) for m in pool(relu(each("conv5", maps, padding=1)))]
    for layer in ("fc6", "fc7"):
        features = relu(each(layer, meet(features)))
    return last(each("fc8", meet(features)))[0]


def make_optimiser(net: Any) -> Any:
    """Return the optimiser of sec. 5."""
    import torch

    return torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)


def paper_step(weight: Any, velocity: Any, gradient: Any, lr: float) -> tuple[Any, Any]:
    """Return weight and velocity after one step by the rule of sec. 5."""
    velocity = 0.9 * velocity - 0.0005 * lr * weight - lr * gradient
    return weight + velocity, velocity


def rates(errors: Sequence[float], lr: float = 0.01, most: int = 3) -> tuple[float, ...]:
    """Return the learning rate of every epoch: divided by 10 after an epoch that was no improvement."""
    used, best, cuts = [], float("inf"), 0
    for error in errors:
        used.append(lr)
        if error >= best and cuts < most:
            lr, cuts = lr / 10, cuts + 1
        best = min(best, error)
    return tuple(used)
