"""Wrong answers about the networks of exercise 7, each a change to the right function, which comes first."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from coursekit.checks.alexnet import reference
from coursekit.checks.exercise import Mutant


def _replaced(net: Any, kind: str, make: Callable[[Any], Any]) -> Any:
    """Return the network with something else in the place of each of its modules of a kind of torch.nn."""
    from torch import nn

    for parent in list(net.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, getattr(nn, kind)):
                setattr(parent, name, make(child))
    return net


def groups_ignored(right: Any, groups: Any = 1, **named: Any) -> Any:
    """A network in one column, whatever `groups` says."""
    return right(groups=1, **named)


def groups_in_conv3(right: Any, groups: Any = 1, **named: Any) -> Any:
    """A network whose conv3 has groups too: in the paper it sees both columns."""
    from torch import nn

    def grouped(layer: Any) -> Any:
        channels, filters = layer.in_channels, layer.out_channels
        if layer.groups > 1 or layer.kernel_size != (3, 3) or channels >= filters:
            return layer
        return nn.Conv2d(channels, filters, 3, padding=1, groups=groups, device=layer.weight.device)

    return _replaced(right(groups=groups, **named), "Conv2d", grouped)


def always_1000_classes(right: Any, groups: Any = 1, classes: Any = 1000, **named: Any) -> Any:
    """A network with 1000 classes, whatever `classes` says."""
    return right(groups=groups, **named)


def no_biases(right: Any, **named: Any) -> Any:
    """A network whose convolutions have no biases."""

    def without(layer: Any) -> Any:
        layer.bias = None
        return layer

    return _replaced(right(**named), "Conv2d", without)


def sixty_four_filters(right: Any, groups: Any = 1, width: Any = 96, **named: Any) -> Any:
    """A network with two thirds of the filters in its first layer, as torchvision's."""
    from torch import nn

    net = right(groups=groups, width=width, **named)
    first, second = [m for m in net.modules() if isinstance(m, nn.Conv2d)][:2]
    few, on = 2 * width // 3, first.weight.device
    new = {
        first: nn.Conv2d(3, few, 11, stride=4, device=on),
        second: nn.Conv2d(few, second.out_channels, 5, padding=2, groups=groups, device=on),
    }
    return _replaced(net, "Conv2d", lambda layer: new.get(layer, layer))


def padded_first_layer(right: Any, **named: Any) -> Any:
    """A network that pads its images by two pixels, as torchvision's."""

    def padded(layer: Any) -> Any:
        layer.padding = (2, 2) if layer.kernel_size == (11, 11) else layer.padding
        return layer

    return _replaced(right(**named), "Conv2d", padded)


def no_relu(right: Any, **named: Any) -> Any:
    """The scores of a network without ReLU."""
    from torch import nn

    return _replaced(right(**named), "ReLU", lambda _: nn.Identity())


def relu_after_the_last(right: Any, **named: Any) -> Any:
    """The scores behind one more ReLU, which a last layer must not have."""
    from torch import nn

    return nn.Sequential(right(**named), nn.ReLU())


def softmax_at_the_end(right: Any, **named: Any) -> Any:
    """Probabilities in place of scores (a softmax at the end)."""
    from torch import nn

    return nn.Sequential(right(**named), nn.Softmax(dim=1))


def pools_side_by_side(right: Any, **named: Any) -> Any:
    """The scores with pools of 2x2, which do not overlap; their maps have the same size."""
    from torch import nn

    return _replaced(right(**named), "MaxPool2d", lambda _: nn.MaxPool2d(2))


def no_normalisation(right: Any, **named: Any) -> Any:
    """The scores without local response normalisation."""
    from torch import nn

    return _replaced(right(**named), "LocalResponseNorm", lambda _: nn.Identity())


def k_of_one(right: Any, **named: Any) -> Any:
    """The scores with k = 1, PyTorch's default, in place of the paper's 2."""
    from torch import nn

    return _replaced(
        right(**named), "LocalResponseNorm", lambda n: nn.LocalResponseNorm(5, alpha=n.alpha, k=1.0)
    )


def alpha_divided_by_five(right: Any, **named: Any) -> Any:
    """The scores with alpha divided by the five channels, as PyTorch does with the alpha that it is given."""
    from torch import nn

    return _replaced(
        right(**named), "LocalResponseNorm", lambda _: nn.LocalResponseNorm(5, alpha=1e-4, k=2.0)
    )


def pool_before_normalisation(right: Any, **named: Any) -> Any:
    """The scores with each pool before its normalisation, as the slide's table has it."""
    from torch import nn

    modules = [m for m in right(**named).modules() if not list(m.children())]
    for i, module in enumerate(modules[:-1]):
        if isinstance(module, nn.LocalResponseNorm):
            modules[i], modules[i + 1] = modules[i + 1], modules[i]
    return nn.Sequential(*modules)


def normalisation_before_relu(right: Any, **named: Any) -> Any:
    """The scores with each normalisation before its ReLU, not behind it."""
    from torch import nn

    modules = [m for m in right(**named).modules() if not list(m.children())]
    for i, module in enumerate(modules[:-1]):
        if isinstance(modules[i + 1], nn.LocalResponseNorm) and isinstance(module, nn.ReLU):
            modules[i], modules[i + 1] = modules[i + 1], modules[i]
    return nn.Sequential(*modules)


def scores_dropped_too(right: Any, **named: Any) -> Any:
    """A network with a third dropout, behind its scores."""
    from torch import nn

    return nn.Sequential(right(**named), nn.Dropout(0.5))


def no_dropout(right: Any, **named: Any) -> Any:
    """A network without dropout."""
    from torch import nn

    return _replaced(right(**named), "Dropout", lambda _: nn.Identity())


def dropout_before_the_hidden_layers(right: Any, **named: Any) -> Any:
    """A network whose dropouts stand before fc6 and fc7, as torchvision's, not behind them."""
    from torch import nn

    modules = [m for m in right(**named).modules() if not list(m.children())]
    kept = [m for m in modules if not isinstance(m, nn.Dropout)]
    linear = [i for i, m in enumerate(kept) if isinstance(m, nn.Linear)]
    for i in linear[1::-1]:
        kept.insert(i, nn.Dropout(0.5))
    return nn.Sequential(*kept)


def dropout_never_ends(right: Any, **named: Any) -> Any:
    """A network that drops in evaluation too (a functional dropout without `training=self.training`)."""
    from torch import nn

    class Always(nn.Module):
        def forward(self, x: Any) -> Any:
            return nn.functional.dropout(x, 0.5, training=True)

    return _replaced(right(**named), "Dropout", lambda _: Always())


def inputs_halved(right: Any, state: Any) -> Any:
    """Every layer's weights halved along its inputs, not along its outputs."""
    first, second = right(state)
    for name, value in state.items():
        if value.ndim > 1:
            middle = value.shape[1] // 2
            first[name], second[name] = value[:, :middle], value[:, middle:]
    return first, second


def even_and_odd(right: Any, state: Any) -> Any:
    """Even outputs in one half and odd ones in the other: groups are the first half and the second."""
    return {n: value[::2] for n, value in state.items()}, {n: value[1::2] for n, value in state.items()}


def biases_whole(right: Any, state: Any) -> Any:
    """All biases in both halves."""
    biases = {name: value for name, value in state.items() if name.endswith("bias")}
    return tuple(half | biases for half in right(state))


def first_half_twice(right: Any, state: Any) -> Any:
    """The first half twice."""
    return (right(state)[0],) * 2


def _own_maps_first(maps: Sequence[Any]) -> list[Any]:
    import torch

    return [torch.cat([maps[0], maps[1]], dim=1), torch.cat([maps[1], maps[0]], dim=1)]


def own_maps_first(right: Any, x: Any, first: Any, second: Any) -> Any:
    """The scores if each column puts its own maps before the other's, where both must see the same order."""
    return reference.two_columns(x, first, second, meet=_own_maps_first)


def own_maps_twice(right: Any, x: Any, first: Any, second: Any) -> Any:
    """The scores if the columns never meet: each sees its own maps twice."""
    import torch

    return reference.two_columns(x, first, second, meet=lambda maps: [torch.cat([m, m], dim=1) for m in maps])


def scores_added(right: Any, x: Any, first: Any, second: Any) -> Any:
    """The scores of both columns added up, not one behind the other."""
    return reference.two_columns(x, first, second, last=lambda maps: [maps[0] + maps[1]])


def columns_normalised_apart(right: Any, x: Any, first: Any, second: Any) -> Any:
    """The scores if each column normalises without its neighbour's channels at the border."""
    import torch

    def apart(maps: Sequence[Any]) -> list[Any]:
        return [torch.cat(reference.normalised_together([m]), dim=1) for m in maps]

    return reference.two_columns(x, first, second, norm=apart)


def alpha_divided_in_columns(right: Any, x: Any, first: Any, second: Any) -> Any:
    """The scores with alpha divided by the five channels, as PyTorch does with the alpha that it is given."""
    return reference.two_columns(x, first, second, norm=partial(reference.normalised_together, alpha=1e-4))


def _losing(question: str, checks: str) -> set[str]:
    return {f"{question}.{check}" for check in checks.split()}


FORWARD = "layers scores bright"

MUTANTS = (
    Mutant("alexnet", groups_ignored, _losing("alexnet", f"two_columns {FORWARD}")),
    Mutant("alexnet", groups_in_conv3, _losing("alexnet", f"two_columns {FORWARD}")),
    Mutant("alexnet", always_1000_classes, _losing("alexnet", f"{FORWARD} dropout")),
    Mutant("alexnet", no_biases, _losing("alexnet", "one_column two_columns scores bright")),
    Mutant("alexnet", sixty_four_filters, _losing("alexnet", f"one_column two_columns {FORWARD}")),
    Mutant("alexnet", padded_first_layer, _losing("alexnet", FORWARD)),
    Mutant("alexnet", no_relu, _losing("alexnet", "scores bright")),
    Mutant("alexnet", relu_after_the_last, _losing("alexnet", "scores bright")),
    Mutant("alexnet", softmax_at_the_end, _losing("alexnet", "scores bright dropout")),
    Mutant("alexnet", pools_side_by_side, _losing("alexnet", "scores bright")),
    Mutant("alexnet", no_normalisation, _losing("alexnet", "scores bright")),
    Mutant("alexnet", k_of_one, _losing("alexnet", "scores bright")),
    Mutant("alexnet", alpha_divided_by_five, _losing("alexnet", "bright")),
    Mutant("alexnet", pool_before_normalisation, _losing("alexnet", "bright")),
    Mutant("alexnet", normalisation_before_relu, _losing("alexnet", "bright")),
    Mutant("alexnet", scores_dropped_too, _losing("alexnet", "dropout")),
    Mutant("alexnet", no_dropout, _losing("alexnet", "dropout")),
    Mutant("alexnet", dropout_before_the_hidden_layers, _losing("alexnet", "dropout")),
    Mutant("alexnet", dropout_never_ends, _losing("alexnet", "scores bright dropout")),
    Mutant("halves", inputs_halved, {"halves.weights"}),
    Mutant("halves", even_and_odd, _losing("halves", "weights biases")),
    Mutant("halves", biases_whole, {"halves.biases"}),
    Mutant("halves", first_half_twice, _losing("halves", "weights biases")),
    Mutant("two_columns", own_maps_first, _losing("two_columns", "scores bright")),
    Mutant("two_columns", own_maps_twice, _losing("two_columns", "scores bright")),
    Mutant("two_columns", scores_added, _losing("two_columns", "scores bright")),
    Mutant("two_columns", columns_normalised_apart, {"two_columns.bright"}),
    Mutant("two_columns", alpha_divided_in_columns, {"two_columns.bright"}),
)
