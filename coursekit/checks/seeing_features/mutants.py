"""The wrong answers to exercise 13. Each is written as a change to the right function, which comes first.

They are mistakes that people have made in public: filters scaled all together, a hook that stays, the
gradient of a probability or of the most probable class, a Grad-CAM without ReLU or with weights that have
lost their sign.
"""

from typing import Any

import numpy as np

from coursekit.checks.exercise import Mutant
from coursekit.checks.seeing_features.questions import maps_and_gradients

# Of the grid


def _drawn(right: Any, scaled: Any, columns: Any, gap: Any) -> Any:
    """Return the grid of filters that are scaled already."""
    picture = right(np.arange(scaled.size, dtype=float).reshape(scaled.shape), columns, gap)
    m, _, h, w = scaled.shape
    for i in range(m):
        top, left = (i // columns) * (h + gap), (i % columns) * (w + gap)
        picture[top : top + h, left : left + w] = scaled[i].transpose(1, 2, 0)
    return picture


def scaled_together(right: Any, weights: Any, columns: Any, gap: Any = 1) -> Any:
    """A grid in which all filters are scaled together: weak ones are grey."""
    span = np.ptp(weights) or 1
    return _drawn(right, (weights - weights.min()) / span, columns, gap)


def channels_scaled_apart(right: Any, weights: Any, columns: Any, gap: Any = 1) -> Any:
    """A grid in which red, green and blue of a filter are scaled apart: its colour is lost."""
    low, high = weights.min(axis=(2, 3), keepdims=True), weights.max(axis=(2, 3), keepdims=True)
    return _drawn(right, (weights - low) / np.where(high > low, high - low, 1), columns, gap)


def cut_off_at_0_and_1(right: Any, weights: Any, columns: Any, gap: Any = 1) -> Any:
    """A grid of the weights as they are, cut off at 0 and 1."""
    return _drawn(right, np.clip(weights, 0, 1), columns, gap)


def black_gaps(right: Any, weights: Any, columns: Any, gap: Any = 1) -> Any:
    """A grid whose gaps are 0, which is black, not 1."""
    _, _, h, w = weights.shape
    picture = np.array(right(weights, columns, gap))
    rows, across = np.indices(picture.shape[:2])
    picture[(rows % (h + gap) >= h) | (across % (w + gap) >= w)] = 0
    count = (rows // (h + gap)) * columns + across // (w + gap)
    picture[count >= len(weights)] = 0
    return picture


def last_row_lost(right: Any, weights: Any, columns: Any, gap: Any = 1) -> Any:
    """A grid without the last row if that is not full."""
    full = len(weights) // columns * columns
    return right(weights[:full], columns, gap) if full else np.zeros((0, 0, 3))


def divided_by_zero(right: Any, weights: Any, columns: Any, gap: Any = 1) -> Any:
    """A grid in which a filter of equal weights is divided by zero."""
    low, high = weights.min(axis=(1, 2, 3), keepdims=True), weights.max(axis=(1, 2, 3), keepdims=True)
    with np.errstate(all="ignore"):
        return _drawn(right, (weights - low) / (high - low), columns, gap)


# Of neighbours


def farthest(right: Any, features: Any, queries: Any, k: Any) -> Any:
    """The farthest rows."""
    return np.argsort(-np.linalg.norm(queries[:, None] - features, axis=2), axis=1)[:, :k]


def largest_products(right: Any, features: Any, queries: Any, k: Any) -> Any:
    """The rows with the largest inner product: long rows win."""
    return np.argsort(-(queries @ features.T), axis=1)[:, :k]


def absolute_differences(right: Any, features: Any, queries: Any, k: Any) -> Any:
    """The rows at the smallest sum of absolute differences, not at the smallest Euclidean distance."""
    return np.argsort(np.abs(queries[:, None] - features).sum(axis=2), axis=1)[:, :k]


def same_direction(right: Any, features: Any, queries: Any, k: Any) -> Any:
    """The rows of the nearest direction (the cosine), not of the smallest distance."""
    length = np.linalg.norm(features, axis=1)
    return np.argsort(-(queries @ features.T) / length, axis=1)[:, :k]


def nearest_last(right: Any, features: Any, queries: Any, k: Any) -> Any:
    """The right rows with the nearest last."""
    return right(features, queries, k)[:, ::-1]


# Of layers


def _count_nothing(*_: Any) -> None:
    return None


def hook_left(right: Any, model: Any, name: Any, images: Any) -> Any:
    """The right output from a hook that stays in the layer."""
    out = right(model, name, images)
    model.get_submodule(name).register_forward_hook(_count_nothing)
    return out


def left_in_training_mode(right: Any, model: Any, name: Any, images: Any) -> Any:
    """The right output, and a network that is left in training mode."""
    out = right(model, name, images)
    model.train()
    return out


def hooks_left_everywhere(right: Any, model: Any, name: Any, images: Any) -> Any:
    """The right output from hooks that stay in every layer."""
    out = right(model, name, images)
    for layer in model.modules():
        layer.register_forward_hook(_count_nothing)
    return out


def what_goes_in(right: Any, model: Any, name: Any, images: Any) -> Any:
    """The input of the layer, not its output."""
    kept: list[Any] = []
    handle = model.get_submodule(name).register_forward_pre_hook(lambda _m, inputs: kept.append(inputs[0]))
    model(images)
    handle.remove()
    return kept[0]


def scores_of_the_network(right: Any, model: Any, name: Any, images: Any) -> Any:
    """The scores of the network, not the output of the layer."""
    return model(images)


def first_image_alone(right: Any, model: Any, name: Any, images: Any) -> Any:
    """The output for the first image alone."""
    return right(model, name, images)[0]


# Of gradients


def _by_pixels(model: Any, images: Any, score: Any) -> Any:
    """Return the gradient by the pixels of what `score` makes of the network's scores."""
    import torch

    leaf = images.detach().clone().requires_grad_()
    return torch.autograd.grad(score(model(leaf)).sum(), leaf)[0]


def of_probabilities(right: Any, model: Any, images: Any, classes: Any) -> Any:
    """The gradient of the probabilities, after softmax, not of the scores."""
    rows = range(len(images))
    return _by_pixels(model, images, lambda s: s.softmax(dim=1)[rows, classes]).abs().amax(dim=1)


def of_the_most_probable_class(right: Any, model: Any, images: Any, classes: Any) -> Any:
    """The gradient of the largest score, whatever `classes` says."""
    return right(model, images, model(images).argmax(dim=1))


def of_all_scores(right: Any, model: Any, images: Any, classes: Any) -> Any:
    """The gradient of the sum of all scores."""
    return _by_pixels(model, images, lambda s: s).abs().amax(dim=1)


def sign_kept(right: Any, model: Any, images: Any, classes: Any) -> Any:
    """The largest gradient of the channels with its sign, so that strong negative ones do not count."""
    rows = range(len(images))
    return _by_pixels(model, images, lambda s: s[rows, classes]).amax(dim=1)


def channels_summed(right: Any, model: Any, images: Any, classes: Any) -> Any:
    """The sum of the absolute gradients over the channels, not the largest."""
    rows = range(len(images))
    return _by_pixels(model, images, lambda s: s[rows, classes]).abs().sum(dim=1)


def channels_averaged(right: Any, model: Any, images: Any, classes: Any) -> Any:
    """The mean over the channels, not the largest."""
    rows = range(len(images))
    return _by_pixels(model, images, lambda s: s[rows, classes]).abs().mean(dim=1)


def images_averaged(right: Any, model: Any, images: Any, classes: Any) -> Any:
    """The gradient of the mean score of the batch: it is divided by the number of images."""
    return right(model, images, classes) / len(images)


def _cam(weights: Any, maps: Any) -> Any:
    return (weights * maps).sum(dim=1).clamp(min=0)


def _seen(model: Any, name: Any, images: Any, classes: Any) -> Any:
    rows = range(len(images))
    return maps_and_gradients(model, name, images, lambda s: s[rows, classes])


def no_relu(right: Any, model: Any, name: Any, images: Any, classes: Any) -> Any:
    """The weighted sum of the maps without ReLU."""
    maps, gradients = _seen(model, name, images, classes)
    return (gradients.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1)


def relu_before_the_sum(right: Any, model: Any, name: Any, images: Any, classes: Any) -> Any:
    """A sum of maps of which each was cut off at zero by itself: the ReLU comes behind the sum."""
    maps, gradients = _seen(model, name, images, classes)
    return (gradients.mean(dim=(2, 3), keepdim=True) * maps).clamp(min=0).sum(dim=1)


def gradients_summed(right: Any, model: Any, name: Any, images: Any, classes: Any) -> Any:
    """A map with the sum of the gradients over the places as weights, not their mean."""
    maps, gradients = _seen(model, name, images, classes)
    return _cam(gradients.sum(dim=(2, 3), keepdim=True), maps)


def place_by_place(right: Any, model: Any, name: Any, images: Any, classes: Any) -> Any:
    """A map with the gradient of every place as its weight, not the mean over the places."""
    maps, gradients = _seen(model, name, images, classes)
    return _cam(gradients, maps)


def sign_lost(right: Any, model: Any, name: Any, images: Any, classes: Any) -> Any:
    """A map whose weights have lost their sign: what speaks against the class counts for it."""
    maps, gradients = _seen(model, name, images, classes)
    return _cam(gradients.mean(dim=(2, 3), keepdim=True).abs(), maps)


def gradient_left_out(right: Any, model: Any, name: Any, images: Any, classes: Any) -> Any:
    """The sum of the maps without weights: it is the same for every class."""
    maps, _ = _seen(model, name, images, classes)
    return maps.sum(dim=1).clamp(min=0)


def cam_of_the_most_probable(right: Any, model: Any, name: Any, images: Any, classes: Any) -> Any:
    """The map of the largest score, whatever `classes` says."""
    return right(model, name, images, model(images).argmax(dim=1))


FULL, REST = {"filter_grid.full"}, {"filter_grid.rest"}
NEAREST = {"nearest.neighbours"}
VALUES, TIDY = {"layer_output.values"}, {"layer_output.tidy"}
SALIENCY = {"saliency.map"}
CAM, PLANTED = {"grad_cam.map"}, {"grad_cam.planted"}

# No function calls another: what is wrong in one costs its own points and no others.
MUTANTS = (
    Mutant("filter_grid", scaled_together, FULL | REST),
    Mutant("filter_grid", channels_scaled_apart, FULL | REST),
    Mutant("filter_grid", cut_off_at_0_and_1, FULL | REST),
    Mutant("filter_grid", black_gaps, FULL | REST),
    Mutant("filter_grid", last_row_lost, REST),
    Mutant("filter_grid", divided_by_zero, REST),
    Mutant("nearest", farthest, NEAREST),
    Mutant("nearest", largest_products, NEAREST),
    Mutant("nearest", absolute_differences, NEAREST),
    Mutant("nearest", same_direction, NEAREST),
    Mutant("nearest", nearest_last, NEAREST),
    Mutant("layer_output", hook_left, TIDY),
    Mutant("layer_output", left_in_training_mode, TIDY),
    Mutant("layer_output", hooks_left_everywhere, TIDY),
    Mutant("layer_output", what_goes_in, VALUES | TIDY),
    Mutant("layer_output", scores_of_the_network, VALUES | TIDY),
    Mutant("layer_output", first_image_alone, VALUES | TIDY),
    Mutant("saliency", of_probabilities, SALIENCY),
    Mutant("saliency", of_the_most_probable_class, SALIENCY),
    Mutant("saliency", of_all_scores, SALIENCY),
    Mutant("saliency", sign_kept, SALIENCY),
    Mutant("saliency", channels_summed, SALIENCY),
    Mutant("saliency", channels_averaged, SALIENCY),
    Mutant("saliency", images_averaged, SALIENCY),
    Mutant("grad_cam", no_relu, CAM),
    Mutant("grad_cam", relu_before_the_sum, CAM),
    Mutant("grad_cam", gradients_summed, CAM),
    Mutant("grad_cam", place_by_place, CAM),
    Mutant("grad_cam", sign_lost, CAM | PLANTED),
    Mutant("grad_cam", gradient_left_out, CAM | PLANTED),
    Mutant("grad_cam", cam_of_the_most_probable, CAM | PLANTED),
)
