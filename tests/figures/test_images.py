"""`coursekit.figures.images`: the grid of small pictures."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from coursekit.figures.images import draw_images

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def drawn(figure):
    return [image for ax in figure.axes for image in ax.images]


def test_every_image_is_drawn_with_its_own_values_in_order():
    images = [np.full((2, 3), value) for value in (1.0, 2.0, 3.0)]
    shown = drawn(draw_images(images, columns=2))
    for image, expected in zip(shown, images, strict=True):
        np.testing.assert_array_equal(image.get_array(), expected)


def test_zero_is_in_the_middle_of_the_colours_of_a_signed_image():
    (image,) = drawn(draw_images([np.array([[-1.0, 0.5]])], signed=True))
    assert image.norm.vmin == -image.norm.vmax == -1


def test_signed_may_differ_from_image_to_image():
    first, second = drawn(draw_images([np.eye(2), np.eye(2)], signed=[True, False]))
    assert first.get_cmap().name != second.get_cmap().name


def test_a_signed_image_of_zeros_is_drawn():
    (image,) = drawn(draw_images([np.zeros((2, 2))], signed=True))
    assert image.norm.vmax > 0


@pytest.mark.parametrize("arguments", [{"titles": ["one"]}, {"signed": [True]}])
def test_titles_and_signs_that_do_not_go_with_the_images_are_refused(arguments):
    with pytest.raises(ValueError, match="one entry for each of the 2 images"):
        draw_images([np.eye(2), np.eye(2)], **arguments)


def test_no_image_is_refused():
    with pytest.raises(ValueError, match="no image"):
        draw_images([])
