"""The letters are drawn from every face, alike by seed, and laid out as the digits are."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
import torch
from fontTools.ttLib import TTFont

from coursekit import data
from coursekit.data import DataError, letters


@pytest.fixture(scope="module")
def drawn():
    return letters.render(4, seed=0)


def test_there_are_110_different_letters():
    assert len(letters.CLASSES) == len(set(letters.CLASSES)) == 110
    assert all(letter.isalpha() for letter in letters.CLASSES)


def test_every_face_has_every_letter():
    # A font draws an empty box for a letter that it lacks.
    for face in letters.FACES:
        font = TTFont(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{face}.ttf")
        assert {ord(letter) for letter in letters.CLASSES} <= font.getBestCmap().keys(), face


def test_each_letter_is_drawn_as_often(drawn):
    images, labels = drawn
    assert images.shape == (440, 28, 28, 1)
    assert images.dtype == labels.dtype == np.uint8
    assert np.bincount(labels).tolist() == [4] * 110


def test_the_order_is_random(drawn):
    assert len(set(drawn[1][:50].tolist())) > 25


def test_the_same_seed_draws_the_same_images(drawn):
    for again, first in zip(letters.render(4, seed=0), drawn, strict=True):
        np.testing.assert_array_equal(again, first)


def test_another_seed_draws_other_images(drawn):
    assert (letters.render(4, seed=1)[0] != drawn[0]).any(axis=(1, 2, 3)).mean() > 0.99


def test_no_two_images_of_a_letter_are_alike(drawn):
    assert len({image.tobytes() for image in drawn[0]}) == 440


def test_letters_are_white_on_black_in_the_middle_as_digits_are(drawn):
    images = drawn[0][..., 0] / 255
    digits = data.load("digits_small").x_train[..., 0] / 255
    assert images.max(axis=(1, 2)).min() > 0.7  # no image is empty
    assert images[:, 0].mean() < 0.02  # the border is black
    centre = np.einsum("nhw,h->n", images, np.arange(28)) / images.sum(axis=(1, 2))
    assert centre.mean() == pytest.approx(13.5, abs=1)
    assert 0.5 < images.mean() / digits.mean() < 2


def test_plain_glyphs_fill_a_box_of_20_pixels_in_the_middle():
    inked = letters._glyphs() > 0
    rows, columns = inked.any(axis=3), inked.any(axis=2)
    edge = 4 * letters.FINE
    for sides in (rows, columns):
        assert not sides[..., :edge].any()
        assert not sides[..., -edge:].any()
    heights, widths = (s.shape[2] - s.argmax(axis=2) - s[..., ::-1].argmax(axis=2) for s in (rows, columns))
    assert (np.maximum(heights, widths) == 20 * letters.FINE).all()


def test_letters_vary_in_stroke_width():
    rng = np.random.default_rng(0)
    glyph = torch.from_numpy(letters._glyphs()[[0] * 50, 0])
    ink = letters._thicken(glyph, rng).sum(dim=(1, 2))
    assert (ink > glyph.sum(dim=(1, 2))).all()
    assert ink.max() > 1.5 * ink.min()


def test_the_split_has_100_and_20_images_of_each_letter(monkeypatch):
    asked = []

    def render(n_per_class, seed):
        asked.append((n_per_class, seed))
        return np.zeros((1, 28, 28, 1), np.uint8), np.zeros(1, np.uint8)

    monkeypatch.setattr(letters, "render", render)
    split = data.load("letters")
    assert asked == [(100, 0), (20, 1)]
    assert split.classes == letters.CLASSES


def test_fewer_than_one_image_is_refused():
    with pytest.raises(ValueError, match="n_per_class must be at least 1, got 0"):
        letters.render(0, seed=0)


def test_a_missing_font_is_named(tmp_path, monkeypatch):
    letters._glyphs.cache_clear()
    monkeypatch.setattr(matplotlib, "get_data_path", lambda: str(tmp_path))
    with pytest.raises(DataError, match=r"DejaVuSans\.ttf could not be read"):
        letters.render(1, seed=0)
