"""Every network's numbers, from descriptions alone: published counts, and other people's graphs."""

import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from coursekit import networks
from coursekit.networks import Conv2d, Linear, measure, walk

COUNTS = {
    "lenet5": 61_706,
    "lenet5_1998": 60_000,
    "alexnet": 60_965_224,
    "alexnet_one_column": 62_378_344,
    "vgg11": 132_863_336,
    "vgg13": 133_047_848,
    "vgg16": 138_357_544,
    "vgg16c": 133_638_952,
    "vgg19": 143_667_240,
    "googlenet": 6_998_552,
    "googlenet_aux": 13_378_280,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "efficientnet_lite0": 4_652_008,
}


def test_every_network_has_a_count_here():
    assert list(COUNTS) == networks.names()


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_parameter_counts(name, count):
    assert networks.get(name).parameter_count == count


@pytest.mark.parametrize("name", COUNTS)
def test_a_summary_has_a_line_for_every_layer_and_the_right_totals(name):
    net = networks.get(name)
    lines = net.summary().splitlines()
    assert lines[0].startswith(f"{name}: ")
    assert lines[-1].split() == ["total", f"{net.parameter_count:,}", f"{net.multiply_adds:,}"]
    assert len(lines) - 6 == len(net.rows())
    assert sum(row.parameters for row in net.rows()) == net.parameter_count
    assert sum(row.multiply_adds for row in net.rows()) == net.multiply_adds


def test_a_summary_makes_no_array():
    tracemalloc.start()
    networks.get("vgg19").summary()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20  # VGG-19's weights are 548 MiB


# The table on the slide "ALEXNET ARCHITECTURE": layer, filters, window, stride, padding, output.
ALEXNET_TABLE = [
    ("conv1", 96, 11, 4, 0, (96, 55, 55)),
    ("pool1", None, 3, 2, 0, (96, 27, 27)),
    ("norm1", None, None, None, None, (96, 27, 27)),
    ("conv2", 256, 5, 1, 2, (256, 27, 27)),
    ("pool2", None, 3, 2, 0, (256, 13, 13)),
    ("norm2", None, None, None, None, (256, 13, 13)),
    ("conv3", 384, 3, 1, 1, (384, 13, 13)),
    ("conv4", 384, 3, 1, 1, (384, 13, 13)),
    ("conv5", 256, 3, 1, 1, (256, 13, 13)),
    ("pool3", None, 3, 2, 0, (256, 6, 6)),
    ("fc6", 4096, None, None, None, (4096,)),
    ("fc7", 4096, None, None, None, (4096,)),
    ("fc8", 1000, None, None, None, (1000,)),
]


def test_the_slides_alexnet_table_comes_out_of_the_summary_line_by_line():
    net = networks.get("alexnet_one_column")
    assert net.input_shape == (3, 227, 227)
    rows = [r for r in net.rows() if r.layer not in ("ReLU", "Dropout", "Flatten")]
    assert [row.name for row in rows] == [line[0] for line in ALEXNET_TABLE]
    printed = {line.split()[0]: line.split() for line in net.summary().splitlines() if line.strip()}
    for row, (name, filters, window, stride, padding, shape) in zip(rows, ALEXNET_TABLE, strict=True):
        assert row.output_shape == shape
        assert "x".join(map(str, shape)) == printed[name][2]
        assert filters in (None, shape[0])
        for got, size in ((row.kernel_size, window), (row.stride, stride), (row.padding, padding)):
            assert got == (None if size is None else (size, size))
        if window:
            sizes = [f"{size}x{size}" for size in (window, stride, padding)]
            assert printed[name][3:6] == sizes


def onnx_shapes(name):
    """Return the weight shapes of all convolutions and fully connected layers of a graph, in its order."""
    folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    graph = onnx.load(folder / f"light_{name}.onnx").graph
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    # A weight is a constant of a shape, or such a constant in another shape.
    made_of = {n.output[0]: n.input[-1] for n in graph.node if n.op_type in ("ConstantOfShape", "Reshape")}
    weights = [n.input[1] for n in graph.node if n.op_type in ("Conv", "Gemm")]
    return [tuple(int(n) for n in values[made_of[weight]]) for weight in weights]


def our_shapes(name):
    layers = [layer for _, layer in walk(networks.get(name).body) if isinstance(layer, Conv2d | Linear)]
    return [measure.parameter_shapes(layer)["weight"] for layer in layers]


@pytest.mark.parametrize(
    ("ours", "theirs"), [("alexnet", "bvlc_alexnet"), ("vgg19", "vgg19"), ("googlenet", "inception_v1")]
)
def test_weight_shapes_are_those_of_the_published_graph(ours, theirs):
    assert our_shapes(ours) == onnx_shapes(theirs)


def test_resnet50_has_the_weight_shapes_of_the_published_graph():
    # In a block the projection comes last here and first there, so whole blocks are compared.
    ours, theirs = our_shapes("resnet50"), onnx_shapes("resnet50")
    assert len(ours) == len(theirs) == 54
    assert ours[0] == theirs[0]
    assert ours[-1] == theirs[-1] == (1000, 2048)
    assert blocks(ours) == blocks(theirs)


def blocks(shapes):
    """Return ResNet-50's convolutions but the first, sorted within each block of 3 or (with projection) 4."""
    sizes = [4 if i == 0 else 3 for count in (3, 4, 6, 3) for i in range(count)]
    ends = np.cumsum([1, *sizes])
    return [sorted(shapes[a:b]) for a, b in pairwise(ends)]


def test_the_connection_table_is_that_of_the_paper():
    from coursekit.networks.lenet_1998 import C3

    assert [sum(m in line for line in C3) for m in range(6)] == [10] * 6  # each map of S2 is seen ten times
    assert [len(line) for line in C3] == [3] * 6 + [4] * 9 + [6]
    # Table I, column by column.
    columns = "012 123 234 345 045 015 0123 1234 2345 0345 0145 0125 0134 1245 0235 012345"
    assert ["".join(map(str, line)) for line in C3] == columns.split()


def test_the_trainable_parameters_of_1998_are_the_papers():
    rows = {row.name: row.parameters for row in networks.get("lenet5_1998").rows()}
    assert [rows[n] for n in ("c1", "s2", "c3", "s4", "c5", "f6")] == [156, 12, 1_516, 32, 48_120, 10_164]
    assert rows["output"] == 0
    assert measure.buffer_shapes(networks.get("lenet5_1998").body) == {"output.codes": (10, 84)}


def test_the_ten_bitmaps_are_7x12_and_all_different():
    from coursekit.networks.lenet_1998 import codes

    assert len(set(codes())) == 10
    assert {len(line) for line in codes()} == {7 * 12}
    assert {pixel for line in codes() for pixel in line} == {-1, 1}


def test_googlenet_is_22_layers_deep_with_57_convolutions():
    from coursekit.networks.googlenet import INCEPTION

    shapes = our_shapes("googlenet")
    assert len([s for s in shapes if len(s) == 4]) == 57
    assert 3 + 2 * len(INCEPTION) + 1 == 22


def test_multiply_adds_of_the_papers():
    # He et al. 2016, table 1, in 10^9: 18 to 152 layers. The 50-layer network and deeper stride in the 3x3
    # convolution here, which costs about 6 % more than in the first 1x1.
    for depth, published in {18: 1.8, 34: 3.6, 50: 3.8, 101: 7.6, 152: 11.3}.items():
        assert networks.get(f"resnet{depth}").multiply_adds / 1e9 == pytest.approx(published, rel=0.08)
    # Szegedy et al. 2015, table 1: the operations of all lines, 1502 million without the rest.
    assert networks.get("googlenet").multiply_adds == pytest.approx(1.5e9, rel=0.06)
