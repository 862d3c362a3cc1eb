"""The pictures of chapter 1 show what the library computes."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from coursekit.figures import convolution as pictures
from coursekit.figures.grid import PALE, number
from coursekit.networks import measure
from coursekit.numpy_nn import functional as F

matplotlib.use("Agg")

X = np.array([[5, 1, 3, 2, 8], [0, 2, 3, 1, 4], [1, 2, 6, 0, 9], [7, 1, 3, 1, 2]], dtype=float)
W = np.array([[-1, 0, 1.5], [2, 3, -4]])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def drawn(values):
    """Return an array's numbers as they are drawn, row by row."""
    return [number(value) for value in np.ravel(values)]


def contains(words, run):
    return any(words[i : i + len(run)] == run for i in range(len(words)))


def convolve(**settings):
    return F.conv2d_forward(X[None, None], W[None, None], **settings)[0][0, 0]


def frames(animation):
    """Return the texts of every frame of an animation."""
    seen = []
    for position in animation.new_frame_seq():
        animation._func(position)
        seen.append(texts(animation._fig.axes[0]))
    animation._draw_was_started = True  # matplotlib warns of an animation that was never shown
    return seen


def filled(ax, colour):
    """Return the (column, row) of every cell of a colour."""
    cells = [patch for patch in ax.patches if isinstance(patch, Rectangle) and patch.get_fill()]
    return {cell.get_xy() for cell in cells if to_hex(cell.get_facecolor()) == to_hex(colour)}


def test_a_number_has_a_true_minus_sign_and_no_idle_digits():
    assert [number(v) for v in (-3.0, 0.0, 1.5, 10.0)] == ["\N{MINUS SIGN}3", "0", "1.5", "10"]


@pytest.mark.parametrize(
    "settings",
    [{}, {"padding": 1}, {"stride": 2}, {"padding": 1, "stride": 3}, {"dilation": 2}],
    ids=str,
)
def test_the_animation_has_one_frame_for_each_window(settings):
    animation = pictures.sliding_window(X, W, **settings)
    assert len(frames(animation)) == np.prod(measure.output_size(X.shape, W.shape, **settings))


def test_the_last_frame_shows_picture_filter_and_output_of_the_library():
    settings = {"padding": 1, "stride": 2}
    last = frames(pictures.sliding_window(X, W, **settings))[-1]
    for values in (np.pad(X, 1), W, convolve(**settings)):
        assert contains(last, drawn(values))


def test_each_frame_adds_one_output():
    numbers_shown = [len(words) for words in frames(pictures.sliding_window(X, W))]
    assert np.diff(numbers_shown).tolist() == [1] * (convolve().size - 1)


def test_the_written_sum_has_the_weights_that_are_not_zero_and_the_output():
    (total,) = [text for text in texts(pictures.one_window(X, W, (1, 2)).axes[0]) if "=" in text]
    products, result = total.replace("\N{MINUS SIGN}", "-").replace("(", "").replace(")", "").split(" = ")
    pairs = [tuple(map(float, product.split("·"))) for product in products.split(" + ")]
    window = X[1:3, 2:5]
    assert pairs == [(w, x) for w, x in zip(W.flat, window.flat, strict=True) if w]
    assert float(result) == convolve()[1, 2] == sum(w * x for w, x in pairs)


def test_a_dilated_window_marks_only_the_pixels_that_it_uses():
    ax = pictures.one_window(X, W, dilation=2).axes[0]
    picture = {(c, r) for c, r in filled(ax, PALE["blue"]) if c < X.shape[1]}
    assert picture == {(c, r) for r in (0, 2) for c in (0, 2, 4)}


CASES = [{}, {"padding": 2}, {"stride": 2}, {"dilation": 2}, {"padding": 1, "stride": 3}]


def test_an_axis_shows_as_many_windows_as_the_library_counts():
    fig = pictures.windows_on_axis(CASES, pixels=8, kernel_size=3)
    for ax, case in zip(fig.axes, CASES, strict=False):
        (count, _) = measure.output_size((8, 8), 3, **case)
        assert ax.get_title().endswith(f": {count} places")
        assert len(filled(ax, PALE["blue"])) == 3 * count


def test_a_cross_marks_the_pixels_that_no_window_reaches():
    fig = pictures.windows_on_axis([{"stride": 2}, {}], pixels=6, kernel_size=3)
    assert [texts(ax).count("×") for ax in fig.axes] == [1, 0]
    assert texts(fig.axes[0])[-1] == "×"


def test_the_unrolled_picture_holds_the_librarys_columns_and_their_product_with_the_filter():
    words = texts(pictures.unrolled(X, W).axes[0])
    cols = F.im2col(X[None, None], W.shape)[0]
    assert contains(words, drawn(cols))
    assert contains(words, drawn(W))
    assert contains(words, drawn(convolve()))


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_groups_fill_the_slices_that_reach_the_output(groups):
    # A picture with one lit channel c reaches output channel m just where slice (m, c) exists.
    lit = np.eye(4).reshape(4, 4, 1, 1)
    out, _ = F.conv2d_forward(lit, np.ones((8, 4 // groups, 1, 1)), groups=groups)  # (c, m, 1, 1)
    expected = {(float(c), float(m)) for c, m in np.argwhere(out[:, :, 0, 0])}
    ax = pictures.grouped_weights(4, 8, [groups]).axes[0]
    empty = filled(ax, "white")
    every = {(float(c), float(m)) for c in range(4) for m in range(8)}
    assert every - empty == expected
    assert ax.get_title() == f"groups={groups}\n{len(expected)} slices"


def test_responses_are_those_of_the_library_in_the_size_of_the_picture():
    fig = pictures.responses(X, {"edge": np.array([[1.0, 0, -1]]), "mean": np.ones((3, 3)) / 9})
    shown = [ax.images[0].get_array() for ax in fig.axes if ax.images]
    mean, _ = F.conv2d_forward(X[None, None], np.ones((1, 1, 3, 3)) / 9, padding=1)
    np.testing.assert_array_equal(shown[-1], mean[0, 0])
    assert shown[-2].shape == X.shape


def test_zero_is_the_middle_of_every_responses_scale():
    fig = pictures.responses(X, {"mean": np.ones((3, 3)) / 9})
    limits = [
        ax.images[0].get_clim() for ax in fig.axes if ax.images and ax.images[0].get_cmap().name == "PuOr_r"
    ]
    assert len(limits) == 2
    assert all(low == -high for low, high in limits)


def test_the_curves_are_the_accuracies_given():
    curves = {"one": [0.8, 0.5, 0.2], "other": [0.7, 0.7, 0.7]}
    ax = pictures.accuracy_by_shift([X, X, X], curves, chance=0.1).axes[0]
    lines = {line.get_label(): list(line.get_ydata()) for line in ax.lines}
    assert {name: lines[name] for name in curves} == curves
