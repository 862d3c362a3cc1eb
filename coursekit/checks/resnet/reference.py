"""What is right in exercise 11: the blocks and networks of He et al. 2016, at any width."""

from typing import Any

from coursekit.networks import (
    BatchNorm2d,
    Conv2d,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    Linear,
    MaxPool2d,
    ReLU,
    Sequential,
)
from coursekit.networks.resnet import CONFIGURATIONS, basic, bottleneck


def build(layer: Layer) -> Any:
    """Return the `torch.nn.Module` of a description."""
    from coursekit.torch_nn.network import module  # here, since PyTorch takes seconds to import

    return module(layer)


def shortcut(channels: int, out_channels: int, stride: int = 1) -> Any:
    """Return the identity, or where shapes change a 1x1 convolution with batch normalisation (option B)."""
    if stride == 1 and channels == out_channels:
        return build(Sequential())
    conv = Conv2d(channels, out_channels, 1, stride=stride, bias=False)
    return build(Sequential(conv=conv, bn=BatchNorm2d(out_channels)))


def basic_block(channels: int, width: int, stride: int = 1) -> Any:
    """Return fig. 5, left."""
    return build(basic(channels, width, stride))


def bottleneck_block(channels: int, width: int, stride: int = 1) -> Any:
    """Return fig. 5, right."""
    return build(bottleneck(channels, width, stride))


def last_norm(block: Any) -> Any:
    """Return the batch normalisation before the addition, in any block whose layers have PyTorch's names."""
    from torch import nn

    named = {name.rpartition(".")[2]: m for name, m in block.named_modules() if isinstance(m, nn.BatchNorm2d)}
    return named.get("bn3", named.get("bn2"))


def zero_residual(block: Any) -> Any:
    """Set the weights of the last batch normalisation to zero: the block starts as its shortcut."""
    from torch import nn

    nn.init.zeros_(last_norm(block).weight)
    return block


def body(depth: int, width: int = 64, classes: int = 1000) -> Sequential:
    """Return a column of table 1, with `width` filters in its first layer."""
    block, expansion, counts = CONFIGURATIONS[depth]
    layers: dict[str, Layer] = {
        "conv1": Conv2d(3, width, kernel_size=7, stride=2, padding=3, bias=False),
        "bn1": BatchNorm2d(width),
        "relu1": ReLU(),
        "pool1": MaxPool2d(kernel_size=3, stride=2, padding=1),
    }
    channels = width
    for stage, count in enumerate(counts):
        narrow = width * 2**stage
        for i in range(count):
            stride = 2 if stage > 0 and i == 0 else 1
            layers[f"conv{stage + 2}_{i + 1}"] = block(channels, narrow, stride)
            channels = expansion * narrow
    return Sequential(**layers, pool5=GlobalAvgPool2d(), flatten=Flatten(), fc=Linear(channels, classes))


def resnet(depth: int, width: int = 64, classes: int = 1000, device: str = "cpu") -> Any:
    """Return the network as a `torch.nn.Module`."""
    import torch

    with torch.device(device):
        return build(body(depth, width, classes))
