"""The picture of the steps of transfer learning."""

import matplotlib
import matplotlib.pyplot as plt
import pytest
from matplotlib.patches import Rectangle

from coursekit.figures.recipe import draw_recipe
from tests.figures.legible import assert_legible
from tests.helpers import own_messages

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


STEPS = {
    "1. train": [("conv1", "trained"), ("fc2", "trained")],
    "2. new head": [("conv1", "frozen"), ("fc2", "new")],
}
NOTES = ["all", "few"]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_each_step_has_its_layers_from_the_bottom_up():
    fig = draw_recipe(STEPS, NOTES)
    assert [ax.get_title() for ax in fig.axes] == list(STEPS)
    assert [texts(ax) for ax in fig.axes] == [["conv1", "fc2", "all"], ["conv1", "fc2", "few"]]
    boxes = [patch.get_y() for patch in fig.axes[0].patches if isinstance(patch, Rectangle)]
    assert boxes == sorted(boxes)


def test_frozen_and_new_layers_differ_in_more_than_colour():
    frozen, new = draw_recipe(STEPS, NOTES).axes[1].patches
    assert frozen.get_hatch() != new.get_hatch()


def test_the_legend_names_what_is_there():
    (legend,) = draw_recipe(STEPS, NOTES).legends
    assert [text.get_text() for text in legend.get_texts()] == ["trained", "frozen", "new"]


def test_its_text_can_be_read():
    fig = draw_recipe(STEPS, NOTES)
    fig.canvas.draw()  # which makes room for what stands below the columns
    assert_legible(fig)


def test_a_step_without_a_note_is_refused():
    with own_messages(), pytest.raises(ValueError, match="2 steps, but 1 notes"):
        draw_recipe(STEPS, NOTES[:1])


def test_an_unknown_fate_is_refused():
    with own_messages(), pytest.raises(ValueError, match="a layer is one of trained, frozen"):
        draw_recipe({"1": [("conv1", "thawed")]}, ["all"])
