"""EfficientNet-Lite0.

Tan & Le 2019, *EfficientNet*, table 1 (B0), in its "Lite" form for small devices (Google, 2020): ReLU6 in
place of swish, no squeeze-and-excitation, first and last layers not scaled. The block is the inverted
residual of Sandler et al. 2018, *MobileNetV2*, fig. 4d.
"""

from dataclasses import replace
from typing import NamedTuple

from coursekit.networks.layers import (
    Add,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    Linear,
    ReLU6,
    Sequential,
    ZeroPad2d,
)
from coursekit.networks.network import Network


class Stage(NamedTuple):
    """One line of table 1: `repeats` blocks, the first of which has the stride."""

    expansion: int
    kernel_size: int
    stride: int
    out_channels: int
    repeats: int


STAGES = (
    Stage(1, 3, 1, 16, 1),
    Stage(6, 3, 2, 24, 2),
    Stage(6, 5, 2, 40, 2),
    Stage(6, 3, 2, 80, 3),
    Stage(6, 5, 1, 112, 3),
    Stage(6, 5, 2, 192, 4),
    Stage(6, 3, 1, 320, 1),
)


def inverted_residual(channels: int, stage: Stage, stride: int) -> Layer:
    """Return 1x1 to more channels, one window a channel, 1x1 to fewer; added to the input if shapes allow it.

    Without an expansion (factor 1) the first convolution is left out.
    """
    wide = channels * stage.expansion
    expand: dict[str, Layer] = {
        "expand": Conv2d(channels, wide, 1, bias=False),
        "bn1": _batch_norm(wide),
        "relu1": ReLU6(),
    }
    block = Sequential(
        **(expand if stage.expansion > 1 else {}),
        **_same("depthwise", Conv2d(wide, wide, stage.kernel_size, stride=stride, groups=wide, bias=False)),
        bn2=_batch_norm(wide),
        relu2=ReLU6(),
        project=Conv2d(wide, stage.out_channels, 1, bias=False),
        bn3=_batch_norm(stage.out_channels),
    )
    if stride == 1 and channels == stage.out_channels:
        return Add(residual=block, shortcut=Sequential())
    return block


def _same(name: str, conv: Conv2d) -> dict[str, Layer]:
    """Return the convolution with TensorFlow's padding "same", which the trained weights expect.

    It adds kernel size - stride zeros in all, where the stride divides the size of the maps. With stride 2
    that is an odd number, and the larger half goes below and on the right.
    """
    assert isinstance(conv.kernel_size, int)
    assert isinstance(conv.stride, int)
    zeros = conv.kernel_size - conv.stride
    before, after = zeros // 2, zeros - zeros // 2
    if before == after:
        return {name: replace(conv, padding=before)}
    return {f"{name}_pad": ZeroPad2d((before, after, before, after)), name: conv}


def _batch_norm(channels: int) -> BatchNorm2d:
    return BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def efficientnet_lite0() -> Network:
    """Return EfficientNet-Lite0: 4.65 million parameters."""
    layers: dict[str, Layer] = {}
    channels = 32
    for number, stage in enumerate(STAGES, start=1):
        for i in range(stage.repeats):
            stride = stage.stride if i == 0 else 1
            layers[f"block{number}_{i + 1}"] = inverted_residual(channels, stage, stride)
            channels = stage.out_channels
    return Network(
        name="efficientnet_lite0",
        input_shape=(3, 224, 224),
        body=Sequential(
            **_same("stem", Conv2d(3, 32, kernel_size=3, stride=2, bias=False)),
            stem_bn=_batch_norm(32),
            stem_relu=ReLU6(),
            **layers,
            top=Conv2d(channels, 1280, kernel_size=1, bias=False),
            top_bn=_batch_norm(1280),
            top_relu=ReLU6(),
            pool=GlobalAvgPool2d(),
            flatten=Flatten(),
            drop=Dropout(0.2),
            fc=Linear(1280, 1000),
        ),
        source="Tan & Le 2019, table 1, in the Lite form",
        differences=(
            "Convolutions with stride 2 pad as TensorFlow does where the height and the width are even, "
            "so images must have sides that 32 divides.",
        ),
    )
