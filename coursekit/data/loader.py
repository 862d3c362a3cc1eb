"""Batches of augmented images, made by other processes while the network learns from the batch before.

The draws belong to the batch, not to the process that makes it: the same seed gives the same batches with any
number of workers.

>>> from coursekit import data
>>> from coursekit.data.augment import RandomHorizontalFlip
>>> split = data.load("cifar10_small")
>>> batches = loader(split.x_train, split.y_train, 128, RandomHorizontalFlip(), workers=0)
>>> images, labels = next(iter(batches))
>>> images.shape, labels.shape
(torch.Size([128, 3, 32, 32]), torch.Size([128]))
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from jaxtyping import Integer, UInt8
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from coursekit.data.augment import RandomTransform
from coursekit.training import batches

Order = tuple[int, int, int, np.ndarray]  # seed, epoch, number of the batch in it, indices of its images


def loader(
    x: UInt8[np.ndarray, "N H W C"],
    y: Integer[np.ndarray, " N"],
    batch_size: int,
    transform: Callable[[Tensor], Tensor] | None = None,
    seed: int = 0,
    workers: int = 1,
) -> DataLoader[tuple[Tensor, Tensor]]:
    """Return an iterable over the batches of an epoch; each time it is gone through is the next epoch.

    Parameters
    ----------
    x, y
        Training images, 0 to 255, and their classes, as in `Split`.
    batch_size
        Images in a batch. The last one of an epoch may be smaller.
    transform
        Takes a batch (B, C, H, W) of uint8 and returns what the network takes. The transforms of
        `coursekit.data.augment` in it, also those in a `torchvision.transforms.v2.Compose`, draw anew for
        each image of each batch; other random transforms draw from PyTorch's generator, which is not fixed
        here. With workers it must be picklable where processes are not forked.
    seed
        Fixes the order of the images and the draws, not negative.
    workers
        How many processes make batches. One beside the process that trains keeps two cores busy; with 0
        the process that trains makes them itself.

    Returns
    -------
    torch.utils.data.DataLoader
        Of pairs: images as `transform` returns them, and classes, int64.

    Raises
    ------
    ValueError
        If there is not one class for each image, there are no images, or a number is too small.
    """
    if x.ndim != 4 or not len(x) or y.shape != (len(x),):
        raise ValueError(f"loader: x must have shape (N, H, W, C) and y (N,), got {x.shape} and {y.shape}")
    for name, number, least in (("batch_size", batch_size, 1), ("seed", seed, 0), ("workers", workers, 0)):
        if number < least:
            raise ValueError(f"loader: {name} must be at least {least}, got {number}")
    return DataLoader(
        _Batches(x, y, transform),
        batch_size=None,  # an item is a batch
        sampler=_Epochs(len(x), batch_size, seed),
        num_workers=workers,
        persistent_workers=workers > 0,
    )


class _Epochs(Sampler[Order]):
    """The order of the images, another one in each epoch."""

    def __init__(self, n: int, batch_size: int, seed: int) -> None:
        self.n, self.batch_size, self.seed, self.epoch = n, batch_size, seed, 0

    def __iter__(self) -> Iterator[Order]:
        # A generator, so that an epoch counts when its first batch is asked for: the loader makes spare ones.
        epoch, self.epoch = self.epoch, self.epoch + 1
        rng = np.random.default_rng([self.seed, epoch])
        for number, indices in enumerate(batches(self.n, self.batch_size, rng)):
            yield self.seed, epoch, number, indices

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)


class _Batches(Dataset[Any]):
    """Images and classes by their indices, augmented with draws that belong to the batch."""

    def __init__(self, x: np.ndarray, y: np.ndarray, transform: Callable[[Tensor], Tensor] | None) -> None:
        self.images = torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))
        self.labels = torch.from_numpy(y.astype(np.int64))
        self.transform = transform

    def __getitem__(self, order: Order) -> tuple[Tensor, Tensor]:
        *key, indices = order
        chosen = torch.from_numpy(indices)
        images, labels = self.images[chosen], self.labels[chosen]
        if self.transform is None:
            return images, labels
        for part in _random_parts(self.transform):
            part.reseed(*key)
        return self.transform(images), labels


def _random_parts(transform: Any) -> Iterator[RandomTransform]:
    if isinstance(transform, RandomTransform):
        yield transform
    elif hasattr(transform, "transforms"):  # torchvision's Compose keeps them in a plain list
        for part in transform.transforms:
            yield from _random_parts(part)
    elif isinstance(transform, torch.nn.Module):
        for part in transform.children():
            yield from _random_parts(part)
