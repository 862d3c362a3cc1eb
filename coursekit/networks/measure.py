"""Measuring a description: shapes, parameters, multiply-adds, receptive field. No array is made.

A shape leaves out the batch: (channels, height, width) or (features,).
"""

from dataclasses import dataclass
from math import prod

from coursekit.networks.layers import (
    RBF,
    Add,
    Auxiliary,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    Linear,
    MaxPool2d,
    Sequential,
    Size2d,
    Subsampling,
    TableConv2d,
    ZeroPad2d,
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
    ceil_mode: bool = False


def window(layer: Layer) -> Window | None:
    """Return the window of a convolution or pooling layer, None for any other layer."""
    match layer:
        case Conv2d():
            return Window(
                pair(layer.kernel_size), pair(layer.stride), pair(layer.padding), pair(layer.dilation)
            )
        case TableConv2d():
            return Window(pair(layer.kernel_size))
        case Subsampling():
            return Window(pair(layer.kernel_size), pair(layer.kernel_size))
        case MaxPool2d() | AvgPool2d():
            stride = layer.kernel_size if layer.stride is None else layer.stride
            ceil_mode = isinstance(layer, MaxPool2d) and layer.ceil_mode
            return Window(pair(layer.kernel_size), pair(stride), pair(layer.padding), ceil_mode=ceil_mode)
        case _:
            return None


def output_size(
    size: tuple[int, int],
    kernel_size: Size2d,
    stride: Size2d = 1,
    padding: Size2d = 0,
    dilation: Size2d = 1,
    ceil_mode: bool = False,
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
    ceil_mode
        Whether a last window may hang over the edge, if it starts within the image or the padding
        before it.

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
        room = padded[-1] - spans[-1]
        steps = room // s
        if ceil_mode and room % s and (steps + 1) * s < n + p:
            steps += 1
        sizes.append(steps + 1)
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
    if isinstance(layer, Sequential):
        return trace(layer, shape)[1]
    match layer:
        case Conv2d(in_channels=expected, out_channels=channels):
            _expect_maps(shape, expected)
        case TableConv2d(in_channels=expected):
            _expect_maps(shape, expected)
            channels = len(layer.connections)
        case ZeroPad2d(padding=(left, right, top, bottom)):
            _expect_maps(shape, None)
            return shape[0], top + shape[1] + bottom, left + shape[2] + right
        case MaxPool2d() | AvgPool2d() | Subsampling() | GlobalAvgPool2d():
            _expect_maps(shape, layer.channels if isinstance(layer, Subsampling) else None)
            channels = shape[0]
            if isinstance(layer, GlobalAvgPool2d):
                return channels, 1, 1
        case BatchNorm2d(num_features=expected):
            _expect_maps(shape, expected)
            return shape
        case Linear(in_features=expected, out_features=features):
            _expect_features(shape, expected)
            return (features,)
        case RBF():
            _expect_features(shape, len(layer.codes[0]))
            return (len(layer.codes),)
        case Flatten():
            return (prod(shape),)
        case _:
            return shape
    w = window(layer)
    assert w is not None
    size = (shape[1], shape[2])
    return channels, *output_size(size, w.kernel_size, w.stride, w.padding, w.dilation, w.ceil_mode)


@dataclass(frozen=True)
class Step:
    """A layer at its place in a network: what comes in and what comes out."""

    name: str
    layer: Layer
    input_shape: Shape
    output_shape: Shape


def trace(layer: Layer, shape: Shape, name: str = "") -> tuple[list[Step], Shape]:
    """Return every layer with its shapes, in the order in which they run, and the shape of the output.

    A `Concat` or an `Add` follows its branches as a step of its own.

    Raises
    ------
    ValueError
        If a layer does not take what comes in; the message begins with its name.
    """
    if not isinstance(layer, Sequential):
        try:
            out = output_shape(layer, shape)
        except ValueError as error:
            raise ValueError(f"{name}: {error}" if name else str(error)) from None
        return [Step(name, layer, shape, out)], out
    steps: list[Step] = []
    branches = []
    current = shape
    for child_name, child in layer.children.items():
        if isinstance(layer, Concat | Add):
            current = shape
        inner, current = trace(child, current, f"{name}.{child_name}" if name else child_name)
        steps += inner
        branches.append(current)
    if isinstance(layer, Auxiliary):
        return steps, shape
    if not isinstance(layer, Concat | Add):
        return steps, current
    same = slice(1 if isinstance(layer, Concat) else 0, None)
    if len({branch[same] for branch in branches}) > 1:
        raise ValueError(f"{name}: the branches of {type(layer).__name__} give {branches}")
    channels = sum(branch[0] for branch in branches) if isinstance(layer, Concat) else branches[0][0]
    out = (channels, *branches[0][1:])
    return [*steps, Step(name, layer, shape, out)], out


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
            kernel = pair(layer.kernel_size)
            shapes: dict[str, Shape] = {
                "weight": (layer.out_channels, layer.in_channels // layer.groups, *kernel),
                "bias": (layer.out_channels,),
            }
        case TableConv2d():
            windows = (len(layer.windows), *pair(layer.kernel_size))
            shapes = {"weight": windows, "bias": (len(layer.connections),)}
        case Linear():
            shapes = {"weight": (layer.out_features, layer.in_features), "bias": (layer.out_features,)}
        case BatchNorm2d(num_features=channels) | Subsampling(channels=channels):
            return {"weight": (channels,), "bias": (channels,)}
        case _:
            return {}
    return shapes if layer.bias else {"weight": shapes["weight"]}


def buffer_shapes(layer: Layer) -> dict[str, Shape]:
    """Return the shape of every array that a layer keeps and does not train, named as in PyTorch."""
    match layer:
        case Sequential():
            return {
                f"{name}.{buffer}": shape
                for name, child in walk(layer)
                for buffer, shape in buffer_shapes(child).items()
            }
        case BatchNorm2d(num_features=channels):
            return {"running_mean": (channels,), "running_var": (channels,)}
        case RBF():
            return {"codes": (len(layer.codes), len(layer.codes[0]))}
        case _:
            return {}


def parameter_count(layer: Layer) -> int:
    """Return the number of trainable parameters."""
    return sum(prod(shape) for shape in parameter_shapes(layer).values())


def multiply_adds(layer: Layer, shape: Shape) -> int:
    """Return the multiplications, each with its addition, for one input of `shape`.

    Only the weights of convolutions and fully connected layers count, as in the papers: every weight is
    used once for each output position. Biases, pooling, normalisation and non-linearities are left out.
    """
    total = 0
    for step in trace(layer, shape)[0]:
        if isinstance(step.layer, Conv2d | TableConv2d | Linear):
            positions = prod(step.output_shape[1:])  # 1 for a fully connected layer
            total += positions * prod(parameter_shapes(step.layer)["weight"])
    return total


def receptive_field(layer: Layer) -> tuple[int, int]:
    """Return the (height, width) in input pixels that one unit of the last map sees.

    A layer widens the field by its window's span less one, times the distance in input pixels between
    neighbouring units of the layer before; of several branches the widest counts. Counted up to the
    first layer that sees whole maps, since from there on every unit sees the whole image.
    """
    return _Field().after(layer).size


@dataclass(frozen=True)
class _Field:
    """The receptive field of a unit, the distance between neighbours, and whether maps have ended."""

    size: tuple[int, int] = (1, 1)
    jump: tuple[int, int] = (1, 1)
    ended: bool = False

    def after(self, layer: Layer) -> "_Field":
        if self.ended or isinstance(layer, Auxiliary):
            return self
        if isinstance(layer, Concat | Add):
            branches = [self.after(child) for child in layer.children.values()]
            height, width = (max(branch.size[axis] for branch in branches) for axis in (0, 1))
            return _Field((height, width), branches[0].jump)
        if isinstance(layer, Sequential):
            field = self
            for child in layer.children.values():
                field = field.after(child)
            return field
        if isinstance(layer, Flatten | Linear | GlobalAvgPool2d):
            return _Field(self.size, self.jump, ended=True)
        w = window(layer)
        if w is None:
            return self
        (h, v), (jump_h, jump_v) = self.size, self.jump
        spans = [d * (k - 1) for d, k in zip(w.dilation, w.kernel_size, strict=True)]
        return _Field(
            (h + spans[0] * jump_h, v + spans[1] * jump_v), (jump_h * w.stride[0], jump_v * w.stride[1])
        )


def _expect_maps(shape: Shape, channels: int | None) -> None:
    if len(shape) != 3 or channels not in (None, shape[0]):
        expected = "channels" if channels is None else channels
        raise ValueError(f"expected an input of shape ({expected}, height, width), got {shape}")


def _expect_features(shape: Shape, features: int) -> None:
    if shape != (features,):
        raise ValueError(f"expected an input of shape ({features},), got {shape}")
