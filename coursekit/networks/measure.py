"""Measuring a description: shapes, parameters, multiply-adds, receptive field. No array is made.

A shape leaves out the batch: (channels, height, width) or (features,).
"""

from dataclasses import dataclass
from math import prod

from coursekit.networks.layers import (
    AvgPool2d,
    Conv2d,
    Flatten,
    Layer,
    Linear,
    Sequential,
    Size2d,
    pair,
    walk,
)

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Window:
    """A sliding window, with every size as (height, width)."""

    kernel_size: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)


def window(layer: Layer) -> Window | None:
    """Return the window of a convolution or pooling layer, None for any other layer."""
    match layer:
        case Conv2d():
            return Window(
                pair(layer.kernel_size), pair(layer.stride), pair(layer.padding), pair(layer.dilation)
            )
        case AvgPool2d():
            stride = layer.kernel_size if layer.stride is None else layer.stride
            return Window(pair(layer.kernel_size), pair(stride), pair(layer.padding))
        case _:
            return None


def output_size(
    size: tuple[int, int], kernel_size: Size2d, stride: Size2d = 1, padding: Size2d = 0, dilation: Size2d = 1
) -> tuple[int, int]:
    """Return how many positions (down, across) a window has on an image.

    The window spans `dilation * (kernel_size - 1) + 1` pixels and moves in steps of `stride` over the
    image with `padding` pixels added on every side, as in Dumoulin & Visin 2016, relationship 15.

    Parameters
    ----------
    size
        Height and width of the image in pixels.
    kernel_size, stride, padding, dilation
        An int or a pair (height, width) each.

    Raises
    ------
    ValueError
        If the window is larger than the padded image.
    """
    sizes, padded, spans = [], [], []
    for n, k, s, p, d in zip(
        size, pair(kernel_size), pair(stride), pair(padding), pair(dilation), strict=True
    ):
        padded.append(n + 2 * p)
        spans.append(d * (k - 1) + 1)
        sizes.append((n + 2 * p - (d * (k - 1) + 1)) // s + 1)
    if spans[0] > padded[0] or spans[1] > padded[1]:
        raise ValueError(
            f"kernel_size {kernel_size} with dilation {dilation} spans {spans[0]}x{spans[1]} pixels, "
            f"more than the padded image of {padded[0]}x{padded[1]}"
        )
    return sizes[0], sizes[1]


def output_shape(layer: Layer, shape: Shape) -> Shape:
    """Return the shape that `layer` makes of an input of `shape`.

    Raises
    ------
    ValueError
        If the layer does not take an input of that shape.
    """
    match layer:
        case Sequential():
            for name, child in layer.children.items():
                try:
                    shape = output_shape(child, shape)
                except ValueError as error:
                    raise ValueError(f"{name}: {error}") from None
            return shape
        case Conv2d(in_channels=expected, out_channels=channels):
            if len(shape) != 3 or shape[0] != expected:
                raise ValueError(f"expected an input of shape ({expected}, height, width), got {shape}")
        case AvgPool2d():
            if len(shape) != 3:
                raise ValueError(f"expected an input of shape (channels, height, width), got {shape}")
            channels = shape[0]
        case Linear(in_features=expected):
            if shape != (expected,):
                raise ValueError(f"expected an input of shape ({expected},), got {shape}")
            return (layer.out_features,)
        case Flatten():
            return (prod(shape),)
        case _:
            return shape
    w = window(layer)
    assert w is not None
    return channels, *output_size((shape[1], shape[2]), w.kernel_size, w.stride, w.padding, w.dilation)


def parameter_shapes(layer: Layer) -> dict[str, Shape]:
    """Return the shape of every trainable parameter, under the names of PyTorch's state dict."""
    match layer:
        case Sequential():
            return {
                f"{name}.{parameter}": shape
                for name, child in walk(layer)
                for parameter, shape in parameter_shapes(child).items()
            }
        case Conv2d():
            shapes = {
                "weight": (
                    layer.out_channels,
                    layer.in_channels // layer.groups,
                    *pair(layer.kernel_size),
                ),
                "bias": (layer.out_channels,),
            }
        case Linear():
            shapes = {"weight": (layer.out_features, layer.in_features), "bias": (layer.out_features,)}
        case _:
            return {}
    return shapes if layer.bias else {"weight": shapes["weight"]}


def parameter_count(layer: Layer) -> int:
    """Return the number of trainable parameters."""
    return sum(prod(shape) for shape in parameter_shapes(layer).values())


def multiply_adds(layer: Layer, shape: Shape) -> int:
    """Return the multiplications, each with its addition, for one input of `shape`.

    Only weights count, as in the papers: every weight is used once for each output position. Adding a
    bias, pooling and the non-linearities are left out.
    """
    total = 0
    for _, leaf in walk(layer):
        shape = output_shape(leaf, shape)
        positions = prod(shape[1:])  # 1 for a fully connected layer
        total += positions * prod(parameter_shapes(leaf).get("weight", (0,)))
    return total


def receptive_field(layer: Layer) -> tuple[int, int]:
    """Return the (height, width) in input pixels that one unit of the last map sees.

    A layer widens the field by its window's span less one, times the distance in input pixels between
    neighbouring units of the layer before. Counted up to the first layer without maps, since from
    there on every unit sees the whole image.
    """
    field, jump = [1, 1], [1, 1]
    for _, leaf in walk(layer):
        if isinstance(leaf, Flatten | Linear):
            break
        w = window(leaf)
        if w is not None:
            for axis in (0, 1):
                field[axis] += w.dilation[axis] * (w.kernel_size[axis] - 1) * jump[axis]
                jump[axis] *= w.stride[axis]
    return field[0], field[1]
