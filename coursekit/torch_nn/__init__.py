"""The layers and networks in PyTorch, on any device.

>>> import torch
>>> import coursekit.torch_nn as ct
>>> ct.build("lenet5", seed=0, device="cpu")(torch.zeros(2, 1, 28, 28)).shape
torch.Size([2, 10])
"""

from coursekit.torch_nn import functional
from coursekit.torch_nn.modules import WRITTEN_OUT
from coursekit.torch_nn.network import (
    auxiliary_outputs,
    best_device,
    build,
    load_arrays,
    module,
    to_arrays,
)
from coursekit.torch_nn.pretrained import from_torchvision, torchvision_names
from coursekit.torch_nn.speed import Speed, Step
from coursekit.torch_nn.train import fit, predict
from coursekit.torch_nn.two_columns import TwoColumnAlexNet

__all__ = [
    "WRITTEN_OUT",
    "Speed",
    "Step",
    "TwoColumnAlexNet",
    "auxiliary_outputs",
    "best_device",
    "build",
    "fit",
    "from_torchvision",
    "functional",
    "load_arrays",
    "module",
    "predict",
    "to_arrays",
    "torchvision_names",
]
