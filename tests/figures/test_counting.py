"""The pictures of chapter 4 show what the description says."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from coursekit import networks
from coursekit.figures import COLOURS
from coursekit.figures import counting as pictures
from coursekit.networks import Conv2d, MaxPool2d, ReLU

matplotlib.use("Agg")

THREE = {"conv": Conv2d(1, 1, 3), "pool": MaxPool2d(2), "again": Conv2d(1, 1, 3)}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts]


def lit(ax):
    """Return, from the pixels upwards, where the filled units of each row stand."""
    filled = to_hex(COLOURS["vermilion"])
    return [
        [float(x) for (x, _), face in zip(row.get_offsets(), row.get_facecolors(), strict=True)
         if to_hex(face) == filled]
        for row in ax.collections
    ]  # fmt: skip


def test_each_layer_with_weights_has_its_share_of_parameters_and_work_beside_its_bar():
    network = networks.get("alexnet_one_column")
    fig = pictures.parameters_and_work(network)
    fc6 = next(row for row in network.rows() if row.name == "fc6")
    place = [label.get_text() for label in fig.axes[0].get_yticklabels()].index("fc6")
    shares = [fc6.parameters / network.parameter_count, fc6.multiply_adds / network.multiply_adds]
    assert [texts(ax)[place] for ax in fig.axes] == [f"{100 * share:.1f}" for share in shares]


def test_the_shares_add_up_to_all():
    for ax in pictures.parameters_and_work(networks.get("lenet5")).axes:
        assert sum(bar.get_width() for bar in ax.patches) == pytest.approx(100)


def test_a_unit_is_lit_with_all_that_it_sees():
    ax = pictures.seen_units(THREE, pixels=12, unit=1).axes[0]
    assert [len(row) for row in lit(ax)] == [8, 6, 3, 1]
    assert lit(ax)[0] == list(range(2, 10))


def test_a_unit_stands_above_the_middle_of_what_it_sees():
    for row in lit(pictures.seen_units(THREE, pixels=12, unit=2).axes[0]):
        assert np.mean(row) == 7.5


def test_a_dilated_window_leaves_gaps():
    ax = pictures.seen_units({"conv": Conv2d(1, 1, 3, dilation=2)}, pixels=7, unit=1).axes[0]
    assert lit(ax)[0] == [1, 3, 5]


def test_field_and_distance_stand_beside_each_row():
    said = texts(pictures.seen_units(THREE, pixels=12, unit=0).axes[0])
    assert said[1::2] == [f"$r = {r}$, $j = {j}$" for r, j in ((1, 1), (3, 1), (4, 2), (8, 2))]


@pytest.mark.parametrize("layer", [ReLU(), Conv2d(1, 1, 3, padding=1)])
def test_a_layer_that_cannot_be_drawn_is_named(layer):
    with pytest.raises(ValueError, match="odd must be a layer with a window and no padding"):
        pictures.seen_units({"odd": layer}, pixels=9, unit=0)


def test_a_unit_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="units 0 to 2, got 3"):
        pictures.seen_units(THREE, pixels=12, unit=3)


def test_the_frame_is_the_receptive_field():
    fig = pictures.reach([np.zeros((20, 20)), np.ones((20, 20))], ["one", "other"], (4, 9))
    for ax in fig.axes:
        x, y = ax.lines[0].get_data()
        assert (min(x), max(x), min(y), max(y)) == (3.5, 12.5, 3.5, 12.5)
