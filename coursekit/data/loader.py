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

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
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
    device: str | torch.device = "cpu",
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
    device
        Where the images live. On a GPU, a small data set is kept there and augmented there, and no batch has
        to travel; then there are no workers.

    Returns
    -------
    torch.utils.data.DataLoader
        Of pairs: images as `transform` returns them, and classes, int64.

    Raises
    ------
    ValueError
        If there is not one class for each image, there are no images, a number is too small, or there are
        workers beside images on a GPU.
    """
    if x.ndim != 4 or not len(x) or y.shape != (len(x),):
        raise ValueError(f"loader: x must have shape (N, H, W, C) and y (N,), got {x.shape} and {y.shape}")
    for name, number, least in (("batch_size", batch_size, 1), ("seed", seed, 0), ("workers", workers, 0)):
        if number < least:
            raise ValueError(f"loader: {name} must be at least {least}, got {number}")
    if workers and torch.device(device).type != "cpu":
        raise ValueError(f"loader: images on {device} take no workers, got {workers}")
    return DataLoader(
        _Batches(x, y, transform, torch.device(device)),
        batch_size=None,  # an item is a batch
        sampler=_Epochs(len(x), batch_size, seed),
        num_workers=workers,
        persistent_workers=workers > 0,
    )


def ahead(batches: Iterable[Sequence[Tensor]], device: torch.device) -> Iterator[tuple[Tensor, ...]]:
    """Yield the batches on a device; on a GPU the next one is copied while this one is worked on.

    The copy runs in a stream of its own, and only from pinned memory beside other work.
    """
    if device.type != "cuda":
        for batch in batches:
            yield tuple(tensor.to(device) for tensor in batch)
        return
    copies = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    waiting: deque[tuple[tuple[Tensor, ...], torch.cuda.Event]] = deque()

    def first() -> tuple[Tensor, ...]:
        batch, copied = waiting.popleft()
        now = torch.cuda.current_stream(device)
        now.wait_event(copied)
        for tensor in batch:
            tensor.record_stream(now)  # its memory is not given away while it is worked on
        return batch

    for batch in batches:
        with torch.cuda.stream(copies):
            moved = tuple(tensor.to(device, non_blocking=True) for tensor in batch)
            waiting.append((moved, copies.record_event()))
        if len(waiting) == 2:
            yield first()
    while waiting:
        yield first()


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

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        transform: Callable[[Tensor], Tensor] | None,
        device: torch.device,
    ) -> None:
        self.images = torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2))).to(device)
        self.labels = torch.from_numpy(y.astype(np.int64)).to(device)
        self.transform, self.device = transform, device

    def __getitem__(self, order: Order) -> tuple[Tensor, Tensor]:
        *key, indices = order
        chosen = torch.from_numpy(indices).to(self.device)
        images, labels = self.images[chosen], self.labels[chosen]
        if self.transform is None:
            return images, labels
        for part in random_parts(self.transform):
            part.reseed(*key)
        return self.transform(images), labels


def random_parts(transform: Any) -> Iterator[RandomTransform]:
    """Yield the transforms of `coursekit.data.augment` that a transform is made of."""
    if isinstance(transform, RandomTransform):
        yield transform
    elif hasattr(transform, "transforms"):  # torchvision's Compose keeps them in a plain list
        for part in transform.transforms:
            yield from random_parts(part)
    elif isinstance(transform, torch.nn.Module):
        for part in transform.children():
            yield from random_parts(part)
