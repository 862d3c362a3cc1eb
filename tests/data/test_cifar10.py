"""CIFAR-10: the embedded subset is whole, and a folder is read only if it is the binary version, complete."""

import shutil

import numpy as np
import pytest
import torchvision
from PIL import Image

from coursekit import data
from coursekit.data import DataError, cifar10
from coursekit.data.cifar10 import read_sheet, write_sheet

BATCH = 20  # images in each file of the made-up full set


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the embedded data, which `load` takes for the real one."""
    folder = tmp_path / "cifar10_small"
    shutil.copytree(cifar10.EMBEDDED, folder)
    monkeypatch.setattr(cifar10, "EMBEDDED", folder)
    return folder


@pytest.fixture
def full(tmp_path, monkeypatch):
    """A folder with the binary version's six files, each of 20 images: two of each class, random pixels."""
    monkeypatch.setattr(cifar10, "IN_A_BATCH", BATCH)
    rng = np.random.default_rng(0)
    for name in (*cifar10.BATCHES["train"], *cifar10.BATCHES["test"]):
        rows = rng.integers(256, size=(BATCH, 3073), dtype=np.uint8)
        rows[:, 0] = rng.permutation(BATCH) % 10
        rows.tofile(tmp_path / name)
    return tmp_path


def test_the_subset_is_balanced_and_of_the_right_shape():
    split = data.load("cifar10_small")
    assert split.x_train.shape == (2_000, 32, 32, 3)
    assert split.x_test.shape == (1_000, 32, 32, 3)
    assert np.bincount(split.y_train).tolist() == [200] * 10
    assert np.bincount(split.y_test).tolist() == [100] * 10
    assert split.x_train.dtype == split.y_train.dtype == np.uint8
    assert len(split.classes) == 10
    assert "no licence" in split.card["licence"]


def test_no_photograph_is_in_both_parts():
    split = data.load("cifar10_small")
    train, test = ({image.tobytes() for image in part} for part in (split.x_train, split.x_test))
    assert not train & test


def test_the_colours_are_those_of_cifar10():
    # The mean colour of the 50,000 training images, to which a fair sample of 2,000 comes close.
    mean = data.load("cifar10_small").x_train.mean(axis=(0, 1, 2)) / 255
    np.testing.assert_allclose(mean, (0.4914, 0.4822, 0.4465), atol=0.015)


def test_the_images_are_upright_and_in_channel_order():
    # The sky is above and blue: in the upper rows of ships and airplanes blue is the strongest colour.
    split = data.load("cifar10_small")
    for c in (0, 8):
        above = split.x_train[split.y_train == c][:, :8].mean(axis=(0, 1, 2))
        below = split.x_train[split.y_train == c][:, -8:].mean(axis=(0, 1, 2))
        assert above.argmax() == 2
        assert above.sum() > below.sum()


@pytest.mark.parametrize("name", ["train-images.webp", "test-labels-idx1-ubyte.gz"])
def test_a_harmed_file_is_named_and_not_used(copy, name):
    raw = bytearray((copy / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (copy / name).write_bytes(raw)
    with pytest.raises(DataError, match=f"{name} is harmed: its SHA-256 is"):
        data.load("cifar10_small")


def test_a_sheet_is_read_as_it_was_written(tmp_path):
    images = np.random.default_rng(0).integers(256, size=(12, 32, 32, 3), dtype=np.uint8)
    write_sheet(tmp_path / "sheet.webp", images, columns=4)
    np.testing.assert_array_equal(read_sheet(tmp_path / "sheet.webp"), images)


def test_what_is_no_sheet_is_refused(tmp_path):
    path = tmp_path / "sheet.png"
    with pytest.raises(DataError, match=r"sheet\.png could not be read"):
        read_sheet(path)
    path.write_bytes(b"not an image")
    with pytest.raises(DataError, match=r"sheet\.png could not be read"):
        read_sheet(path)
    Image.new("L", (64, 64)).save(path)
    with pytest.raises(DataError, match=r"its mode is L, its size 64x64"):
        read_sheet(path)
    Image.new("RGB", (64, 33)).save(path)
    with pytest.raises(DataError, match=r"its mode is RGB, its size 64x33"):
        read_sheet(path)


def test_half_a_sheet_is_refused(tmp_path):
    raw = (cifar10.EMBEDDED / "test-images.webp").read_bytes()
    (tmp_path / "half.webp").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(DataError, match=r"half\.webp could not be read"):
        read_sheet(tmp_path / "half.webp")


def test_the_binary_version_is_read_file_by_file_plane_by_plane(full):
    split = data.load("cifar10", folder=full)
    assert split.x_train.shape == (5 * BATCH, 32, 32, 3)
    assert split.x_test.shape == (BATCH, 32, 32, 3)
    raw = (full / "data_batch_2.bin").read_bytes()
    for image, row, column, channel in ((0, 0, 0, 0), (0, 0, 1, 0), (3, 5, 7, 1), (19, 31, 31, 2)):
        byte = raw[image * 3073 + 1 + channel * 1024 + row * 32 + column]
        assert split.x_train[BATCH + image, row, column, channel] == byte
    assert split.y_train[BATCH + 3] == raw[3 * 3073]


def test_a_half_downloaded_file_is_named(full):
    path = full / "data_batch_4.bin"
    path.write_bytes(path.read_bytes()[:30_000])
    with pytest.raises(DataError, match=r"data_batch_4\.bin has 30000 bytes, expected 61460"):
        data.load("cifar10", folder=full)


def test_a_missing_file_is_named(full):
    (full / "test_batch.bin").unlink()
    with pytest.raises(DataError, match=r"test_batch\.bin is missing$"):
        data.load("cifar10", folder=full)


def test_pickles_are_not_opened(tmp_path):
    (tmp_path / "data_batch_1").write_bytes(b"cos\nsystem\n(S'touch opened'\ntR.")
    with pytest.raises(DataError, match="the Python version lies there, get the binary one"):
        data.load("cifar10", folder=tmp_path)


@pytest.mark.parametrize(
    ("label", "says"), [(10, "has the label 10, expected 0 to 9"), (None, "expected 10 of each")]
)
def test_labels_that_cannot_be_right_are_refused(full, label, says):
    path = full / "data_batch_1.bin"
    raw = bytearray(path.read_bytes())
    raw[0] = (raw[0] + 1) % 10 if label is None else label
    path.write_bytes(raw)
    with pytest.raises(DataError, match=says):
        data.load("cifar10", folder=full)


@pytest.mark.parametrize(
    ("folder", "says"), [(None, "name its folder, or download it"), ("no/such", "is not a folder")]
)
def test_a_folder_must_be_named_and_be_there(folder, says):
    with pytest.raises(DataError, match=says):
        data.load("cifar10", folder=folder)


def test_what_torchvision_fetched_is_returned(tmp_path, monkeypatch):
    class Fetched:
        def __init__(self, root, train, download):
            assert (root, download) == (tmp_path, True)
            self.data = np.full((3 if train else 2, 32, 32, 3), 7, np.uint8)
            self.targets = [4, 5, 6][: len(self.data)]

    monkeypatch.setattr(torchvision.datasets, "CIFAR10", Fetched)
    split = data.load("cifar10", folder=tmp_path, download=True)
    assert split.x_train.shape == (3, 32, 32, 3)
    assert split.y_test.tolist() == [4, 5]
    assert split.y_test.dtype == np.uint8


def test_a_failed_download_is_said(tmp_path, monkeypatch):
    def fails(*args, **kwargs):
        raise RuntimeError("File not found or corrupted.")

    monkeypatch.setattr(torchvision.datasets, "CIFAR10", fails)
    with pytest.raises(DataError, match=r"CIFAR-10 could not be downloaded: File not found"):
        data.load("cifar10", folder=tmp_path, download=True)
