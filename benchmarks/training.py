"""The full Fashion-MNIST to 90 percent test accuracy: seconds in NumPy and in PyTorch, over seeds.

Run by `python -m benchmarks.training FOLDER [SEED ...]`, where FOLDER holds the set's four files (Debian's
package `dataset-fashion-mnist` has them in /usr/share/datasets/fashion-mnist). The same LeNet-5 with the same
first parameters sees the same images in the same order in both. The seconds are those of training, the tests
left out; every seed is added to the results that are there.
"""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import coursekit.numpy_nn as cnp
import coursekit.torch_nn as ct
from benchmarks import measure
from coursekit import training
from coursekit.data import fashion_mnist
from coursekit.numpy_nn.parallel import workers
from coursekit.training import Recipe

GOAL, MOST_EPOCHS = 0.90, 12
RECIPE = Recipe(epochs=1, batch_size=64, lr=0.05, momentum=0.9, weight_decay=1e-4)


def seconds_to_goal(backend: Any, seed: int, split: Any) -> dict[str, Any]:
    """Train an epoch at a time, the rate falling from one to the next, until the test accuracy is there."""
    model = backend.build("lenet5", seed=seed)
    clock = time.process_time if workers() == 1 else time.perf_counter
    seconds, accuracies = 0.0, []
    for epoch in range(MOST_EPOCHS):
        recipe = replace(RECIPE, lr=RECIPE.lr * 0.75**epoch)
        start = clock()
        backend.fit(model, split.x_train, split.y_train, recipe, seed=100 * seed + epoch, progress=False)
        seconds += clock() - start
        accuracies.append(round(training.accuracy(backend.predict(model, split.x_test), split.y_test), 4))
        if accuracies[-1] >= GOAL:
            break
    return {"seconds": round(seconds, 1), "accuracies": accuracies, "reached": accuracies[-1] >= GOAL}


def main() -> None:
    """Train with each seed in both backends, write the JSON, print a table in Markdown."""
    folder, *seeds = sys.argv[1:]
    split = fashion_mnist.load_full(Path(folder)).inputs()
    path = measure.RESULTS / f"training-{workers()}.json"
    results = json.loads(path.read_text()) if path.exists() else {"runs": {}}
    results["machine"] = measure.machine()
    for seed in map(int, seeds or range(5)):
        runs = {side: seconds_to_goal(b, seed, split) for side, b in (("numpy", cnp), ("torch", ct))}
        results["runs"][str(seed)] = runs
        measure.save("training", results)
    print("| seed | NumPy, s | epochs | PyTorch, s | epochs |\n|--:|--:|--:|--:|--:|")
    runs = results["runs"]
    for seed, run in sorted(runs.items()):
        cells = (f"{run[s]['seconds']} | {len(run[s]['accuracies'])}" for s in ("numpy", "torch"))
        print(f"| {seed} | {' | '.join(cells)} |")
    for side in ("numpy", "torch"):
        times = [run[side]["seconds"] for run in runs.values()]
        reached = sum(run[side]["reached"] for run in runs.values())
        spread = f"median {median(times):.1f} s, deviation {np.std(times):.1f} s"
        print(f"{side}: {spread}, {reached} of {len(times)} reached {GOAL}")


if __name__ == "__main__":
    main()
