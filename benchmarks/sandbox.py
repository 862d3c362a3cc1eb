"""What the sandbox costs a submission: `python benchmarks/sandbox.py`.

In each tier a worker imports torch and trains one step, then forks submissions that do nothing. Compared is a
bare fork of the same process that ends at once: what every submission costs without any sandbox. The times of
both, taken in turn, and their difference are printed as medians in milliseconds.
"""

import argparse
import json
import subprocess
import sys

from coursekit.sandbox import tiers

WORKER = """
import json, os, statistics, sys, time
from coursekit.sandbox import Nursery
nursery = Nursery()
import torch
torch.set_num_threads(1)
layer = torch.nn.Conv2d(3, 8, 3)
layer(torch.zeros(1, 3, 8, 8)).sum().backward()

def bare():
    process = os.fork()
    if process == 0:
        os._exit(0)
    os.waitpid(process, 0)

def confined():
    nursery.wait(nursery.start(lambda: None))

confined()  # from the first on, the worker's memory is arranged for forks
times = {bare: [], confined: []}
for _ in range(int(sys.argv[1])):
    for function, found in times.items():
        began = time.perf_counter()
        function()
        found.append(1000 * (time.perf_counter() - began))
both = [statistics.median(found[2:]) for found in times.values()]
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps([*both, statistics.median(b - a for a, b in zip(*times.values())),
                  int(status["VmRSS"].split()[0]) / 1024]))
"""


def main() -> None:
    """Measure in each tier that works here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--submissions", type=int, default=50, help="how many submissions a tier (default: 50)"
    )
    submissions = parser.parse_args().submissions
    print(f"{'tier':12} {'bare fork':>10} {'confined':>10} {'sandbox':>10}   worker's memory")
    for tier in tiers():
        if not tier.works:
            print(f"{tier.name:12} {tier.reason}")
            continue
        argv = [sys.executable, "-I", "-c", WORKER, str(submissions)]
        worker = tier.start(argv, stdout=subprocess.PIPE, stderr=None)
        bare, confined, added, memory = json.loads(worker.communicate()[0])
        print(f"{tier.name:12} {bare:7.1f} ms {confined:7.1f} ms {added:7.1f} ms   {memory:.0f} MiB")


if __name__ == "__main__":
    main()
