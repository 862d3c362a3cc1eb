"""Pooling, linear, activations and loss in NumPy, against torch in float64 and central differences."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coursekit.numpy_nn import functional as F
from tests.helpers import central_difference, drawn, own_messages


def assert_equals_torch(pair, torch_function, arrays, settings):
    """Hold forward and every gradient equal to torch's, and to central differences."""
    forward, backward = pair
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    expected = torch_function(*tensors, **settings)
    out, cache = forward(*arrays, **settings)
    np.testing.assert_allclose(out, expected.detach().numpy(), atol=1e-9)
    dout = np.random.default_rng(1).standard_normal(out.shape)
    expected.backward(torch.tensor(dout))
    gradients = backward(dout, cache)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    for array, tensor, gradient in zip(arrays, tensors, gradients, strict=True):
        np.testing.assert_allclose(gradient, tensor.grad.numpy(), atol=1e-9)
        slope = central_difference(lambda: forward(*arrays, **settings)[0], array, dout)
        np.testing.assert_allclose(gradient, slope, atol=1e-6)


@st.composite
def pools(draw):
    kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    size = [max(1, k - 2 * p) + draw(st.integers(0, 3)) for k, p in zip(kernel, padding, strict=True)]
    stride = draw(st.none() | st.tuples(st.integers(1, 4), st.integers(1, 4)))
    shape = (draw(st.integers(0, 2)), draw(st.integers(1, 2)), *size)
    return shape, {"kernel_size": kernel, "stride": stride, "padding": padding}


@given(pools())
def test_average_pooling(case):
    shape, settings = case
    pair = F.avg_pool2d_forward, F.avg_pool2d_backward
    assert_equals_torch(pair, torch.nn.functional.avg_pool2d, drawn(shape), settings)


def test_overlapping_windows_accumulate_gradient():
    out, cache = F.avg_pool2d_forward(np.zeros((1, 1, 3, 3)), 2, stride=1)
    dx = F.avg_pool2d_backward(np.ones_like(out), cache)
    assert dx.tolist() == [[[[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]]]]


@given(n=st.integers(0, 3), d=st.integers(1, 4), m=st.integers(1, 4), bias=st.booleans())
def test_linear(n, d, m, bias):
    arrays = drawn((n, d), (m, d), (m,))[: 3 if bias else 2]

    def backward(dout, cache):
        return tuple(g for g in F.linear_backward(dout, cache) if g is not None)

    assert_equals_torch((F.linear_forward, backward), torch.nn.functional.linear, arrays, {})


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 1, 5), (0, 2)])
@pytest.mark.parametrize("name", ["tanh", "relu"])
def test_activations(name, shape):
    pair = getattr(F, f"{name}_forward"), getattr(F, f"{name}_backward")
    assert_equals_torch(pair, getattr(torch, name), drawn(shape), {})


def test_relu_has_slope_zero_at_zero_as_in_torch():
    x = torch.zeros(1, requires_grad=True)
    torch.relu(x).backward()
    _, cache = F.relu_forward(np.zeros(1))
    assert F.relu_backward(np.ones(1), cache).item() == x.grad.item() == 0


def test_flatten_writes_channel_by_channel_and_back():
    (x,) = drawn((2, 3, 2, 2))
    out, cache = F.flatten_forward(x)
    np.testing.assert_array_equal(out, torch.flatten(torch.tensor(x), 1).numpy())
    np.testing.assert_array_equal(F.flatten_backward(out, cache), x)


@given(n=st.integers(1, 4), classes=st.integers(1, 5), scale=st.sampled_from([1.0, 1e4]))
def test_softmax_cross_entropy_is_torchs_also_for_scores_of_ten_thousand(n, classes, scale):
    scores = drawn((n, classes))[0] * scale
    labels = np.random.default_rng(0).integers(classes, size=n)
    tensor = torch.tensor(scores, requires_grad=True)
    expected = torch.nn.functional.cross_entropy(tensor, torch.tensor(labels))
    expected.backward()
    loss, dscores = F.softmax_cross_entropy(scores, labels)
    np.testing.assert_allclose(loss, expected.item(), atol=1e-9)
    np.testing.assert_allclose(dscores, tensor.grad.numpy(), atol=1e-9)


MAPS, SCORES = np.ones((1, 1, 4, 4)), np.ones((2, 3))


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: F.linear_forward(np.ones((1, 3)), np.ones((2, 4))), ValueError, "x has 3 features, but w"),
        (lambda: F.avg_pool2d_forward(MAPS, 2, padding=2), ValueError, "at most half"),
        (
            lambda: F.avg_pool2d_forward(MAPS, 0),
            ValueError,
            "kernel_size must be at least 1",
        ),
        (
            lambda: F.softmax_cross_entropy(SCORES, np.array([0, 3])),
            ValueError,
            "labels must be 0 to 2",
        ),
        (lambda: F.softmax_cross_entropy(SCORES, np.array([0])), ValueError, "each of the 2 rows"),
        (lambda: F.softmax_cross_entropy(SCORES, [0, 1]), TypeError, "array of integers"),
    ],
)
def test_wrong_input_is_named(call, error, says):
    with own_messages(), pytest.raises(error, match=says):
        call()
