"""conv2d in NumPy, against the definition, torch in float64, and central differences."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coursekit.numpy_nn import functional as F
from tests.helpers import central_difference, drawn, own_messages

sizes = st.tuples(st.integers(1, 3), st.integers(1, 3))


@st.composite
def convolutions(draw):
    """Draw x, w, b and the settings of a convolution: pairs, groups, kernels as large as the padded image."""
    groups, per_group, filters = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    kernel, stride, dilation = draw(sizes), draw(sizes), draw(sizes)
    padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    height, width = (
        max(1, span - 2 * p) + draw(st.integers(0, 4)) for span, p in zip(spans, padding, strict=True)
    )
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = rng.standard_normal((draw(st.integers(0, 3)), groups * per_group, height, width))
    w = rng.standard_normal((groups * filters, per_group, *kernel))
    b = rng.standard_normal(groups * filters) if draw(st.booleans()) else None
    if draw(st.booleans()):  # a view whose memory is in another order
        x = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    return x, w, b, {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


def by_torch(x, w, b, settings):
    """Return torch's output and a function for its gradients."""
    tensors = [None if a is None else torch.tensor(a, requires_grad=True) for a in (x, w, b)]
    out = torch.nn.functional.conv2d(*tensors, **settings)

    def gradients(dout):
        out.backward(torch.tensor(dout))
        return [None if t is None else t.grad.numpy() for t in tensors]

    return out.detach().numpy(), gradients


@given(convolutions())
def test_forward_and_gradients_equal_torch(case):
    x, w, b, settings = case
    out, cache = F.conv2d_forward(x, w, b, **settings)
    expected, gradients = by_torch(x, w, b, settings)
    np.testing.assert_allclose(out, expected, atol=1e-9)
    dout = np.random.default_rng(1).standard_normal(out.shape)
    for got, right in zip(F.conv2d_backward(dout, cache), gradients(dout), strict=True):
        assert (got is None) == (right is None)
        if got is not None:
            np.testing.assert_allclose(got, right, atol=1e-9)


@given(convolutions())
def test_loops_equal_the_matrix_product(case):
    x, w, b, settings = case
    np.testing.assert_allclose(
        F.conv2d_loops(x, w, b, **settings), F.conv2d_forward(x, w, b, **settings)[0], atol=1e-12
    )


@given(convolutions())
def test_col2im_is_the_transpose_of_im2col(case):
    x, w, _, settings = case
    window = {name: settings[name] for name in ("stride", "padding", "dilation")}
    cols = F.im2col(x, w.shape[2:], **window)
    other = np.random.default_rng(2).standard_normal(cols.shape)
    assert np.isclose(np.sum(cols * other), np.sum(x * F.col2im(other, x.shape, w.shape[2:], **window)))


def test_gradients_agree_with_central_differences():
    x, w, b = drawn((2, 4, 5, 4), (6, 2, 3, 2), (6,))
    settings = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2), "groups": 2}
    out, cache = F.conv2d_forward(x, w, b, **settings)
    dout = np.random.default_rng(3).standard_normal(out.shape)
    for array, gradient in zip((x, w, b), F.conv2d_backward(dout, cache), strict=True):
        slope = central_difference(lambda: F.conv2d_forward(x, w, b, **settings)[0], array, dout)
        np.testing.assert_allclose(gradient, slope, atol=1e-7)


def test_a_window_by_hand():
    x = np.array([[[[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]]])
    w = np.array([[[[1.0, 0], [0, 2]]]])
    assert F.conv2d_forward(x, w)[0].tolist() == [[[[11, 14], [20, 23]]]]


def test_a_column_lists_its_window_as_a_filter_is_listed():
    x = np.array([[[[0.0, 1, 2], [3, 4, 5]]]])
    assert F.im2col(x, 2).tolist() == [[[0, 1], [1, 2], [3, 4], [4, 5]]]


def test_float32_stays_float32():
    x, w, b = (a.astype(np.float32) for a in drawn((1, 2, 4, 4), (3, 2, 3, 3), (3,)))
    out, cache = F.conv2d_forward(x, w, b)
    assert {a.dtype for a in (out, *F.conv2d_backward(out, cache))} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"w": np.ones((8, 2, 5, 5))}, ValueError, "x has 3 channels, but w of shape .* groups=1 takes 2"),
        ({"x": np.ones((3, 6, 6))}, ValueError, r"x must have shape \(N, C, H, W\), got \(3, 6, 6\)"),
        ({"x": np.ones((1, 3, 6, 6), int)}, TypeError, "x must be float32 or float64, got int64"),
        ({"x": [[1.0]]}, TypeError, "x must be a NumPy array, got list"),
        ({"b": np.ones(3)}, ValueError, r"b must have shape \(2,\), got \(3,\)"),
        ({"groups": 3}, ValueError, "groups must divide the 2 filters"),
        ({"stride": 0}, ValueError, "stride must be at least 1"),
        ({"padding": -1}, ValueError, "padding must be at least 0"),
        ({"stride": 1.5}, TypeError, "stride must be an int or a pair"),
        ({"dilation": 3}, ValueError, "spans 7x7 pixels, more than the padded image of 6x6"),
    ],
)
def test_wrong_input_is_named(change, error, says):
    arguments = {"x": np.ones((1, 3, 6, 6)), "w": np.ones((2, 3, 3, 3)), **change}
    with own_messages(), pytest.raises(error, match=says):
        F.conv2d_forward(**arguments)


def test_a_gradient_of_another_shape_is_refused():
    _, cache = F.conv2d_forward(np.ones((1, 1, 4, 4)), np.ones((1, 1, 3, 3)))
    with own_messages(), pytest.raises(ValueError, match=r"dout must have shape \(1, 1, 2, 2\)"):
        F.conv2d_backward(np.ones((1, 1, 3, 3)), cache)
