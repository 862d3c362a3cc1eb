"""`coursekit.figures.show` and the style."""

import base64
import io
import re

import matplotlib
import matplotlib.pyplot as plt
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib.animation import FuncAnimation
from PIL import Image

from coursekit import figures

matplotlib.use("Agg")


@pytest.fixture
def shown():
    """Return a function that shows a figure and returns the one output it made, as a notebook stores it."""
    InteractiveShell.instance()

    def show(figure, alt):
        with capture_output() as captured:
            figures.show(figure, alt)
        (output,) = captured.outputs
        return output.data

    yield show
    InteractiveShell.clear_instance()


def line():
    fig, ax = figures.subplots(height=2)
    ax.plot([1, 2, 4, 8], label="twice as much")
    ax.legend()
    return fig


def image(markup):
    return Image.open(io.BytesIO(base64.b64decode(re.search(r'<img src="data:[^,]+,([^"]+)"', markup)[1])))


def test_the_alt_text_stands_in_the_page_and_in_the_plain_text(shown):
    data = shown(line(), 'A line from "1" to 8 & on.')
    assert 'alt="A line from &quot;1&quot; to 8 &amp; on."' in data["text/html"]
    assert data["text/plain"] == 'Figure: A line from "1" to 8 & on.'


def test_an_alt_text_over_several_lines_becomes_one(shown):
    assert shown(line(), "one\n    two")["text/plain"] == "Figure: one two"


def test_a_figure_is_as_wide_as_the_column_and_twice_as_sharp(shown):
    markup = shown(line(), "a line")["text/html"]
    assert 'width="672"' in markup
    assert image(markup).size == (2 * 672, 2 * 192)


def test_the_same_figure_twice_gives_the_same_bytes(shown):
    assert shown(line(), "a line") == shown(line(), "a line")


def test_a_shown_figure_is_closed(shown):
    fig = line()
    shown(fig, "a line")
    assert not plt.fignum_exists(fig.number)


def test_an_animation_moves_and_has_a_still_for_reduced_motion(shown):
    fig, ax = figures.subplots(height=1, width=2)
    (dot,) = ax.plot([0], [0], "o")
    ax.set_xlim(-1, 3)
    animation = FuncAnimation(fig, lambda i: dot.set_data([i], [0]), frames=3, interval=250)
    markup = shown(animation, "a dot that moves to the right")["text/html"]
    moving = image(markup)
    assert (moving.n_frames, moving.info["duration"]) == (3, 250)
    assert '<source media="print, (prefers-reduced-motion: reduce)" srcset="data:image/png' in markup


@pytest.mark.parametrize("alt", ["", "  \n", None])
def test_a_figure_without_a_text_is_refused(alt):
    with pytest.raises(ValueError, match="alt must say what the figure shows"):
        figures.show(line(), alt)


def test_something_that_is_no_figure_is_refused_and_what_to_pass_is_said():
    with pytest.raises(TypeError, match=r"got list; pass `fig`"):
        figures.show([1, 2], "a list")


def test_the_first_colours_differ_in_lightness_or_dashes():
    cycle = list(matplotlib.rcParams["axes.prop_cycle"])
    looks = {(entry["color"], entry["linestyle"]) for entry in cycle}
    assert len(looks) == len(figures.COLOURS) == 8
