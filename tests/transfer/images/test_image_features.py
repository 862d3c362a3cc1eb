"""Images as the network takes them, features, and the cache, which is never believed when it is harmed."""

import numpy as np
import pytest
import torch

from coursekit.data import DataError
from coursekit.transfer import images
from tests.helpers import own_messages


def no_computing(model, monkeypatch):
    def refuse(_):
        raise AssertionError("computed, although it was kept")

    monkeypatch.setattr(model, "body", refuse)


def test_images_are_scaled_as_in_training(tiny, x):
    got = images.prepare(tiny, x).numpy()
    expected = (x.transpose(0, 3, 1, 2) - np.array([100, 110, 120])[:, None, None]) / np.array([50, 60, 70])[
        :, None, None
    ]
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_of_an_oblong_image_the_middle_square_is_taken(tiny):
    photo = np.zeros((1, 40, 100, 3), np.uint8)
    photo[:, :, 30:70] = 200
    got = images.prepare(tiny, photo)
    assert got.shape == (1, 3, 32, 32)
    assert (got[:, 0] == (200 - 100) / 50).all()


def test_features_are_the_inputs_of_the_head(tiny, x):
    got = images.features(tiny, x)
    assert got.shape == (7, 6)
    assert got.dtype == np.float32
    with torch.no_grad():
        scores = tiny(images.prepare(tiny, x))
        torch.testing.assert_close(tiny.head(torch.from_numpy(got)), scores)


def test_features_do_not_depend_on_the_batch_size(tiny, x):
    np.testing.assert_allclose(images.features(tiny, x, batch_size=2), images.features(tiny, x), atol=1e-6)


def test_features_of_no_images_are_an_empty_table(tiny, x):
    assert images.features(tiny, x[:0]).shape == (0, 6)


def test_features_are_those_of_testing_mode_and_the_mode_comes_back(tiny, x):
    expected = images.features(tiny, x)
    before = {name: value.clone() for name, value in tiny.state_dict().items()}
    tiny.train()
    np.testing.assert_array_equal(images.features(tiny, x), expected)
    assert tiny.training
    assert tiny.drop.training
    torch.testing.assert_close(tiny.state_dict(), before, rtol=0, atol=0)


def test_efficientnets_features_have_1280_columns():
    model = images.pretrained("efficientnet_lite0")
    x = np.zeros((2, 32, 32, 3), np.uint8)
    assert images.features(model, x, size=64).shape == (2, 1280)


def test_what_was_kept_is_read_and_not_computed(tiny, x, tmp_path, monkeypatch):
    expected = images.features(tiny, x, cache=tmp_path / "cache")
    no_computing(tiny, monkeypatch)
    np.testing.assert_array_equal(images.features(tiny, x, cache=tmp_path / "cache"), expected)
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".npz"]


def change_image(model, x):
    x = x.copy()
    x[3, 5, 5, 1] ^= 1
    return x, {}


def change_weight(model, x):
    with torch.no_grad():
        model.block.conv.weight[0, 0, 0, 0] += 1e-3
    return x, {}


def change_statistic(model, x):
    model.stem_bn.running_mean[0] += 1e-3
    return x, {}


def change_size(model, x):
    return x, {"size": 64}


@pytest.mark.parametrize("change", [change_image, change_weight, change_statistic, change_size])
def test_other_images_weights_or_sizes_are_computed_anew(tiny, x, tmp_path, change):
    before = images.features(tiny, x, cache=tmp_path)
    x, settings = change(tiny, x)
    after = images.features(tiny, x, cache=tmp_path, **settings)
    assert (after != before).any()
    np.testing.assert_array_equal(after, images.features(tiny, x, **settings))


def test_another_head_leaves_the_kept_features_valid(tiny, x, tmp_path, monkeypatch):
    images.features(tiny, x, cache=tmp_path)
    images.replace_head(tiny, 3)
    no_computing(tiny, monkeypatch)
    assert images.features(tiny, x, cache=tmp_path).shape == (7, 6)


def flip_a_byte(path):
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 255
    path.write_bytes(raw)


def cut(path):
    path.write_bytes(path.read_bytes()[:-30])


def empty(path):
    path.write_bytes(b"")


def other_shape(path):
    np.savez(path, features=np.zeros((2, 2), np.float32))


def other_name(path):
    np.savez(path, wrong=np.zeros((7, 6), np.float32))


def plain_array(path):
    with path.open("wb") as file:
        np.save(file, np.zeros((7, 6), np.float32))


@pytest.mark.parametrize("harm", [flip_a_byte, cut, empty, other_shape, other_name, plain_array])
def test_a_harmed_cache_is_computed_and_written_anew(tiny, x, tmp_path, monkeypatch, harm):
    expected = images.features(tiny, x, cache=tmp_path)
    (path,) = tmp_path.iterdir()
    harm(path)
    np.testing.assert_array_equal(images.features(tiny, x, cache=tmp_path), expected)
    no_computing(tiny, monkeypatch)
    np.testing.assert_array_equal(images.features(tiny, x, cache=tmp_path), expected)


def test_a_write_that_fails_leaves_nothing_behind(tiny, x, tmp_path, monkeypatch):
    def full(file, **arrays):
        file.write(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(DataError, match=r"could not be written: no space left on device\. Name another"):
        images.features(tiny, x, cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_is_no_folder_is_said(tiny, x, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="could not be written"):
        images.features(tiny, x, cache=tmp_path / "file")


@pytest.mark.parametrize(
    ("x", "settings", "error", "says"),
    [
        (
            np.zeros((2, 32, 32, 3), np.float32),
            {},
            TypeError,
            "x must be an array of uint8, 0 to 255, got float32",
        ),
        ([1, 2], {}, TypeError, "must be an array of uint8, 0 to 255, got list"),
        (np.zeros((32, 32, 3), np.uint8), {}, ValueError, r"for one image pass x\[None\]"),
        (
            np.zeros((2, 32, 32, 1), np.uint8),
            {},
            ValueError,
            r"\(N, height, width, 3\), got \(2, 32, 32, 1\)",
        ),
        (np.zeros((2, 32, 32, 3), np.uint8), {"size": 48}, ValueError, "size must be a multiple of 32"),
        (np.zeros((2, 32, 32, 3), np.uint8), {"size": 0}, ValueError, "size must be a multiple of 32"),
        (np.zeros((2, 32, 32, 3), np.uint8), {"batch_size": 0}, ValueError, "batch_size must be at least 1"),
    ],
)
def test_wrong_images_and_settings_are_named(tiny, x, settings, error, says):
    with own_messages(), pytest.raises(error, match=says):
        images.features(tiny, x, **settings)
