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


@given(pools(), st.booleans())
def test_max_pooling(case, ceil_mode):
    shape, settings = case
    pair = F.max_pool2d_forward, F.max_pool2d_backward
    settings = {**settings, "ceil_mode": ceil_mode}
    assert_equals_torch(pair, torch.nn.functional.max_pool2d, drawn(shape), settings)


@given(pools(), st.booleans())
def test_of_equal_values_max_pooling_takes_torchs(case, ceil_mode):
    shape, settings = case
    x = np.random.default_rng(0).integers(0, 2, shape).astype(np.float64)
    tensor = torch.tensor(x, requires_grad=True)
    expected = torch.nn.functional.max_pool2d(tensor, **settings, ceil_mode=ceil_mode)
    out, cache = F.max_pool2d_forward(x, **settings, ceil_mode=ceil_mode)
    dout = np.random.default_rng(1).standard_normal(out.shape)
    expected.backward(torch.tensor(dout))
    np.testing.assert_array_equal(out, expected.detach().numpy())
    np.testing.assert_allclose(F.max_pool2d_backward(dout, cache), tensor.grad.numpy(), atol=1e-12)


def test_the_largest_of_several_windows_receives_the_sum():
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 1
    out, cache = F.max_pool2d_forward(x, 2, stride=1)
    assert F.max_pool2d_backward(np.ones_like(out), cache)[0, 0, 1, 1] == 4


@given(st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4)))
def test_global_average_pooling(shape):
    pair = F.global_avg_pool_forward, F.global_avg_pool_backward
    assert_equals_torch(pair, lambda x: x.mean(dim=(2, 3), keepdim=True), drawn(shape), {})


@given(
    shape=st.tuples(st.integers(0, 2), st.integers(1, 2), st.integers(1, 3), st.integers(1, 3)),
    padding=st.tuples(*[st.integers(0, 3)] * 4),
)
def test_zero_padding_on_each_side(shape, padding):
    def by_torch(x, padding):
        return torch.nn.ZeroPad2d(padding)(x)

    pair = F.zero_pad2d_forward, F.zero_pad2d_backward
    assert_equals_torch(pair, by_torch, drawn(shape), {"padding": padding})


def test_subsampling_is_a_sum_with_a_coefficient_and_a_bias():
    def by_torch(x, weight, bias, kernel_size):
        sums = torch.nn.functional.avg_pool2d(x, kernel_size) * 4
        return sums * weight[:, None, None] + bias[:, None, None]

    arrays = drawn((2, 3, 4, 6), (3,), (3,))
    assert_equals_torch((F.subsampling_forward, F.subsampling_backward), by_torch, arrays, {"kernel_size": 2})


@given(
    shape=st.tuples(st.integers(0, 2), st.integers(1, 7), st.integers(1, 3), st.integers(1, 3)),
    size=st.integers(1, 6),
    alpha=st.sampled_from([1e-4, 0.5]),
)
def test_local_response_norm_also_at_the_first_and_last_channels(shape, size, alpha):
    pair = F.local_response_norm_forward, F.local_response_norm_backward
    settings = {"size": size, "alpha": alpha, "beta": 0.75, "k": 2.0}
    theirs = torch.nn.functional.local_response_norm
    assert_equals_torch(pair, theirs if shape[0] else lambda x, **_: x * 1, drawn(shape), settings)


@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(2, 3)),
    training=st.booleans(),
)
def test_batch_norm_and_its_running_statistics(shape, training):
    x, weight, bias, mean = drawn(shape, *[(shape[1],)] * 3)
    var = np.abs(mean) + 0.5
    ours, theirs = (mean.copy(), var.copy()), (torch.tensor(mean), torch.tensor(var))

    def forward(x, weight, bias):
        fresh = (mean.copy(), var.copy())
        return F.batch_norm_forward(x, weight, bias, *fresh, training=training)

    def by_torch(x, weight, bias):
        return torch.nn.functional.batch_norm(x, *theirs, weight, bias, training)

    assert_equals_torch((forward, F.batch_norm_backward), by_torch, [x, weight, bias], {})
    F.batch_norm_forward(x, weight, bias, *ours, training=training)
    for got, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(got, expected.numpy(), atol=1e-12)


def test_dropout_keeps_the_expectation_and_drops_a_share_of_p():
    x = np.ones((400, 500))
    out, cache = F.dropout_forward(x, 0.3, rng=np.random.default_rng(0))
    assert np.mean(out == 0) == pytest.approx(0.3, abs=0.01)
    assert out.mean() == pytest.approx(1, abs=0.01)
    assert set(np.unique(out)) == {0.0, 1 / 0.7}
    np.testing.assert_array_equal(F.dropout_backward(x, cache), out)


@pytest.mark.parametrize("settings", [{"training": False}, {"p": 0.0}])
def test_dropout_that_drops_nothing_is_the_identity(settings):
    (x,) = drawn((2, 3))
    out, cache = F.dropout_forward(x, **settings)
    np.testing.assert_array_equal(out, x)
    np.testing.assert_array_equal(F.dropout_backward(x, cache), x)


@given(st.data())
def test_a_table_convolution_is_a_dense_one_with_zeros(data):
    lines = st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True).map(tuple)
    connections = tuple(data.draw(st.lists(lines, min_size=1, max_size=4)))
    windows = [(m, c) for m, line in enumerate(connections) for c in line]
    arrays = drawn((2, 3, 4, 3), (len(windows), 2, 3), (len(connections),))

    def by_torch(x, w, b, connections):
        dense = torch.zeros(len(connections), 3, 2, 3, dtype=x.dtype)
        for i, (m, c) in enumerate(windows):
            dense[m, c] = w[i]
        return torch.nn.functional.conv2d(x, dense, b)

    pair = F.table_conv2d_forward, F.table_conv2d_backward
    assert_equals_torch(pair, by_torch, arrays, {"connections": connections})


def test_rbf_is_the_squared_distance():
    x, codes = drawn((3, 5), (4, 5))

    def forward(x):
        return F.rbf_forward(x, codes)

    def by_torch(x):
        return torch.cdist(x, torch.tensor(codes), compute_mode="donot_use_mm_for_euclid_dist") ** 2

    assert_equals_torch((forward, F.rbf_backward), by_torch, [x], {})


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_rbf_loss_is_equation_9(scale):
    distances, labels, j = np.abs(drawn((3, 4))[0]) * scale, np.array([0, 3, 1]), 0.5
    tensor = torch.tensor(distances, requires_grad=True)
    wrong = torch.logsumexp(torch.cat([torch.full((3, 1), -j), -tensor], dim=1), dim=1)
    expected = (tensor[torch.arange(3), torch.tensor(labels)] + wrong).mean()
    expected.backward()
    loss, gradient = F.rbf_loss(distances, labels, j)
    assert loss == pytest.approx(expected.item(), abs=1e-9)
    np.testing.assert_allclose(gradient, tensor.grad.numpy(), atol=1e-9)


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


ACTIVATIONS = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "relu6": torch.nn.functional.relu6,
    "scaled_tanh": lambda x: 1.7159 * torch.tanh(2 / 3 * x),
}


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 1, 5), (0, 2)])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name, shape):
    pair = getattr(F, f"{name}_forward"), getattr(F, f"{name}_backward")
    assert_equals_torch(pair, ACTIVATIONS[name], [4 * drawn(shape)[0]], {})


def test_scaled_tanh_is_one_at_one():
    assert F.scaled_tanh_forward(np.array([-1.0, 1.0]))[0] == pytest.approx([-1, 1], abs=1e-4)


@pytest.mark.parametrize("name", ["relu", "relu6"])
@pytest.mark.parametrize("kink", [0.0, 6.0])
def test_slopes_at_the_kinks_are_torchs(name, kink):
    x = torch.full((1,), kink, requires_grad=True)
    ACTIVATIONS[name](x).backward()
    _, cache = getattr(F, f"{name}_forward")(np.full(1, kink))
    assert getattr(F, f"{name}_backward")(np.ones(1), cache).item() == x.grad.item()


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
        (lambda: F.max_pool2d_forward(MAPS, 2, padding=2), ValueError, "at most half"),
        (lambda: F.max_pool2d_forward(MAPS, 5), ValueError, "more than the padded image"),
        (lambda: F.max_pool2d_forward(MAPS, 2, stride=0), ValueError, "stride must be at least 1"),
        (lambda: F.global_avg_pool_forward(SCORES), ValueError, r"x must have shape \(N, C, H, W\)"),
        (lambda: F.zero_pad2d_forward(MAPS, (1, 1)), TypeError, "padding must be four ints"),
        (lambda: F.zero_pad2d_forward(MAPS, (1, 1, 0, -1)), ValueError, "padding must be at least 0"),
        (lambda: F.zero_pad2d_forward(SCORES, (1, 1, 1, 1)), ValueError, "x must have shape"),
        (
            lambda: F.subsampling_forward(MAPS, np.ones(2), np.ones(1), 2),
            ValueError,
            "weight must have shape",
        ),
        (lambda: F.local_response_norm_forward(MAPS, size=0), ValueError, "size must be at least 1"),
        (lambda: F.batch_norm_forward(MAPS, *[np.ones(2)] * 4), ValueError, "weight must have shape"),
        (lambda: F.batch_norm_forward(MAPS[:, :, :1, :1], *[np.ones(1)] * 4), ValueError, "two values"),
        (lambda: F.dropout_forward(SCORES, p=1.0), ValueError, "p must be at least 0 and below 1"),
        (lambda: F.rbf_forward(SCORES, np.ones((2, 4))), ValueError, "x has 3 features, but codes"),
        (lambda: F.rbf_loss(SCORES, np.array([0, 3])), ValueError, "rbf_loss: labels must be 0 to 2"),
        (
            lambda: F.table_conv2d_forward(MAPS, np.ones((1, 2, 2)), None, ((1,),)),
            ValueError,
            "connections must name input maps 0 to 0",
        ),
        (lambda: F.softmax_cross_entropy(SCORES, [0, 1]), TypeError, "array of integers"),
    ],
)
def test_wrong_input_is_named(call, error, says):
    with own_messages(), pytest.raises(error, match=says):
        call()


# Every backward function, with what its forward takes.
PAIRS = {
    "avg_pool2d": (MAPS, 2),
    "max_pool2d": (MAPS, 2),
    "global_avg_pool": (MAPS,),
    "subsampling": (MAPS, np.ones(1), np.ones(1), 2),
    "local_response_norm": (MAPS,),
    "batch_norm": (MAPS, *[np.ones(1)] * 4),
    "conv2d": (MAPS, np.ones((1, 1, 2, 2))),
    "zero_pad2d": (MAPS, (0, 1, 0, 1)),
    "table_conv2d": (MAPS, np.ones((1, 2, 2)), None, ((0,),)),
    "linear": (SCORES, np.ones((2, 3))),
    "rbf": (SCORES, np.ones((2, 3))),
    "flatten": (MAPS,),
    "dropout": (MAPS,),
    "tanh": (MAPS,),
    "scaled_tanh": (MAPS,),
    "relu": (MAPS,),
    "relu6": (MAPS,),
}


def test_every_backward_function_is_in_the_table():
    names = {name.removesuffix("_backward") for name in F.__all__ if name.endswith("_backward")}
    assert names == PAIRS.keys()


@pytest.mark.parametrize("name", PAIRS)
def test_what_is_no_float_array_is_refused_by_name(name):
    x, *rest = PAIRS[name]
    forward = getattr(F, f"{name}_forward")
    with own_messages(), pytest.raises(TypeError, match=f"{name}_forward: x must be a NumPy array, got list"):
        forward(x.tolist(), *rest)
    with own_messages(), pytest.raises(TypeError, match="x must be float32 or float64, got int64"):
        forward(x.astype(int), *rest)


@pytest.mark.parametrize("name", PAIRS)
def test_a_gradient_of_another_shape_is_refused_by_name(name):
    says = name.removeprefix("table_")  # which hands its gradient on
    out, cache = getattr(F, f"{name}_forward")(*(a.copy() if hasattr(a, "copy") else a for a in PAIRS[name]))
    with own_messages(), pytest.raises(ValueError, match=f"{says}_backward: dout must have shape"):
        getattr(F, f"{name}_backward")(np.ones((*out.shape[:-1], out.shape[-1] + 1)), cache)
