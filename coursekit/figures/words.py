"""Layers in a few words and a colour, as the diagrams of networks name them."""

from coursekit.figures.style import COLOURS
from coursekit.networks import (
    RBF,
    Add,
    Auxiliary,
    AvgPool2d,
    BatchNorm2d,
    Concat,
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
    Sequential,
    Subsampling,
    TableConv2d,
    Tanh,
    ZeroPad2d,
    measure,
    walk,
)
from coursekit.networks.measure import Shape

_WORDS: dict[type, str] = {
    Conv2d: "conv",
    TableConv2d: "conv, table",
    AvgPool2d: "mean",
    MaxPool2d: "max",
    Subsampling: "sum",
    GlobalAvgPool2d: "mean of a map",
    Linear: "fully connected",
    RBF: "distances",
    ZeroPad2d: "zeros",
}
_AFTER: dict[type, str] = {
    ReLU: "ReLU",
    ReLU6: "ReLU6",
    Tanh: "tanh",
    ScaledTanh: "scaled tanh",
    LocalResponseNorm: "LRN",
    BatchNorm2d: "batch norm",
    Dropout: "dropout",
    Flatten: "flatten",
}
_COLOURS: dict[type, str] = {
    **dict.fromkeys((Conv2d, TableConv2d), "blue"),
    **dict.fromkeys((AvgPool2d, MaxPool2d, GlobalAvgPool2d, Subsampling), "orange"),
    **dict.fromkeys((Linear, RBF), "green"),
    **dict.fromkeys((Sequential, Add, Concat), "sky"),
    Auxiliary: "purple",
}


def is_elementwise(layer: Layer) -> bool:
    """Return whether a layer leaves all numbers where they are, so that a diagram can name it in passing.

    `Flatten` counts as one: it only writes them in one line.
    """
    return type(layer) in _AFTER


def colour(layer: Layer | None) -> str:
    """Return the colour of a layer's kind; grey for the input and for layers that only pass on."""
    name = _COLOURS.get(type(layer))
    return COLOURS[name] if name else "#777777"


def by(shape: Shape) -> str:
    """Return a shape as a label: "6×28×28"."""
    return "×".join(map(str, shape))


def after(layer: Layer) -> str:
    """Return what an element-wise layer is called behind the layer that it follows."""
    return _AFTER[type(layer)]


def phrases(layer: Layer, shape: Shape) -> list[str]:
    """Return what a layer is, in phrases that a comma can join; none where its name says it all.

    Parameters
    ----------
    layer
        A layer; one that is made of layers is named by its kind.
    shape
        (channels, height, width) or (features,) of what comes in.
    """
    if isinstance(layer, Auxiliary):
        return ["auxiliary classifier"]
    if isinstance(layer, Concat):
        maps = [measure.output_shape(branch, shape)[0] for branch in layer.children.values()]
        return [f"{len(maps)} branches", f"{' + '.join(map(str, maps))} maps"]
    if isinstance(layer, Sequential):
        return _block(layer)
    if is_elementwise(layer):
        return []
    said = [_WORDS[type(layer)]]
    if isinstance(layer, ZeroPad2d):
        sides = zip(layer.padding, ("left", "right", "above", "below"), strict=True)
        return said + [f"{pixels} {side}" for pixels, side in sides if pixels]
    window = measure.window(layer)
    if window:
        said[0] += f" {by(window.kernel_size)}"
        if isinstance(layer, Conv2d) and layer.groups > 1:
            said.append("depthwise" if _is_depthwise(layer) else f"{layer.groups} groups")
        if window.stride != (1, 1):
            said.append(f"stride {_one(window.stride)}")
        if window.padding != (0, 0):
            said.append(f"pad {_one(window.padding)}")
        if window.dilation != (1, 1):
            said.append(f"dilation {_one(window.dilation)}")
    return said


def _block(block: Sequential) -> list[str]:
    """Return what a block is: its windows are those of the branch with the most convolutions."""
    add = next((layer for layer in _composites(block) if isinstance(layer, Add)), None)
    paths = [_convolutions(path) for path in (add.children.values() if add else [block])]
    longest = max(paths, key=len)
    depthwise = any(map(_is_depthwise, longest))
    if add:
        kind = "inverted residual" if depthwise else "residual block"
    else:
        kind = "depthwise block" if depthwise else "block"
    windows = ", ".join(by(_window(conv).kernel_size) for conv in longest)
    said = [f"{kind}: {windows}" if windows else kind]
    strides = [_window(conv).stride for conv in longest if _window(conv).stride != (1, 1)]
    said += [f"stride {_one(stride)}" for stride in strides]
    if add and sum(map(bool, paths)) > 1:
        said.append("projection")
    return said


def _composites(layer: Sequential) -> list[Sequential]:
    inner = [child for child in layer.children.values() if isinstance(child, Sequential)]
    return [layer, *(composite for child in inner for composite in _composites(child))]


def _convolutions(layer: Layer) -> list[Conv2d]:
    return [inner for _, inner in walk(layer) if isinstance(inner, Conv2d)]


def _is_depthwise(conv: Conv2d) -> bool:
    return conv.groups == conv.in_channels > 1


def _window(layer: Layer) -> measure.Window:
    window = measure.window(layer)
    assert window is not None
    return window


def _one(size: tuple[int, int]) -> str:
    return str(size[0]) if size[0] == size[1] else by(size)
