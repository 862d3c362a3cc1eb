"""Training a network on ImageNet's folders, or others like them, by one process or by many.

The recipe is AlexNet's (Krizhevsky, Sutskever & Hinton 2012, sec. 2, 4 and 5); `DIFFERENCES` says where it
is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.transforms import v2

from coursekit import networks
from coursekit.data.augment import ColourShift, RandomCrop, RandomHorizontalFlip, ten_crop_probabilities
from coursekit.data.idx import DataError
from coursekit.data.image_folder import Reader, Shards, training_and_validation
from coursekit.data.loader import ahead
from coursekit.metrics import top_k_accuracy
from coursekit.torch_nn import build
from coursekit.torch_nn.distributed import Team
from coursekit.torch_nn.long_run import Curve, LongRun, PlateauRecipe
from coursekit.torch_nn.speed import Speed

ALEXNET = PlateauRecipe(
    epochs=90,  # "roughly 90 cycles through the training set"
    batch_size=128,
    lr=0.01,
    momentum=0.9,
    weight_decay=5e-4,
)

DIFFERENCES = (
    "The first parameters are the library's, uniform in +-1/sqrt(fan-in); the paper draws weights with a "
    "deviation of 0.01 and starts some biases at 1.",
    "Crops are as large as the network's input, 227x227 for AlexNet; the paper says 224x224.",
    "A colour's mean and deviation over a sample of the training images shift and scale all pixels alike; "
    "the paper subtracts the mean of each pixel of the 256x256, and scales nothing.",
    "The principal components of the colours are those of the same sample.",
    "The learning rate falls by itself after three epochs without a smaller top-1 error; the paper's authors "
    "watched.",
    "The learning rate multiplies the whole velocity, as in PyTorch; in the paper it multiplies each new "
    "gradient. It differs in the steps after the rate has changed.",
    "On a GPU convolutions and matrix products are computed in bfloat16.",
)

SIDE = 256  # sec. 2: the images are scaled to 256x256
SAMPLE = 1000  # images from which mean, deviation and principal components are taken
TEST_BATCH = 50


@dataclass(frozen=True)
class Scaling:
    """Mean and deviation of each colour, from 0 to 1, over a sample of training images."""

    mean: Tensor
    std: Tensor

    @classmethod
    def of(cls, sample: np.ndarray, device: torch.device) -> "Scaling":
        """Take both from images (N, H, W, 3), 0 to 255."""
        colours = sample.reshape(-1, 3) / 255
        pair = (torch.tensor(a, dtype=torch.float32) for a in (colours.mean(axis=0), colours.std(axis=0)))
        return cls(*(values[:, None, None].to(device) for values in pair))

    def __call__(self, images: Tensor) -> Tensor:
        """Return uint8 images (N, 3, H, W) as a network takes them."""
        return (images.float() / 255 - self.mean) / self.std


def train(
    net: str,
    folder: Path,
    team: Team,
    recipe: PlateauRecipe = ALEXNET,
    seed: int = 0,
    path: Path | None = None,
    every: int = 1000,
    ten_crop: bool = False,
    workers: int | None = None,
    side: int = SIDE,
    speed: Speed | None = None,
    progress: bool = True,
) -> Curve:
    """Train a network, take up a checkpoint if there is one, and return the curve.

    Parameters
    ----------
    net
        A network that takes colour photographs, one of `coursekit.networks.names()`.
    folder
        Holds `train/<class>/*` and `val/<class>/*`.
    team
        The processes that train together; see `coursekit.torch_nn.distributed`.
    recipe
        How to train.
    seed
        Fixes the parameters, the order of the images, the augmentation and dropout.
    path, every
        The checkpoint's file, and after how many steps it is written.
    ten_crop
        Whether an image is judged by the mean over ten crops of it (sec. 4.1), or by its middle.
    workers
        How many processes read images, for each process that trains; None for one a core.
    side
        To what size images are scaled before a crop is cut out.
    speed
        None for what suits the device.
    progress
        Whether to show a progress bar.

    Raises
    ------
    DataError
        If the folders or an image are not as expected.
    ValueError
        If the network takes other images, or a batch cannot be divided among the processes.
    CheckpointError
        See `LongRun`.
    """
    network = networks.get(net)
    channels, crop = network.input_shape[0], network.input_shape[1]
    if channels != 3 or crop > side:
        raise ValueError(f"{net} takes images of {network.input_shape}; the folder's are (3, {side}, {side})")
    training, validation = training_and_validation(folder, side)
    if len(training.classes) > network.output_shape[0]:
        raise DataError(
            f"{folder} has {len(training.classes)} classes, but {net} tells {network.output_shape[0]} apart"
        )
    sample = training.sample(SAMPLE)
    training.transform = v2.Compose(
        [RandomCrop(crop, seed=0), RandomHorizontalFlip(seed=1), ColourShift(sample, seed=2)]
    )
    training.seed = seed
    scaled = Scaling.of(sample, team.device)
    shards = Shards(len(training), recipe.batch_size, seed, team.rank, team.size)
    workers = team.cores if workers is None else workers
    loader = Reader(training, shards, workers)

    def batches(epoch: int, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        shards.start_at(epoch, number)
        for images, labels in ahead(loader, team.device):
            yield scaled(images), labels

    torch.manual_seed(seed + team.rank)  # each process drops out other units
    model = build(net, seed, team.device)
    test_keys = list(range(len(validation)))[team.rank :: team.size]
    test_batches = [
        [(0, i) for i in test_keys[s : s + TEST_BATCH]] for s in range(0, len(test_keys), TEST_BATCH)
    ]
    tests = Reader(validation, test_batches, workers)

    def validate() -> tuple[float, float]:
        parts = ((scaled(images), labels) for images, labels in ahead(tests, team.device))
        return top1_and_top5(model, parts, crop, ten_crop, team)

    about = {"network": net, "seed": seed, "images": len(training), "classes": list(training.classes)}
    run = LongRun(model, recipe, team, about, path, speed)
    return run.train(batches, len(shards), validate, every, progress)


@torch.no_grad()
def top1_and_top5(
    model: nn.Module, batches: Iterator[tuple[Tensor, Tensor]], crop: int, ten_crop: bool, team: Team
) -> tuple[float, float]:
    """Return both accuracies over all processes' batches, from ten crops of each image or its middle."""
    model.eval()
    counts = torch.zeros(3)  # right, right in five, all
    for images, labels in batches:
        if ten_crop:
            scores = ten_crop_probabilities(model, images, crop)
        else:
            scores = model(v2.functional.center_crop(images, [crop, crop]))
        found, right = scores.cpu().numpy(), labels.cpu().numpy()
        top = [top_k_accuracy(found, right, k) for k in (1, min(5, found.shape[1]))]
        counts += torch.tensor([*(round(share * len(right)) for share in top), len(right)])
    first, five, seen = team.add(counts).tolist()
    return first / seen, five / seen
