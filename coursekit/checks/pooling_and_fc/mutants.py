"""The wrong answers. Each is written as a change to the right function, which comes first.

They are mistakes that people have made in public, teachers among them: a mask `x == max` that pays every tie
in full, a maximum that starts from zero, `=` for `+=` where windows overlap, a reshape in place of a
transpose, and the exp that overflows.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.checks.exercise import Mutant
from coursekit.networks import pair
from coursekit.numpy_nn import functional as F

# Of pooling forward


def never_below_zero(right: Any, x: Any, kernel_size: Any, stride: Any) -> Any:
    """A maximum that is never below zero (it starts from 0, not from the window's first value)."""
    return np.maximum(right(x, kernel_size, stride), 0)


def largest_in_size(right: Any, x: Any, kernel_size: Any, stride: Any) -> Any:
    """The largest of every window's absolute values."""
    return right(np.abs(x), kernel_size, stride)


def mean_of_every_window(right: Any, x: Any, kernel_size: Any, stride: Any) -> Any:
    """The mean of every window, not its largest value."""
    return F.avg_pool2d_forward(x, kernel_size, stride)[0]


def windows_side_by_side(right: Any, x: Any, kernel_size: Any, stride: Any) -> Any:
    """Windows side by side: the stride is ignored."""
    return right(x, kernel_size, kernel_size)


def hanging_over_the_edge(right: Any, x: Any, kernel_size: Any, stride: Any) -> Any:
    """A result in which a last window counts that hangs over the edge."""
    return F.max_pool2d_forward(x, kernel_size, stride, ceil_mode=True)[0]


def last_window_missing(right: Any, x: Any, kernel_size: Any, stride: Any) -> Any:
    """A result without the last row and the last column of windows."""
    return right(x, kernel_size, stride)[:, :, :-1, :-1]


def sum_of_every_window(right: Any, x: Any, kernel_size: Any, stride: Any) -> Any:
    """The sum of every window, not its mean."""
    return right(x, kernel_size, stride) * np.prod(pair(kernel_size))


def divided_by_the_stride(right: Any, x: Any, kernel_size: Any, stride: Any) -> Any:
    """A mean that is divided by the area of the stride, not by that of the window."""
    return right(x, kernel_size, stride) * np.prod(pair(kernel_size)) / np.prod(pair(stride))


# Of pooling backward


def _back(
    dout: Any, x: Any, kernel_size: Any, stride: Any, share: Callable[[Any], Any], add: bool = True
) -> np.ndarray:
    """Send dout back, window by window, in the shares that `share` gives for a window."""
    (kh, kw), (sh, sw) = pair(kernel_size), pair(stride)
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(dout.shape):
        place = (n, c, slice(sh * i, sh * i + kh), slice(sw * j, sw * j + kw))
        sent = dout[n, c, i, j] * share(x[place])
        dx[place] = dx[place] + sent if add else np.where(sent != 0, sent, dx[place])
    return dx


def _largest(window: Any) -> Any:
    return window == window.max()


def every_tie_in_full(right: Any, dout: Any, x: Any, kernel_size: Any, stride: Any) -> Any:
    """A gradient in which each of several largest values receives the whole."""
    return _back(dout, x, kernel_size, stride, _largest)


def ties_shared(right: Any, dout: Any, x: Any, kernel_size: Any, stride: Any) -> Any:
    """A gradient that several largest values share."""
    return _back(dout, x, kernel_size, stride, lambda window: _largest(window) / _largest(window).sum())


def last_of_the_ties(right: Any, dout: Any, x: Any, kernel_size: Any, stride: Any) -> Any:
    """A gradient in which the last of several largest values receives all, not the first."""

    def share(window: Any) -> Any:
        flat = _largest(window).reshape(-1)
        return (np.arange(flat.size) == np.flatnonzero(flat)[-1]).reshape(window.shape)

    return _back(dout, x, kernel_size, stride, share)


def largest_overwritten(right: Any, dout: Any, x: Any, kernel_size: Any, stride: Any) -> Any:
    """A gradient from one window alone where a pixel is the largest of several (`=` in place of `+=`)."""

    def share(window: Any) -> Any:
        return (np.arange(window.size) == window.argmax()).reshape(window.shape)

    return _back(dout, x, kernel_size, stride, share, add=False)


def upstream_ignored(right: Any, dout: Any, x: Any, kernel_size: Any, stride: Any) -> Any:
    """The gradient of the sum of all outputs (dout taken as ones)."""
    return right(np.ones_like(dout), x, kernel_size, stride)


def every_pixel_the_whole(right: Any, dout: Any, x: Any, kernel_size: Any, stride: Any) -> Any:
    """A gradient in which every pixel of a window receives the whole."""
    return _back(dout, x, kernel_size, stride, np.ones_like)


def left_over_cut_off(right: Any, dout: Any, x: Any, kernel_size: Any, stride: Any) -> Any:
    """A gradient without the rows and columns that no window reaches: they are zeros."""
    sizes = zip(dout.shape[2:], pair(kernel_size), pair(stride), strict=True)
    rows, columns = (s * (out - 1) + k for out, k, s in sizes)
    return right(dout, x, kernel_size, stride)[:, :, :rows, :columns]


def shares_overwritten(right: Any, dout: Any, x: Any, kernel_size: Any, stride: Any) -> Any:
    """A gradient from the last window over each pixel alone (`=` in place of `+=`)."""
    area = np.prod(pair(kernel_size))
    return _back(dout, x, kernel_size, stride, lambda window: np.ones_like(window) / area, add=False)


def shares_of_the_stride(right: Any, dout: Any, x: Any, kernel_size: Any, stride: Any) -> Any:
    """A gradient divided by the area of the stride, not by that of the window."""
    return divided_by_the_stride(lambda *_: right(dout, x, kernel_size, stride), x, kernel_size, stride)


# Of ReLU


def absolute_value(right: Any, x: Any) -> Any:
    """The absolute value."""
    return np.abs(x)


def leaky(right: Any, x: Any) -> Any:
    """A hundredth of x where it is negative (a leaky ReLU)."""
    return np.where(x > 0, x, 0.01 * x)


def whether_positive(right: Any, x: Any) -> Any:
    """One where x is positive and zero elsewhere: that is the derivative."""
    return x > 0


def smallest_with_zero(right: Any, x: Any) -> Any:
    """The negative part, min(0, x)."""
    return np.minimum(x, 0)


def slope_one_at_zero(right: Any, dout: Any, x: Any) -> Any:
    """A gradient that passes where x is zero (`>=` in place of `>`)."""
    return dout * (x >= 0)


def sign_of_the_gradient(right: Any, dout: Any, x: Any) -> Any:
    """A gradient that passes where dout is positive, not where x is."""
    return dout * (dout > 0)


def slopes_alone(right: Any, dout: Any, x: Any) -> Any:
    """The slopes alone, not multiplied by dout."""
    return right(np.ones_like(dout), x)


# Of the fully connected layer


def bias_forgotten(right: Any, x: Any, w: Any, b: Any) -> Any:
    """The layer with the bias ignored."""
    return right(x, w, np.zeros_like(b))


def reshaped_weights(right: Any, x: Any, w: Any, b: Any) -> Any:
    """The layer with the weights reshaped, not transposed."""
    return x @ w.reshape(w.shape[::-1]) + b


def another_order(right: Any, dout: Any, x: Any, w: Any) -> Any:
    """The gradient of another array: the order asked for is dx, dw, db."""
    dx, dw, db = right(dout, x, w)
    return dw, dx, db


def weight_gradient_transposed(right: Any, dout: Any, x: Any, w: Any) -> Any:
    """The gradient of the weights with rows and columns exchanged."""
    dx, dw, db = right(dout, x, w)
    return dx, dw.T, db


def averaged_over_images(right: Any, dout: Any, x: Any, w: Any) -> Any:
    """The gradient averaged over the images: they are to be summed, the loss has done the averaging."""
    dx, dw, db = right(dout, x, w)
    return dx, dw / len(x), db / len(x)


def bias_gradient_for_every_output(right: Any, dout: Any, x: Any, w: Any) -> Any:
    """The gradient of the biases summed over the outputs of each image, not over the images."""
    dx, dw, _ = right(dout, x, w)
    return dx, dw, dout.sum(axis=1)


def bias_gradient_for_every_image(right: Any, dout: Any, x: Any, w: Any) -> Any:
    """The gradient of the biases for each image, not summed."""
    return *right(dout, x, w)[:2], dout


def reshaped_on_the_way_back(right: Any, dout: Any, x: Any, w: Any) -> Any:
    """The gradient of x with the weights reshaped and then transposed."""
    _, dw, db = right(dout, x, w)
    return dout @ w.reshape(w.shape[::-1]).T, dw, db


# Of the loss


def _softmax(scores: Any, axis: int = 1) -> Any:
    shifted = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return shifted / shifted.sum(axis=axis, keepdims=True)


def logarithm_to_base_ten(right: Any, scores: Any, labels: Any) -> Any:
    """The loss by logarithms to base 10; `np.log` is the natural one."""
    loss, dscores = right(scores, labels)
    return loss / np.log(10), dscores


def averaged_over_classes_too(right: Any, scores: Any, labels: Any) -> Any:
    """The mean over images and classes: it is to be the mean over the images."""
    loss, dscores = right(scores, labels)
    return loss / scores.shape[1], dscores / scores.shape[1]


def one_from_every_image(right: Any, scores: Any, labels: Any) -> Any:
    """The gradient with 1 subtracted at the labels of all images in every row (`p[:, labels] -= 1`)."""
    gradient = _softmax(scores)
    gradient[:, labels] -= 1
    return right(scores, labels)[0], gradient / len(scores)


def loss_summed(right: Any, scores: Any, labels: Any) -> Any:
    """The loss summed over the images, not averaged."""
    loss, dscores = right(scores, labels)
    return loss * len(scores), dscores


def gradient_not_averaged(right: Any, scores: Any, labels: Any) -> Any:
    """The gradient without the division by the number of images."""
    loss, dscores = right(scores, labels)
    return loss, dscores * len(scores)


def probabilities_alone(right: Any, scores: Any, labels: Any) -> Any:
    """The probabilities without the 1 subtracted at the right class."""
    return right(scores, labels)[0], _softmax(scores) / len(scores)


def gradient_turned_round(right: Any, scores: Any, labels: Any) -> Any:
    """The gradient with the wrong sign."""
    loss, dscores = right(scores, labels)
    return loss, -dscores


def softmax_over_images(right: Any, scores: Any, labels: Any) -> Any:
    """The softmax over the images, not over the classes (the wrong axis)."""
    rows, probabilities = np.arange(len(scores)), _softmax(scores, axis=0)
    dscores = probabilities.copy()
    dscores[rows, labels] -= 1
    with np.errstate(divide="ignore"):
        return -np.log(probabilities[rows, labels]).mean(), dscores / len(scores)


def nothing_subtracted(right: Any, scores: Any, labels: Any) -> Any:
    """The softmax by exp of the scores as they are, which overflows."""
    with np.errstate(all="ignore"):
        probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        rows = np.arange(len(scores))
        loss = -np.log(probabilities[rows, labels]).mean()
        probabilities[rows, labels] -= 1
        return loss, probabilities / len(scores)


def probabilities_kept_from_zero(right: Any, scores: Any, labels: Any) -> Any:
    """The logarithm of probabilities that are never below 1e-12, which caps the loss."""
    probabilities = np.maximum(_softmax(scores), 1e-12)
    return -np.log(probabilities[np.arange(len(scores)), labels]).mean(), right(scores, labels)[1]


def largest_of_all_images(right: Any, scores: Any, labels: Any) -> Any:
    """The softmax after subtracting the largest score of all images, not of each."""
    return nothing_subtracted(right, scores - scores.max(), labels)


def _checks(function: str, *names: str) -> set[str]:
    return {f"{function}.{name}" for name in names}


MAX, AVG = "max_pool2d_backward", "avg_pool2d_backward"
APART, OVERLAP, TIES = ({f"{MAX}.{name}"} for name in ("apart", "overlap", "ties"))
DX, DW, DB = ({f"linear_backward.{name}"} for name in ("dx", "dw", "db"))
LOSS, GRADIENT, LARGE = ({f"softmax_cross_entropy.{name}"} for name in ("loss", "gradient", "large"))

# No function calls another: what is wrong in one costs its own points and no others.
MUTANTS = (
    Mutant("max_pool2d", never_below_zero, _checks("max_pool2d", "windows")),
    Mutant("max_pool2d", largest_in_size, _checks("max_pool2d", "windows")),
    Mutant("max_pool2d", mean_of_every_window, _checks("max_pool2d", "windows")),
    Mutant("max_pool2d", windows_side_by_side, _checks("max_pool2d", "windows")),
    Mutant("max_pool2d", hanging_over_the_edge, _checks("max_pool2d", "windows")),
    Mutant("max_pool2d", last_window_missing, _checks("max_pool2d", "windows")),
    Mutant(MAX, every_tie_in_full, TIES),
    Mutant(MAX, ties_shared, TIES),
    Mutant(MAX, last_of_the_ties, TIES),
    Mutant(MAX, largest_overwritten, OVERLAP),
    Mutant(MAX, upstream_ignored, APART | OVERLAP | TIES),
    Mutant(MAX, every_pixel_the_whole, APART | OVERLAP | TIES),
    Mutant(MAX, left_over_cut_off, APART | OVERLAP | TIES),
    Mutant("avg_pool2d", sum_of_every_window, _checks("avg_pool2d", "windows")),
    Mutant("avg_pool2d", divided_by_the_stride, _checks("avg_pool2d", "windows")),
    Mutant("avg_pool2d", last_window_missing, _checks("avg_pool2d", "windows")),
    Mutant(AVG, every_pixel_the_whole, _checks(AVG, "windows")),
    Mutant(AVG, shares_overwritten, _checks(AVG, "windows")),
    Mutant(AVG, shares_of_the_stride, _checks(AVG, "windows")),
    Mutant("relu", absolute_value, _checks("relu", "values")),
    Mutant("relu", leaky, _checks("relu", "values")),
    Mutant("relu", whether_positive, _checks("relu", "values")),
    Mutant("relu", smallest_with_zero, _checks("relu", "values")),
    Mutant("relu_backward", slope_one_at_zero, _checks("relu_backward", "values")),
    Mutant("relu_backward", sign_of_the_gradient, _checks("relu_backward", "values")),
    Mutant("relu_backward", slopes_alone, _checks("relu_backward", "values")),
    Mutant("linear", bias_forgotten, _checks("linear", "values")),
    Mutant("linear", reshaped_weights, _checks("linear", "values")),
    Mutant("linear_backward", another_order, DX | DW),
    Mutant("linear_backward", weight_gradient_transposed, DW),
    Mutant("linear_backward", averaged_over_images, DW | DB),
    Mutant("linear_backward", bias_gradient_for_every_output, DB),
    Mutant("linear_backward", bias_gradient_for_every_image, DB),
    Mutant("linear_backward", reshaped_on_the_way_back, DX),
    Mutant("softmax_cross_entropy", logarithm_to_base_ten, LOSS | LARGE),
    Mutant("softmax_cross_entropy", averaged_over_classes_too, LOSS | GRADIENT | LARGE),
    Mutant("softmax_cross_entropy", one_from_every_image, GRADIENT | LARGE),
    Mutant("softmax_cross_entropy", loss_summed, LOSS | LARGE),
    Mutant("softmax_cross_entropy", gradient_not_averaged, GRADIENT | LARGE),
    Mutant("softmax_cross_entropy", probabilities_alone, GRADIENT | LARGE),
    Mutant("softmax_cross_entropy", gradient_turned_round, GRADIENT | LARGE),
    Mutant("softmax_cross_entropy", softmax_over_images, LOSS | GRADIENT | LARGE),
    Mutant("softmax_cross_entropy", nothing_subtracted, LARGE),
    Mutant("softmax_cross_entropy", probabilities_kept_from_zero, LARGE),
    Mutant("softmax_cross_entropy", largest_of_all_images, LARGE),
)
