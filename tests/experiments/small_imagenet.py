"""A small training as `coursekit train --data imagenet` does it, for tests and for torchrun.

    torchrun --nproc-per-node 2 -m tests.experiments.small_imagenet FOLDER CHECKPOINT DROPOUT [STEP]

With STEP the process is killed in front of that step, counted from 0 where it began.
"""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import torch

from coursekit import networks
from coursekit.experiments import imagenet
from coursekit.networks import Conv2d, Dropout, Flatten, Linear, LocalResponseNorm, MaxPool2d, Network, ReLU
from coursekit.torch_nn.distributed import team
from coursekit.torch_nn.speed import Step

RECIPE = replace(imagenet.ALEXNET, epochs=3, batch_size=8, lr=0.02, patience=0)
STEPS = 3 * 3  # 24 images


def small(dropout: float) -> Network:
    """Return a network in which a sum over a batch is nowhere but in the loss."""
    body = networks.Sequential(
        conv=Conv2d(3, 6, kernel_size=5, stride=2),
        relu=ReLU(),
        norm=LocalResponseNorm(),
        pool=MaxPool2d(3, 2),
        flatten=Flatten(),
        drop=Dropout(dropout),
        fc=Linear(6 * 6 * 6, 5),
    )
    return Network(name="small", input_shape=(3, 32, 32), body=body, source="none")


def train(folder: Path, path: Path, dropout: float, **settings):
    """Train on the CPU and return the curve."""
    networks._BUILDERS["small"] = lambda: small(dropout)
    try:
        with team("cpu") as processes:
            defaults = {"recipe": RECIPE, "path": path, "every": 1, "workers": 0, "side": 36}
            return imagenet.train("small", folder, processes, progress=False, **{**defaults, **settings})
    finally:
        del networks._BUILDERS["small"]


def die_before(step: int) -> None:
    """Let this process be killed when it begins a step."""
    run, begun = Step.__call__, []

    def call(self, *batch):
        if len(begun) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        begun.append(1)
        return run(self, *batch)

    Step.__call__ = call


if __name__ == "__main__":
    torch.set_num_threads(1)
    if len(sys.argv) > 4:
        die_before(int(sys.argv[4]))
    train(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
