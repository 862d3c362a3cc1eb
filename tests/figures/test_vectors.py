"""Pictures of words: windows, and points of a plane."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from coursekit.figures.vectors import draw_windows, draw_words
from tests.figures.legible import assert_legible
from tests.helpers import own_messages

matplotlib.use("Agg")
POINTS = {"king": np.array([0.0, 0.0]), "queen": np.array([1.0, 0.0]), "frog": np.array([0.0, 1.0])}


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def words_in(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def test_every_word_is_the_centre_once_and_its_pairs_are_counted():
    (ax,) = draw_windows(["a", "small", "tart", "fruit"], window=2).axes
    bold = [text.get_text() for text in ax.texts if text.get_fontweight() == "bold"]
    assert bold == ["a", "small", "tart", "fruit"]
    assert [text for text in words_in(ax) if "pairs" in text] == ["2 pairs", "3 pairs", "3 pairs", "2 pairs"]


def test_windows_can_be_read():
    assert_legible(draw_windows(["a", "small", "tart", "fruit"], window=1))


def test_every_word_stands_at_its_place():
    (ax,) = draw_words(POINTS, [("king", "queen")]).axes
    places = {line.get_xydata()[0].tobytes() for line in ax.lines}
    assert places == {point.tobytes() for point in POINTS.values()}
    assert set(words_in(ax)) == set(POINTS)


def test_where_an_arrow_ends_the_mark_differs_in_shape():
    (ax,) = draw_words(POINTS, [("king", "queen")]).axes
    assert [line.get_marker() for line in ax.lines] == ["o", "s", "o"]


def test_an_arrow_to_nowhere_is_refused():
    with own_messages(), pytest.raises(ValueError, match="'prince'"):
        draw_words(POINTS, [("king", "prince")])


def test_a_window_of_nothing_is_refused():
    with own_messages(), pytest.raises(ValueError, match="window >= 1"):
        draw_windows(["a"], window=0)
