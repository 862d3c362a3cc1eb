"""Training on folders of photographs: killed and taken up, by one process or two, it is the same training."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from coursekit.data import DataError
from coursekit.experiments import imagenet
from coursekit.torch_nn.checkpoint import CheckpointError
from coursekit.torch_nn.distributed import Team
from tests.experiments import small_imagenet
from tests.experiments.small_imagenet import RECIPE, STEPS, train
from tests.helpers import own_messages, write_photographs

PROGRAM = "tests.experiments.small_imagenet"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_photographs(tmp_path_factory.mktemp("photographs"))


@pytest.fixture(scope="module")
def undisturbed(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("undisturbed") / "checkpoint.pt"
    train(folder, path, dropout=0.5)
    return torch.load(path)


def program(root, *arguments, processes=None):
    start = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    command = [sys.executable, *(start if processes else []), "-m", PROGRAM, *map(str, arguments)]
    environment = {**os.environ, "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)


def assert_equal(one, other, **tolerance):
    torch.testing.assert_close(one, other, **(tolerance or {"rtol": 0, "atol": 0}))


def test_the_curve_has_every_step_and_every_epoch(undisturbed):
    curve = undisturbed["curve"]
    assert len(curve["losses"]) == STEPS
    assert [len(curve[name]) for name in ("lrs", "top1", "top5")] == [3, 3, 3]
    assert curve["top5"] == [1, 1, 1]  # of five scores
    assert undisturbed["position"] == (3, 0)


@pytest.mark.parametrize("draw", [0, 1])
def test_killed_at_a_drawn_step_and_taken_up_it_ends_the_same(root, folder, tmp_path, undisturbed, draw):
    step = int(np.random.default_rng(draw).integers(1, STEPS))
    path = tmp_path / "checkpoint.pt"
    ended = program(root, folder, path, 0.5, step)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert len(torch.load(path)["curve"]["losses"]) == step
    train(folder, path, dropout=0.5)
    found = torch.load(path)
    for part in ("model", "optimizer", "rng", "curve"):
        assert_equal(found[part], undisturbed[part])
    assert found["scheduler"] == undisturbed["scheduler"]


def test_taken_up_from_an_older_checkpoint_the_steps_since_are_made_again(folder, tmp_path, undisturbed):
    path = tmp_path / "checkpoint.pt"
    train(folder, path, dropout=0.5, recipe=replace(RECIPE, epochs=1), every=2)
    train(folder, path, dropout=0.5, every=2)
    assert_equal(torch.load(path)["model"], undisturbed["model"])
    assert_equal(torch.load(path)["curve"], undisturbed["curve"])


def test_a_finished_training_is_not_begun_again(folder, tmp_path):
    path = tmp_path / "checkpoint.pt"
    first = train(folder, path, dropout=0.0)
    before = path.stat().st_mtime_ns
    assert train(folder, path, dropout=0.0) == first
    assert path.stat().st_mtime_ns == before


@pytest.mark.slow
def test_two_processes_train_to_the_parameters_of_one(root, folder, tmp_path):
    """There is no dropout, which each process draws for itself, and no batch norm."""
    one, two = tmp_path / "one.pt", tmp_path / "two.pt"
    train(folder, one, dropout=0.0)
    ended = program(root, folder, two, 0.0, processes=2)
    assert ended.returncode == 0, ended.stderr
    one, two = torch.load(one), torch.load(two)
    assert two["about"]["processes"] == len(two["rng"]) == 2
    assert_equal(two["model"], one["model"], rtol=1e-5, atol=1e-6)
    assert_equal(two["curve"], one["curve"], rtol=1e-5, atol=1e-6)


def test_the_rate_falls_where_the_error_does_not(folder, tmp_path):
    recipe = replace(RECIPE, lr=1e-5, epochs=6)  # learns nothing
    curve = train(folder, tmp_path / "checkpoint.pt", dropout=0.0, recipe=recipe)
    assert curve.lrs == pytest.approx([1e-5, 1e-5, 1e-6, 1e-7, 1e-8, 1e-8])


def test_ten_crops_are_averaged():
    class Corner(torch.nn.Module):
        """Prefers class 0 by little, and class 1 by much where the upper left pixel is bright."""

        def forward(self, x):
            return torch.stack([torch.full((len(x),), 0.01), 9 * x[:, 0, 0, 0]], dim=1)

    images = torch.zeros(2, 3, 8, 8)
    images[:, :, 0, 0] = 5.0
    batch = [(images, torch.tensor([1, 1]))]
    alone = Team(0, 1, torch.device("cpu"))
    assert imagenet.top1_and_top5(Corner(), iter(batch), 6, False, alone)[0] == 0
    assert imagenet.top1_and_top5(Corner(), iter(batch), 6, True, alone)[0] == 1


def test_a_checkpoint_of_another_training_is_refused(folder, tmp_path):
    path = tmp_path / "checkpoint.pt"
    train(folder, path, dropout=0.0, recipe=replace(RECIPE, epochs=1))
    with pytest.raises(CheckpointError, match=r"its lr is 0.02, expected 0.5. Name another checkpoint"):
        train(folder, path, dropout=0.0, recipe=replace(RECIPE, lr=0.5))
    with pytest.raises(CheckpointError, match="its network is 'small', expected 'resnet18'"):
        imagenet.train("resnet18", folder, Team(0, 1, torch.device("cpu")), RECIPE, path=path)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"recipe": replace(RECIPE, batch_size=25)}, ValueError, "24 images are too few for one batch of 25"),
        ({"side": 31}, ValueError, r"takes images of \(3, 32, 32\); the folder's are \(3, 31, 31\)"),
    ],
)
def test_a_training_that_cannot_be_is_refused(folder, tmp_path, change, error, says):
    with own_messages(), pytest.raises(error, match=says):
        train(folder, tmp_path / "checkpoint.pt", dropout=0.0, **change)


def test_more_classes_than_the_network_has_are_refused(tmp_path):
    write_photographs(tmp_path, train=1, val=1, classes=6)
    with pytest.raises(DataError, match="has 6 classes, but small tells 5 apart"):
        train(tmp_path, tmp_path / "checkpoint.pt", dropout=0.0)


def test_a_network_for_grey_images_is_refused(folder):
    with pytest.raises(ValueError, match="lenet5 takes images of"):
        imagenet.train("lenet5", folder, Team(0, 1, torch.device("cpu")))


def test_the_paper_s_recipe_is_as_printed():
    found = imagenet.ALEXNET
    assert (found.batch_size, found.lr, found.momentum, found.weight_decay) == (128, 0.01, 0.9, 5e-4)
    assert small_imagenet.small(0.5).output_shape == (5,)
