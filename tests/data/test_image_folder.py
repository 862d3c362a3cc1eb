"""Photographs in folders: what is read, in which order, by which process."""

from itertools import chain

import numpy as np
import pytest
import torch
from PIL import Image

from coursekit import data
from coursekit.data import DataError
from coursekit.data.augment import RandomCrop
from coursekit.data.image_folder import ImageFolder, Reader, Shards, read, training_and_validation
from coursekit.data.loader import ahead
from tests.helpers import own_messages, write_photographs


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_photographs(tmp_path_factory.mktemp("photographs"))


@pytest.fixture(scope="module")
def images(folder):
    return ImageFolder(folder / "train", 32)


def keys(*arguments, epoch=0, number=0):
    shards = Shards(*arguments)
    shards.start_at(epoch, number)
    return list(shards)


def test_images_are_those_of_the_files_in_the_order_of_the_classes(images):
    split = data.load("cifar10_small")
    assert images.classes == ("airplane", "automobile", "bird")
    assert images.labels.tolist() == [0] * 8 + [1] * 8 + [2] * 8
    png = next(
        i for i, path in enumerate(images.paths) if path.name == "2.png" and path.parent.name == "bird"
    )
    image, label = images[(0, png)]
    assert label == 2
    assert np.array_equal(image.permute(1, 2, 0), split.x_train[split.y_train == 2][2])


@pytest.mark.parametrize("size", [(96, 64), (64, 96), (64, 64), (33, 891)])
def test_the_square_in_the_middle_is_cut_out(tmp_path, size):
    width, height = size
    across = np.abs(np.arange(width) - (width - 1) / 2)[None] <= 3
    along = np.abs(np.arange(height) - (height - 1) / 2)[:, None] <= 3
    cross = np.repeat((255 * (across | along)).astype(np.uint8)[:, :, None], 3, axis=2)
    Image.fromarray(cross).save(tmp_path / "cross.png")
    found = read(tmp_path / "cross.png", 32)
    assert found.shape == (32, 32, 3)
    np.testing.assert_allclose(found, found[::-1, ::-1], atol=1)  # the middle stayed in the middle
    assert found[16, 0, 0] > 128 > found[4, 4, 0]


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGBA", "P"])
def test_every_kind_of_colours_becomes_red_green_blue(tmp_path, mode):
    path = tmp_path / ("image.jpg" if mode in ("L", "CMYK") else "image.png")
    Image.new("RGB", (40, 40), (204, 204, 204)).convert(mode).save(path)
    np.testing.assert_allclose(read(path, 32), 204, atol=3)


def test_a_harmed_image_is_named_also_from_another_process(folder, tmp_path):
    write_photographs(tmp_path, train=1, val=1, classes=1)
    path = tmp_path / "train" / "airplane" / "0.png"
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(DataError, match=r"0.png could not be read as an image: .*Get it again"):
        read(path, 32)
    loader = Reader(ImageFolder(tmp_path / "train", 32), [[(0, 0)]], workers=1)
    with pytest.raises(DataError, match=r"^\S*0.png could not be read as an image: [^\n]*$"):
        list(ahead(loader, torch.device("cpu")))


def test_parts_of_several_processes_are_the_batches_of_one():
    whole = keys(50, 12)
    assert len(whole) == 4
    parts = zip(*(keys(50, 12, 0, rank, 3) for rank in range(3)), strict=True)
    assert [list(chain(*part)) for part in parts] == whole


def test_an_epoch_has_no_image_twice_and_another_order_than_the_next():
    first, second = (list(chain(*keys(48, 12, epoch=epoch))) for epoch in (0, 1))
    assert {epoch for epoch, _ in second} == {1}
    first, second = ([index for _, index in epoch] for epoch in (first, second))
    assert sorted(first) == sorted(second) == list(range(48))
    assert first != second
    assert first != [index for _, index in chain(*keys(48, 12, 1))]


def test_an_epoch_can_be_begun_in_its_middle():
    assert keys(50, 12, number=3) == keys(50, 12)[3:]


def test_an_image_is_drawn_alike_by_whoever_reads_it_and_otherwise_in_another_epoch(folder):
    images = ImageFolder(folder / "train", 32, RandomCrop(20), seed=5)
    alone = [batch[0] for batch in Reader(images, [[(0, 3), (0, 4)], [(1, 3)]], workers=0)]
    others = [batch[0] for batch in Reader(images, [[(0, 4), (0, 3)], [(1, 3)]], workers=2)]
    assert torch.equal(alone[0], others[0].flip(0))
    assert torch.equal(alone[1], others[1])
    assert not torch.equal(alone[0][0], alone[1][0])


def test_reading_takes_no_random_number_from_pytorch(images):
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    list(Reader(images, [[(0, 0)]], workers=0))
    assert torch.equal(torch.rand(1), expected)


def test_a_sample_has_images_of_all_classes(images):
    assert images.sample(1000).shape == (24, 32, 32, 3)
    assert np.array_equal(images.sample(3)[2], read(images.paths[-1], 32))


def change(kind, folder):
    if kind == "no folder":
        return folder / "nowhere"
    if kind == "no val":
        (folder / "val").rename(folder / "validation")
    if kind == "no classes":
        (folder / "train").rename(folder / "old")
        (folder / "train").mkdir()
    if kind == "an empty class":
        (folder / "val" / "zebra").mkdir()
    if kind == "another class":
        (folder / "val" / "bird").rename(folder / "val" / "crane")
    return folder


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("no folder", r"nowhere is no folder: name the one that holds train/ and val/"),
        ("no val", r"val is no folder: expected one that holds a folder for each class"),
        ("no classes", r"train holds no folders: expected one for each class"),
        ("an empty class", r"zebra holds no images \(.jpg, .jpeg"),
        ("another class", r"train has 3 classes and val 3; only one of them has bird, crane"),
    ],
)
def test_folders_that_are_not_as_expected_are_named(tmp_path, kind, says):
    folder = change(kind, write_photographs(tmp_path, train=1, val=1))
    with pytest.raises(DataError, match=says):
        training_and_validation(folder, 32)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((50, 12, 0, 0, 5), "a batch of 12 cannot be divided among 5 processes"),
        ((11, 12, 0, 0, 2), "11 images are too few for one batch of 12 for 2 processes"),
    ],
)
def test_batches_that_cannot_be_shared_are_refused(arguments, says):
    with own_messages(), pytest.raises(ValueError, match=says):
        Shards(*arguments)
