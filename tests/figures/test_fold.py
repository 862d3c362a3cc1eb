"""`coursekit.figures.fold`: what a diagram says is what the library measures, in lines that fit a page."""

import re

import pytest

from coursekit import networks
from coursekit.figures.fold import lines
from coursekit.figures.words import is_elementwise
from coursekit.networks import Add, Conv2d, Flatten, GlobalAvgPool2d, Network, ReLU, Sequential, measure


@pytest.fixture(params=networks.names())
def network(request):
    return networks.get(request.param)


def by_title(name):
    return {line.title: line for line in lines(networks.get(name))}


def test_the_parameters_of_the_lines_add_up_to_those_of_the_network(network):
    assert sum(line.times * line.parameters for line in lines(network)) == network.parameter_count


def test_a_line_says_the_shape_of_its_last_row_in_the_summary(network):
    """The last row of a block is its join or what follows it; of an auxiliary classifier, its scores."""
    shape_of = {row.name.split(".")[0]: row.output_shape for row in network.rows()}
    for line in lines(network)[1:]:
        assert line.shape == shape_of[line.first] == shape_of[line.last]
        assert line.size == "×".join(map(str, line.shape))


def test_every_layer_is_told_once_in_its_order(network):
    told = []
    for line in lines(network)[1:]:
        told += [line.layer, *line.folded] * line.times
    assert told == list(network.body.children.values())


def test_a_line_takes_what_the_line_before_passes_on(network):
    shape = network.input_shape
    for line in lines(network)[1:]:
        assert line.input_shape == shape
        for _ in range(line.times):
            for layer in (line.layer, *line.folded):
                shape = measure.output_shape(layer, shape)
    assert shape == network.output_shape


def test_every_network_fits_a_page(network):
    assert len(lines(network)) <= 24


def test_every_window_is_told_with_what_is_done_in_it(network):
    for line in lines(network)[1:]:
        if measure.window(line.layer):
            assert re.match(r"[A-Za-z].* \d+×\d+", ", ".join(line.notes[line.times > 1 :]))


@pytest.mark.parametrize("name", ["lenet5", "lenet5_1998"])
def test_a_short_network_has_one_line_for_the_input_and_one_for_each_layer(name):
    described = networks.get(name)
    assert [line.title for line in lines(described)] == ["input", *(row.name for row in described.rows())]


def test_a_window_is_told_with_its_stride_and_padding_where_they_are_not_the_usual_ones():
    told = by_title("lenet5")
    assert told["conv1"].notes == ["conv 5×5", "pad 2"]
    assert told["conv2"].notes == ["conv 5×5"]
    assert told["pool1"].notes == ["mean 2×2", "stride 2"]


def test_zeros_are_told_with_their_sides():
    assert by_title("efficientnet_lite0")["stem_pad"].notes == ["zeros", "1 right", "1 below"]


def test_elementwise_layers_are_told_in_the_line_before_them():
    told = by_title("alexnet")
    assert told["conv2"].notes == ["conv 5×5", "2 groups", "pad 2", "ReLU", "LRN"]
    assert told["fc6"].notes == ["fully connected", "ReLU", "dropout"]


def test_no_elementwise_layer_has_a_line_in_a_long_network():
    for name in ("alexnet", "vgg19", "googlenet_aux", "resnet152", "efficientnet_lite0"):
        assert not any(is_elementwise(line.layer) for line in lines(networks.get(name))[1:])


def test_an_elementwise_layer_at_the_beginning_is_told_in_the_line_of_the_input():
    body = Sequential(relu=ReLU(), add=Add(a=Conv2d(1, 1, 1), b=Sequential()), flatten=Flatten())
    first = lines(Network("made up", (1, 2, 2), body, "made up"))[0]
    assert (first.title, first.notes) == ("input", ["ReLU"])


@pytest.mark.parametrize(
    ("depth", "runs"),
    [
        (18, [2, 1, 1, 1, 1, 1, 1]),
        (34, [3, 1, 3, 1, 5, 1, 2]),
        (50, [1, 2, 1, 3, 1, 5, 1, 2]),
        (152, [1, 2, 1, 7, 1, 35, 1, 2]),
    ],
)
def test_equal_blocks_are_one_line(depth, runs):
    """Each stage's first block differs, but for conv2_x of basic blocks, where no shape changes."""
    shown = lines(networks.get(f"resnet{depth}"))
    assert [line.times for line in shown if isinstance(line.layer, Sequential)] == runs


def test_a_run_is_called_by_its_first_and_last_layer():
    run = by_title("resnet152")["conv4_2 to conv4_36"]
    assert run.times == 35
    assert run.notes == ["35 times", "residual block: 1×1, 3×3, 1×1"]
    assert run.parameters == 1_117_184


def test_equal_windows_on_maps_of_another_size_are_not_a_run():
    body = Sequential(
        one=Conv2d(2, 2, 3), two=Conv2d(2, 2, 3), add=Add(a=Sequential()), pool=GlobalAvgPool2d()
    )
    shown = lines(Network("made up", (2, 9, 9), body, "made up"))
    assert [line.title for line in shown] == ["input", "one", "two", "add", "pool"]


def test_modules_are_told_by_their_kind():
    googlenet, resnet, lite = map(by_title, ("googlenet_aux", "resnet50", "efficientnet_lite0"))
    assert googlenet["inception_3a"].notes == ["4 branches", "64 + 128 + 32 + 32 maps"]
    assert googlenet["auxiliary_4a"].notes == ["auxiliary classifier"]
    assert resnet["conv2_1"].notes == ["residual block: 1×1, 3×3, 1×1", "projection"]
    assert resnet["conv3_1"].notes == ["residual block: 1×1, 3×3, 1×1", "stride 2", "projection"]
    assert by_title("resnet18")["conv2_1 to conv2_2"].notes == ["2 times", "residual block: 3×3, 3×3"]
    assert lite["block2_1"].notes == ["depthwise block: 1×1, 3×3, 1×1", "stride 2"]
    assert lite["block3_2"].notes == ["inverted residual: 1×1, 5×5, 1×1"]


def test_an_auxiliary_classifier_shows_its_scores_and_passes_the_maps_on():
    shown = lines(networks.get("googlenet_aux"))
    at = [line.title for line in shown].index("auxiliary_4a")
    assert shown[at].shape == (1000,)
    assert shown[at + 1].input_shape == shown[at - 1].shape == (512, 14, 14)
