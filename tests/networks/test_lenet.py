"""LeNet-5's numbers, from its description alone."""

import subprocess
import sys

import pytest

from coursekit import networks


@pytest.fixture
def net():
    return networks.get("lenet5")


def test_counts_are_those_of_the_claims_ledger(net):
    assert net.parameter_count == 61_706
    assert [row.parameters for row in net.rows() if row.parameters] == [156, 2_416, 48_120, 10_164, 850]


def test_multiply_adds_are_weights_times_positions(net):
    by_hand = 28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10
    assert net.multiply_adds == by_hand


def test_shapes_follow_the_paper_from_c1_to_the_output(net):
    shapes = {row.name: row.output_shape for row in net.rows()}
    assert shapes["conv1"] == (6, 28, 28)
    assert shapes["pool1"] == (6, 14, 14)
    assert shapes["conv2"] == (16, 10, 10)
    assert shapes["pool2"] == (16, 5, 5)
    assert net.input_shape == (1, 28, 28)
    assert net.output_shape == (10,)


def test_a_unit_of_the_last_map_sees_16_by_16_pixels(net):
    assert net.receptive_field == (16, 16)


def test_the_summary_has_a_line_for_every_layer_and_the_totals(net):
    lines = net.summary().splitlines()
    assert [line.split()[0] for line in lines[4:-2]] == [name for name, _ in networks.walk(net.body)]
    assert lines[-1].split() == ["total", "61,706", "416,520"]
    assert "LeCun" in lines[0]


def test_an_unknown_network_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match="there is no network 'lenet'; there are: lenet5"):
        networks.get("lenet")


def test_describing_imports_neither_numpy_nor_torch():
    code = (
        "import sys; from coursekit import networks; networks.get('lenet5').summary(); "
        "assert not {'numpy', 'torch'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
