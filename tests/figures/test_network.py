"""`coursekit.figures.network`: what a diagram says is what the library measures."""

import re

import matplotlib
import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox

from coursekit import networks
from coursekit.figures.fold import lines
from coursekit.figures.network import draw_connections, draw_network
from coursekit.figures.style import COLOURS
from coursekit.networks import Conv2d, Flatten, Linear, Network, Sequential
from tests.figures.legible import assert_legible

matplotlib.use("Agg")


# More maps than there is room for side by side.
WIDE = Network(
    name="wide",
    input_shape=(3, 20, 30),
    body=Sequential(conv=Conv2d(3, 200, 3, stride=(1, 2)), flatten=Flatten(), fc=Linear(200 * 18 * 14, 7)),
    source="made up",
)


DRAWN = [WIDE, *map(networks.get, ("lenet5", "lenet5_1998", "alexnet", "googlenet_aux", "resnet50"))]


@pytest.fixture(scope="module", params=DRAWN, ids=lambda network: network.name)
def network(request):
    return request.param


@pytest.fixture(scope="module")
def figure(network):
    return draw_network(network)


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
        [Bbox([path.vertices[0], path.vertices[2]]) for path in collection.get_paths()]
        for collection in figure.axes[0].collections
    ]


def test_every_label_stands_in_the_drawing(network, figure):
    drawn = texts(figure)
    for line in lines(network):
        assert line.title in drawn
        assert line.size in drawn
        assert all(any(note in text for text in drawn) for note in line.notes)
        if line.parameters:
            assert f"{line.times * line.parameters:,}" in drawn


def test_the_parameters_in_the_drawing_add_up_to_those_of_the_network(network, figure):
    numbers = [text for text in texts(figure) if re.fullmatch(r"[\d,]+", text)]
    shapes = [line.size for line in lines(network) if len(line.shape) == 1]  # labels without commas
    for size in shapes:
        numbers.remove(size)
    assert sum(int(number.replace(",", "")) for number in numbers) == network.parameter_count


def test_of_a_run_the_drawing_says_how_many_times_which_number():
    drawn = texts(draw_network(networks.get("resnet152")))
    assert drawn[drawn.index("conv4_2 to conv4_36") + 1] == "35 times"
    assert "35 × 1,117,184" in drawn


def test_every_map_is_drawn(network, figure):
    shapes = [line.shape for line in lines(network) if len(line.shape) == 3]
    assert [len(maps) for maps in drawn_maps(figure)] == [shape[0] for shape in shapes]


def test_the_features_of_a_layer_are_one_bar_and_all_bars_have_one_scale(network, figure):
    features = [line.shape[0] for line in lines(network) if len(line.shape) == 1]
    bars = rectangles(figure)
    assert [bar.get_width() / bars[0].get_width() for bar in bars] == pytest.approx(
        [feature / features[0] for feature in features]
    )


def test_all_maps_have_one_scale(network, figure):
    shapes = [line.shape for line in lines(network) if len(line.shape) == 3]
    layers = drawn_maps(figure)
    pixel = layers[0][0].width / shapes[0][2]
    for maps, (_, height, width) in zip(layers, shapes, strict=True):
        assert {round(m.height / height / pixel, 6) for m in maps} == {1}
        assert {round(m.width / width / pixel, 6) for m in maps} == {1}


def test_maps_do_not_run_into_the_labels_on_their_right(network, figure):
    sizes = [text for text in figure.axes[0].texts if text.get_text() == "size"]
    assert max(m.x1 for maps in drawn_maps(figure) for m in maps) < sizes[0].get_position()[0]


@pytest.mark.parametrize("name", networks.names())
def test_every_text_of_every_network_can_be_read(name):
    drawn = draw_network(networks.get(name))
    assert_legible(drawn)
    drawn.canvas.draw()  # which fails where a picture cannot be made


def test_maps_that_are_not_side_by_side_are_equally_far_apart_in_all_layers():
    apart = [
        maps[1].x0 - maps[0].x0
        for maps in drawn_maps(draw_network(networks.get("resnet50")))
        if len(maps) > 1
    ]
    assert apart == pytest.approx([apart[0]] * len(apart))


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
