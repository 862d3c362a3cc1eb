"""Batches are the same whoever makes them, and every image comes once an epoch."""

import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from coursekit.data.augment import ColourShift, RandomCrop, RandomHorizontalFlip
from coursekit.data.loader import ahead, loader
from tests.helpers import own_messages

X = np.random.default_rng(0).integers(256, size=(50, 9, 9, 3), dtype=np.uint8)
Y = np.arange(50, dtype=np.uint8)  # so that a label names its image


def augmentation():
    crop_and_flip = torch.nn.Sequential(RandomCrop(6), RandomHorizontalFlip())
    return v2.Compose([crop_and_flip, ColourShift(X), v2.ToDtype(torch.float32, scale=True)])


def epochs(workers, count=2, transform=augmentation, seed=0):
    batches = loader(X, Y, 16, transform and transform(), seed=seed, workers=workers)
    return [list(batches) for _ in range(count)]


def assert_equal(one, other):
    torch.testing.assert_close(one, other, rtol=0, atol=0)


@pytest.fixture(scope="module")
def alone():
    return epochs(workers=0)


@pytest.mark.parametrize("workers", [1, 2])
def test_batches_do_not_depend_on_the_number_of_workers(alone, workers):
    assert_equal(epochs(workers), alone)


def test_every_image_comes_once_an_epoch_in_another_order(alone):
    orders = [torch.cat([labels for _, labels in epoch]).tolist() for epoch in alone]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(50))
    assert orders[0] != orders[1]
    assert [len(labels) for _, labels in alone[0]] == [16, 16, 16, 2]


def test_labels_go_with_their_images():
    for images, labels in epochs(workers=1, transform=None)[0]:
        assert_equal(images, torch.from_numpy(X[labels.numpy()].transpose(0, 3, 1, 2)))


def test_an_image_is_augmented_otherwise_in_every_epoch_and_under_another_seed(alone):
    def by_label(epoch):
        return dict(
            zip(torch.cat([y for _, y in epoch]).tolist(), torch.cat([x for x, _ in epoch]), strict=True)
        )

    first, second, other = by_label(alone[0]), by_label(alone[1]), by_label(epochs(0, 1, seed=1)[0])
    assert sum(torch.equal(first[i], second[i]) for i in range(50)) < 5
    assert sum(torch.equal(first[i], other[i]) for i in range(50)) < 5


def test_batches_are_augmented_apart():
    same = np.tile(X[:1], (40, 1, 1, 1))
    batches = loader(same, np.zeros(40, np.uint8), 20, RandomCrop(4), workers=0)
    one, other = (images for images, _ in batches)
    assert not torch.equal(one, other)


def test_what_was_drawn_before_does_not_matter(alone):
    transform = augmentation()
    transform(torch.from_numpy(X.transpose(0, 3, 1, 2).copy()))
    assert_equal(list(loader(X, Y, 16, transform, workers=0)), alone[0])


def test_images_live_where_they_are_wanted():
    ((images, labels), *_) = loader(X, Y, 16, workers=0, device="meta")  # a device that holds no numbers
    assert images.device.type == labels.device.type == "meta"
    assert images.shape == (16, 3, 9, 9)


def test_copied_ahead_batches_stay_the_same(alone):
    assert_equal([list(batch) for batch in ahead(alone[0], torch.device("cpu"))], alone[0])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"y": Y[:3]}, r"got \(50, 9, 9, 3\) and \(3,\)"),
        ({"x": X[:0], "y": Y[:0]}, r"got \(0, 9, 9, 3\)"),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"workers": -1}, "workers must be at least 0, got -1"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
        ({"device": "meta"}, "images on meta take no workers, got 1"),
    ],
)
def test_what_does_not_fit_is_said(change, says):
    with own_messages(), pytest.raises(ValueError, match=says):
        loader(**{"x": X, "y": Y, "batch_size": 16, **change})
