"""The vocabulary: what a layer is, in the terms of the papers and under the names of `torch.nn`.

A layer here is a description, not a computation: a frozen dataclass that holds the layer's settings and
nothing else. What follows from the settings (shapes, counts) is in `measure.py`; what runs them is in
`coursekit.numpy_nn` and `coursekit.torch_nn`.

All sizes are in pixels or channels, and every setting called `Size2d` takes an int or a pair
(height, width), as in PyTorch.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

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
class ZeroPad2d:
    """Zeros around each map: `padding` is (left, right, top, bottom) in pixels, in the order of `torch.nn`.

    For windows whose padding is not alike on all sides; otherwise the convolution's own setting will do.

    Raises
    ------
    TypeError, ValueError
        If `padding` is not four ints, or one is below 0.
    """

    padding: tuple[int, int, int, int]

    def __post_init__(self) -> None:
        four = isinstance(self.padding, tuple) and len(self.padding) == 4
        if not four or not all(isinstance(p, int) for p in self.padding):
            raise TypeError(f"padding must be four ints (left, right, top, bottom), got {self.padding!r}")
        if min(self.padding) < 0:
            raise ValueError(f"padding must be at least 0 on every side, got {self.padding!r}")


@dataclass(frozen=True)
class TableConv2d:
    """A convolution in which a table says which input maps each output map sees.

    LeCun et al. 1998, Table I. Only the windows that the table lists have weights: they are numbered
    output map by output map, in the order of the table.

    Raises
    ------
    ValueError
        If the table names a map that is not there, or names one twice in a line.
    """

    in_channels: int
    connections: tuple[tuple[int, ...], ...]  # for each output map, the input maps that it sees
    kernel_size: Size2d
    bias: bool = True

    def __post_init__(self) -> None:
        check_window(self.kernel_size, 1, 0)
        for line in self.connections:
            if len(set(line)) < len(line) or not set(line) <= set(range(self.in_channels)):
                raise ValueError(
                    f"connections must name input maps 0 to {self.in_channels - 1}, each once, got {line}"
                )

    @property
    def windows(self) -> tuple[tuple[int, int], ...]:
        """(output map, input map) of every window that has weights."""
        return tuple((out, source) for out, line in enumerate(self.connections) for source in line)


@dataclass(frozen=True)
class MaxPool2d:
    """The largest value of a window of each map. A missing stride means windows that do not overlap.

    With `ceil_mode` a last window that hangs over the edge still counts, as in Caffe.
    """

    kernel_size: Size2d
    stride: Size2d | None = None
    padding: Size2d = 0
    ceil_mode: bool = False

    def __post_init__(self) -> None:
        check_window(self.kernel_size, self.kernel_size if self.stride is None else self.stride, self.padding)


@dataclass(frozen=True)
class AvgPool2d:
    """The mean over a window of each map. A missing stride means windows that do not overlap."""

    kernel_size: Size2d
    stride: Size2d | None = None
    padding: Size2d = 0

    def __post_init__(self) -> None:
        check_window(self.kernel_size, self.kernel_size if self.stride is None else self.stride, self.padding)


@dataclass(frozen=True)
class GlobalAvgPool2d:
    """The mean of each whole map: (C, H, W) becomes (C, 1, 1). Lin, Chen & Yan 2014, sec. 3.2."""


@dataclass(frozen=True)
class Subsampling:
    """The sum over a window, times a trainable coefficient, plus a trainable bias, one of each a map.

    Layers S2 and S4 of LeCun et al. 1998, sec. II.B. Windows do not overlap.
    """

    channels: int
    kernel_size: Size2d


@dataclass(frozen=True)
class Linear:
    """A fully connected layer: out = x @ weight.T + bias."""

    in_features: int
    out_features: int
    bias: bool = True


@dataclass(frozen=True)
class RBF:
    """The squared distance of the features to each class' fixed code (LeCun et al. 1998, eq. 7)."""

    codes: tuple[tuple[int, ...], ...]  # one line of +1 and -1 for each class


@dataclass(frozen=True)
class Tanh:
    """The hyperbolic tangent of every element."""


@dataclass(frozen=True)
class ScaledTanh:
    """amplitude * tanh(slope * x) of every element (LeCun et al. 1998, eq. 6 and appendix A)."""

    amplitude: float = 1.7159
    slope: float = 2 / 3


@dataclass(frozen=True)
class ReLU:
    """max(0, x) of every element."""


@dataclass(frozen=True)
class ReLU6:
    """min(max(0, x), 6) of every element."""


@dataclass(frozen=True)
class LocalResponseNorm:
    """Each value divided by (k + alpha * sum of squares)^beta over `size` neighbouring channels.

    The constants are those that Krizhevsky et al. 2012, sec. 3.3, print: alpha multiplies the plain sum.
    `torch.nn.LocalResponseNorm` multiplies the mean, so its alpha is `size` times this one; the backends
    convert.
    """

    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 2.0


@dataclass(frozen=True)
class BatchNorm2d:
    """Each channel shifted and scaled to mean 0 and variance 1, then by a trainable bias and weight."""

    num_features: int
    eps: float = 1e-5
    momentum: float = 0.1


@dataclass(frozen=True)
class Dropout:
    """In training every element is zero with probability p, and 1/(1-p) times itself otherwise."""

    p: float = 0.5


@dataclass(frozen=True)
class Flatten:
    """All maps of an image written one after the other, channel by channel, row by row."""


@dataclass(frozen=True, init=False)
class Sequential:
    """Named layers, each fed with the output of the one before.

    The names become those of the parameters: `Sequential(conv1=Conv2d(1, 6, 5))` has a parameter
    `conv1.weight`, in NumPy and in PyTorch alike. Without layers it is the identity.
    """

    children: dict[str, "Layer"] = field(hash=False)

    def __init__(self, **children: "Layer") -> None:
        object.__setattr__(self, "children", children)


class Concat(Sequential):
    """Named branches, all fed with the same input; their maps are put one behind the other."""


class Add(Sequential):
    """Named branches, all fed with the same input; their maps are added."""


class Auxiliary(Sequential):
    """A side path: its layers make another output of what passes by, which goes on unchanged.

    The auxiliary classifiers of Szegedy et al. 2015, sec. 5, used in training only.
    """


Composite = Sequential | Concat | Add | Auxiliary
Layer = (
    Conv2d
    | ZeroPad2d
    | TableConv2d
    | MaxPool2d
    | AvgPool2d
    | GlobalAvgPool2d
    | Subsampling
    | Linear
    | RBF
    | Tanh
    | ScaledTanh
    | ReLU
    | ReLU6
    | LocalResponseNorm
    | BatchNorm2d
    | Dropout
    | Flatten
    | Sequential
)


# What a layer's function takes besides arrays: the fields of its description of these names.
_SETTINGS: dict[type, tuple[str, ...]] = {
    Conv2d: ("stride", "padding", "dilation", "groups"),
    ZeroPad2d: ("padding",),
    TableConv2d: ("connections",),
    MaxPool2d: ("kernel_size", "stride", "padding", "ceil_mode"),
    AvgPool2d: ("kernel_size", "stride", "padding"),
    Subsampling: ("kernel_size",),
    ScaledTanh: ("amplitude", "slope"),
    LocalResponseNorm: ("size", "alpha", "beta", "k"),
    BatchNorm2d: ("momentum", "eps"),
    Dropout: ("p",),
}


def settings(layer: Layer) -> dict[str, Any]:
    """Return the keyword arguments with which a function of either backend computes the layer.

    Local response normalisation is converted: the functions divide alpha by `size`, as
    `torch.nn.functional` does, the paper and so the description do not.
    """
    values = {name: getattr(layer, name) for name in _SETTINGS.get(type(layer), ())}
    if isinstance(layer, LocalResponseNorm):
        values["alpha"] *= layer.size
    return values


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
