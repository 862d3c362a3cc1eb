"""GoogLeNet.

Szegedy et al. 2015, *Going deeper with convolutions*, table 1, fig. 2b (the Inception module) and sec. 5
(the auxiliary classifiers). torchvision's `googlenet` is not this network: it has 3x3 windows where
"5x5" stands, and batch norm.
"""

from typing import NamedTuple

from coursekit.networks.layers import (
    Auxiliary,
    AvgPool2d,
    Concat,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    ReLU,
    Sequential,
)
from coursekit.networks.network import Network


class Widths(NamedTuple):
    """One line of table 1: the filters of an Inception module, under the names of the table's columns."""

    conv_1x1: int
    reduce_3x3: int
    conv_3x3: int
    reduce_5x5: int
    conv_5x5: int
    pool_proj: int

    @property
    def out(self) -> int:
        """The number of maps that come out: those of the four branches together."""
        return self.conv_1x1 + self.conv_3x3 + self.conv_5x5 + self.pool_proj


INCEPTION = {
    "3a": Widths(64, 96, 128, 16, 32, 32),
    "3b": Widths(128, 128, 192, 32, 96, 64),
    "4a": Widths(192, 96, 208, 16, 48, 64),
    "4b": Widths(160, 112, 224, 24, 64, 64),
    "4c": Widths(128, 128, 256, 24, 64, 64),
    "4d": Widths(112, 144, 288, 32, 64, 64),
    "4e": Widths(256, 160, 320, 32, 128, 128),
    "5a": Widths(256, 160, 320, 32, 128, 128),
    "5b": Widths(384, 192, 384, 48, 128, 128),
}


def _pool() -> MaxPool2d:
    # The table halves 112 to 56 with a window of 3x3: the last one hangs over the edge, as in Caffe.
    return MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)


def _lrn() -> LocalResponseNorm:
    return LocalResponseNorm(size=5, alpha=1e-4, beta=0.75, k=1.0)


def inception(channels: int, widths: Widths) -> Concat:
    """Return an Inception module with 1x1 reductions, fig. 2b."""
    return Concat(
        conv_1x1=Sequential(conv=Conv2d(channels, widths.conv_1x1, 1), relu=ReLU()),
        conv_3x3=Sequential(
            reduce=Conv2d(channels, widths.reduce_3x3, 1),
            reduce_relu=ReLU(),
            conv=Conv2d(widths.reduce_3x3, widths.conv_3x3, 3, padding=1),
            relu=ReLU(),
        ),
        conv_5x5=Sequential(
            reduce=Conv2d(channels, widths.reduce_5x5, 1),
            reduce_relu=ReLU(),
            conv=Conv2d(widths.reduce_5x5, widths.conv_5x5, 5, padding=2),
            relu=ReLU(),
        ),
        pool_proj=Sequential(
            pool=MaxPool2d(kernel_size=3, stride=1, padding=1),
            conv=Conv2d(channels, widths.pool_proj, 1),
            relu=ReLU(),
        ),
    )


def auxiliary_classifier(channels: int) -> Auxiliary:
    """Return the classifier that sec. 5 attaches to inceptions 4a and 4d, where maps are 14x14."""
    return Auxiliary(
        pool=AvgPool2d(kernel_size=5, stride=3),
        conv=Conv2d(channels, 128, 1),
        relu=ReLU(),
        flatten=Flatten(),
        fc1=Linear(128 * 4 * 4, 1024),
        relu1=ReLU(),
        drop=Dropout(0.7),
        fc2=Linear(1024, 1000),
    )


def _build(name: str, auxiliary: bool) -> Network:
    layers: dict[str, Layer] = {
        "conv1": Conv2d(3, 64, kernel_size=7, stride=2, padding=3),
        "relu1": ReLU(),
        "pool1": _pool(),
        "norm1": _lrn(),
        "conv2_reduce": Conv2d(64, 64, kernel_size=1),
        "relu2_reduce": ReLU(),
        "conv2": Conv2d(64, 192, kernel_size=3, padding=1),
        "relu2": ReLU(),
        "norm2": _lrn(),
        "pool2": _pool(),
    }
    channels = 192
    for module, widths in INCEPTION.items():
        layers[f"inception_{module}"] = inception(channels, widths)
        channels = widths.out
        if auxiliary and module in ("4a", "4d"):
            layers[f"auxiliary_{module}"] = auxiliary_classifier(channels)
        if module in ("3b", "4e"):
            layers[f"pool{module[0]}"] = _pool()
    return Network(
        name=name,
        input_shape=(3, 224, 224),
        body=Sequential(
            **layers, pool5=GlobalAvgPool2d(), flatten=Flatten(), drop=Dropout(0.4), fc=Linear(channels, 1000)
        ),
        source="Szegedy et al. 2015, table 1",
        differences=(
            "The paper leaves the normalisation's constants open; here they are Caffe's, with k = 1.",
        ),
    )


def googlenet() -> Network:
    """Return GoogLeNet as it classifies, without the auxiliary classifiers."""
    return _build("googlenet", auxiliary=False)


def googlenet_aux() -> Network:
    """Return GoogLeNet as it is trained, with both auxiliary classifiers."""
    return _build("googlenet_aux", auxiliary=True)
