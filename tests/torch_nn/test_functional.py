"""The layers written out in torch, against torch.nn.functional, forward and gradient."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coursekit.torch_nn import functional as F
from coursekit.torch_nn import norm
from tests.helpers import drawn, own_messages
from tests.numpy_nn.test_conv import convolutions
from tests.numpy_nn.test_layers import pools


def assert_same(ours, theirs, arrays, settings):
    results = []
    for function in (ours, theirs):
        tensors = [None if a is None else torch.tensor(a, requires_grad=True) for a in arrays]
        out = function(*tensors, **settings)
        (out * torch.arange(out.numel()).reshape(out.shape)).sum().backward()
        results.append([out] + [t.grad for t in tensors if t is not None])
    torch.testing.assert_close(results[0], results[1], atol=1e-9, rtol=1e-9)


@given(convolutions())
def test_conv2d(case):
    x, w, b, settings = case
    assert_same(F.conv2d, torch.nn.functional.conv2d, (x, w, b), settings)


@given(pools())
def test_avg_pool2d(case):
    shape, settings = case
    assert_same(F.avg_pool2d, torch.nn.functional.avg_pool2d, drawn(shape), settings)


@given(pools(), st.booleans())
def test_max_pool2d(case, ceil_mode):
    shape, settings = case
    x = np.random.default_rng(0).integers(0, 3, shape).astype(np.float64)  # many are equal
    settings = {**settings, "ceil_mode": ceil_mode}
    assert_same(F.max_pool2d, torch.nn.functional.max_pool2d, [x], settings)


@pytest.mark.parametrize("padding", [(0, 0, 0, 0), (0, 1, 0, 1), (1, 2, 3, 4)])
def test_zero_pad2d(padding):
    assert_same(
        F.zero_pad2d,
        lambda x, padding: torch.nn.ZeroPad2d(padding)(x),
        drawn((2, 3, 4, 5)),
        {"padding": padding},
    )


@pytest.mark.parametrize("ours", [F.local_response_norm, norm.local_response_norm])
@pytest.mark.parametrize("size", [1, 4, 5])
def test_local_response_norm(size, ours):
    settings = {"size": size, "alpha": 0.5, "beta": 0.75, "k": 2.0}
    theirs = torch.nn.functional.local_response_norm
    assert_same(ours, theirs, drawn((2, 6, 3, 3)), settings)


def test_local_response_norm_of_bfloat16_is_that_of_float32_rounded():
    x = torch.tensor(drawn((2, 6, 3, 3))[0]).bfloat16().requires_grad_()
    out = norm.local_response_norm(x, alpha=0.5)
    out.sum().backward()
    wide = x.detach().float().requires_grad_()
    expected = norm.local_response_norm(wide, alpha=0.5)
    expected.sum().backward()
    assert out.dtype == x.grad.dtype == torch.bfloat16
    assert torch.equal(out, expected.bfloat16())
    assert torch.equal(x.grad, wide.grad.bfloat16())


@pytest.mark.parametrize("training", [False, True])
def test_batch_norm(training):
    def run(function):
        def by(x, weight, bias):
            mean, var = torch.zeros(3, dtype=x.dtype), torch.ones(3, dtype=x.dtype)
            return function(x, weight, bias, mean, var) + mean.sum() + var.sum()

        return by

    def theirs(x, weight, bias, mean, var):
        return torch.nn.functional.batch_norm(x, mean, var, weight, bias, training)

    def ours(*arrays):
        return F.batch_norm(*arrays, training=training)

    assert_same(run(ours), run(theirs), drawn((2, 3, 4, 4), (3,), (3,)), {})


def test_dropout_keeps_the_expectation():
    torch.manual_seed(0)
    x = torch.ones(400, 500)
    out = F.dropout(x, 0.3)
    assert out.mean().item() == pytest.approx(1, abs=0.01)
    assert (out == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)
    assert F.dropout(x, 0.3, training=False) is x


@pytest.mark.parametrize(
    ("ours", "theirs", "shapes"),
    [
        (F.linear, torch.nn.functional.linear, [(3, 4), (2, 4), (2,)]),
        (F.tanh, torch.tanh, [(3, 4)]),
        (F.relu, torch.relu, [(3, 4)]),
        (F.flatten, torch.nn.Flatten(), [(3, 4, 2, 1)]),
        (F.relu6, torch.nn.functional.relu6, [(3, 4)]),
        (F.scaled_tanh, lambda x: 1.7159 * torch.tanh(2 / 3 * x), [(3, 4)]),
        (F.global_avg_pool, torch.nn.AdaptiveAvgPool2d(1), [(2, 3, 4, 5)]),
        (F.rbf, lambda x, codes: (x[:, None] - codes).square().sum(dim=-1), [(3, 4), (2, 4)]),
    ],
)
def test_other_layers(ours, theirs, shapes):
    assert_same(ours, theirs, drawn(*shapes), {})


def test_tanh_of_a_large_number_is_one():
    assert F.tanh(torch.tensor([-1e4, 0.0, 1e4])).tolist() == [-1, 0, 1]


@pytest.mark.parametrize("scale", [1, 1e4])
def test_softmax_cross_entropy(scale):
    labels = torch.tensor([0, 2, 1])

    def ours(scores):
        return F.softmax_cross_entropy(scores, labels)

    def theirs(scores):
        return torch.nn.functional.cross_entropy(scores, labels)

    assert_same(ours, theirs, [drawn((3, 4))[0] * scale], {})


def test_channels_that_do_not_fit_are_named():
    with own_messages(), pytest.raises(ValueError, match="x has 3 channels, but w"):
        F.conv2d(torch.zeros(1, 3, 4, 4), torch.zeros(1, 2, 3, 3))
