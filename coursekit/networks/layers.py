"""The vocabulary: what a layer is, in the terms of the papers and under the names of `torch.nn`.

A layer here is a description, not a computation: a frozen dataclass that holds the layer's settings and
nothing else. What follows from the settings (shapes, counts) is in `measure.py`; what runs them is in
`coursekit.numpy_nn` and `coursekit.torch_nn`.

All sizes are in pixels or channels, and every setting called `Size2d` takes an int or a pair
(height, width), as in PyTorch.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

Size2d = int | tuple[int, int]


def pair(size: Size2d, name: str = "size", at_least: int = 0) -> tuple[int, int]:
    """Return `size` as (height, width).

    Parameters
    ----------
    size
        One int for both directions, or a pair of ints.
    name
        What the size is called in an error message.
    at_least
        The smallest value that is allowed.

    Raises
    ------
    TypeError
        If `size` is neither an int nor a pair of ints.
    ValueError
        If a value is smaller than `at_least`.
    """
    both = (size, size) if isinstance(size, int) else size
    if not (isinstance(both, tuple | list) and len(both) == 2 and all(isinstance(v, int) for v in both)):
        raise TypeError(f"{name} must be an int or a pair of ints (height, width), got {size!r}")
    if min(both) < at_least:
        raise ValueError(f"{name} must be at least {at_least} in both directions, got {size!r}")
    return both[0], both[1]


@dataclass(frozen=True)
class Conv2d:
    """A convolution: every output map sees all input maps of its group through one window.

    Raises
    ------
    TypeError, ValueError
        If a size is not an int or a pair, or is out of range, or if `groups` does not divide both
        channel counts.
    """

    in_channels: int
    out_channels: int
    kernel_size: Size2d
    stride: Size2d = 1
    padding: Size2d = 0
    dilation: Size2d = 1
    groups: int = 1
    bias: bool = True

    def __post_init__(self) -> None:
        check_window(self.kernel_size, self.stride, self.padding, self.dilation)
        if self.groups < 1 or self.in_channels % self.groups or self.out_channels % self.groups:
            raise ValueError(
                f"groups={self.groups} must divide in_channels={self.in_channels} "
                f"and out_channels={self.out_channels}"
            )


@dataclass(frozen=True)
class AvgPool2d:
    """The mean over a window of each map. A missing stride means windows that do not overlap."""

    kernel_size: Size2d
    stride: Size2d | None = None
    padding: Size2d = 0

    def __post_init__(self) -> None:
        check_window(self.kernel_size, self.kernel_size if self.stride is None else self.stride, self.padding)


@dataclass(frozen=True)
class Linear:
    """A fully connected layer: out = x @ weight.T + bias."""

    in_features: int
    out_features: int
    bias: bool = True


@dataclass(frozen=True)
class Tanh:
    """The hyperbolic tangent of every element."""


@dataclass(frozen=True)
class ReLU:
    """max(0, x) of every element."""


@dataclass(frozen=True)
class Flatten:
    """All maps of an image written one after the other, channel by channel, row by row."""


@dataclass(frozen=True, init=False)
class Sequential:
    """Named layers, each fed with the output of the one before.

    The names become those of the parameters: `Sequential(conv1=Conv2d(1, 6, 5))` has a parameter
    `conv1.weight`, in NumPy and in PyTorch alike.
    """

    children: dict[str, "Layer"] = field(hash=False)

    def __init__(self, **children: "Layer") -> None:
        object.__setattr__(self, "children", children)


Layer = Conv2d | AvgPool2d | Linear | Tanh | ReLU | Flatten | Sequential


def walk(layer: Layer, name: str = "") -> Iterator[tuple[str, Layer]]:
    """Yield every layer that computes something as (dotted name, layer), in the order in which it runs."""
    if isinstance(layer, Sequential):
        for child_name, child in layer.children.items():
            yield from walk(child, f"{name}.{child_name}" if name else child_name)
    else:
        yield name, layer


def check_window(kernel_size: Size2d, stride: Size2d, padding: Size2d, dilation: Size2d = 1) -> None:
    """Raise `TypeError` or `ValueError` for a sliding window that cannot be."""
    pair(kernel_size, "kernel_size", at_least=1)
    pair(stride, "stride", at_least=1)
    pair(padding, "padding")
    pair(dilation, "dilation", at_least=1)
