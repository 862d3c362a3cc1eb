"""The wrong answers to exercise 10. Each is written as a change to the right function, which comes first."""

from collections.abc import Callable
from typing import Any

from coursekit.checks.exercise import Mutant


def _replaced(net: Any, kind: str, make: Callable[[Any], Any]) -> Any:
    """Return the network with something else in the place of each of its modules of a kind of torch.nn."""
    for parent in list(net.modules()):
        for name, child in list(parent.named_children()):
            if type(child).__name__ == kind:
                setattr(parent, name, make(child))
    return net


def _behind(net: Any, function: Callable[[Any], Any]) -> Any:
    """Return a module that changes what comes out of another."""
    from torch import nn

    class Behind(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self, x: Any) -> Any:
            return function(self.net(x))

    return Behind()


def _widths(channels: Any, widths: Any, named: Any) -> dict[str, Any]:
    names = ("conv_1x1", "reduce_3x3", "conv_3x3", "reduce_5x5", "conv_5x5", "pool_proj")
    return {"channels": channels, **dict(zip(names, widths, strict=False)), **named}


def three_by_three_first(right: Any, channels: Any, *widths: Any, **named: Any) -> Any:
    """The maps of the branches in another order: 3x3 before 1x1."""
    import torch

    given = _widths(channels, widths, named)
    a, b = given["conv_1x1"], given["conv_3x3"]
    return _behind(right(**given), lambda y: torch.cat([y[:, a : a + b], y[:, :a], y[:, a + b :]], dim=1))


def pool_before_5x5(right: Any, channels: Any, *widths: Any, **named: Any) -> Any:
    """The maps of the branches in another order: pool before 5x5."""
    import torch

    given = _widths(channels, widths, named)
    a = given["conv_1x1"] + given["conv_3x3"]
    b = a + given["conv_5x5"]
    return _behind(right(**given), lambda y: torch.cat([y[:, :a], y[:, b:], y[:, a:b]], dim=1))


def widths_of_3x3_exchanged(right: Any, channels: Any, *widths: Any, **named: Any) -> Any:
    """A module in which reduce_3x3 and conv_3x3 have each other's widths."""
    given = _widths(channels, widths, named)
    given["reduce_3x3"], given["conv_3x3"] = given["conv_3x3"], given["reduce_3x3"]
    return right(**given)


def three_by_three_for_5x5(right: Any, channels: Any, *widths: Any, **named: Any) -> Any:
    """A module with a 3x3 window where the paper has 5x5, as torchvision's."""
    from torch import nn

    def small(layer: Any) -> Any:
        if layer.kernel_size != (5, 5):
            return layer
        return nn.Conv2d(layer.in_channels, layer.out_channels, 3, padding=1)

    return _replaced(right(channels, *widths, **named), "Conv2d", small)


def no_biases(right: Any, channels: Any, *widths: Any, **named: Any) -> Any:
    """A module whose convolutions have no biases."""

    def without(layer: Any) -> Any:
        layer.bias = None
        return layer

    return _replaced(right(channels, *widths, **named), "Conv2d", without)


def no_relu(right: Any, channels: Any, *widths: Any, **named: Any) -> Any:
    """The maps of a module without ReLU."""
    from torch import nn

    return _replaced(right(channels, *widths, **named), "ReLU", lambda _: nn.Identity())


def relu_at_the_end_alone(right: Any, channels: Any, *widths: Any, **named: Any) -> Any:
    """Maps without the ReLU behind the 1x1 convolutions that reduce."""
    from torch import nn

    net = _replaced(right(channels, *widths, **named), "ReLU", lambda _: nn.Identity())
    return _behind(net, lambda maps: maps.relu())


def no_pool_in_its_branch(right: Any, channels: Any, *widths: Any, **named: Any) -> Any:
    """The maps of a module whose fourth branch is the 1x1 convolution alone, without the pool."""
    from torch import nn

    return _replaced(right(channels, *widths, **named), "MaxPool2d", lambda _: nn.Identity())


def average_in_its_branch(right: Any, channels: Any, *widths: Any, **named: Any) -> Any:
    """The maps of a module whose fourth branch takes the mean, not the largest value."""
    from torch import nn

    return _replaced(
        right(channels, *widths, **named), "MaxPool2d", lambda _: nn.AvgPool2d(3, stride=1, padding=1)
    )


def largest_of_a_map(right: Any, x: Any) -> Any:
    """The largest value of every map, not the mean."""
    return x.amax(dim=(2, 3))


def sum_of_a_map(right: Any, x: Any) -> Any:
    """The sum of every map, not divided by its pixels."""
    return x.sum(dim=(2, 3))


def axes_kept(right: Any, x: Any) -> Any:
    """The means with two axes of length 1 behind them."""
    return right(x)[:, :, None, None]


def mean_of_channels(right: Any, x: Any) -> Any:
    """The mean over channels, of every pixel."""
    return x.mean(dim=1).flatten(1)


def no_pool_first(right: Any, channels: Any, *settings: Any, **named: Any) -> Any:
    """The scores of a head that sees every third pixel (the pool's stride without its mean)."""
    from torch import nn

    class EveryThird(nn.Module):
        def forward(self, x: Any) -> Any:
            return x[:, :, :10:3, :10:3]

    return _replaced(right(channels, *settings, **named), "AvgPool2d", lambda _: EveryThird())


def largest_in_the_head(right: Any, channels: Any, *settings: Any, **named: Any) -> Any:
    """The scores of a head with a max pool where the paper has an average."""
    from torch import nn

    return _replaced(right(channels, *settings, **named), "AvgPool2d", lambda _: nn.MaxPool2d(5, 3))


def head_of_512_features(right: Any, channels: Any, *settings: Any, **named: Any) -> Any:
    """A head with half as many hidden features."""
    return right(channels, *settings, **named | {"hidden": named.get("hidden", 1024) // 2})


def always_1000_classes(right: Any, channels: Any, classes: Any = 1000, *settings: Any, **named: Any) -> Any:
    """A head with 1000 classes, whatever `classes` says."""
    return right(channels, 1000, *settings, **named)


def softmax_at_the_end(right: Any, *settings: Any, **named: Any) -> Any:
    """Probabilities in place of scores (a softmax at the end)."""
    return _behind(right(*settings, **named), lambda scores: scores.softmax(dim=1))


def head_without_relu(right: Any, *settings: Any, **named: Any) -> Any:
    """The scores of a head without ReLU."""
    from torch import nn

    return _replaced(right(*settings, **named), "ReLU", lambda _: nn.Identity())


def keeps_70_percent(right: Any, *settings: Any, **named: Any) -> Any:
    """A head that keeps 70 % in training, where the paper drops 70 %."""
    from torch import nn

    return _replaced(right(*settings, **named), "Dropout", lambda _: nn.Dropout(0.3))


def dropout_behind_the_scores(right: Any, *settings: Any, **named: Any) -> Any:
    """A head that drops scores, not the numbers before its last layer."""
    from torch import nn

    net = _replaced(right(*settings, **named), "Dropout", lambda _: nn.Identity())
    return nn.Sequential(net, nn.Dropout(0.7))


def no_dropout(right: Any, *settings: Any, **named: Any) -> Any:
    """A head without dropout."""
    from torch import nn

    return _replaced(right(*settings, **named), "Dropout", lambda _: nn.Identity())


def _cost(named: Any, **change: Any) -> Any:
    from coursekit.checks.googlenet.questions import inception_cost

    return inception_cost(**named | change)


def reduction_ignored(right: Any, **named: Any) -> Any:
    """The counts of the other kind of module: naive where reduced, reduced where naive."""
    return _cost(named, reduced=not named.get("reduced", True))


def biases_forgotten(right: Any, **named: Any) -> Any:
    """The counts with the biases left out of the parameters."""
    parameters, cost = _cost(named)
    names = ["conv_1x1", "conv_3x3", "conv_5x5"]
    names += ["reduce_3x3", "reduce_5x5", "pool_proj"] if named.get("reduced", True) else []
    return parameters - sum(named[name] for name in names), cost


def projection_forgotten(right: Any, **named: Any) -> Any:
    """The counts without the 1x1 convolution behind the pool."""
    parameters, cost = _cost(named)
    if named.get("reduced", True):
        weights = named["channels"] * named["pool_proj"]
        parameters, cost = parameters - weights - named["pool_proj"], cost - weights * named["size"] ** 2
    return parameters, cost


def naive_with_a_projection(right: Any, **named: Any) -> Any:
    """The counts of a naive module that has a 1x1 convolution behind its pool after all."""
    parameters, cost = _cost(named)
    if not named.get("reduced", True):
        weights = named["channels"] * named["pool_proj"]
        parameters, cost = parameters + weights + named["pool_proj"], cost + weights * named["size"] ** 2
    return parameters, cost


def operations_not_multiply_adds(right: Any, **named: Any) -> Any:
    """Twice the multiply-adds: multiplications and additions counted as two."""
    parameters, work = right(**named)
    return parameters, 2 * work


def one_position(right: Any, **named: Any) -> Any:
    """Multiply-adds for a single position, not for size x size."""
    parameters, cost = _cost(named)
    return parameters, cost // named["size"] ** 2


def no_last_layer(right: Any, *settings: Any, **named: Any) -> Any:
    """A network that ends with the global average, as the slide's "no FC layers" has it."""
    from torch import nn

    net = right(*settings, **named)
    last = [m for m in net.modules() if isinstance(m, nn.Linear)][-1]
    return _replaced(net, "Linear", lambda layer: nn.Identity() if layer is last else layer)


def heads_in_any_case(right: Any, *settings: Any, **named: Any) -> Any:
    """A network that has its heads whatever `auxiliary` says."""
    return right(*settings, **named | {"auxiliary": True})


def heads_never(right: Any, *settings: Any, **named: Any) -> Any:
    """A network that has no heads whatever `auxiliary` says."""
    return right(*settings, **named | {"auxiliary": False})


def network_without_dropout(right: Any, *settings: Any, **named: Any) -> Any:
    """The network without dropout before its last layer."""
    from torch import nn

    return _replaced(right(*settings, **named), "Dropout", lambda d: d if d.p > 0.5 else nn.Identity())


def network_keeps_40_percent(right: Any, *settings: Any, **named: Any) -> Any:
    """The network that keeps 40 % before its last layer, where the paper drops 40 %."""
    from torch import nn

    return _replaced(right(*settings, **named), "Dropout", lambda d: d if d.p > 0.5 else nn.Dropout(0.6))


def heads_in_the_other_order(right: Any, *settings: Any, **named: Any) -> Any:
    """The scores of the heads in the other order: 4d before 4a."""
    return _outputs(right(*settings, **named), lambda out: (out[0], out[2], out[1]))


def heads_before_the_scores(right: Any, *settings: Any, **named: Any) -> Any:
    """The scores of the heads before those of the network itself."""
    return _outputs(right(*settings, **named), lambda out: (out[1], out[2], out[0]))


def scores_alone(right: Any, *settings: Any, **named: Any) -> Any:
    """The network's own scores alone, in training too."""
    return _outputs(right(*settings, **named), lambda out: out[0])


def _outputs(net: Any, function: Callable[[Any], Any]) -> Any:
    return _behind(net, lambda out: function(out) if isinstance(out, tuple) else out)


def pools_lose_the_rest(right: Any, *settings: Any, **named: Any) -> Any:
    """The scores of a network whose pools round down (55 of 112 pixels, where the paper has 56)."""
    from torch import nn

    def floored(layer: Any) -> Any:
        return nn.MaxPool2d(3, 2) if layer.stride in (2, (2, 2)) else layer

    return _replaced(right(*settings, **named), "MaxPool2d", floored)


MODULE = {"Inception.widths", "Inception.order", "Inception.values"}
NETWORK = {"GoogLeNet.count", "GoogLeNet.count_with_heads", "GoogLeNet.scores", "GoogLeNet.heads"}
SCORES = {"GoogLeNet.scores"}
HEAD = {"AuxiliaryHead.shapes", "AuxiliaryHead.values", "AuxiliaryHead.dropout"}
WITH_HEADS = {"GoogLeNet.count_with_heads", "GoogLeNet.heads"}
COST = {"inception_cost.reduced", "inception_cost.naive"}

# `GoogLeNet` is made of the other parts: what is wrong in one is wrong in it, unless its cases hide it.
MUTANTS = (
    Mutant("Inception", three_by_three_first, {"Inception.order"} | SCORES),
    Mutant("Inception", pool_before_5x5, {"Inception.order"} | SCORES),
    Mutant("Inception", widths_of_3x3_exchanged, MODULE | NETWORK),
    Mutant("Inception", three_by_three_for_5x5, MODULE | NETWORK),
    Mutant("Inception", no_biases, MODULE | NETWORK),
    Mutant("Inception", no_relu, {"Inception.values"} | SCORES),
    Mutant("Inception", relu_at_the_end_alone, {"Inception.values"} | SCORES),
    Mutant("Inception", no_pool_in_its_branch, {"Inception.values"} | SCORES),
    Mutant("Inception", average_in_its_branch, {"Inception.values"} | SCORES),
    Mutant("global_average_pool", largest_of_a_map, {"global_average_pool.values"} | SCORES),
    Mutant("global_average_pool", sum_of_a_map, {"global_average_pool.values"} | SCORES),
    Mutant("global_average_pool", axes_kept, {"global_average_pool.values", "GoogLeNet.heads"} | SCORES),
    Mutant(
        "global_average_pool", mean_of_channels, {"global_average_pool.values", "GoogLeNet.heads"} | SCORES
    ),
    Mutant("AuxiliaryHead", no_pool_first, {"AuxiliaryHead.values"}),
    Mutant("AuxiliaryHead", largest_in_the_head, {"AuxiliaryHead.values"}),
    Mutant("AuxiliaryHead", head_of_512_features, HEAD | WITH_HEADS),
    Mutant("AuxiliaryHead", always_1000_classes, HEAD | {"GoogLeNet.heads"}),
    Mutant(
        "AuxiliaryHead",
        softmax_at_the_end,
        {"AuxiliaryHead.values", "AuxiliaryHead.dropout", "GoogLeNet.heads"},
    ),
    Mutant("AuxiliaryHead", head_without_relu, {"AuxiliaryHead.values"}),
    Mutant("AuxiliaryHead", keeps_70_percent, {"AuxiliaryHead.dropout"}),
    Mutant("AuxiliaryHead", dropout_behind_the_scores, {"AuxiliaryHead.dropout", "GoogLeNet.heads"}),
    Mutant("AuxiliaryHead", no_dropout, {"AuxiliaryHead.dropout"}),
    Mutant("inception_cost", reduction_ignored, COST),
    Mutant("inception_cost", biases_forgotten, COST),
    Mutant("inception_cost", projection_forgotten, {"inception_cost.reduced"}),
    Mutant("inception_cost", naive_with_a_projection, {"inception_cost.naive"}),
    Mutant("inception_cost", operations_not_multiply_adds, COST),
    Mutant("inception_cost", one_position, COST),
    Mutant("GoogLeNet", no_last_layer, NETWORK),
    Mutant("GoogLeNet", heads_in_any_case, {"GoogLeNet.count", "GoogLeNet.scores"}),
    Mutant("GoogLeNet", heads_never, WITH_HEADS),
    Mutant("GoogLeNet", network_without_dropout, SCORES),
    Mutant("GoogLeNet", network_keeps_40_percent, SCORES),
    Mutant("GoogLeNet", heads_in_the_other_order, {"GoogLeNet.heads"}),
    Mutant("GoogLeNet", heads_before_the_scores, {"GoogLeNet.heads"}),
    Mutant("GoogLeNet", scores_alone, {"GoogLeNet.heads"}),
    Mutant("GoogLeNet", pools_lose_the_rest, SCORES | {"GoogLeNet.heads"}),
)
