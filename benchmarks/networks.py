"""Whole networks in NumPy beside the same in eager PyTorch, on the same CPU with the same threads.

Run by `python -m benchmarks.networks`; the threads are those of OMP_NUM_THREADS.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

import coursekit.numpy_nn as cnp
import coursekit.torch_nn as ct
from benchmarks import measure
from coursekit import networks
from coursekit.numpy_nn import functional as F

ROUNDS = 5
Calls = dict[str, Callable[[], object]]

# What runs: network, images, whether a training step.
RUNS = [
    ("alexnet", 8, False),
    ("alexnet", 1, False),
    ("vgg16", 1, False),
    ("resnet18", 1, False),
    ("lenet5", 64, True),
]


def inference(name: str, images: int) -> Calls:
    """Return a forward pass of both."""
    x = np.random.default_rng(0).standard_normal((images, *networks.get(name).input_shape), np.float32)
    model, module, tensor = cnp.build(name), ct.build(name, device="cpu").eval(), torch.tensor(x)

    def by_torch() -> torch.Tensor:
        with torch.no_grad():
            result: torch.Tensor = module(tensor)
        return result

    return {"ours": lambda: model.forward(x), "torch": by_torch}


def training_step(name: str, images: int) -> Calls:
    """Return a step of stochastic gradient descent of both: forward, loss, backward, new parameters."""
    x = np.random.default_rng(0).standard_normal((images, *networks.get(name).input_shape), np.float32)
    y = np.arange(images) % 10
    model, module = cnp.build(name), ct.build(name, device="cpu").train()
    ours = cnp.SGD(model.parameters(), 0.01, 0.9, 5e-4)
    theirs = torch.optim.SGD(module.parameters(), 0.01, 0.9, weight_decay=5e-4)
    tensor, labels = torch.tensor(x), torch.tensor(y)

    def by_us() -> None:
        _, dscores = F.softmax_cross_entropy(model.forward(x, training=True), y)
        model.backward(dscores, input_gradient=False)
        ours.step(model.gradients())

    def by_torch() -> None:
        loss = torch.nn.functional.cross_entropy(module(tensor), labels)
        theirs.zero_grad()
        loss.backward()
        theirs.step()

    return {"ours": by_us, "torch": by_torch}


def main() -> None:
    """Measure, write the JSON and the picture, print a table in Markdown."""
    results: dict[str, Any] = {"machine": measure.machine(), "networks": {}}
    for name, images, training in tqdm(RUNS):
        calls = (training_step if training else inference)(name, images)
        seconds = measure.interleaved(calls, ROUNDS if images < 64 else 15 * ROUNDS)
        what = f"{name}, {'training step' if training else 'inference'}, batch {images}"
        results["networks"][what] = {
            "milliseconds": {side: measure.milliseconds(s) for side, s in seconds.items()},
            "ours / torch": measure.ratio(seconds, "ours", "torch"),
        }
    print("| network | ours, ms | torch, ms | ours / torch | quartiles |\n|---|--:|--:|--:|--:|")
    for what, row in results["networks"].items():
        low, middle, high = row["ours / torch"]
        ms = row["milliseconds"]
        print(f"| {what} | {ms['ours']:.1f} | {ms['torch']:.1f} | {middle:.2f} | {low:.2f} to {high:.2f} |")
    path = measure.save("networks", results)
    dots = {what: {"ours": row["ours / torch"][1]} for what, row in results["networks"].items()}
    measure.picture(path.with_suffix(".png"), dots, "time as a multiple of PyTorch's")


if __name__ == "__main__":
    main()
