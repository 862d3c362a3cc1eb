"""A course on convolutional neural networks: networks, layers, data, checks and grading.

Start with `coursekit.networks` (what a network is), then `coursekit.numpy_nn` and `coursekit.torch_nn`
(the same network, run in NumPy and in PyTorch). Importing `coursekit` itself loads none of them.
"""

from importlib import import_module
from importlib.metadata import version
from typing import Any

__version__ = version("coursekit")


def load_ipython_extension(ipython: Any) -> None:
    """Give a notebook the magic `%check`; what `%load_ext coursekit` calls. See `coursekit.checks.magic`."""
    import_module("coursekit.checks.magic").load(ipython)  # by name: the layers below import nothing of it
