"""The wrong answers to exercise 9. Each is written as a change to the right function, which comes first."""

from collections.abc import Callable
from typing import Any

from coursekit.checks.exercise import Mutant
from coursekit.networks.vgg import CONFIGURATIONS


def _replaced(net: Any, kind: str, make: Callable[[Any], Any]) -> Any:
    """Return the network with something else in the place of each of its modules of a kind of torch.nn."""
    for parent in list(net.modules()):
        for name, child in list(parent.named_children()):
            if type(child).__name__ == kind:
                setattr(parent, name, make(child))
    return net


def c_like_d(right: Any, configuration: Any, *settings: Any, **named: Any) -> Any:
    """Configuration C with windows of 3x3 where the table has 1x1."""
    return right("D" if configuration == "C" else configuration, *settings, **named)


def a_like_b(right: Any, configuration: Any, *settings: Any, **named: Any) -> Any:
    """Configuration A with two convolutions in each of the first blocks."""
    return right("B" if configuration == "A" else configuration, *settings, **named)


def always_1000_classes(right: Any, configuration: Any, **named: Any) -> Any:
    """A network with 1000 classes, whatever `classes` says."""
    return right(configuration, **named | {"classes": 1000})


def always_7_by_7(right: Any, configuration: Any, **named: Any) -> Any:
    """A network whose fc6 expects maps of 7x7, whatever `image_size` says."""
    return right(configuration, **named | {"image_size": 224})


def no_biases(right: Any, configuration: Any, **named: Any) -> Any:
    """A network whose convolutions have no biases."""

    def without(layer: Any) -> Any:
        layer.bias = None
        return layer

    return _replaced(right(configuration, **named), "Conv2d", without)


def batch_norms(right: Any, configuration: Any, **named: Any) -> Any:
    """A network with batch normalisation, which came a year after VGG."""
    from torch import nn

    def normed(layer: Any) -> Any:
        return nn.Sequential(layer, nn.BatchNorm2d(layer.out_channels))

    return _replaced(right(configuration, **named), "Conv2d", normed)


def no_relu(right: Any, configuration: Any, **named: Any) -> Any:
    """The scores of a network without ReLU."""
    from torch import nn

    return _replaced(right(configuration, **named), "ReLU", lambda _: nn.Identity())


def relu_after_the_last(right: Any, configuration: Any, **named: Any) -> Any:
    """The scores behind one more ReLU, which a last layer must not have."""
    from torch import nn

    return nn.Sequential(right(configuration, **named), nn.ReLU())


def softmax_at_the_end(right: Any, configuration: Any, **named: Any) -> Any:
    """Probabilities in place of scores (a softmax at the end)."""
    from torch import nn

    return nn.Sequential(right(configuration, **named), nn.Softmax(dim=1))


def average_pools(right: Any, configuration: Any, **named: Any) -> Any:
    """The scores with average pooling in place of max pooling."""
    from torch import nn

    return _replaced(right(configuration, **named), "MaxPool2d", lambda _: nn.AvgPool2d(2))


def no_dropout(right: Any, configuration: Any, **named: Any) -> Any:
    """A network without dropout."""
    from torch import nn

    return _replaced(right(configuration, **named), "Dropout", lambda _: nn.Identity())


def one_dropout(right: Any, configuration: Any, **named: Any) -> Any:
    """A network with a single dropout, where there should be one behind fc6 and one behind fc7."""
    from torch import nn

    found: list[Any] = []

    def first_only(layer: Any) -> Any:
        found.append(layer)
        return layer if len(found) == 1 else nn.Identity()

    return _replaced(right(configuration, **named), "Dropout", first_only)


def dropout_never_ends(right: Any, configuration: Any, **named: Any) -> Any:
    """A network that drops in evaluation too (a functional dropout without `training=self.training`)."""
    from torch import nn

    class Always(nn.Module):
        def forward(self, x: Any) -> Any:
            return nn.functional.dropout(x, 0.5, training=True)

    return _replaced(right(configuration, **named), "Dropout", lambda _: Always())


def _filters(configuration: str, width: int = 64) -> list[tuple[int, int]]:
    """Return (filters, kernel) of every convolution."""
    entries = [e for block in CONFIGURATIONS[configuration] for e in block]
    pairs = [e if isinstance(e, tuple) else (e, 3) for e in entries]
    return [(filters * width // 64, kernel) for filters, kernel in pairs]


def biases_forgotten(
    right: Any, configuration: Any, width: Any = 64, classes: Any = 1000, **named: Any
) -> Any:
    """The number of weights, with the biases left out."""
    biases = sum(filters for filters, _ in _filters(configuration, width)) + 2 * 64 * width + classes
    return int(right(configuration, width=width, classes=classes, **named)) - biases


def convolutions_only(right: Any, configuration: Any, width: Any = 64, **named: Any) -> Any:
    """The parameters of the convolutions alone."""
    total, channels = 0, 3
    for filters, kernel in _filters(configuration, width):
        total += (channels * kernel**2 + 1) * filters
        channels = filters
    return total


def window_divided_by_three(right: Any, window: Any, channels: Any) -> Any:
    """A stack of window / 3 layers."""
    layers = window // 3
    return layers, 9 * layers * channels**2, window**2 * channels**2


def as_many_pixels(right: Any, window: Any, channels: Any) -> Any:
    """A stack whose windows hold as many pixels together as the large window."""
    layers = -(-(window**2) // 9)
    return layers, 9 * layers * channels**2, window**2 * channels**2


def channels_not_squared(right: Any, window: Any, channels: Any) -> Any:
    """The weights of filters that see one channel each."""
    layers = (window - 1) // 2
    return layers, 9 * layers * channels, window**2 * channels


def one_layer_of_the_stack(right: Any, window: Any, channels: Any) -> Any:
    """The weights of one of the 3x3 layers, not of all."""
    return (window - 1) // 2, 9 * channels**2, window**2 * channels**2


def with_biases(right: Any, window: Any, channels: Any) -> Any:
    """The weights together with the biases."""
    layers = (window - 1) // 2
    return layers, layers * (9 * channels**2 + channels), window**2 * channels**2 + channels


def _field(configuration: str, pool_kernel: int, pool_stride: int, start: int = 1) -> int:
    field, jump = start, 1
    for block in CONFIGURATIONS[configuration]:
        field += sum((0 if isinstance(e, tuple) else 2) * jump for e in block) + (pool_kernel - 1) * jump
        jump *= pool_stride
    return field


def pools_do_not_stride(right: Any, configuration: Any) -> Any:
    """The field of a network whose pools move by single pixels."""
    return _field(configuration, 2, 1)


def pools_see_one_pixel(right: Any, configuration: Any) -> Any:
    """The field in which pools move by two pixels but see one (their window is left out)."""
    return _field(configuration, 1, 2)


def field_from_zero(right: Any, configuration: Any) -> Any:
    """The field without the pixel that a unit sees before any layer (it starts at 0, not at 1)."""
    return int(right(configuration)) - 1


def numbers_not_bytes(right: Any, *settings: Any, **named: Any) -> Any:
    """How many numbers there are, not how many bytes."""
    return int(right(*settings, **named)) // 4


def double_precision(right: Any, *settings: Any, **named: Any) -> Any:
    """The bytes at 8 bytes a number."""
    return 2 * int(right(*settings, **named))


def one_image(right: Any, configuration: Any, batch_size: Any, **named: Any) -> Any:
    """The bytes of one image, whatever `batch_size` says."""
    return right(configuration, batch_size=1, **named)


def image_left_out(
    right: Any, configuration: Any, batch_size: Any, image_size: Any = 224, **named: Any
) -> Any:
    """The bytes without those of the images themselves."""
    every = int(right(configuration, batch_size=batch_size, image_size=image_size, **named))
    return every - 4 * batch_size * 3 * image_size**2


def pools_left_out(
    right: Any, configuration: Any, batch_size: Any, width: Any = 64, image_size: Any = 224, **named: Any
) -> Any:
    """The bytes without those of the pools' outputs."""
    every = int(right(configuration, batch_size=batch_size, width=width, image_size=image_size, **named))
    sides = [image_size // 2**block for block in range(1, 6)]
    pools = sum(n * width * side**2 for n, side in zip((1, 2, 4, 8, 8), sides, strict=True))
    return every - 4 * batch_size * pools


def parameters_added(right: Any, configuration: Any, batch_size: Any, **named: Any) -> Any:
    """The bytes of the activations and of the parameters together."""
    from coursekit.checks.vgg.questions import count_parameters

    return int(right(configuration, batch_size=batch_size, **named)) + 4 * count_parameters(
        configuration, **named
    )


NETWORK = {"vgg.shapes", "vgg.output"}
EVERYTHING = NETWORK | {"vgg.dropout"}
COUNTS = {"count_parameters.published", "count_parameters.yours"}
WINDOW = {"replace_window.layers", "replace_window.weights"}
FIELD = {"receptive_field.fields"}
BYTES = {"activation_bytes.published", "activation_bytes.yours"}

MUTANTS = (
    Mutant("vgg", c_like_d, NETWORK),
    Mutant("vgg", a_like_b, {"vgg.shapes", "vgg.dropout"}),
    Mutant("vgg", always_1000_classes, EVERYTHING),
    Mutant("vgg", always_7_by_7, EVERYTHING),
    Mutant("vgg", no_biases, EVERYTHING),
    Mutant("vgg", batch_norms, EVERYTHING),
    Mutant("vgg", no_relu, {"vgg.output"}),
    Mutant("vgg", relu_after_the_last, {"vgg.output"}),
    Mutant("vgg", softmax_at_the_end, {"vgg.output", "vgg.dropout"}),
    Mutant("vgg", average_pools, {"vgg.output"}),
    Mutant("vgg", no_dropout, {"vgg.dropout"}),
    Mutant("vgg", one_dropout, {"vgg.dropout"}),
    Mutant("vgg", dropout_never_ends, {"vgg.output", "vgg.dropout"}),
    Mutant("count_parameters", biases_forgotten, COUNTS),
    Mutant("count_parameters", convolutions_only, COUNTS),
    Mutant("count_parameters", c_like_d, COUNTS),
    Mutant("count_parameters", always_1000_classes, {"count_parameters.yours"}),
    Mutant("count_parameters", always_7_by_7, {"count_parameters.yours"}),
    Mutant("replace_window", window_divided_by_three, WINDOW),
    Mutant("replace_window", as_many_pixels, WINDOW),
    Mutant("replace_window", channels_not_squared, {"replace_window.weights"}),
    Mutant("replace_window", one_layer_of_the_stack, {"replace_window.weights"}),
    Mutant("replace_window", with_biases, {"replace_window.weights"}),
    Mutant("receptive_field", c_like_d, FIELD),
    Mutant("receptive_field", pools_do_not_stride, FIELD),
    Mutant("receptive_field", pools_see_one_pixel, FIELD),
    Mutant("receptive_field", field_from_zero, FIELD),
    Mutant("activation_bytes", numbers_not_bytes, BYTES),
    Mutant("activation_bytes", double_precision, BYTES),
    Mutant("activation_bytes", one_image, {"activation_bytes.yours"}),
    Mutant("activation_bytes", image_left_out, BYTES),
    Mutant("activation_bytes", pools_left_out, BYTES),
    Mutant("activation_bytes", parameters_added, BYTES),
)
