"""ResNet.

He, Zhang, Ren & Sun 2016, *Deep residual learning for image recognition*, table 1, fig. 5 (the two blocks)
and sec. 3.3 (projection shortcuts where shapes change: option B).
"""

from collections.abc import Callable
from typing import NamedTuple

from coursekit.networks.layers import (
    Add,
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
from coursekit.networks.network import Network


def basic(channels: int, width: int, stride: int) -> Sequential:
    """Return fig. 5, left: two convolutions of 3x3."""
    return _block(
        channels,
        width,
        stride,
        conv1=Conv2d(channels, width, 3, stride=stride, padding=1, bias=False),
        bn1=BatchNorm2d(width),
        relu1=ReLU(),
        conv2=Conv2d(width, width, 3, padding=1, bias=False),
        bn2=BatchNorm2d(width),
    )


def bottleneck(channels: int, width: int, stride: int) -> Sequential:
    """Return fig. 5, right: 1x1 to fewer channels, 3x3, 1x1 to four times as many."""
    return _block(
        channels,
        4 * width,
        stride,
        conv1=Conv2d(channels, width, 1, bias=False),
        bn1=BatchNorm2d(width),
        relu1=ReLU(),
        conv2=Conv2d(width, width, 3, stride=stride, padding=1, bias=False),
        bn2=BatchNorm2d(width),
        relu2=ReLU(),
        conv3=Conv2d(width, 4 * width, 1, bias=False),
        bn3=BatchNorm2d(4 * width),
    )


def _block(channels: int, out_channels: int, stride: int, **residual: Layer) -> Sequential:
    """Return relu(residual(x) + shortcut(x)); the shortcut is the identity where shapes allow it."""
    projection: dict[str, Layer] = {}
    if stride != 1 or channels != out_channels:
        projection = {
            "conv": Conv2d(channels, out_channels, 1, stride=stride, bias=False),
            "bn": BatchNorm2d(out_channels),
        }
    return Sequential(
        add=Add(residual=Sequential(**residual), shortcut=Sequential(**projection)), relu=ReLU()
    )


class Configuration(NamedTuple):
    """One column of table 1."""

    block: Callable[[int, int, int], Sequential]
    expansion: int  # how many times the block's width come out of it
    blocks: tuple[int, int, int, int]  # in conv2_x to conv5_x


CONFIGURATIONS = {
    18: Configuration(basic, 1, (2, 2, 2, 2)),
    34: Configuration(basic, 1, (3, 4, 6, 3)),
    50: Configuration(bottleneck, 4, (3, 4, 6, 3)),
    101: Configuration(bottleneck, 4, (3, 4, 23, 3)),
    152: Configuration(bottleneck, 4, (3, 8, 36, 3)),
}


def resnet(depth: int) -> Network:
    """Return the network of one column of table 1."""
    block, expansion, blocks = CONFIGURATIONS[depth]
    stages: dict[str, Layer] = {}
    channels = 64
    for stage, count in enumerate(blocks):
        width = 64 * 2**stage
        for i in range(count):
            # The first block of conv3_x, conv4_x and conv5_x halves the maps.
            stride = 2 if stage > 0 and i == 0 else 1
            stages[f"conv{stage + 2}_{i + 1}"] = block(channels, width, stride)
            channels = expansion * width
    return Network(
        name=f"resnet{depth}",
        input_shape=(3, 224, 224),
        body=Sequential(
            conv1=Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False),
            bn1=BatchNorm2d(64),
            relu1=ReLU(),
            pool1=MaxPool2d(kernel_size=3, stride=2, padding=1),
            **stages,
            pool5=GlobalAvgPool2d(),
            flatten=Flatten(),
            fc=Linear(channels, 1000),
        ),
        source=f"He et al. 2016, table 1, {depth} layers",
        differences=(
            ("A bottleneck halves its maps in the 3x3 convolution; the paper's in the first 1x1 one.",)
            if block is bottleneck
            else ()
        ),
    )
