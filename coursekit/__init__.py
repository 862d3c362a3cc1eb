"""A course on convolutional neural networks: networks, layers, data, checks and grading.

Start with `coursekit.networks` (what a network is), then `coursekit.numpy_nn` and `coursekit.torch_nn`
(the same network, run in NumPy and in PyTorch). Importing `coursekit` itself loads none of them.
"""

from importlib.metadata import version

__version__ = version("coursekit")
