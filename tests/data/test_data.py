"""The data that ship are whole, and harmed data are never used."""

import dataclasses
import gzip
import json
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from coursekit import data
from coursekit.data import DataError, fashion_mnist
from coursekit.data.card import verify
from coursekit.data.idx import read_idx, write_idx

FULL = Path("/usr/share/datasets/fashion-mnist")
needs_full = pytest.mark.skipif(not FULL.is_dir(), reason="needs Debian's package dataset-fashion-mnist")


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the embedded data, which `load` takes for the real one."""
    folder = tmp_path / "fashion_mnist_small"
    shutil.copytree(fashion_mnist.EMBEDDED, folder)
    monkeypatch.setattr(fashion_mnist, "EMBEDDED", folder)
    return folder


def test_the_subset_is_balanced_and_of_the_right_shape():
    split = data.load("fashion_mnist_small")
    assert split.x_train.shape == (10_000, 28, 28, 1)
    assert split.x_test.shape == (2_000, 28, 28, 1)
    assert np.bincount(split.y_train).tolist() == [1000] * 10
    assert np.bincount(split.y_test).tolist() == [200] * 10
    assert split.x_train.dtype == split.y_train.dtype == np.uint8
    assert len(split.classes) == 10
    assert split.card["licence"].startswith("MIT")


def test_inputs_have_mean_0_and_deviation_1_by_the_training_images():
    inputs = data.load("fashion_mnist_small").inputs()
    assert inputs.x_train.shape == (10_000, 1, 28, 28)
    assert inputs.x_train.dtype == np.float32
    assert inputs.x_train.mean(dtype=np.float64) == pytest.approx(0, abs=1e-5)
    assert inputs.x_train.std(dtype=np.float64) == pytest.approx(1, abs=1e-5)
    assert abs(inputs.x_test.mean()) > 1e-4  # scaled as the training images, not by themselves


def test_embedded_files_have_the_hashes_on_their_card():
    data.verify_embedded()


def test_a_harmed_file_is_named_and_not_used(copy):
    path = copy / "train-images-idx3-ubyte.gz"
    raw = bytearray(path.read_bytes())
    raw[1000] ^= 1
    path.write_bytes(raw)
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz is harmed: its SHA-256 is"):
        data.load("fashion_mnist_small")


def test_a_missing_file_is_named(copy):
    (copy / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte\.gz is missing"):
        data.load("fashion_mnist_small")


@pytest.mark.parametrize("card", ["", "[]", "{}", '{"sha256": 3}'])
def test_a_harmed_card_is_named(copy, card):
    (copy / "card.json").write_text(card)
    with pytest.raises(DataError, match=r"card\.json is missing or harmed"):
        verify(copy)


def test_idx_files_are_read_as_they_were_written(tmp_path):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    write_idx(tmp_path / "a.gz", array)
    np.testing.assert_array_equal(read_idx(tmp_path / "a.gz"), array)
    (tmp_path / "a").write_bytes(gzip.decompress((tmp_path / "a.gz").read_bytes()))
    np.testing.assert_array_equal(read_idx(tmp_path / "a"), array)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not an IDX file"),
        (b"hello world", "not an IDX file"),
        (struct.pack(">BBBBI", 0, 0, 8, 1, 5) + b"1234", "cut short"),
        (struct.pack(">BBBB", 0, 0, 8, 3), "cut short"),
        (gzip.compress(b"x" * 100)[:-9], "could not be read"),
    ],
    ids=["empty", "text", "too short", "no sizes", "cut gzip"],
)
def test_a_file_that_is_not_idx_is_refused(tmp_path, content, says):
    (tmp_path / "file.gz").write_bytes(content)
    with pytest.raises(DataError, match=says):
        read_idx(tmp_path / "file.gz")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"name": "mnist"}, "there is no data set 'mnist'; there are: fashion_mnist_small, .*, cifar10$"),
        ({"name": "fashion_mnist"}, "name its folder, or download it"),
        ({"name": "fashion_mnist", "folder": "no/such"}, "no/such is not a folder"),
        ({"name": "fashion_mnist_small", "folder": "."}, "takes no folder"),
        ({"name": "letters", "download": True}, "letters comes with coursekit: it .* needs no download"),
    ],
)
def test_what_cannot_be_loaded_is_said(arguments, says):
    with pytest.raises(DataError, match=says):
        data.load(**arguments)


def test_a_subset_is_not_taken_for_the_full_set():
    with pytest.raises(DataError, match="holds 10000 training and 2000 test images"):
        data.load("fashion_mnist", folder=fashion_mnist.EMBEDDED)


def test_labels_that_do_not_fit_the_images_are_refused(copy):
    write_idx(copy / "train-labels-idx1-ubyte.gz", np.zeros(3, np.uint8))
    with pytest.raises(DataError, match="there are 3 labels"):
        data.load("fashion_mnist", folder=copy)


def test_embedded_data_stay_under_20_mb():
    files = [p for p in fashion_mnist.EMBEDDED.parent.rglob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in files) < 20e6
    assert max(p.stat().st_size for p in files) < 6e6


@pytest.mark.debian
@needs_full
def test_the_command_on_the_card_makes_the_embedded_files(tmp_path):
    from coursekit.data.make import fashion_mnist_small

    fashion_mnist_small(FULL, tmp_path)
    made, ships = (json.loads((f / "card.json").read_text()) for f in (tmp_path, fashion_mnist.EMBEDDED))
    assert made.keys() == ships.keys()
    for name in ships["sha256"]:
        np.testing.assert_array_equal(read_idx(tmp_path / name), read_idx(fashion_mnist.EMBEDDED / name))


@pytest.mark.debian
@pytest.mark.slow
@needs_full
@pytest.mark.parametrize(
    ("backend", "changes"),
    [("torch_nn", {}), ("numpy_nn", {"epochs": 4, "cuts": (3,)})],  # half as long: their steps are the same
)
def test_lenet5_reaches_89_percent_on_the_full_set(backend, changes):
    import importlib

    from coursekit.training import LENET5

    recipe = dataclasses.replace(LENET5, **changes)
    nn = importlib.import_module(f"coursekit.{backend}")
    inputs = data.load("fashion_mnist", folder=FULL).inputs()
    model = nn.build("lenet5")
    test = inputs.x_test, inputs.y_test
    history = nn.fit(model, inputs.x_train, inputs.y_train, recipe, test=test, progress=False)
    assert history.test_accuracies[-1] >= 0.89


def test_what_ships_and_is_no_images_is_said_to_be_elsewhere():
    folders = {folder.name for folder in (Path(data.__file__).parent / "embedded").iterdir()}
    for name in folders - set(data.names()):
        with pytest.raises(
            DataError, match=rf"{name} comes with coursekit, but is not images: .* see coursekit\."
        ):
            data.load(name)
