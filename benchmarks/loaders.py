"""An epoch with augmentation: batches made by the process that trains, and by another one beside it.

Run by `python benchmarks/loaders.py`. A small AlexNet learns from the embedded CIFAR-10 on one thread, with
random crops, mirror images and colour shift. Epochs with and without a worker are timed in turns, so that
what else the machine does hits both. Beside the seconds on the wall stand the processor's seconds of the
process that trains: their ratio is what a worker gains where two cores are free.
"""

import os
import time
from statistics import median

import torch
from torch import nn
from torchvision.transforms import v2
from tqdm import tqdm

from coursekit import data
from coursekit.data import augment
from coursekit.data.loader import loader
from coursekit.experiments import small_alexnet

ROUNDS, BATCH, SIDE = 7, 100, 28


def epoch(model: nn.Module, optimizer: torch.optim.Optimizer, batches) -> tuple[float, float]:
    """Train for an epoch and return its seconds on the wall, and the processor's in this process."""
    start = time.perf_counter(), time.process_time()
    for images, labels in batches:
        loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return time.perf_counter() - start[0], time.process_time() - start[1]


def main() -> None:
    """Print the seconds of an epoch with and without a worker, and their ratio."""
    torch.set_num_threads(1)
    split = data.load("cifar10_small")
    transform = v2.Compose(
        [
            augment.RandomCrop(SIDE),
            augment.RandomHorizontalFlip(),
            augment.ColourShift(split.x_train),
            v2.ToDtype(torch.float32, scale=True),
        ]
    )
    seconds: dict[int, list[tuple[float, float]]] = {0: [], 1: []}
    setups = {}
    for workers in seconds:
        model = small_alexnet.build(10, 0, (3, SIDE, SIDE))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
        batches = loader(split.x_train, split.y_train, BATCH, transform, workers=workers)
        epoch(model, optimizer, batches)  # starts the worker
        setups[workers] = (model, optimizer, batches)
    for _ in tqdm(range(ROUNDS), unit="round"):
        for workers, setup in setups.items():
            seconds[workers].append(epoch(*setup))
    alone, beside = (torch.nn.utils.parameters_to_vector(model.parameters()) for model, *_ in setups.values())
    print(f"{len(split.x_train)} images an epoch, {os.cpu_count()} cores, medians of {ROUNDS} epochs")
    for what, kind in enumerate(("on the wall", "of the processor, in the process that trains")):
        without, with_one = (median(times[what] for times in seconds[n]) for n in (0, 1))
        print(
            f"{kind}: alone {without:.2f} s, with a worker {with_one:.2f} s, ratio {without / with_one:.2f}"
        )
    print(f"same parameters in the end: {torch.equal(alone, beside)}")


if __name__ == "__main__":
    main()
