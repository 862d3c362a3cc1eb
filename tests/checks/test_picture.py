"""Expected beside yours: what is seen, where there is nothing to see, and that it is instant help only."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from coursekit import checks
from coursekit.answers import LocalAnswers
from coursekit.checks import Check, Exercise, Question
from coursekit.checks.picture import SIDE, picture

EXPECTED = np.arange(12.0).reshape(1, 3, 4)


def images(markup):
    return [
        Image.open(io.BytesIO(base64.b64decode(found)))
        for found in re.findall(r"base64,([A-Za-z0-9+/=]+)", markup)
    ]


def colours(image):
    """Return the colour in the middle of every square."""
    return np.asarray(image.convert("RGB"))[5::10, 5::10]


def test_the_third_panel_is_black_where_values_differ():
    got = EXPECTED.copy()
    got[0, 1, 2] += 1
    right, mine, different = map(colours, images(picture(got, EXPECTED)))
    assert right.shape == mine.shape == different.shape == (3, 4, 3)
    assert np.argwhere((different == 0).all(axis=-1)).tolist() == [[1, 2]]
    assert np.argwhere((right != mine).any(axis=-1)).tolist() == [[1, 2]]


def test_colours_go_from_blue_over_white_to_vermilion():
    expected = np.array([[-2.0, 0.0, 2.0]])
    right = colours(images(picture(expected + 1, expected))[0])
    assert right[0].tolist() == [[0, 114, 178], [255, 255, 255], [213, 94, 0]]


def test_of_many_maps_the_first_that_differs_is_shown():
    expected = np.zeros((2, 3, 2, 2))
    got = expected.copy()
    got[1, 2, 0, 0] = 1
    assert "expected [1, 2, :, :]" in picture(got, expected)
    assert "1 of 4 differ" in picture(got, expected)


def test_other_shapes_stand_side_by_side():
    markup = picture(np.ones((1, 2, 5)), np.ones((1, 2, 3)))
    assert [colours(image).shape[:2] for image in images(markup)] == [(2, 3), (2, 5)]


def test_every_image_says_what_it_is():
    markup = picture(EXPECTED + 1, EXPECTED)
    texts = re.findall(r"alt='([^']+)'", markup)
    assert texts == [
        "expected, 3 rows of 4 values.",
        "yours, 3 rows of 4 values.",
        "Black where they differ: 12 of 12 differ.",
    ]


def test_a_large_map_is_cut_and_stays_small():
    expected = np.random.default_rng(0).standard_normal((200, 300))
    markup = picture(-expected, expected)
    assert colours(images(markup)[0]).shape == (SIDE, SIDE, 3)
    assert len(markup) < 8000


def test_values_that_are_no_numbers_are_black():
    right, mine, _ = map(colours, images(picture(EXPECTED * np.nan, EXPECTED)))
    assert (mine == 0).all()
    assert not (right == 0).all()


def test_in_a_dict_or_tuple_the_array_that_differs_is_shown():
    same = np.ones((2, 2))
    assert picture({"a": same, "b": 2 * EXPECTED}, {"a": same, "b": EXPECTED}) == picture(
        2 * EXPECTED, EXPECTED
    )
    assert picture((same, 2 * EXPECTED), (same, EXPECTED)) == picture(2 * EXPECTED, EXPECTED)


@pytest.mark.parametrize(
    ("got", "expected"), [(np.array(1.0), np.array(2.0)), ("a", "b"), ("text", EXPECTED),
                          ({"a": 1}, {"b": 1}), (np.zeros((0, 3)), EXPECTED), (1, (EXPECTED, EXPECTED))]
)  # fmt: skip
def test_where_there_is_nothing_to_see_there_is_no_picture(got, expected):
    assert picture(got, expected) == ""


def doubling(cases):
    """Return the report on a wrong answer, without pictures and with them."""
    exercise = Exercise(
        "doubling", (Question("double", lambda x: 2 * x, (Check("values", "values", 1, cases),)),), ()
    )
    answers = LocalAnswers({"double": lambda x: 3 * x})
    return [exercise.run("double", answers, pictures=pictures) for pictures in (False, True)]


def test_a_picture_is_drawn_for_instant_help_only():
    counting, helping = doubling(({"x": EXPECTED},))
    assert "<img" in helping._repr_html_()
    assert "<img" not in counting._repr_html_()
    assert str(counting) == str(helping)


def test_numbers_of_a_students_own_have_no_picture():
    _, helping = doubling(lambda rng: ({"x": rng.standard_normal((2, 3))},))
    assert "values differ" in str(helping)
    assert "<img" not in helping._repr_html_()


def test_a_notebooks_check_shows_it():
    report = checks.check("conv_forward.pad", {"pad": lambda x, padding: x})
    assert "<img" in report._repr_html_()
    assert repr(report) == "0"
