"""Networks that were trained on ImageNet: one that ships with the package, torchvision's when online."""

from functools import lru_cache
from pathlib import Path

import torch
from torchvision.models import get_model_weights

from coursekit import data, networks
from coursekit.data.card import read_card, verify
from coursekit.torch_nn import load_arrays
from coursekit.torch_nn.pretrained import download
from coursekit.transfer.images import weights
from coursekit.transfer.images.network import ImageNetwork

EMBEDDED = Path(data.__file__).parent / "embedded" / "efficientnet_lite0"
PARTS = ("body.npz", "head.npz")
# The weights of torchvision's that fit our descriptions.
TORCHVISION = tuple(
    name
    for name in networks.names()
    if name.startswith("resnet") or name in ("vgg11", "vgg13", "vgg16", "vgg19")
)
# Mean and deviation of ImageNet's training images, with which torchvision's networks are trained.
IMAGENET_MEAN, IMAGENET_STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


def names() -> list[str]:
    """Return the names that `pretrained` knows; the first ships with the package."""
    return ["efficientnet_lite0", *TORCHVISION]


@lru_cache(maxsize=1)
def imagenet_classes() -> tuple[str, ...]:
    """Return the 1,000 names of ImageNet's classes, in the order of the scores, as torchvision has them."""
    return tuple(get_model_weights("resnet50")["IMAGENET1K_V1"].meta["categories"])


def pretrained(name: str, device: str | torch.device = "cpu") -> ImageNetwork:
    """Return the network called `name`, trained on ImageNet, in testing mode.

    Parameters
    ----------
    name
        "efficientnet_lite0" ships with the package. The others of `names()` are torchvision's, which are
        fetched once.
    device
        Where the parameters live.

    Raises
    ------
    ValueError
        If there is no such network.
    DataError
        If a file that ships with the package is missing or harmed.
    RuntimeError
        If torchvision's weights could not be fetched.
    """
    if name not in names():
        raise ValueError(f"there is no trained network {name!r}; there are: {', '.join(names())}")
    mean, std = IMAGENET_MEAN, IMAGENET_STD
    if name in TORCHVISION:
        state = download(name)
    else:
        verify(EMBEDDED)
        card = read_card(EMBEDDED)
        mean, std = tuple(card["mean"]), tuple(card["std"])
        state = {k: torch.from_numpy(v) for part in PARTS for k, v in weights.read(EMBEDDED / part).items()}
    model = ImageNetwork(networks.get(name), mean, std, imagenet_classes())
    load_arrays(model, state)
    return model.to(device).eval()
