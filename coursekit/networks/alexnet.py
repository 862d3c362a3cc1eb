"""AlexNet.

Krizhevsky, Sutskever & Hinton 2012, *ImageNet classification with deep convolutional neural networks*,
sec. 3.5 and fig. 2 (layers), sec. 3.3 (local response normalisation), 3.4 (overlapping pooling), 4.2
(dropout).

| layer | as published, two columns             | groups | output       |
|-------|---------------------------------------|--------|--------------|
| conv1 | 96 of 11x11, stride 4, LRN, pool 3x3/2 | 1      | 96 x 27 x 27 |
| conv2 | 256 of 5x5, pad 2, LRN, pool 3x3/2    | 2      | 256 x 13 x 13 |
| conv3 | 384 of 3x3, pad 1                     | 1      | 384 x 13 x 13 |
| conv4 | 384 of 3x3, pad 1                     | 2      | 384 x 13 x 13 |
| conv5 | 256 of 3x3, pad 1, pool 3x3/2         | 2      | 256 x 6 x 6  |
| fc6   | fully connected, dropout 0.5          |        | 4096         |
| fc7   | fully connected, dropout 0.5          |        | 4096         |
| fc8   | one score a class                     |        | 1000         |

A column is one of the paper's two GPUs: where it sees its own maps only, that is a convolution with two
groups. torchvision's `alexnet` is a later network of the same author (arXiv:1404.5997) with 64 to 256
maps and no normalisation.
"""

from coursekit.networks.layers import (
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    ReLU,
    Sequential,
)
from coursekit.networks.network import Network

_INPUT = "Images of 227x227; the paper says 224x224, which an 11x11 window with stride 4 does not fit."


def _pool() -> MaxPool2d:
    return MaxPool2d(kernel_size=3, stride=2)  # overlapping: the stride is below the window


def _lrn() -> LocalResponseNorm:
    return LocalResponseNorm(size=5, alpha=1e-4, beta=0.75, k=2.0)


def _classifier() -> dict[str, Flatten | Linear | ReLU | Dropout]:
    return {
        "flatten": Flatten(),
        "fc6": Linear(256 * 6 * 6, 4096),
        "relu6": ReLU(),
        "drop6": Dropout(0.5),
        "fc7": Linear(4096, 4096),
        "relu7": ReLU(),
        "drop7": Dropout(0.5),
        "fc8": Linear(4096, 1000),
    }


def alexnet() -> Network:
    """Return AlexNet as published: two columns, so that conv2, conv4 and conv5 have two groups."""
    return Network(
        name="alexnet",
        input_shape=(3, 227, 227),
        body=Sequential(
            conv1=Conv2d(3, 96, kernel_size=11, stride=4),
            relu1=ReLU(),
            norm1=_lrn(),
            pool1=_pool(),
            conv2=Conv2d(96, 256, kernel_size=5, padding=2, groups=2),
            relu2=ReLU(),
            norm2=_lrn(),
            pool2=_pool(),
            conv3=Conv2d(256, 384, kernel_size=3, padding=1),
            relu3=ReLU(),
            conv4=Conv2d(384, 384, kernel_size=3, padding=1, groups=2),
            relu4=ReLU(),
            conv5=Conv2d(384, 256, kernel_size=3, padding=1, groups=2),
            relu5=ReLU(),
            pool5=_pool(),
            **_classifier(),
        ),
        source="Krizhevsky et al. 2012, sec. 3.5",
        differences=(
            _INPUT,
            "Both columns run as one network with grouped convolutions; the paper ran them on two GPUs.",
            "The normalisation crosses from one column's maps to the other's at their border.",
        ),
    )


def alexnet_one_column() -> Network:
    """Return AlexNet as lecture slides draw it: one column, pooling before normalisation."""
    return Network(
        name="alexnet_one_column",
        input_shape=(3, 227, 227),
        body=Sequential(
            conv1=Conv2d(3, 96, kernel_size=11, stride=4),
            relu1=ReLU(),
            pool1=_pool(),
            norm1=_lrn(),
            conv2=Conv2d(96, 256, kernel_size=5, padding=2),
            relu2=ReLU(),
            pool2=_pool(),
            norm2=_lrn(),
            conv3=Conv2d(256, 384, kernel_size=3, padding=1),
            relu3=ReLU(),
            conv4=Conv2d(384, 384, kernel_size=3, padding=1),
            relu4=ReLU(),
            conv5=Conv2d(384, 256, kernel_size=3, padding=1),
            relu5=ReLU(),
            pool3=_pool(),
            **_classifier(),
        ),
        source="Krizhevsky et al. 2012, sec. 3.5, in one column",
        differences=(
            _INPUT,
            "One column: every map sees all maps before it. The paper's conv2, conv4 and conv5 see half.",
            "Pooling comes before normalisation; in the paper it comes after.",
        ),
    )
