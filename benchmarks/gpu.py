"""Training on a GPU: our steps beside the plain module's, eager and compiled, and beside the card's limit.

Run by `python benchmarks/gpu.py --out gpu.json`; it needs a CUDA device and takes under eight minutes. Where
torchvision has the same network, its module is the plain one; else it is torch.nn's modules for our
description. Every way makes whole steps of SGD with momentum on the same random images, each network's ways
in turns, so that a change of the clock hits all. The limit is what the card reaches in a product of two large
bfloat16 matrices, over six floating-point operations for each of the network's multiply-adds: two forward,
and two for each of the gradients by the input and by the weights.

`--smoke` makes one step of each way on a CPU with a tiny network: so a test sees that this program runs.
"""

import argparse
import gc
import json
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn
from torchvision import models
from tqdm import tqdm

import coursekit.torch_nn as ct
from coursekit import networks
from coursekit.networks import LocalResponseNorm, Network
from coursekit.torch_nn import norm
from coursekit.torch_nn.speed import Speed, Step
from coursekit.training import Recipe

BATCHES = {"alexnet": 512, "vgg16": 128, "googlenet": 256, "resnet18": 256, "resnet50": 128}
THEIRS = ("vgg16", "resnet18", "resnet50")  # torchvision's is the same network
RECIPE = Recipe(epochs=1, batch_size=1, lr=1e-3, momentum=0.9, weight_decay=5e-4)
FAST = Speed.of(torch.device("cuda"))
ROUNDS, SECONDS = 5, 0.4  # of each way
LIMIT = 450  # seconds after which no network is begun
NORM_SHAPE = (256, 96, 55, 55)  # AlexNet's first
PLAIN_WAYS = {
    "eager, float32 and TF32": Speed(tuned=True),
    "eager, bfloat16 and channels last": replace(FAST, compile=None, fused=False),
    "compiled": replace(FAST, compile="default", fused=False),
}


def plain(network: Network) -> nn.Module:
    """Return torchvision's module where it is the same network, else torch.nn's modules as described."""
    if network.name in THEIRS:
        return models.get_model(network.name)
    ops = {LocalResponseNorm: nn.functional.local_response_norm}
    return ct.build(network.name, device="cpu", ops=ops)


def wait(device: torch.device) -> None:
    """Return when the device has done everything."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def rate(run: Callable[[], Any], device: torch.device, seconds: float) -> float:
    """Return how often a second `run` is done."""
    wait(device)
    start, count = time.perf_counter(), 0
    while count == 0 or time.perf_counter() - start < seconds:
        for _ in range(4):
            run()
        wait(device)
        count += 4
    return count / (time.perf_counter() - start)


def in_turns(
    ways: dict[str, Callable[[], Any]], device: torch.device, rounds: int, seconds: float
) -> dict[str, dict[str, float]]:
    """Return the median rate of each way, and its lowest and highest, after a warm-up of each."""
    for run in ways.values():
        for _ in range(4 if seconds else 1):  # compiles, tries cuDNN's methods, records CUDA graphs
            run()
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, run in ways.items():
            found[name].append(rate(run, device, seconds))
    return {
        name: {"median": median(rates), "lowest": min(rates), "highest": max(rates)}
        for name, rates in found.items()
    }


def training(
    network: Network, batch: int, device: torch.device, ways: dict[str, Speed], **timing: Any
) -> Any:
    """Return images a second of ours and of the plain module in each way."""
    images = torch.randn(batch, *network.input_shape, device=device)
    labels = torch.randint(network.output_shape[0], (batch,), device=device)
    ours = Step(ct.build(network.name, device=device), RECIPE, Speed.of(device))
    steps = {"ours": ours} | {name: Step(plain(network).to(device), RECIPE, s) for name, s in ways.items()}
    runs = {name: lambda step=step: step(images, labels) for name, step in steps.items()}
    found = in_turns(runs, device, **timing)
    return {name: {k: batch * v for k, v in rates.items()} for name, rates in found.items()}


def products(device: torch.device, side: int, **timing: Any) -> float:
    """Return the floating-point operations a second of a product of two bfloat16 matrices."""
    a, b = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    return 2 * side**3 * in_turns({"product": lambda: a @ b}, device, **timing)["product"]["median"]


def norms(device: torch.device, shape: tuple[int, ...], compiled: bool, **timing: Any) -> Any:
    """Return passes forward and backward a second of our LRN, and of torch.nn's."""
    x = torch.randn(shape, device=device).to(memory_format=torch.channels_last).requires_grad_()
    dout = torch.randn_like(x)
    fused = torch.compile(norm.local_response_norm) if compiled else norm.local_response_norm

    def both(function: Callable[..., Tensor]) -> Callable[[], Any]:
        return lambda: torch.autograd.grad(function(x, 5, 5e-4, 0.75, 2.0), x, dout)

    return in_turns(
        {"ours": both(fused), "torch.nn": both(nn.functional.local_response_norm)}, device, **timing
    )


def measure(smoke: bool, names: list[str]) -> dict[str, Any]:
    """Measure everything, and return it as it goes to JSON."""
    begun = time.monotonic()
    device = torch.device("cpu" if smoke else "cuda")
    ways = {"eager, float32 and TF32": Speed()} if smoke else PLAIN_WAYS
    batches = {"lenet5": 2} if smoke else {name: BATCHES[name] for name in names}
    timing: dict[str, Any] = {"rounds": 1 if smoke else ROUNDS, "seconds": 0 if smoke else SECONDS}
    limit = products(device, 64 if smoke else 8192, **timing)
    result: dict[str, Any] = {
        "smoke": smoke,
        "device": "CPU" if smoke else torch.cuda.get_device_name(),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "date": time.strftime("%Y-%m-%d"),
        "product_flops": limit,
        "norm": norms(device, (2, 6, 5, 5) if smoke else NORM_SHAPE, not smoke, **timing),
        "networks": {},
        "left_out": [],
    }
    for name, batch in tqdm(batches.items(), unit="network"):
        if time.monotonic() - begun > LIMIT:
            result["left_out"].append(name)
            continue
        network = networks.get(name)
        images = training(network, batch, device, ways, **timing)
        ratios = {way: images["ours"]["median"] / rates["median"] for way, rates in images.items()}
        most = limit / (6 * network.multiply_adds)
        result["networks"][name] = {
            "batch": batch,
            "images_a_second": images,
            "ratios": {**ratios, "limit": images["ours"]["median"] / most},
        }
        torch._dynamo.reset()
        gc.collect()
        torch.cuda.empty_cache()
    return result


def main() -> None:
    """Measure, write JSON, print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, help="a file for all figures, as JSON")
    parser.add_argument("--networks", nargs="+", choices=BATCHES, default=list(BATCHES))
    parser.add_argument("--smoke", action="store_true", help="one step on a CPU; its figures mean nothing")
    arguments = parser.parse_args()
    if not arguments.smoke and not torch.cuda.is_available():
        sys.exit("gpu.py: there is no CUDA device here, and what it measures is one. Nothing was measured.")
    result = measure(arguments.smoke, arguments.networks)
    if arguments.out:
        arguments.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    if arguments.smoke:
        print("A smoke run on a CPU: the figures mean nothing.\n")
    print(f"{result['device']}, {result['product_flops'] / 1e12:.3g} TFLOP/s in a bfloat16 product\n")
    ways = list(next(iter(result["networks"].values()))["ratios"])[1:]
    print(f"| network | batch | images a second, ours | {' | '.join(f'ours / {way}' for way in ways)} |")
    print(f"|---|--:|--:|{'--:|' * len(ways)}")
    for name, found in result["networks"].items():
        speed, ratios = found["images_a_second"]["ours"]["median"], found["ratios"]
        print(
            f"| {name} | {found['batch']} | {speed:,.0f} | {' | '.join(f'{ratios[w]:.2f}' for w in ways)} |"
        )
    ours, theirs = (result["norm"][who]["median"] for who in ("ours", "torch.nn"))
    print(f"\nLRN forward and backward, ours / torch.nn's: {ours / theirs:.2f}")
    if result["left_out"]:
        print(f"Not measured for want of time: {', '.join(result['left_out'])}")


if __name__ == "__main__":
    main()
