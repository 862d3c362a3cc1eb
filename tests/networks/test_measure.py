"""Shapes, counts and receptive fields, against torch and by hand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coursekit.networks import AvgPool2d, Conv2d, Linear, Sequential, Tanh, ZeroPad2d, measure, pair

pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))


@given(
    size=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    kernel=pairs,
    stride=pairs,
    dilation=pairs,
    padding=st.tuples(st.integers(0, 3), st.integers(0, 3)),
)
def test_output_size_is_torchs(size, kernel, stride, dilation, padding):
    layer = torch.nn.Conv2d(1, 1, kernel, stride, padding, dilation)
    try:
        expected = layer(torch.zeros(1, 1, *size)).shape[2:]
    except RuntimeError:
        with pytest.raises(ValueError, match="more than the padded image"):
            measure.output_size(size, kernel, stride, padding, dilation)
    else:
        assert measure.output_size(size, kernel, stride, padding, dilation) == expected


def test_groups_divide_the_weights():
    assert measure.parameter_shapes(Conv2d(4, 6, 3, groups=2)) == {"weight": (6, 2, 3, 3), "bias": (6,)}
    assert measure.parameter_shapes(Conv2d(4, 6, (1, 3), bias=False)) == {"weight": (6, 4, 1, 3)}


def test_names_of_nested_layers_are_dotted():
    body = Sequential(block=Sequential(fc=Linear(3, 2), tanh=Tanh()))
    assert measure.parameter_shapes(body) == {"block.fc.weight": (2, 3), "block.fc.bias": (2,)}


def test_zeros_around_maps_make_them_larger_and_see_no_more():
    body = Sequential(pad=ZeroPad2d((1, 2, 3, 4)), conv=Conv2d(1, 1, 3))
    assert measure.output_shape(body.children["pad"], (1, 10, 20)) == (1, 3 + 10 + 4, 1 + 20 + 2)
    assert measure.parameter_count(body) == 10
    assert measure.receptive_field(body) == (3, 3)


def test_three_windows_of_3_see_as_far_as_one_of_7():
    three = Sequential(a=Conv2d(1, 1, 3), b=Conv2d(1, 1, 3), c=Conv2d(1, 1, 3))
    assert measure.receptive_field(three) == measure.receptive_field(Conv2d(1, 1, 7)) == (7, 7)


def test_strides_and_dilation_widen_the_receptive_field():
    body = Sequential(pool=AvgPool2d((2, 1)), conv=Conv2d(1, 1, 3, dilation=(1, 2)))
    assert measure.receptive_field(body) == (2 + 2 * 2, 1 + 4)


@pytest.mark.parametrize(
    ("layer", "shape", "says"),
    [
        (Conv2d(3, 8, 3), (1, 9, 9), r"expected an input of shape \(3, height, width\), got \(1, 9, 9\)"),
        (AvgPool2d(2), (10,), r"expected an input of shape \(channels, height, width\), got \(10,\)"),
        (ZeroPad2d((0, 1, 0, 1)), (10,), r"expected an input of shape \(channels, height, width\)"),
        (Linear(4, 2), (5,), r"expected an input of shape \(4,\), got \(5,\)"),
        (Sequential(fc1=Linear(4, 2)), (5,), "fc1: expected"),
    ],
)
def test_a_layer_refuses_an_input_that_does_not_fit(layer, shape, says):
    with pytest.raises(ValueError, match=says):
        measure.output_shape(layer, shape)


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: Conv2d(3, 4, 3, groups=2), ValueError, "groups=2 must divide in_channels=3"),
        (lambda: Conv2d(3, 4, 0), ValueError, "kernel_size must be at least 1"),
        (lambda: ZeroPad2d(1), TypeError, r"padding must be four ints \(left, right, top, bottom\), got 1"),
        (lambda: ZeroPad2d((0, 1, 0, -1)), ValueError, "padding must be at least 0 on every side"),
        (lambda: AvgPool2d(2, stride="2"), TypeError, "stride must be an int or a pair"),
        (lambda: pair((1, 2, 3)), TypeError, r"got \(1, 2, 3\)"),
    ],
)
def test_a_layer_that_cannot_be_is_refused(make, error, says):
    with pytest.raises(error, match=says):
        make()
