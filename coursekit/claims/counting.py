"""What the claims count in a network, beyond what `coursekit.networks.measure` measures."""

from math import prod
from typing import TypeVar

from coursekit import networks
from coursekit.networks import (
    RBF,
    Add,
    Auxiliary,
    Concat,
    Conv2d,
    Layer,
    Linear,
    Sequential,
    Subsampling,
    TableConv2d,
    measure,
)

Kind = TypeVar("Kind")


def parameters(name: str) -> int:
    """Return the number of trainable parameters of a network."""
    return networks.get(name).parameter_count


def multiply_adds(name: str) -> int:
    """Return the multiply-adds of a network for one image."""
    return networks.get(name).multiply_adds


def layers(name: str, kind: type[Kind]) -> list[Kind]:
    """Return the layers of one kind that a network has, in the order in which they run."""
    return [layer for _, layer in networks.walk(networks.get(name).body) if isinstance(layer, kind)]


def row(name: str, layer: str) -> networks.Row:
    """Return the row of one layer of a network's summary."""
    return next(row for row in networks.get(name).rows() if row.name == layer)


def weighted_layers(name: str) -> int:
    """Return how many convolutions and fully connected layers a network has, side by side or not."""
    return sum(len(layers(name, kind)) for kind in (Conv2d, TableConv2d, Linear))


def depth(name: str) -> int:
    """Return how many layers with weights follow one another on the longest way through a network."""
    return longest_way(networks.get(name).body)


def longest_way(layer: Layer) -> int:
    """Return how many layers with weights follow one another on the longest way through `layer`."""
    match layer:
        case Auxiliary():
            return 0
        case Concat() | Add():
            return max(longest_way(child) for child in layer.children.values())
        case Sequential():
            return sum(longest_way(child) for child in layer.children.values())
        case _:
            return int(isinstance(layer, Conv2d | TableConv2d | Linear))


def fixed_weights(name: str) -> int:
    """Return how many weights of a network's output layer are fixed from the start."""
    return sum(prod(shape) for rbf in layers(name, RBF) for shape in measure.buffer_shapes(rbf).values())


def connections(name: str) -> int:
    """Return the connections of a network as LeCun et al. 1998, sec. II.B, count them.

    A unit has one to each of its inputs and one to its bias. A unit of a subsampling layer has four
    inputs and a bias, although it has one coefficient for all four. The fixed weights count too.
    """
    network = networks.get(name)
    total = fixed_weights(name)
    for step in measure.trace(network.body, network.input_shape)[0]:
        positions = prod(step.output_shape[1:])  # 1 for a fully connected layer
        match step.layer:
            case Conv2d() | TableConv2d() | Linear():
                total += positions * measure.parameter_count(step.layer)
            case Subsampling(channels=channels, kernel_size=kernel):
                total += positions * channels * (prod(networks.pair(kernel)) + 1)
    return total
