"""VGG: convolutions of 3x3 and pools of 2x2, deeper and deeper.

Simonyan & Zisserman 2015, *Very deep convolutional networks for large-scale image recognition*, table 1.
"""

from coursekit.networks.layers import Conv2d, Dropout, Flatten, Layer, Linear, MaxPool2d, ReLU, Sequential
from coursekit.networks.network import Network

# Table 1, a column each. A block is a line of filter counts, followed by a pool of 2x2. The windows are
# 3x3 with padding 1, but for the filters written as (count, 1), whose window is 1x1.
CONFIGURATIONS: dict[str, tuple[tuple[int | tuple[int, int], ...], ...]] = {
    "A": ((64,), (128,), (256, 256), (512, 512), (512, 512)),
    "B": ((64, 64), (128, 128), (256, 256), (512, 512), (512, 512)),
    "C": ((64, 64), (128, 128), (256, 256, (256, 1)), (512, 512, (512, 1)), (512, 512, (512, 1))),
    "D": ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512)),
    "E": ((64, 64), (128, 128), (256,) * 4, (512,) * 4, (512,) * 4),
}


def vgg(name: str, configuration: str) -> Network:
    """Return the network of one column of table 1."""
    layers: dict[str, Layer] = {}
    channels = 3
    for block, filters in enumerate(CONFIGURATIONS[configuration], start=1):
        for i, entry in enumerate(filters, start=1):
            out, kernel = entry if isinstance(entry, tuple) else (entry, 3)
            layers[f"conv{block}_{i}"] = Conv2d(channels, out, kernel_size=kernel, padding=kernel // 2)
            layers[f"relu{block}_{i}"] = ReLU()
            channels = out
        layers[f"pool{block}"] = MaxPool2d(kernel_size=2, stride=2)
    return Network(
        name=name,
        input_shape=(3, 224, 224),
        body=Sequential(
            **layers,
            flatten=Flatten(),
            fc6=Linear(512 * 7 * 7, 4096),
            relu6=ReLU(),
            drop6=Dropout(0.5),
            fc7=Linear(4096, 4096),
            relu7=ReLU(),
            drop7=Dropout(0.5),
            fc8=Linear(4096, 1000),
        ),
        source=f"Simonyan & Zisserman 2015, table 1, column {configuration}",
    )


def vgg11() -> Network:
    """Return configuration A."""
    return vgg("vgg11", "A")


def vgg13() -> Network:
    """Return configuration B."""
    return vgg("vgg13", "B")


def vgg16() -> Network:
    """Return configuration D, the one that is called VGG-16."""
    return vgg("vgg16", "D")


def vgg16c() -> Network:
    """Return configuration C: 16 layers with weights too, three of them with a window of 1x1."""
    return vgg("vgg16c", "C")


def vgg19() -> Network:
    """Return configuration E."""
    return vgg("vgg19", "E")
