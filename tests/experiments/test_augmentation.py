"""What augmentation gains on few photographs: the arms see what they should, and the figures hold."""

import numpy as np
import pytest
import torch

from coursekit import data
from coursekit.experiments import Results, augmentation, carry_out
from coursekit.experiments.augmentation import ARMS, BOTH, COLOUR, CROPS, FLIPS, NONE, TEN, Normalise

TINY = augmentation.SETTINGS | {"epochs": 1, "cut": 1}


@pytest.fixture
def committed(root):
    return Results.load(root / "book" / "results" / "augmentation.json")


@pytest.fixture(scope="module")
def images():
    return torch.from_numpy(data.load("cifar10_small").x_train[:64].transpose(0, 3, 1, 2))


def seen(arm, images):
    """Return what a network of this arm sees of the images."""
    for transform in augmentation._transforms(ARMS[arm], data.load("cifar10_small"), 28, 0):
        images = transform(images)
    return images


def test_without_augmentation_the_middle_of_each_image_is_seen(images):
    assert torch.equal(seen(NONE, images), images[:, :, 2:30, 2:30])


def test_a_mirrored_image_is_the_middle_or_its_mirror_image(images):
    middle = images[:, :, 2:30, 2:30]
    for one, other in zip(seen(FLIPS, images), middle, strict=True):
        assert torch.equal(one, other) or torch.equal(one, other.flip(-1))
    assert not torch.equal(seen(FLIPS, images), middle)


def test_crops_and_colours_change_what_they_should(images):
    assert seen(CROPS, images).shape == (64, 3, 28, 28)
    assert not torch.equal(seen(CROPS, images), images[:, :, 2:30, 2:30])
    shift = seen(COLOUR, torch.full((8, 3, 32, 32), 128, dtype=torch.uint8)).float() - 128
    assert torch.equal(shift, shift[:, :, :1, :1].expand_as(shift))  # one shift for a whole image
    assert len(shift[:, 0, 0, 0].unique()) > 1  # another for the next


def test_normalised_images_have_mean_0_and_deviation_1():
    x = data.load("cifar10_small").x_train
    mean, std = (torch.Tensor(v) for v in (x.mean(axis=(0, 1, 2)), x.std(axis=(0, 1, 2))))
    out = Normalise(mean, std)(torch.from_numpy(x.transpose(0, 3, 1, 2)))
    np.testing.assert_allclose(out.mean(dim=(0, 2, 3)).numpy(), 0, atol=1e-3)
    np.testing.assert_allclose(out.std(dim=(0, 2, 3)).numpy(), 1, atol=1e-3)


def test_one_epoch_gives_an_error_for_each_arm_and_the_same_again(tmp_path):
    study = augmentation.study(seeds=(0,), settings=TINY)
    results = carry_out(study, tmp_path, jobs=1)
    again = augmentation.measure(TINY, tmp_path, 200, 0)
    for arm in study.arms:
        assert 0.3 < results.mean(arm, 200) < 1.0
        assert results.mean(arm, 200) == pytest.approx(again[arm])
    assert results.mean(BOTH, 200) != results.mean(BOTH + TEN, 200)


def test_the_committed_figures_are_those_of_the_default_study(committed):
    study = augmentation.study()
    assert committed.settings == study.settings
    assert (committed.arms, committed.sizes, committed.seeds) == (study.arms, study.sizes, study.seeds)


def test_the_committed_figures_support_what_chapter_8_says(committed):
    for arm in (FLIPS, CROPS, BOTH, NONE + TEN):
        assert (committed.of(arm, 200) < committed.of(NONE, 200)).all()
    assert (committed.of(BOTH + TEN, 200) < committed.of(BOTH, 200)).all()
    assert committed.mean(BOTH, 200) < min(committed.mean(FLIPS, 200), committed.mean(CROPS, 200))
    assert abs(committed.gain(NONE, COLOUR, 200)[0]) < committed.gain(NONE, FLIPS, 200)[0] / 2
