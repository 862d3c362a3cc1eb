"""Exercise 1: padding, convolution by loops, im2col, one matrix product, groups.

The student writes five functions. What is right comes from `coursekit.numpy_nn`, which the library's own
tests hold equal to PyTorch; what is wrong is the bank of mutants at the end.
"""

import time
from math import inf
from time import perf_counter
from typing import Any

import numpy as np

from coursekit.answers import Answers
from coursekit.checks.compare import difference
from coursekit.checks.exercise import Case, Check, Draw, Exercise, Mutant, Question, Wrong, call_text
from coursekit.networks import Size2d, pair
from coursekit.networks.measure import output_size
from coursekit.numpy_nn import functional as F

SPEED_UP = 5  # how many times faster than the loops the matrix product must be; measured: 50 and more
TRIES = 10  # how often an answer may try to be so fast


def pad(x: np.ndarray, padding: Size2d) -> np.ndarray:
    """Return x with rows and columns of zeros around every map."""
    ph, pw = pair(padding)
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))


def conv2d(x: np.ndarray, w: np.ndarray, b: np.ndarray | None = None, **settings: Any) -> np.ndarray:
    """Return the convolution alone, without what the backward pass needs."""
    return F.conv2d_forward(x, w, b, **settings)[0]


def judge_speed(answers: Answers, case: Case) -> None:
    """Raise `Wrong` unless the answer is right and `SPEED_UP` times faster than the library's loops."""
    got, expected = answers.call("conv2d", **case), conv2d(**case)
    if what := difference(got, expected):
        raise Wrong(f"{call_text('conv2d', case)}\n{what} It has to be right before it can be fast.")
    # The processor's time: a machine that is busy with other things changes it little. A browser has none.
    clock = getattr(time, "thread_time", perf_counter)
    start = clock()
    F.conv2d_loops(**case | {"x": case["x"][:1]})
    loops = len(case["x"]) * (clock() - start)  # every image takes them as long as the first
    answer = inf
    for _ in range(TRIES):  # the best of some: on a busy machine an answer may wait for its turn
        start = perf_counter()
        answers.call("conv2d", **case)
        answer = min(answer, perf_counter() - start)
        if loops >= SPEED_UP * answer:
            return
        if loops < 2 * answer:  # no wait makes a matrix product that slow: these are loops
            break
    ratio = loops / answer
    raise Wrong(
        f"{call_text('conv2d', case)}\nThe result is right, but comes only {ratio:.1f} times as fast as "
        f"loops over every pixel; at least {SPEED_UP} times is asked for. Is there one matrix product, "
        "and no loop over pixels?"
    )


QUESTIONS = (
    Question(
        "pad",
        pad,
        (
            Check(
                "ring", "the same padding on all sides", 1,
                ({"x": Draw(2, 3, 4, 5), "padding": 1}, {"x": Draw(1, 1, 1, 1), "padding": 3}),
            ),
            Check(
                "pair", "another padding for height than for width", 1,
                ({"x": Draw(2, 1, 3, 3), "padding": (2, 1)}, {"x": Draw(1, 2, 4, 3), "padding": (0, 3)}),
            ),
        ),
    ),
    Question(
        "conv2d_loops",
        conv2d,
        (
            Check(
                "values", "stride 1, no padding", 2,
                (
                    {"x": Draw(1, 1, 4, 4), "w": Draw(1, 1, 3, 3)},
                    {"x": Draw(2, 3, 5, 7), "w": Draw(4, 3, 2, 3)},
                    {"x": Draw(1, 2, 3, 3), "w": Draw(2, 2, 3, 3)},
                ),
            ),
            Check(
                "bias", "a bias for every output map", 1,
                ({"x": Draw(2, 2, 4, 5), "w": Draw(3, 2, 3, 3), "b": Draw(3)},),
            ),
            Check(
                "stride", "strides of 2 and of (1, 3)", 1,
                (
                    {"x": Draw(1, 2, 7, 8), "w": Draw(3, 2, 3, 2), "stride": 2},
                    {"x": Draw(1, 1, 5, 9), "w": Draw(2, 1, 2, 2), "stride": (1, 3)},
                ),
            ),
            Check(
                "padding", "padding of 2 and of (0, 1)", 1,
                (
                    {"x": Draw(1, 2, 6, 5), "w": Draw(3, 2, 5, 5), "padding": 2},
                    {"x": Draw(2, 1, 4, 4), "w": Draw(1, 1, 3, 3), "padding": (0, 1)},
                ),
            ),
        ),
    ),
    Question(
        "im2col",
        F.im2col,
        (
            Check(
                "windows", "one column for each window, stride 1, no padding", 2,
                (
                    {"x": Draw(1, 1, 3, 4), "kernel_size": 2},
                    {"x": Draw(2, 3, 5, 4), "kernel_size": (2, 3)},
                ),
            ),
            Check(
                "steps", "with stride and padding", 1,
                (
                    {"x": Draw(1, 2, 6, 7), "kernel_size": 3, "stride": 2, "padding": 1},
                    {"x": Draw(1, 1, 5, 4), "kernel_size": (1, 3), "stride": (3, 1), "padding": (0, 2)},
                ),
            ),
        ),
    ),
    Question(
        "conv2d",
        conv2d,
        (
            Check(
                "values", "as the loops, with a bias", 1,
                (
                    {"x": Draw(3, 2, 5, 6), "w": Draw(4, 2, 3, 2), "b": Draw(4)},
                    {"x": Draw(1, 3, 1, 1), "w": Draw(2, 3, 1, 1)},
                ),
            ),
            Check(
                "steps", "with stride and padding", 1,
                (
                    {"x": Draw(2, 3, 7, 6), "w": Draw(2, 3, 3, 3), "b": Draw(2), "stride": 2, "padding": 1},
                    {"x": Draw(1, 1, 4, 9), "w": Draw(3, 1, 3, 5), "stride": (1, 2), "padding": (1, 0)},
                ),
            ),
            Check(
                "speed", f"at least {SPEED_UP} times as fast as loops", 1,
                ({"x": Draw(2, 3, 16, 16), "w": Draw(8, 3, 5, 5), "b": Draw(8)},),
                judge=judge_speed,
            ),
        ),
    ),
    Question(
        "conv2d_grouped",
        conv2d,
        (
            Check(
                "two", "two groups, as in AlexNet's conv2", 2,
                (
                    {"x": Draw(2, 4, 5, 6), "w": Draw(6, 2, 3, 3), "b": Draw(6), "groups": 2},
                    {"x": Draw(1, 4, 7, 5), "w": Draw(2, 2, 3, 3), "stride": 2, "padding": 1, "groups": 2},
                ),
            ),
            Check(
                "depthwise", "as many groups as channels", 1,
                (
                    {"x": Draw(2, 3, 5, 4), "w": Draw(3, 1, 3, 3), "padding": 1, "groups": 3},
                    {"x": Draw(1, 3, 4, 4), "w": Draw(6, 1, 2, 2), "b": Draw(6), "groups": 3},
                ),
            ),
        ),
    ),
)  # fmt: skip


# The wrong answers. Each is written as a change to the right function, which comes first.


def padding_below_and_right(right: Any, x: Any, padding: Any) -> Any:
    """An image padded below and on the right only."""
    ph, pw = pair(padding)
    return np.pad(x, ((0, 0), (0, 0), (0, 2 * ph), (0, 2 * pw)))


def padding_width_first(right: Any, x: Any, padding: Any) -> Any:
    """An image padded with height and width exchanged."""
    ph, pw = pair(padding)
    return right(x, (pw, ph))


def every_axis_padded(right: Any, x: Any, padding: Any) -> Any:
    """An image padded along all four axes: images and channels are to stay as many as they are."""
    (ph, pw), more = pair(padding), max(pair(padding))
    return np.pad(x, ((more, more), (more, more), (ph, ph), (pw, pw)))


def padding_with_the_edge(right: Any, x: Any, padding: Any) -> Any:
    """An image padded with copies of its edge in place of zeros."""
    ph, pw = pair(padding)
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), mode="edge")


def true_convolution(right: Any, x: Any, w: Any, b: Any = None, **settings: Any) -> Any:
    """A convolution with the filter flipped (a true convolution, not a cross-correlation)."""
    return right(x, w[:, :, ::-1, ::-1], b, **settings)


def bias_forgotten(right: Any, x: Any, w: Any, b: Any = None, **settings: Any) -> Any:
    """A convolution with the bias ignored."""
    return right(x, w, None, **settings)


def bias_for_every_channel(right: Any, x: Any, w: Any, b: Any = None, **settings: Any) -> Any:
    """A convolution that adds the bias once for every channel (inside the sum, not behind it)."""
    return right(x, w, None if b is None else b * w.shape[1], **settings)


def stride_in_the_size_alone(
    right: Any, x: Any, w: Any, b: Any = None, stride: Any = 1, **settings: Any
) -> Any:
    """As many windows as the stride allows, but each one pixel beyond the last, not a stride beyond."""
    height, width = right(x, w, b, stride=stride, **settings).shape[2:]
    return right(x, w, b, stride=1, **settings)[:, :, :height, :width]


def stride_ignored(right: Any, x: Any, w: Any, b: Any = None, stride: Any = 1, **settings: Any) -> Any:
    """A convolution with the stride ignored."""
    return right(x, w, b, stride=1, **settings)


def stride_width_first(right: Any, x: Any, w: Any, b: Any = None, stride: Any = 1, **settings: Any) -> Any:
    """A convolution with the strides of height and width exchanged."""
    sh, sw = pair(stride)
    return right(x, w, b, stride=(sw, sh), **settings)


def padding_ignored(right: Any, x: Any, w: Any, b: Any = None, padding: Any = 0, **settings: Any) -> Any:
    """A convolution with the padding ignored."""
    return right(x, w, b, padding=0, **settings)


def first_channel_only(right: Any, x: Any, w: Any, b: Any = None, **settings: Any) -> Any:
    """A convolution of the first channel alone."""
    return right(x[:, :1], w[:, :1], b, **settings)


def last_window_missing(right: Any, x: Any, w: Any, b: Any = None, **settings: Any) -> Any:
    """A convolution without the last row and the last column of windows."""
    return right(x, w, b, **settings)[:, :, :-1, :-1]


def one_image_only(right: Any, x: Any, w: Any, b: Any = None, **settings: Any) -> Any:
    """The convolution of the first image, repeated for all others."""
    return np.repeat(right(x[:1], w, b, **settings), len(x), axis=0)


def channels_last_in_a_column(right: Any, x: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0) -> Any:
    """Columns that list a window pixel by pixel, not channel by channel."""
    cols = right(x, kernel_size, stride=stride, padding=padding)
    n, rows, positions = cols.shape
    return cols.reshape(n, x.shape[1], -1, positions).swapaxes(1, 2).reshape(n, rows, positions)


def columns_as_rows(right: Any, x: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0) -> Any:
    """Windows in the rows, not in the columns."""
    return right(x, kernel_size, stride=stride, padding=padding).swapaxes(1, 2)


def columns_column_by_column(right: Any, x: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0) -> Any:
    """Windows taken down the image first, then across."""
    cols = right(x, kernel_size, stride=stride, padding=padding)
    height, width = output_size(x.shape[2:], kernel_size, stride, padding)
    return cols.reshape(*cols.shape[:2], height, width).swapaxes(2, 3).reshape(cols.shape)


def height_for_both(right: Any, x: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0) -> Any:
    """Windows that are square: the kernel's height taken for its width too."""
    return right(x, pair(kernel_size)[0], stride=stride, padding=padding)


def loops_again(right: Any, x: Any, w: Any, b: Any = None, **settings: Any) -> Any:
    """The right result by loops over every pixel."""
    out = right(x, w, b, **settings)
    for _ in range(2):
        for index in np.ndindex(out.shape):
            out[index] = out[index] + np.sum(w[index[1]] * 0)
    return out


def reshaped_across_images(right: Any, x: Any, w: Any, b: Any = None, **settings: Any) -> Any:
    """Maps that end up in other images (a reshape where a transpose is needed first)."""
    out = right(x, w, b, **settings)
    return out.swapaxes(0, 1).reshape(out.shape)


def groups_ignored(
    right: Any, x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0, groups: int = 1
) -> Any:
    """A convolution that sees the first group of channels only."""
    return right(x[:, : w.shape[1]], w, b, stride=stride, padding=padding, groups=1)


def every_group_the_first_filters(
    right: Any, x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0, groups: int = 1
) -> Any:
    """A convolution with the filters of the first group in every group."""
    first = w[: len(w) // groups]
    return right(x, np.concatenate([first] * groups), b, stride=stride, padding=padding, groups=groups)


def groups_interleaved(
    right: Any, x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0, groups: int = 1
) -> Any:
    """A convolution whose groups take every second (third, ...) channel, not a run of channels."""
    mixed = np.concatenate([x[:, g::groups] for g in range(groups)], axis=1)
    return right(mixed, w, b, stride=stride, padding=padding, groups=groups)


def filters_interleaved(
    right: Any, x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0, groups: int = 1
) -> Any:
    """A convolution whose groups take every second (third, ...) filter, not a run of filters."""
    order = np.concatenate([np.arange(g, len(w), groups) for g in range(groups)])
    b = None if b is None else b[order]
    return right(x, w[order], b, stride=stride, padding=padding, groups=groups)


def groups_added(
    right: Any, x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0, groups: int = 1
) -> Any:
    """A convolution whose groups are added up, not put one behind the other."""
    return sum(np.split(right(x, w, b, stride=stride, padding=padding, groups=groups), groups, axis=1))


def bias_of_the_first_group(
    right: Any, x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0, groups: int = 1
) -> Any:
    """A convolution with the biases of the first group in every group."""
    b = None if b is None else np.concatenate([b[: len(w) // groups]] * groups)
    return right(x, w, b, stride=stride, padding=padding, groups=groups)


LOOPS = {"conv2d_loops.values", "conv2d_loops.bias", "conv2d_loops.stride", "conv2d_loops.padding"}
IM2COL = {"im2col.windows", "im2col.steps"}
CONV2D = {"conv2d.values", "conv2d.steps", "conv2d.speed"}
GROUPED = {"conv2d_grouped.two", "conv2d_grouped.depthwise"}
PADDED = {"conv2d_loops.padding", "im2col.steps", "conv2d.steps"}

# The functions build on each other, pad -> im2col -> conv2d -> conv2d_grouped: what is wrong in one is wrong
# in those that call it, unless their cases happen not to show it.
MUTANTS = (
    Mutant("pad", padding_below_and_right, {"pad.ring", "pad.pair"} | PADDED | GROUPED),
    Mutant("pad", padding_width_first, {"pad.pair"} | PADDED),
    Mutant("pad", every_axis_padded, {"pad.ring", "pad.pair"} | PADDED | GROUPED),
    Mutant("pad", padding_with_the_edge, {"pad.ring", "pad.pair"} | PADDED | GROUPED),
    Mutant("conv2d_loops", true_convolution, LOOPS),
    Mutant("conv2d_loops", bias_forgotten, {"conv2d_loops.bias"}),
    Mutant("conv2d_loops", bias_for_every_channel, {"conv2d_loops.bias"}),
    Mutant("conv2d_loops", stride_in_the_size_alone, {"conv2d_loops.stride"}),
    Mutant("conv2d_loops", stride_ignored, {"conv2d_loops.stride"}),
    Mutant("conv2d_loops", stride_width_first, {"conv2d_loops.stride"}),
    Mutant("conv2d_loops", padding_ignored, {"conv2d_loops.padding"}),
    Mutant("conv2d_loops", first_channel_only, LOOPS),
    Mutant("conv2d_loops", last_window_missing, LOOPS),
    Mutant("conv2d_loops", one_image_only, LOOPS - {"conv2d_loops.stride"}),
    Mutant("im2col", channels_last_in_a_column, IM2COL | CONV2D | {"conv2d_grouped.two"}),
    Mutant("im2col", columns_as_rows, IM2COL | CONV2D | GROUPED),
    Mutant("im2col", columns_column_by_column, IM2COL | CONV2D | GROUPED),
    Mutant("im2col", height_for_both, IM2COL | CONV2D - {"conv2d.speed"}),
    Mutant("conv2d", true_convolution, CONV2D | GROUPED),
    Mutant("conv2d", bias_forgotten, CONV2D | GROUPED),
    Mutant("conv2d", stride_ignored, {"conv2d.steps", "conv2d_grouped.two"}),
    Mutant("conv2d", padding_ignored, {"conv2d.steps"} | GROUPED),
    Mutant("conv2d", reshaped_across_images, CONV2D | {"conv2d_grouped.two"}),
    Mutant("conv2d", loops_again, {"conv2d.speed"}, told=False),
    Mutant("conv2d_grouped", groups_ignored, GROUPED),
    Mutant("conv2d_grouped", every_group_the_first_filters, GROUPED),
    Mutant("conv2d_grouped", groups_interleaved, {"conv2d_grouped.two"}),
    Mutant("conv2d_grouped", filters_interleaved, GROUPED),
    Mutant("conv2d_grouped", groups_added, GROUPED),
    Mutant("conv2d_grouped", bias_of_the_first_group, GROUPED),
)

EXERCISE = Exercise(
    "conv_forward",
    QUESTIONS,
    MUTANTS,
    forbids=(
        "torch.conv2d",
        "torch.nn.functional.conv2d",
        "torch.nn.functional.unfold",
        "scipy.signal.convolve2d",
        "scipy.signal.correlate2d",
    ),
    visible=("coursekit.networks",),
)
