"""A checkpoint is whole or the one before, is read without running code, and knows what it is about."""

import os
import pickle

import pytest
import torch

from coursekit.torch_nn import checkpoint
from coursekit.torch_nn.checkpoint import CheckpointError

ABOUT = {"network": "alexnet", "seed": 0}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "new" / "checkpoint.pt"
    checkpoint.save(path, {"about": ABOUT, "number": 1, "tensor": torch.arange(3)})
    return path


def test_what_was_saved_is_loaded(path):
    found = checkpoint.load(path, ABOUT)
    assert found["number"] == 1
    assert found["tensor"].tolist() == [0, 1, 2]


def test_where_there_is_none_there_is_none(tmp_path):
    assert checkpoint.load(tmp_path / "checkpoint.pt", ABOUT) is None


def test_stopped_while_it_is_written_the_old_one_stays(path, monkeypatch):
    def stop(file):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(path, {"about": ABOUT, "number": 2})
    assert checkpoint.load(path, ABOUT)["number"] == 1


def test_a_folder_that_cannot_be_is_named(path):
    with pytest.raises(
        CheckpointError, match=r"checkpoint.pt/deeper/c.pt could not be written: .*Not a directory"
    ):
        checkpoint.save(path / "deeper" / "c.pt", {"about": ABOUT})


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ({**ABOUT, "network": "vgg16"}, "its network is 'alexnet', expected 'vgg16'"),
        ({"network": "alexnet"}, "its seed is 0, expected None"),
        ({**ABOUT, "lr": 0.1}, "its lr is None, expected 0.1"),
    ],
)
def test_another_training_is_refused(path, about, says):
    with pytest.raises(CheckpointError, match=says):
        checkpoint.load(path, about)


class Evil:
    def __reduce__(self):
        return os.mkdir, ("evil",)


@pytest.mark.parametrize(
    "content",
    [b"", b"text", pickle.dumps(Evil(), 2), None],
    ids=["nothing", "text", "a pickle", "half of it"],
)
def test_a_file_that_is_no_checkpoint_is_refused_and_runs_nothing(path, content, monkeypatch):
    monkeypatch.chdir(path.parent)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(
        CheckpointError, match=r"could not be read as a checkpoint: .*Delete it to start anew"
    ):
        checkpoint.load(path, ABOUT)
    assert not (path.parent / "evil").exists()


def test_random_numbers_go_on_where_they_were():
    state = checkpoint.rng_state(torch.device("cpu"))
    drawn = torch.rand(3)
    checkpoint.set_rng_state(torch.device("cpu"), state)
    assert torch.equal(torch.rand(3), drawn)
