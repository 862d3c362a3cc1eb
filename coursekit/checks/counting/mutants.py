"""The wrong answers to exercise 4. Each is written as a change to the right function, which comes first."""

from collections.abc import Callable
from itertools import accumulate
from math import ceil, prod
from typing import Any

from coursekit.checks.exercise import Mutant


def _with_size(right: Any, layer: Any, shape: Any, size: Callable[[int, int, int, int], float]) -> Any:
    """Return the right shape, but with another formula for the sides: size(n, kernel, stride, padding)."""
    out = tuple(right(layer, shape))
    if layer["kind"] not in ("conv", "pool"):
        return out
    return (out[0], *(size(n, layer["kernel"], layer["stride"], layer["padding"]) for n in shape[1:]))


def rounded_up(right: Any, layer: Any, shape: Any) -> Any:
    """A shape that counts a last window which hangs over the edge (rounded up, not down)."""
    return _with_size(right, layer, shape, lambda n, k, s, p: ceil((n + 2 * p - k) / s) + 1)


def rounded_to_the_nearest(right: Any, layer: Any, shape: Any) -> Any:
    """A shape rounded to the nearest whole number: a window that does not quite fit is left out (`//`)."""
    return _with_size(right, layer, shape, lambda n, k, s, p: int((n + 2 * p - k) / s + 0.5) + 1)


def fractions_of_a_window(right: Any, layer: Any, shape: Any) -> Any:
    """A shape with fractions of a window in it: one that does not quite fit is left out (`//`, not `/`)."""
    return _with_size(right, layer, shape, lambda n, k, s, p: (n + 2 * p - k) / s + 1)


def padding_of_pools_ignored(right: Any, layer: Any, shape: Any) -> Any:
    """A shape with the padding of pooling layers ignored."""
    return right({**layer, "padding": 0} if layer["kind"] == "pool" else layer, shape)


def padding_on_one_side(right: Any, layer: Any, shape: Any) -> Any:
    """A shape with the padding counted once, not on both sides."""
    return _with_size(right, layer, shape, lambda n, k, s, p: (n + p - k) // s + 1)


def one_forgotten(right: Any, layer: Any, shape: Any) -> Any:
    """A shape without the first position of the window (the + 1 is missing)."""
    return _with_size(right, layer, shape, lambda n, k, s, p: (n + 2 * p - k) // s)


def stride_ignored(right: Any, layer: Any, shape: Any) -> Any:
    """A shape with the stride ignored."""
    return _with_size(right, layer, shape, lambda n, k, s, p: n + 2 * p - k + 1)


def square_images_only(right: Any, layer: Any, shape: Any) -> Any:
    """A shape whose width is computed from the height."""
    out = tuple(right(layer, shape))
    return (*out[:2], out[1]) if len(out) == 3 else out


def width_before_height(right: Any, layer: Any, shape: Any) -> Any:
    """A shape with height and width exchanged."""
    out = tuple(right(layer, shape))
    return (out[0], out[2], out[1]) if len(out) == 3 else out


def channels_unchanged(right: Any, layer: Any, shape: Any) -> Any:
    """A shape with as many channels as came in."""
    return (shape[0], *tuple(right(layer, shape))[1:]) if layer["kind"] == "conv" else right(layer, shape)


def flatten_forgets_channels(right: Any, layer: Any, shape: Any) -> Any:
    """A shape in which flattening keeps the pixels of one map alone."""
    return (prod(shape[1:]),) if layer["kind"] == "flatten" else right(layer, shape)


def global_pool_flattens(right: Any, layer: Any, shape: Any) -> Any:
    """A shape in which global pooling has dropped the two axes that should have length 1."""
    return (shape[0],) if layer["kind"] == "global_pool" else right(layer, shape)


def _outputs(layer: Any) -> int:
    return int(layer["out"]) if layer["kind"] in ("conv", "linear") else 0


def bias_forgotten(right: Any, layer: Any) -> Any:
    """The number of weights, with the biases left out."""
    return int(right(layer)) - (_outputs(layer) if layer.get("bias") else 0)


def bias_in_any_case(right: Any, layer: Any) -> Any:
    """The count with biases also where `bias` is False."""
    return right({**layer, "bias": True} if "bias" in layer else layer)


def one_bias_a_layer(right: Any, layer: Any) -> Any:
    """The count with a single bias for the whole layer."""
    return int(right(layer)) - (_outputs(layer) - 1 if layer.get("bias") else 0)


def groups_ignored(right: Any, layer: Any, shape: Any = None) -> Any:
    """The count with the groups ignored, as if every filter saw all channels."""
    layer = {**layer, "groups": 1} if "groups" in layer else layer
    return right(layer) if shape is None else right(layer, shape)


def kernel_not_squared(right: Any, layer: Any) -> Any:
    """The count with kernel weights in a window, not kernel squared."""
    if layer["kind"] != "conv":
        return right(layer)
    bias = layer["out"] if layer["bias"] else 0
    return layer["kernel"] * layer["in"] // layer["groups"] * layer["out"] + bias


def running_statistics_counted(right: Any, layer: Any) -> Any:
    """The count with the running mean and variance, which are kept but not trained."""
    return int(right(layer)) * (2 if layer["kind"] == "batch_norm" else 1)


def batch_norm_without_weights(right: Any, layer: Any) -> Any:
    """The count with nothing to train in a batch normalisation."""
    return 0 if layer["kind"] == "batch_norm" else right(layer)


def positions_of_the_input(right: Any, layer: Any, shape: Any) -> Any:
    """The count with a window at every pixel of the input, not of the output."""
    if layer["kind"] != "conv":
        return right(layer, shape)
    weights = layer["kernel"] ** 2 * layer["in"] // layer["groups"] * layer["out"]
    return weights * prod(shape[1:])


def doubled(right: Any, layer: Any, shape: Any) -> Any:
    """Multiplications and additions counted as two."""
    return 2 * int(right(layer, shape))


def weights_only_once(right: Any, layer: Any, shape: Any) -> Any:
    """The number of weights: each counted for one position of the window alone."""
    if layer["kind"] != "conv":
        return right(layer, shape)
    return layer["kernel"] ** 2 * layer["in"] // layer["groups"] * layer["out"]


def bias_counted(right: Any, layer: Any, shape: Any) -> Any:
    """The count with one more for the bias of every output number."""
    extra = _outputs(layer) if layer.get("bias") else 0
    if layer["kind"] == "conv":
        k, s, p = layer["kernel"], layer["stride"], layer["padding"]
        extra *= prod((n + 2 * p - k) // s + 1 for n in shape[1:])
    return int(right(layer, shape)) + extra


def input_features_alone(right: Any, layer: Any, shape: Any) -> Any:
    """The count with one multiplication for each input of a fully connected layer."""
    return layer["in"] if layer["kind"] == "linear" else right(layer, shape)


def _windows(layers: Any) -> Any:
    return [layer for layer in layers if layer["kind"] in ("conv", "pool")]


def fields_added(right: Any, layers: Any) -> Any:
    """The sum of the windows' sides."""
    return sum(layer["kernel"] for layer in _windows(layers))


def field_from_zero(right: Any, layers: Any) -> Any:
    """The field without the pixel that a unit sees before any layer (it starts at 0, not at 1)."""
    return int(right(layers)) - 1


def whole_sides(right: Any, layers: Any) -> Any:
    """The field to which each window adds its whole side, not its side less one."""
    field, jump = 1, 1
    for layer in _windows(layers):
        field += layer["kernel"] * jump
        jump *= layer["stride"]
    return field


def strides_ignored(right: Any, layers: Any) -> Any:
    """The field of windows that all move by single pixels."""
    return 1 + sum(layer["kernel"] - 1 for layer in _windows(layers))


def own_stride_first(right: Any, layers: Any) -> Any:
    """The field in which a layer's own stride already widens its own window."""
    field, jump = 1, 1
    for layer in _windows(layers):
        jump *= layer["stride"]
        field += (layer["kernel"] - 1) * jump
    return field


def pooling_ignored(right: Any, layers: Any) -> Any:
    """The field of the convolutions alone."""
    return right(tuple(layer for layer in layers if layer["kind"] != "pool"))


def last_stride_only(right: Any, layers: Any) -> Any:
    """The field in which only the stride of the layer just before counts, not the product of all."""
    field, jump = 1, 1
    for layer in _windows(layers):
        field += (layer["kernel"] - 1) * jump
        jump = layer["stride"]
    return field


def shapes_that_come_in(right: Any, layers: Any, shape: Any) -> Any:
    """Rows with the shape that comes into a layer, not the one that comes out."""
    rows = [tuple(row) for row in right(layers, shape)]
    shapes = [shape, *(row[1] for row in rows)]
    return [(row[0], before, *row[2:]) for row, before in zip(rows, shapes, strict=False)]


def multiply_adds_before_parameters(right: Any, layers: Any, shape: Any) -> Any:
    """Rows with the multiply-adds before the parameters."""
    return [(*tuple(row)[:2], row[3], row[2]) for row in right(layers, shape)]


def rows_with_weights_only(right: Any, layers: Any, shape: Any) -> Any:
    """Rows for those layers alone that have parameters."""
    return [row for row in right(layers, shape) if row[2]]


def running_totals(right: Any, layers: Any, shape: Any) -> Any:
    """Rows that count all layers up to this one."""
    rows = [tuple(row) for row in right(layers, shape)]
    totals = [accumulate(row[column] for row in rows) for column in (2, 3)]
    return [(*row[:2], *counts) for row, *counts in zip(rows, *totals, strict=True)]


WINDOWS = {"output_shape.windows", "output_shape.yours"}
MULTIPLY_ADDS = {"multiply_adds.convolution"}
FIELDS = {"receptive_field.strides", "receptive_field.yours"}
SUMMARY = {"summary.lenet5", "summary.yours"}

# `multiply_adds` calls `output_shape`, and `summary` calls all of them: what is wrong in one is wrong in
# those that call it, unless their cases happen not to show it.
MUTANTS = (
    Mutant("output_shape", rounded_up, WINDOWS | {"summary.yours"}),
    Mutant("output_shape", rounded_to_the_nearest, WINDOWS | {"summary.yours"}),
    Mutant("output_shape", fractions_of_a_window, WINDOWS | {"summary.yours"}),
    Mutant("output_shape", padding_of_pools_ignored, WINDOWS),
    Mutant("output_shape", padding_on_one_side, WINDOWS | MULTIPLY_ADDS | SUMMARY),
    Mutant("output_shape", one_forgotten, WINDOWS | MULTIPLY_ADDS | SUMMARY),
    Mutant("output_shape", stride_ignored, WINDOWS | MULTIPLY_ADDS | SUMMARY),
    Mutant(
        "output_shape",
        square_images_only,
        WINDOWS | {"output_shape.others", "summary.yours"} | MULTIPLY_ADDS,
    ),
    Mutant("output_shape", width_before_height, WINDOWS | {"output_shape.others", "summary.yours"}),
    Mutant("output_shape", channels_unchanged, WINDOWS | SUMMARY),
    Mutant("output_shape", flatten_forgets_channels, {"output_shape.others"} | SUMMARY),
    Mutant("output_shape", global_pool_flattens, {"output_shape.others", "summary.yours"}),
    Mutant("parameters", bias_forgotten, {"parameters.weights"} | SUMMARY),
    Mutant("parameters", bias_in_any_case, {"parameters.weights", "summary.yours"}),
    Mutant("parameters", one_bias_a_layer, {"parameters.weights"} | SUMMARY),
    Mutant("parameters", groups_ignored, {"parameters.weights", "summary.yours"}),
    Mutant("parameters", kernel_not_squared, {"parameters.weights"} | SUMMARY),
    Mutant("parameters", running_statistics_counted, {"parameters.others", "summary.yours"}),
    Mutant("parameters", batch_norm_without_weights, {"parameters.others", "summary.yours"}),
    Mutant("multiply_adds", positions_of_the_input, MULTIPLY_ADDS | SUMMARY),
    Mutant("multiply_adds", doubled, MULTIPLY_ADDS | {"multiply_adds.others"} | SUMMARY),
    Mutant("multiply_adds", weights_only_once, MULTIPLY_ADDS | SUMMARY),
    Mutant("multiply_adds", bias_counted, MULTIPLY_ADDS | {"multiply_adds.others"} | SUMMARY),
    Mutant("multiply_adds", groups_ignored, MULTIPLY_ADDS | {"summary.yours"}),
    Mutant("multiply_adds", input_features_alone, {"multiply_adds.others"} | SUMMARY),
    Mutant("receptive_field", fields_added, {"receptive_field.stacks"} | FIELDS),
    Mutant("receptive_field", field_from_zero, {"receptive_field.stacks"} | FIELDS),
    Mutant("receptive_field", whole_sides, {"receptive_field.stacks"} | FIELDS),
    Mutant("receptive_field", strides_ignored, FIELDS),
    Mutant("receptive_field", own_stride_first, FIELDS),
    Mutant("receptive_field", pooling_ignored, FIELDS),
    Mutant("receptive_field", last_stride_only, FIELDS),
    Mutant("summary", shapes_that_come_in, SUMMARY),
    Mutant("summary", multiply_adds_before_parameters, SUMMARY),
    Mutant("summary", rows_with_weights_only, SUMMARY),
    Mutant("summary", running_totals, SUMMARY),
)
