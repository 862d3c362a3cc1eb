"""torchvision's trained weights in our networks, where the architecture is the same paper's."""

from collections.abc import Mapping

from torch import Tensor

from coursekit import networks
from coursekit.networks import Conv2d, Flatten, Linear, Network, walk
from coursekit.networks.measure import parameter_shapes

# Names of torchvision that are not the same network as ours of that name.
DIFFERENT = {
    "alexnet": "torchvision's alexnet is another network (Krizhevsky 2014, arXiv:1404.5997): 64, 192, 384, "
    "256 and 256 maps, no groups, no local response normalisation",
    "googlenet": "torchvision's googlenet has windows of 3x3 where Szegedy et al. 2015, table 1, have 5x5, "
    "and batch norm",
}
DIFFERENT |= {"alexnet_one_column": DIFFERENT["alexnet"], "googlenet_aux": DIFFERENT["googlenet"]}


def torchvision_names(name: str) -> dict[str, str]:
    """Return torchvision's name for each of our layers with parameters.

    Raises
    ------
    ValueError
        If torchvision has no such network, or another one of that name; the message says which.
    """
    network = networks.get(name)
    if name in DIFFERENT:
        raise ValueError(f"{name}: no weights of torchvision's fit: {DIFFERENT[name]}")
    if name.startswith("resnet"):
        return {ours: _resnet_name(ours) for ours, layer in walk(network.body) if parameter_shapes(layer)}
    if name in ("vgg11", "vgg13", "vgg16", "vgg19"):
        return _vgg_names(network)
    raise ValueError(f"{name}: torchvision has no such network")


def from_torchvision(name: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the state dict of torchvision's network under the names of ours.

    Raises
    ------
    ValueError
        If the networks differ, or `state` is not the state of torchvision's network.
    """
    theirs = {theirs: ours for ours, theirs in torchvision_names(name).items()}
    renamed = {}
    for key, value in state.items():
        layer, _, array = key.rpartition(".")
        if layer not in theirs:
            raise ValueError(f"{name}: the state has {key!r}, which torchvision's {name} has not")
        renamed[f"{theirs[layer]}.{array}"] = value
    return renamed


def download(name: str, weights: str = "DEFAULT") -> dict[str, Tensor]:
    """Return torchvision's trained weights, fetched once into PyTorch's cache, under our names.

    Parameters
    ----------
    name
        One of vgg11, vgg13, vgg16, vgg19, resnet18, ... resnet152.
    weights
        The name that torchvision gives them, for instance "IMAGENET1K_V1".

    Raises
    ------
    ValueError
        If the networks differ, or there are no such weights.
    RuntimeError
        If they could not be fetched.
    """
    from torchvision import models

    torchvision_names(name)  # refuses before anything is fetched
    choices = models.get_model_weights(name)
    if weights != "DEFAULT" and weights not in choices.__members__:
        there_are = ", ".join(choices.__members__)
        raise ValueError(f"{name}: there are no weights {weights!r}; there are: {there_are}")
    try:
        state = choices[weights].get_state_dict(progress=True, check_hash=True)
    except OSError as error:
        raise RuntimeError(f"{name}: the weights {weights} could not be fetched: {error}") from None
    return from_torchvision(name, state)


def _resnet_name(ours: str) -> str:
    """conv3_1.add.residual.conv1 is layer2.0.conv1, ...add.shortcut.conv is ...downsample.0."""
    stage, *path = ours.split(".")
    if not path:
        return ours
    number, block = stage.removeprefix("conv").split("_")
    inner = {"conv": "downsample.0", "bn": "downsample.1"}[path[2]] if path[1] == "shortcut" else path[2]
    return f"layer{int(number) - 1}.{int(block) - 1}.{inner}"


def _vgg_names(network: Network) -> dict[str, str]:
    """Return features.N for the layers before the flattening, classifier.N for those behind it."""
    part, names, number = "features", {}, 0
    for ours, layer in walk(network.body):
        if isinstance(layer, Flatten):
            part, number = "classifier", 0
            continue
        if isinstance(layer, Conv2d | Linear):
            names[ours] = f"{part}.{number}"
        number += 1
    return names
