"""The pictures of chapter 2 show what the library computes."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import Rectangle

from coursekit.figures import backward as pictures
from coursekit.figures.grid import number
from coursekit.numpy_nn import functional as F

matplotlib.use("Agg")

X = np.array([[1, 2, 0], [0, 1, 3], [2, 1, 1]], dtype=float)
W = np.array([[1, -1], [2, 3]], dtype=float)
DOUT = np.array([[1, 2], [0, -1]], dtype=float)
A = np.array([[1, -1, 0, 2], [0, 1, -1, 0]], dtype=float)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def contains(words, values):
    run = [number(value) for value in np.ravel(values)]
    return any(words[i : i + len(run)] == run for i in range(len(words)))


def test_the_shares_add_up_to_the_gradients_of_the_library():
    dx, dw, _ = F.conv2d_backward(DOUT[None, None], F.conv2d_forward(X[None, None], W[None, None])[1])
    words = texts(pictures.shares(X, W, DOUT).axes[0])
    assert contains(words, dw)
    assert contains(words, dx)


def test_every_upstream_number_stands_before_its_window_and_before_its_filter():
    words = texts(pictures.shares(X, W, DOUT).axes[0])
    minus = "\N{MINUS SIGN}"
    for factor in ("1 ·", "+ 2 ·", "+ 0 ·", f"+ ({minus}1) ·"):
        assert words.count(factor) == 2


def test_every_window_is_drawn_under_its_place():
    words = texts(pictures.shares(X, W, DOUT).axes[0])
    for i, j in np.ndindex(2, 2):
        end = words.index(f"window {i},{j}")
        assert words[end - 4 : end] == [number(value) for value in X[i : i + 2, j : j + 2].flat]


def test_both_products_of_the_matrix_are_drawn_with_their_results():
    x, dout = np.array([1.0, 2, 3, 4]), np.array([5.0, 6])
    words = texts(pictures.as_matrix(A, x, dout).axes[0])
    for values in (A @ x, x, A.T @ dout, dout):
        assert contains(words, values)


def test_zeros_of_the_matrix_are_left_empty():
    words = texts(pictures.as_matrix(A, np.ones(4), np.ones(2)).axes[0])
    assert words[words.index("out") + 2 : words.index("A")] == [number(value) for value in A[A != 0]]


def test_equal_weights_have_equal_colours_and_zeros_are_white():
    image = pictures.matrix_patterns({"one": A, "other": A[::-1]}).axes[0].images[0]
    shade = {value: image.cmap(image.norm(value)) for value in np.unique(A)}
    assert shade[0] == (1, 1, 1, 1)
    assert len(set(shade.values())) == 4


def test_a_pattern_says_its_size_and_how_many_numbers_are_not_zero():
    fig = pictures.matrix_patterns({"one": A})
    assert fig.axes[0].get_title() == "one"
    assert fig.axes[0].get_xlabel() == "2 x 4, 5 not zero"


def test_a_pixel_counts_the_windows_that_it_stands_in():
    ax = pictures.listeners((4, 4), [{}]).axes[0]
    assert texts(ax)[:16] == list("1221244224421221")


def test_pixels_that_no_window_reaches_are_framed():
    ax = pictures.listeners((4, 4), [{"stride": 2}]).axes[0]
    framed = [patch.get_xy() for patch in ax.patches if isinstance(patch, Rectangle) and not patch.get_fill()]
    assert set(framed) == {(c, r) for c in range(4) for r in range(4) if c == 3 or r == 3}


def test_a_case_may_have_a_window_of_its_own_and_its_title_says_so():
    ax = pictures.listeners((4, 4), [{"kernel_size": (2, 1), "padding": 0}]).axes[0]
    assert ax.get_title() == "2x1\npadding 0"
    assert texts(ax)[:16] == list("1111222222221111")


def test_each_loss_has_a_panel_with_every_curve():
    steps = [1e-3, 1e-2, 1e-1]
    panels = {"straight": {"float64": [3, 2, 1], "float32": [9, 8, 7]}, "bent": {"float64": [2, 1, 2]}}
    fig = pictures.errors_by_step(steps, panels)
    seen = {
        ax.get_title(): {line.get_label(): list(line.get_ydata()) for line in ax.lines} for ax in fig.axes
    }
    assert seen == panels
