"""The commands of the page about training on ImageNet run as they stand there, on a few small photographs."""

import json
import os
import re
import subprocess
import sys

import pytest
import torch
from typer.testing import CliRunner

from coursekit import networks
from coursekit.cli import app
from tests.experiments.small_imagenet import small
from tests.helpers import write_photographs

LITTLE = ["--epochs", "1", "--batch-size", "2", "--workers", "0", "--device", "cpu"]


@pytest.fixture(scope="module")
def page(root):
    return (root / "book" / "training_at_scale.md").read_text()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_photographs(tmp_path_factory.mktemp("photographs"), train=2, val=1, classes=2)


@pytest.fixture
def little_alexnet(monkeypatch):
    """Let alexnet be a small network, but of AlexNet's name."""
    monkeypatch.setitem(networks._BUILDERS, "alexnet", lambda: small(0.5))


def commands(page):
    blocks = re.findall(r"(?s)```bash\n(.*?)```", page)
    return [line.split() for block in blocks for line in block.replace("\\\n", "").splitlines()]


def run(*arguments):
    result = CliRunner().invoke(app, [str(a) for a in arguments], prog_name="coursekit")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def placed(command, folder):
    return [{"IMAGENET": str(folder)}.get(word, word) for word in command]


def test_the_first_command_trains_and_is_taken_up(page, folder, little_alexnet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one, _ = commands(page)
    assert one[0] == "coursekit"
    result = run(*placed(one[1:], folder), *LITTLE)
    assert result.exit_code == 0, result.output
    line = r"epoch 1: learning rate 0.01, top-1 accuracy (0|1|0.5)\.?\d*, top-5 accuracy 1\.0000\n"
    assert re.fullmatch(line, result.stdout)
    longer = run(*placed(one[1:], folder), *LITTLE, "--epochs", 2, "--json", "--ten-crop")
    assert len(json.loads(longer.stdout)["losses"]) == 4
    code = re.findall(r"(?s)```python\n(.*?)```", page)[0]
    exec(code, found := {})
    assert torch.equal(found["model"].fc.bias, torch.load("alexnet.pt")["model"]["fc.bias"])


@pytest.mark.slow
def test_the_second_command_trains_with_two_processes(page, folder, tmp_path):
    """GoogLeNet in place of AlexNet, whose checkpoint has half a gigabyte."""
    _, two = commands(page)
    program = ["-m", "torch.distributed.run", *placed(two[1:], folder), *LITTLE]
    program = [sys.executable, *["googlenet" if word == "alexnet" else word for word in program]]
    environment = {**os.environ, "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("epoch 1: learning rate 0.01") == 1  # one of the two prints
    assert torch.load(tmp_path / "alexnet.pt")["about"]["processes"] == 2


def one_sentence(result, status, part):
    (line,) = result.stderr.splitlines()
    assert (result.exit_code, line.startswith("coursekit: ")) == (status, True), result.output
    assert part in line


@pytest.mark.parametrize(
    ("options", "status", "part"),
    [
        (("--backend", "numpy", "--folder", "x"), 2, "--data imagenet needs --backend torch and --folder"),
        (("--backend", "torch"), 2, "--data imagenet needs --backend torch and --folder"),
        (("--backend", "torch", "--folder", "nowhere"), 1, "nowhere is no folder: name the one that holds"),
        (("--backend", "torch", "--folder", "nowhere", "--lr", "0"), 2, "lr must be above 0"),
        (
            ("--backend", "torch", "--folder", "nowhere", "--device", "abacus"),
            2,
            "device abacus cannot be used: Expected one of",
        ),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(options, status, part):
    one_sentence(run("train", "alexnet", "--data", "imagenet", *options), status, part)


def test_a_harmed_checkpoint_is_said_in_a_sentence(folder, little_alexnet, tmp_path):
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(b"")
    options = ("--backend", "torch", "--data", "imagenet", "--folder", folder, "--checkpoint", path)
    one_sentence(run("train", "alexnet", *options, *LITTLE), 1, "could not be read as a checkpoint")


def test_a_checkpoint_without_photographs_is_refused():
    result = run("train", "lenet5", "--backend", "torch", "--checkpoint", "x.pt")
    one_sentence(result, 2, "--checkpoint and --ten-crop are for --data imagenet")
