"""What a student installs: how much, how long, and how fast `coursekit.checks` is imported afterwards.

Run by `python benchmarks/install.py` in the course's folder. An environment of its own is made in a temporary
folder, coursekit is installed there without extras, as a student does it, with the versions of
`constraints.txt`, and everything is deleted again. Files that pip has in its cache are not fetched anew; how
long the rest takes depends on the network. With `--here` nothing is installed: it counts the same packages in
the environment that runs it.
"""

import json
import subprocess
import sys
import tempfile
import time
import venv
from importlib import metadata
from pathlib import Path
from statistics import median

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
IMPORTS = 5
# PyTorch and what it brings. On a machine without an NVIDIA card all but the first two are idle.
TORCH = ("torch", "torchvision", "triton", "nvidia-", "cuda-")

IMPORT = """
import json, sys, time
start = time.perf_counter(), time.process_time()
import coursekit.checks
seconds = time.perf_counter() - start[0], time.process_time() - start[1]
print(json.dumps([*seconds, sorted({"torch", "matplotlib", "IPython", "nbgrader"} & set(sys.modules))]))
"""


def needed(name: str = "coursekit") -> set[str]:
    """Return the names of all packages that an installed one needs without extras, itself included."""
    found, waiting = set[str](), [(name, "")]
    seen = set[tuple[str, str]]()
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        found.add(name)
        for line in metadata.requires(name) or []:
            one = Requirement(line)
            if one.marker is None or one.marker.evaluate({"extra": extra}):
                key = one.name.lower().replace("_", "-").replace(".", "-")
                waiting += [(key, part) for part in ("", *one.extras)]
    return found


def size(name: str) -> int:
    """Return the bytes of an installed package's files, as its own list says."""
    files = [Path(str(file.locate())) for file in metadata.files(name) or []]
    return sum(file.stat().st_size for file in files if file.is_file())


def report() -> None:
    """Print how much there is in the environment that runs this, and how fast the checks are imported."""
    sizes = {name: size(name) for name in needed()}
    torch = sum(count for name, count in sizes.items() if name.startswith(TORCH))
    rest = {name: count for name, count in sizes.items() if not name.startswith(TORCH)}
    largest = sorted(rest, key=lambda name: -rest[name])[:6]
    print(f"{len(sizes)} packages, {sum(sizes.values()) / 1e9:.1f} GB; of these")
    print(f"PyTorch and what it brings for graphics cards: {torch / 1e9:.1f} GB")
    print(f"all others: {sum(rest.values()) / 1e6:.0f} MB, the largest", end=" ")
    print(", ".join(f"{name} {rest[name] / 1e6:.0f} MB" for name in largest))
    runs = [json.loads(subprocess.check_output([sys.executable, "-c", IMPORT])) for _ in range(IMPORTS)]
    wall, processor = (median(run[i] for run in runs) for i in (0, 1))
    loaded = ", ".join(runs[0][2]) or "neither torch nor matplotlib, IPython, nbgrader"
    print(f"import coursekit.checks: {wall:.2f} s, {processor:.2f} s of the processor; loads {loaded}")


def main() -> None:
    """Install for a student in a new environment and report from there."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        venv.create(folder, with_pip=True)
        python = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        pip = [python, "-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt", ROOT]
        subprocess.run(pip, check=True)
        print(f"installed in {time.perf_counter() - start:.0f} s")
        subprocess.run([python, Path(__file__), "--here"], check=True, cwd=folder)


if __name__ == "__main__":
    report() if "--here" in sys.argv else main()
