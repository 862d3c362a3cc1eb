"""The embedded digits are whole, balanced and under MNIST's licence."""

import shutil

import numpy as np
import pytest

from coursekit import data
from coursekit.data import DataError, digits


def test_the_digits_are_balanced_and_of_the_right_shape():
    split = data.load("digits_small")
    assert split.x_train.shape == split.x_test.shape == (2_000, 28, 28, 1)
    assert np.bincount(split.y_train).tolist() == np.bincount(split.y_test).tolist() == [200] * 10
    assert split.classes == tuple("0123456789")


def test_the_card_names_the_licence_and_the_holders():
    licence = data.load("digits_small").card["licence"]
    assert licence.startswith("CC BY-SA 3.0")
    assert "Yann LeCun and Corinna Cortes" in licence


def test_no_digit_is_there_twice():
    split = data.load("digits_small")
    images = np.concatenate([split.x_train, split.x_test])
    assert len({image.tobytes() for image in images}) == 4_000


def test_the_first_images_hold_every_class():
    assert data.load("digits_small").y_train[:20].tolist() == [*range(10)] * 2


def test_the_labels_say_what_the_images_show():
    # The class with the nearest mean image is right for about four of five digits, by chance for one of ten.
    split = data.load("digits_small")
    train, test = (x.reshape(len(x), -1) / 255 for x in (split.x_train, split.x_test))
    means = np.stack([train[split.y_train == c].mean(axis=0) for c in range(10)])
    nearest = ((test[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == split.y_test).mean() > 0.75


def test_a_harmed_file_is_named_and_not_used(tmp_path, monkeypatch):
    folder = tmp_path / "digits_small"
    shutil.copytree(digits.EMBEDDED, folder)
    monkeypatch.setattr(digits, "EMBEDDED", folder)
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(b"")
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte\.gz is harmed"):
        data.load("digits_small")
