"""The wrong answers to exercise 11. Each is written as a change to the right function, which comes first."""

from collections.abc import Callable
from typing import Any

from coursekit.checks.exercise import Mutant


def _class(forward: Callable[[Any, Any], Any], **parts: Any) -> Any:
    """Return a module with these modules inside it, in which `forward` computes the output."""
    from torch import nn

    class Changed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for name, part in parts.items():
                self.add_module(name, part)

        def forward(self, x: Any) -> Any:
            return forward(self, x)

    return Changed()


def _conv(channels: Any, out: Any, kernel: Any, stride: Any = 1, bias: bool = False) -> Any:
    from torch import nn

    return nn.Conv2d(channels, out, kernel, stride, kernel // 2, bias=bias)


def _projection(channels: Any, out: Any, stride: Any) -> Any:
    from torch import nn

    return nn.Sequential(_conv(channels, out, 1, stride), nn.BatchNorm2d(out))


def always_a_projection(right: Any, channels: Any, out_channels: Any, stride: Any = 1) -> Any:
    """A projection even where shapes stay."""
    return _projection(channels, out_channels, stride)


def stride_not_asked_for(right: Any, channels: Any, out_channels: Any, stride: Any = 1) -> Any:
    """The identity wherever channels stay, though a stride halves the maps."""
    return right(channels, out_channels, 1 if channels == out_channels else stride)


def no_normalisation(right: Any, channels: Any, out_channels: Any, stride: Any = 1) -> Any:
    """A projection without batch normalisation."""
    if stride == 1 and channels == out_channels:
        return right(channels, out_channels, stride)
    return _conv(channels, out_channels, 1, stride)


def with_a_bias(right: Any, channels: Any, out_channels: Any, stride: Any = 1) -> Any:
    """A projection whose convolution has a bias, which the normalisation takes away again."""
    from torch import nn

    if stride == 1 and channels == out_channels:
        return right(channels, out_channels, stride)
    return nn.Sequential(_conv(channels, out_channels, 1, stride, bias=True), nn.BatchNorm2d(out_channels))


def three_by_three(right: Any, channels: Any, out_channels: Any, stride: Any = 1) -> Any:
    """A projection with a window of 3x3."""
    from torch import nn

    if stride == 1 and channels == out_channels:
        return right(channels, out_channels, stride)
    return nn.Sequential(_conv(channels, out_channels, 3, stride), nn.BatchNorm2d(out_channels))


def relu_in_the_shortcut(right: Any, channels: Any, out_channels: Any, stride: Any = 1) -> Any:
    """A shortcut with a ReLU of its own."""
    from torch import nn

    return nn.Sequential(right(channels, out_channels, stride), nn.ReLU())


def _basic(channels: Any, width: Any, stride: Any, first: Any = None, bias: bool = False) -> dict[str, Any]:
    from torch import nn

    same = stride == 1 and channels == width
    at_first, at_second = (stride, 1) if first is None else (first, stride // first)
    return {
        "conv1": _conv(channels, width, 3, at_first, bias),
        "bn1": nn.BatchNorm2d(width),
        "conv2": _conv(width, width, 3, at_second, bias),
        "bn2": nn.BatchNorm2d(width),
        "short": nn.Identity() if same else _projection(channels, width, stride),
    }


def _bottle(channels: Any, width: Any, stride: Any, strides: Any = None, wide: int = 4) -> dict[str, Any]:
    from torch import nn

    out = wide * width
    same = stride == 1 and channels == out
    first, second = strides or (1, stride)
    return {
        "conv1": _conv(channels, width, 1, first),
        "bn1": nn.BatchNorm2d(width),
        "conv2": _conv(width, width, 3, second),
        "bn2": nn.BatchNorm2d(width),
        "conv3": _conv(width, out, 1),
        "bn3": nn.BatchNorm2d(out),
        "short": nn.Identity() if same else _projection(channels, out, stride),
    }


def _branch(m: Any, x: Any) -> Any:
    """Return what the branch of a block gives, before the addition."""
    x = m.bn2(m.conv2(m.bn1(m.conv1(x)).relu()))
    return m.bn3(m.conv3(x.relu())) if hasattr(m, "conv3") else x


def _standard(m: Any, x: Any) -> Any:
    return (_branch(m, x) + m.short(x)).relu()


def _parts(right: Any, channels: Any, width: Any, stride: Any) -> dict[str, Any]:
    """Return the parts of the kind of block that `right` makes."""
    from torch import nn

    windows = [m for m in right(channels, width, stride).modules() if isinstance(m, nn.Conv2d)]
    is_basic = sum(m.kernel_size == (3, 3) for m in windows) == 2
    return (_basic if is_basic else _bottle)(channels, width, stride)


def no_shortcut(right: Any, channels: Any, width: Any, stride: Any = 1) -> Any:
    """A block that does not add its shortcut."""
    return _class(lambda m, x: _branch(m, x).relu(), **_parts(right, channels, width, stride))


def relu_before_the_addition(right: Any, channels: Any, width: Any, stride: Any = 1) -> Any:
    """A block whose last ReLU comes before the addition, not after it."""
    return _class(lambda m, x: _branch(m, x).relu() + m.short(x), **_parts(right, channels, width, stride))


def no_first_relu(right: Any, channels: Any, width: Any, stride: Any = 1) -> Any:
    """A block without the ReLU behind its first batch normalisation."""

    def forward(m: Any, x: Any) -> Any:
        out = m.bn2(m.conv2(m.bn1(m.conv1(x))))
        return ((m.bn3(m.conv3(out.relu())) if hasattr(m, "conv3") else out) + m.short(x)).relu()

    return _class(forward, **_parts(right, channels, width, stride))


def no_last_relu(right: Any, channels: Any, width: Any, stride: Any = 1) -> Any:
    """A block without a ReLU behind the addition."""
    return _class(lambda m, x: _branch(m, x) + m.short(x), **_parts(right, channels, width, stride))


def convolutions_with_biases(right: Any, channels: Any, width: Any, stride: Any = 1) -> Any:
    """A block whose convolutions have biases, which the normalisation takes away again."""
    return _class(_standard, **_basic(channels, width, stride, bias=True))


def stride_in_the_second(right: Any, channels: Any, width: Any, stride: Any = 1) -> Any:
    """A block whose second convolution has the stride, not its first."""
    return _class(_standard, **_basic(channels, width, stride, first=1))


def stride_in_the_first_1x1(right: Any, channels: Any, width: Any, stride: Any = 1) -> Any:
    """A block with the stride in its first 1x1 convolution, as in the paper, not in the 3x3 one."""
    return _class(_standard, **_bottle(channels, width, stride, strides=(stride, 1)))


def twice_as_many(right: Any, channels: Any, width: Any, stride: Any = 1) -> Any:
    """A block out of which twice its width comes, not four times."""
    return _class(_standard, **_bottle(channels, width, stride, wide=2))


def everything_zero(right: Any, block: Any) -> Any:
    """A block whose weights are all zero: nothing but a bias can learn."""
    from torch import nn

    for parameter in block.parameters():
        nn.init.zeros_(parameter)
    return block


def last_convolution_zero(right: Any, block: Any) -> Any:
    """A block with zeros in its last convolution: the normalisation behind it then has nothing to scale."""
    from torch import nn

    nn.init.zeros_([m for m in block.modules() if isinstance(m, nn.Conv2d)][-1].weight)
    return block


def first_norm_zero(right: Any, block: Any) -> Any:
    """A block with zeros in its first batch normalisation."""
    from torch import nn

    nn.init.zeros_(next(m for m in block.modules() if isinstance(m, nn.BatchNorm2d)).weight)
    return block


def last_norm_listed_zero(right: Any, block: Any) -> Any:
    """A block with zeros in the batch normalisation that is listed last, which may be its projection's."""
    from torch import nn

    nn.init.zeros_([m for m in block.modules() if isinstance(m, nn.BatchNorm2d)][-1].weight)
    return block


def projection_zero_too(right: Any, block: Any) -> Any:
    """A block with zeros in its projection's batch normalisation too, out of which nothing comes."""
    return right(last_norm_listed_zero(right, block))


def left_as_it_is(right: Any, block: Any) -> Any:
    """A block as it was, with no weight set to zero."""
    return block


def last_norm_frozen(right: Any, block: Any) -> Any:
    """A block whose zeros ask for no gradient, so that they stay zero."""
    block = right(block)
    for parameter in block.parameters():
        if not parameter.any() and parameter.ndim == 1:
            parameter.requires_grad_(False)
    return block


def _named(block: Any, kind: str) -> Any:
    return [(parent, name, child) for parent in block.modules() for name, child in parent.named_children()
            if type(child).__name__ == kind]  # fmt: skip


def thirty_four_as_eighteen(right: Any, depth: Any, **named: Any) -> Any:
    """Two blocks a stage for 34 layers too, which is the network of 18."""
    return right(18 if depth == 34 else depth, **named)


def hundred_and_one_as_fifty(right: Any, depth: Any, **named: Any) -> Any:
    """The network of 50 layers for 101 too."""
    return right(50 if depth == 101 else depth, **named)


def fifty_from_basic_blocks(right: Any, depth: Any, **named: Any) -> Any:
    """The network of 34 layers for 50 too: as many blocks, but of the basic kind."""
    return right(34 if depth == 50 else depth, **named)


def always_1000_classes(right: Any, depth: Any, classes: Any = 1000, **named: Any) -> Any:
    """A network with 1000 classes, whatever `classes` says."""
    return right(depth, **named)


def first_layer_with_a_bias(right: Any, depth: Any, **named: Any) -> Any:
    """A network whose first convolution has a bias, which the normalisation takes away again."""
    from torch import nn

    net = right(depth, **named)
    for parent, name, child in _named(net, "Conv2d"):
        if child.kernel_size == (7, 7):
            on = child.weight.device
            setattr(parent, name, nn.Conv2d(3, child.out_channels, 7, 2, 3, device=on))
    return net


def no_first_pool(right: Any, depth: Any, **named: Any) -> Any:
    """The scores without the max pool behind the first convolution."""
    from torch import nn

    net = right(depth, **named)
    for parent, name, _ in _named(net, "MaxPool2d"):
        setattr(parent, name, nn.Identity())
    return net


def softmax_at_the_end(right: Any, depth: Any, **named: Any) -> Any:
    """Probabilities in place of scores (a softmax at the end)."""
    from torch import nn

    return nn.Sequential(right(depth, **named), nn.Softmax(dim=1))


def _detached(net: Any, part: Callable[[Any], bool]) -> Any:
    """Let no gradient through some of the modules."""
    for module in net.modules():
        if part(module):
            module.register_forward_hook(lambda _module, _inputs, out: out.detach())
    return net


def first_layer_cut_off(right: Any, depth: Any, **named: Any) -> Any:
    """A network that detaches what comes out of its first layers: no gradient reaches them."""
    from torch import nn

    return _detached(right(depth, **named), lambda module: isinstance(module, nn.MaxPool2d))


def projections_cut_off(right: Any, depth: Any, **named: Any) -> Any:
    """A network that detaches its projections, so that the gradient comes through the branches alone."""
    from torch import nn

    def projects(module: Any) -> bool:
        return isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1) and module.stride == (2, 2)

    return _detached(right(depth, **named), projects)


SHORTCUT = {"shortcut.projection", "BasicBlock.changed", "Bottleneck.changed"}
COUNTS = {"resnet.basic", "resnet.bottleneck"}
VALUES = {"resnet.scores", "resnet.gradient"}
BASIC = {"BasicBlock.same", "BasicBlock.changed"}
BOTTLENECK = {"Bottleneck.same", "Bottleneck.changed"}
ZERO = {"zero_residual.identity", "zero_residual.learns"}

# What is wrong in one part is wrong in what is made of it, unless the cases hide it.
MUTANTS = (
    Mutant(
        "shortcut",
        always_a_projection,
        {"shortcut.identity", "BasicBlock.same", "Bottleneck.same", *ZERO, *COUNTS, *VALUES},
    ),
    Mutant("shortcut", stride_not_asked_for, {"shortcut.projection"}),
    Mutant("shortcut", no_normalisation, SHORTCUT | COUNTS | VALUES),
    Mutant("shortcut", with_a_bias, SHORTCUT | COUNTS | VALUES),
    Mutant("shortcut", three_by_three, SHORTCUT | COUNTS | VALUES | {"zero_residual.learns"}),
    Mutant(
        "shortcut",
        relu_in_the_shortcut,
        {"shortcut.identity", "BasicBlock.same", "Bottleneck.same", *SHORTCUT, *VALUES},
    ),
    Mutant("BasicBlock", no_shortcut, BASIC | ZERO | VALUES),
    Mutant("BasicBlock", relu_before_the_addition, BASIC | VALUES | {"zero_residual.learns"}),
    Mutant("BasicBlock", no_first_relu, BASIC | VALUES),
    Mutant("BasicBlock", no_last_relu, BASIC | VALUES),
    Mutant("BasicBlock", convolutions_with_biases, BASIC | VALUES | {"resnet.basic"}),
    Mutant("BasicBlock", stride_in_the_second, {"BasicBlock.changed"} | VALUES),
    Mutant("Bottleneck", no_shortcut, BOTTLENECK | ZERO | VALUES),
    Mutant("Bottleneck", relu_before_the_addition, BOTTLENECK | VALUES | {"zero_residual.learns"}),
    Mutant("Bottleneck", no_first_relu, BOTTLENECK | VALUES),
    Mutant("Bottleneck", no_last_relu, BOTTLENECK | VALUES),
    Mutant("Bottleneck", stride_in_the_first_1x1, {"Bottleneck.changed"} | VALUES),
    Mutant("Bottleneck", twice_as_many, BOTTLENECK | ZERO | VALUES | {"resnet.bottleneck"}),
    Mutant("zero_residual", projection_zero_too, {"zero_residual.learns"}),
    Mutant("zero_residual", everything_zero, {"zero_residual.learns"}),
    Mutant("zero_residual", last_convolution_zero, {"zero_residual.learns"}),
    Mutant("zero_residual", first_norm_zero, {"zero_residual.learns"}),
    Mutant("zero_residual", last_norm_listed_zero, {"zero_residual.learns"}),
    Mutant("zero_residual", left_as_it_is, ZERO),
    Mutant("zero_residual", last_norm_frozen, {"zero_residual.learns"}),
    Mutant("resnet", thirty_four_as_eighteen, {"resnet.basic", "resnet.gradient"}),
    Mutant("resnet", hundred_and_one_as_fifty, {"resnet.bottleneck"}),
    Mutant("resnet", fifty_from_basic_blocks, {"resnet.bottleneck"} | VALUES),
    Mutant("resnet", always_1000_classes, {"resnet.basic"} | VALUES),
    Mutant("resnet", first_layer_with_a_bias, COUNTS | VALUES),
    Mutant("resnet", no_first_pool, VALUES),
    Mutant("resnet", softmax_at_the_end, VALUES),
    Mutant("resnet", first_layer_cut_off, {"resnet.gradient"}),
    Mutant("resnet", projections_cut_off, {"resnet.gradient"}),
)
