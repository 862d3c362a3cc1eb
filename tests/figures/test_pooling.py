"""The pictures of chapter 3 show what the library computes."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from coursekit.figures import pooling as pictures
from coursekit.figures.grid import PALE, number
from coursekit.numpy_nn import functional as F

matplotlib.use("Agg")

X = np.array(
    [[1, 0, 2, 0, 1], [0, 3, 4, 1, 0], [2, 0, 1, 0, 2], [5, 1, 0, 3, 0], [0, 5, 2, 1, 1]], dtype=float
)
DOUT = np.array([[9, 18], [-9, 0]], dtype=float)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def drawn():
    return pictures.pooled(X, DOUT, kernel_size=3, stride=2).axes[0]


def contains(ax, values):
    words = [text.get_text() for text in ax.texts if text.get_text()]
    run = [number(value) for value in np.ravel(values)]
    return any(words[i : i + len(run)] == run for i in range(len(words)))


@pytest.mark.parametrize("kind", ["max_pool2d", "avg_pool2d"])
def test_outputs_and_gradients_are_those_of_the_library(kind):
    forward, backward = getattr(F, f"{kind}_forward"), getattr(F, f"{kind}_backward")
    out, cache = forward(X[None, None], 3, 2)
    ax = drawn()
    assert contains(ax, out)
    assert contains(ax, backward(DOUT[None, None], cache))


def test_the_first_largest_pixel_of_each_window_is_framed_there_and_back():
    frames = [patch for patch in drawn().patches if isinstance(patch, Rectangle) and not patch.get_fill()]
    left = {tuple(patch.get_xy()[::-1]) for patch in frames if patch.get_x() < 5}
    assert left == {(1, 2), (3, 0), (3, 3)}
    assert len(frames) == 2 * len(left)


def test_the_colour_of_a_pixel_says_in_how_many_windows_it_stands():
    cells = [patch for patch in drawn().patches if isinstance(patch, Rectangle) and patch.get_fill()][:25]
    colours = [to_hex(cell.get_facecolor()) for cell in cells]
    one, two, four = (to_hex(PALE[name]) for name in ("blue", "green", "orange"))
    assert colours[:5] == [one, one, two, one, one]
    assert colours[10:15] == [two, two, four, two, two]


def test_each_place_stands_under_the_middle_of_its_window():
    fig = pictures.answers_along(np.zeros((8, 20)), np.eye(2, 4), ["one", "other"], step=4)
    left, right, bottom, top = fig.axes[1].images[0].get_extent()
    middles = left + (np.arange(4) + 0.5) * (right - left) / 4
    assert middles.tolist() == [3.5, 7.5, 11.5, 15.5]  # windows of 8 pixels: 0-7, 4-11, 8-15, 12-19
    assert (bottom, top) == (1.5, -0.5)


def test_every_class_has_a_row_of_its_own_with_its_probabilities():
    probabilities = np.array([[0.1, 0.7], [0.9, 0.3]])
    fig = pictures.answers_along(np.zeros((4, 8)), probabilities, ["one", "other"], step=4)
    assert [label.get_text() for label in fig.axes[1].get_yticklabels()] == ["one", "other"]
    assert np.array_equal(fig.axes[1].images[0].get_array(), probabilities)
