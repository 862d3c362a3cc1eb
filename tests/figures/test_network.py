"""`coursekit.figures.network`: what a diagram says is what the library measures."""

import re

import matplotlib
import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from coursekit import networks
from coursekit.figures.network import boxes, draw_connections, draw_network
from coursekit.figures.style import COLOURS
from coursekit.networks import Conv2d, Flatten, Linear, Network, Sequential

matplotlib.use("Agg")


# More maps than there is room for side by side.
WIDE = Network(
    name="wide",
    input_shape=(3, 20, 30),
    body=Sequential(conv=Conv2d(3, 200, 3, stride=(1, 2)), flatten=Flatten(), fc=Linear(200 * 18 * 14, 7)),
    source="made up",
)


DRAWN = [WIDE, *map(networks.get, ("lenet5", "lenet5_1998", "alexnet"))]


@pytest.fixture(params=DRAWN, ids=lambda network: network.name)
def network(request):
    return request.param


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def rectangles(figure):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]


def drawn_maps(figure):
    """Return the boxes around the maps of each layer that has maps."""
    return [
        [path.get_extents() for path in collection.get_paths()] for collection in figure.axes[0].collections
    ]


def test_there_is_one_box_for_the_input_and_one_for_each_layer(network):
    assert [box.name for box in boxes(network)] == ["input", *(row.name for row in network.rows())]


def test_a_box_says_the_shape_and_the_parameters_of_the_summary(network):
    for box, row in zip(boxes(network)[1:], network.rows(), strict=True):
        assert box.size == "×".join(map(str, row.output_shape))
        assert box.parameters == row.parameters


def test_the_parameters_of_the_boxes_add_up_to_those_of_the_network(network):
    assert sum(box.parameters for box in boxes(network)) == network.parameter_count


def test_a_window_is_told_with_its_stride_and_padding_where_they_are_not_the_usual_ones():
    told = {box.name: box.detail for box in boxes(networks.get("lenet5"))}
    assert told["conv1"] == "conv 5×5, pad 2"
    assert told["conv2"] == "conv 5×5"
    assert told["pool1"] == "mean 2×2, stride 2"


@pytest.mark.parametrize("name", networks.names())
def test_every_window_is_told_with_what_is_done_in_it(name):
    described = networks.get(name)
    for box, row in zip(boxes(described)[1:], described.rows(), strict=True):
        if row.kernel_size:
            assert re.match(r"[A-Za-z].* \d+×\d+", box.detail)


def test_every_label_stands_in_the_drawing(network):
    drawn = texts(draw_network(network))
    for box in boxes(network):
        assert box.name in drawn
        assert box.size in drawn
        if box.parameters:
            assert f"{box.parameters:,}" in drawn


def test_every_map_is_drawn(network):
    shapes = [box.shape for box in boxes(network) if len(box.shape) == 3]
    assert [len(maps) for maps in drawn_maps(draw_network(network))] == [shape[0] for shape in shapes]


def test_the_features_of_a_layer_are_one_bar_and_all_bars_have_one_scale(network):
    features = [box.shape[0] for box in boxes(network) if len(box.shape) == 1]
    bars = rectangles(draw_network(network))
    assert [bar.get_width() / bars[0].get_width() for bar in bars] == pytest.approx(
        [feature / features[0] for feature in features]
    )


def test_all_maps_have_one_scale(network):
    shapes = [box.shape for box in boxes(network) if len(box.shape) == 3]
    layers = drawn_maps(draw_network(network))
    pixel = layers[0][0].width / shapes[0][2]
    for maps, (_, height, width) in zip(layers, shapes, strict=True):
        assert {round(m.height / height / pixel, 6) for m in maps} == {1}
        assert {round(m.width / width / pixel, 6) for m in maps} == {1}


def test_maps_do_not_run_into_the_labels_on_their_right(network):
    figure = draw_network(network)
    sizes = [text for text in figure.axes[0].texts if text.get_text() == "size"]
    assert max(m.x1 for maps in drawn_maps(figure) for m in maps) < sizes[0].get_position()[0]


def test_nothing_is_drawn_outside_the_width_of_the_figure(network):
    figure = draw_network(network)
    figure.canvas.draw()
    box = figure.bbox
    for text in figure.axes[0].texts:
        extent = text.get_window_extent()
        assert box.x0 - 1 <= extent.x0
        assert extent.x1 <= box.x1 + 1, text.get_text()


def test_a_table_of_connections_fills_exactly_the_connected_squares():
    figure = draw_connections([[0, 2], [1], []], sources=3, source="S2", target="C3")
    filled = {
        (round(patch.get_x() + 0.5), round(patch.get_y() + 0.5))
        for patch in rectangles(figure)
        if to_rgb(patch.get_facecolor()) == to_rgb(COLOURS["blue"])
    }
    assert filled == {(0, 0), (0, 2), (1, 1)}
    assert len(rectangles(figure)) == 9


@pytest.mark.parametrize("index", [-1, 3])
def test_a_connection_to_a_map_that_is_not_there_is_refused(index):
    with pytest.raises(ValueError, match=f"S2 has the maps 0 to 2, got {index}"):
        draw_connections([[index]], sources=3, source="S2", target="C3")
