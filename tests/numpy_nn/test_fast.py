"""Every fast method against torch, in float32 and float64, and on both sides of where one takes over."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coursekit.numpy_nn import batch_last, blocked, conv, fast_conv, parallel, pool, winograd
from coursekit.numpy_nn import functional as F
from coursekit.numpy_nn.fast_conv import Setting
from tests.helpers import drawn

METHODS = ["product", "batch_last", "winograd 4", "winograd 2", "blocked"]
# The largest error of a method, as a part of the largest number of the right result.
ERROR = {np.float32: {"winograd 4": 3e-5, "winograd 2": 3e-5}, np.float64: {}}
PLAIN_ERROR = {np.float32: 5e-6, np.float64: 1e-13}


@pytest.fixture(params=[1, 2], ids=["one worker", "two workers"])
def workers(request, monkeypatch):
    """Let one or two threads share the work, whatever this machine has."""
    for module in (parallel, pool, blocked, winograd, batch_last):
        monkeypatch.setattr(module, "workers", lambda: request.param)
    monkeypatch.setattr(parallel, "_set_blas_threads", lambda number: None)
    monkeypatch.setattr(parallel, "_pool", lambda: pool_of_one)
    with ThreadPoolExecutor(1) as pool_of_one:
        yield request.param


@st.composite
def fitting(draw):
    """Draw a method and a convolution that it can compute: all layouts, sizes down to one pixel, groups."""
    how = draw(st.sampled_from(METHODS))
    kernel = (1, 1) if how == "product" else (draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    free = how == "blocked"
    stride, dilation = (
        draw(st.tuples(st.integers(1, 6), st.integers(1, most))) if free else (1, 1) for most in (6, 2)
    )
    if how.startswith("winograd"):
        fold, r = draw(st.integers(1, 4)), 3 if how[-1] == "4" else draw(st.sampled_from([3, 5]))
        stride, kernel = (fold, fold), (draw(st.integers((r - 1) * fold + 1, r * fold)),) * 2
    padding = tuple(draw(st.integers(0, 3 if free else k - 1)) for k in kernel)
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    size = [max(1, s - 2 * p) + draw(st.integers(0, 9)) for s, p in zip(spans, padding, strict=True)]
    groups = 1 if how == "batch_last" else draw(st.integers(1, 2))
    shape = (draw(st.integers(0, 3)), groups * draw(st.integers(1, 3)), *size)
    w_shape = (groups * draw(st.integers(1, 3)), shape[1] // groups, *kernel)
    order = draw(st.permutations(range(4)))
    return how, shape, w_shape, order, draw(st.booleans()), Setting(stride, padding, dilation, groups)


def in_order(x, order):
    """Return x with its axes in memory in this order."""
    return np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))


def assert_near(got, expected, error):
    assert np.abs(got - expected).max(initial=0) <= error * np.abs(expected).max(initial=1e-30)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(case=fitting())
def test_every_method_equals_torch_forward_and_backward(dtype, case):
    how, shape, w_shape, order, bias, setting = case
    x, w, b = drawn(shape, w_shape, w_shape[:1])
    tensors = [torch.tensor(a.astype(dtype).astype(np.float64), requires_grad=True) for a in (x, w, b)]
    stride, padding, dilation, groups = setting
    expected = torch.nn.functional.conv2d(*tensors, stride, padding, dilation, groups)
    if not bias:
        expected = torch.nn.functional.conv2d(*tensors[:2], None, *setting)
    x, w, b = in_order(x.astype(dtype), order), w.astype(dtype), b.astype(dtype)
    out = fast_conv.forward(x, w, b if bias else None, setting, tuple(expected.shape[2:]), how)
    dout = in_order(drawn(out.shape, seed=1)[0].astype(dtype), order)
    expected.backward(torch.tensor(dout.astype(np.float64)))
    dx, dw = fast_conv.backward(dout, x, w, setting, how, input_gradient=True)
    error = ERROR[dtype].get(how, PLAIN_ERROR[dtype])
    assert out.dtype == dx.dtype == dw.dtype == dtype
    assert_near(out, expected.detach().numpy(), error)
    assert_near(dx, tensors[0].grad.numpy(), error)
    assert_near(dw, tensors[1].grad.numpy(), error)
    nothing, same = fast_conv.backward(dout, x, w, setting, how, input_gradient=False)
    assert nothing is None
    np.testing.assert_array_equal(same, dw)


# On both sides of every switch: (images, filters, channels, kernel, size, settings), and what is chosen.
SWITCHES = [
    ((2, 20, 20, 1, 6, {}), "product"),
    ((2, 20, 20, 1, 6, {"padding": 1}), "blocked"),
    ((2, 20, 20, 1, 6, {"stride": 2}), "blocked"),
    ((16, 16, 3, 5, 8, {"padding": 2}), "batch_last"),
    ((15, 16, 3, 5, 8, {"padding": 2}), "blocked"),
    ((16, 17, 3, 5, 8, {"padding": 2}), "blocked"),
    ((16, 16, 4, 5, 8, {"groups": 2}), "blocked"),
    ((2, 16, 16, 3, 9, {"padding": 1}), "winograd 4"),
    ((2, 16, 15, 3, 9, {"padding": 1}), "blocked"),
    ((2, 15, 16, 3, 9, {"padding": 1}), "blocked"),
    ((2, 16, 16, 3, 9, {"padding": 3}), "blocked"),
    ((2, 16, 16, 3, 9, {"dilation": 2}), "blocked"),
    ((2, 32, 32, 3, 9, {"groups": 2}), "winograd 4"),
    ((2, 16, 16, 5, 9, {"padding": 2}), "winograd 2"),
    ((2, 16, 16, 4, 9, {"padding": 1}), "blocked"),
    ((2, 16, 3, 11, 19, {"stride": 4, "padding": 2}), "winograd 4"),
    ((2, 16, 1, 12, 19, {"stride": 4}), "winograd 4"),
    ((2, 16, 1, 13, 19, {"stride": 4}), "blocked"),
    ((2, 16, 4, 5, 9, {"stride": 2}), "winograd 4"),
    ((2, 16, 3, 5, 9, {"stride": 2}), "blocked"),
    ((2, 16, 16, 5, 9, {"stride": (2, 1)}), "blocked"),
    ((2, 16, 16, 5, 12, {"stride": 2, "dilation": 2}), "blocked"),
    ((1, 380, 380, 3, 5, {"padding": 1}), "winograd 4"),
    ((1, 384, 384, 3, 5, {"padding": 1}), "winograd 2"),
    ((1, 576, 576, 3, 4, {"padding": 1}), "blocked"),
    ((1, 18, 9, 3, 5, {"groups": 9}), "plain"),
]


@pytest.mark.parametrize(("case", "how"), SWITCHES, ids=[f"{how} {case}" for case, how in SWITCHES])
def test_the_rule_chooses_as_documented_and_the_result_is_torchs(case, how, workers):
    n, filters, channels, kernel, size, keywords = case
    w_shape = (filters, channels // keywords.get("groups", 1), kernel, kernel)
    x, w, b = (a.astype(np.float32) for a in drawn((n, channels, size, size), w_shape, (filters,)))
    tensors = [torch.tensor(a.astype(np.float64), requires_grad=True) for a in (x, w, b)]
    expected = torch.nn.functional.conv2d(*tensors, **keywords)
    out, cache = F.conv2d_forward(x, w, b, **keywords)
    assert cache.how == how
    assert_near(out, expected.detach().numpy(), 3e-5)
    dout = drawn(out.shape, seed=1)[0].astype(np.float32)
    expected.backward(torch.tensor(dout.astype(np.float64)))
    for got, tensor in zip(F.conv2d_backward(dout, cache), tensors, strict=True):
        assert_near(got, tensor.grad.numpy(), 3e-5)


def test_float64_is_computed_by_the_plain_version():
    x, w = drawn((2, 16, 6, 6), (16, 16, 3, 3))
    out, cache = F.conv2d_forward(x, w)
    assert cache.how == "plain"
    np.testing.assert_array_equal(out, conv.conv2d_plain(x, w))


# Every method on a large layer: (images, channels, filters, kernel, size, settings).
LARGE = {
    "winograd 4": (1, 64, 64, 3, 224, {"padding": 1}),
    "winograd 4, folded": (4, 3, 64, 11, 224, {"padding": 2, "stride": 4}),
    "winograd 2": (4, 512, 512, 3, 14, {"padding": 1}),
    "blocked": (4, 3, 64, 7, 224, {"padding": 3, "stride": 2}),
    "batch_last": (64, 6, 16, 5, 64, {}),
    "product": (4, 256, 64, 1, 56, {}),
}


@pytest.mark.parametrize("how", LARGE)
def test_beside_input_and_output_a_convolution_takes_no_more_than_the_setting_says(how, workers):
    n, channels, filters, kernel, size, keywords = LARGE[how]
    x = fast_conv.laid_out(np.ones((n, channels, size, size), np.float32), how)
    w = np.ones((kernel, kernel, channels, filters), np.float32).transpose(3, 2, 0, 1)
    parallel._local.__dict__.clear()  # what earlier calls left
    tracemalloc.start()
    out, cache = F.conv2d_forward(x, w, **keywords)
    forward = tracemalloc.get_traced_memory()[1] - out.nbytes
    tracemalloc.reset_peak()
    dx, dw, _ = F.conv2d_backward(out, cache)
    backward = tracemalloc.get_traced_memory()[1] - out.nbytes - dx.nbytes - dw.nbytes
    tracemalloc.stop()
    assert cache.how == how.split(",")[0]
    assert forward <= parallel.SCRATCH_BYTES
    assert backward <= parallel.SCRATCH_BYTES + 2 * w.nbytes


def test_a_layer_takes_the_memory_of_the_one_before_as_it_is():
    x = np.ones((2, 16, 9, 9), np.float32)
    out, _ = F.conv2d_forward(x, np.ones((16, 16, 3, 3), np.float32), padding=1)
    for forward, settings in (
        (F.relu_forward, ()),
        (F.max_pool2d_forward, (3, 2)),
        (F.avg_pool2d_forward, (2,)),
        (F.local_response_norm_forward, ()),
        (F.dropout_forward, ()),
    ):
        next_out, _ = forward(out, *settings)
        assert next_out.transpose(0, 2, 3, 1).flags.c_contiguous
    assert np.shares_memory(out, F.conv2d_forward(out, np.ones((1, 16, 3, 3), np.float32))[1].x)


@given(
    shape=st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(3, 9), st.integers(3, 9)),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    order=st.permutations(range(4)),
    values=st.sampled_from([2, 1000]),  # few, so that several are the largest; many
)
def test_max_pooling_by_rows_and_columns_is_the_plain_one(shape, kernel, stride, order, values):
    x = np.random.default_rng(0).integers(0, values, shape).astype(np.float32)
    out, cache = F.max_pool2d_forward(in_order(x, order), kernel, stride)
    expected, where = pool.max_pool2d_plain(x, kernel, stride)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(cache.where, where)
    assert cache.where.dtype == np.uint8


@given(
    shape=st.tuples(st.integers(0, 2), st.integers(1, 9), st.integers(1, 3), st.integers(1, 3)),
    size=st.integers(1, 6),
    beta=st.sampled_from([0.75, 0.5]),
)
def test_lrn_by_a_product_is_the_plain_one(shape, size, beta):
    (x,) = drawn(shape)
    settings = (size, 0.5, beta, 2.0)
    single = F.local_response_norm_forward(x.astype(np.float32), *settings)
    double = F.local_response_norm_forward(x, *settings)
    assert_near(single[0], double[0], 1e-6)
    dx = F.local_response_norm_backward(single[0], single[1])
    assert_near(dx, F.local_response_norm_backward(double[0], double[1]), 2e-6)


def test_blas_gets_its_threads_back(monkeypatch):
    threads = []
    monkeypatch.setattr(parallel, "workers", lambda: 2)
    monkeypatch.setattr(parallel, "_set_blas_threads", threads.append)
    with parallel.one_blas_thread(), parallel.one_blas_thread():
        assert threads == [1]
    assert threads == [1, 2]


def test_an_error_of_a_worker_reaches_the_caller(workers):
    def fail(item):
        raise ArithmeticError(item)

    with pytest.raises(ArithmeticError):
        parallel.each(fail, [1, 2, 3])
