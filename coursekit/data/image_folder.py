"""Photographs in folders, read as they are needed: `train/<class>/*` and `val/<class>/*`, as ImageNet lies.

An image's draws belong to the image and the epoch, and the order of an epoch to the seed. So the batches are
the same with any number of workers, and those of several processes are the parts of those of one.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler
from torchvision.datasets.folder import IMG_EXTENSIONS

from coursekit.data.idx import DataError
from coursekit.data.loader import random_parts
from coursekit.training import batches

Key = tuple[int, int]  # epoch, index of an image
KINDS = tuple(IMG_EXTENSIONS)


class ImageFolder(Dataset[Any]):
    """The photographs below a folder, a subfolder for each class.

    Parameters
    ----------
    folder
        Holds a folder for each class; the classes are numbered in the order of their names.
    side
        As in Krizhevsky et al. 2012, sec. 2, an image is scaled so that its shorter side has this length,
        and the square in its middle is cut out.
    transform
        Takes an image (3, side, side) of uint8. Its draws are fixed by `seed`, epoch and image.
    seed
        See `transform`.

    Attributes
    ----------
    classes
        The classes' names.
    paths, labels
        The images' files and the numbers of their classes.

    Raises
    ------
    DataError
        If the folder is missing, has no classes, or one without images.
    """

    def __init__(
        self, folder: Path, side: int, transform: Callable[[Tensor], Tensor] | None = None, seed: int = 0
    ) -> None:
        if not folder.is_dir():
            raise DataError(f"{folder} is no folder: expected one that holds a folder for each class")
        self.side, self.transform, self.seed = side, transform, seed
        self.classes = tuple(sorted(entry.name for entry in folder.iterdir() if entry.is_dir()))
        if not self.classes:
            raise DataError(f"{folder} holds no folders: expected one for each class, with its images in it")
        self.paths: list[Path] = []
        labels: list[int] = []
        for label, name in enumerate(self.classes):
            found = sorted(p for p in (folder / name).iterdir() if p.suffix.lower() in KINDS)
            if not found:
                raise DataError(f"{folder / name} holds no images ({', '.join(KINDS)})")
            self.paths += found
            labels += [label] * len(found)
        self.labels = np.array(labels)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, key: Key) -> tuple[Tensor, int]:
        epoch, index = key
        image = torch.from_numpy(read(self.paths[index], self.side)).permute(2, 0, 1)
        if self.transform is not None:
            for part in random_parts(self.transform):
                part.reseed(self.seed, epoch, index)
            image = self.transform(image)
        return image, int(self.labels[index])

    def sample(self, count: int) -> UInt8[np.ndarray, "N H W 3"]:
        """Return about `count` of the images, from all classes alike, without the transform."""
        chosen = np.linspace(0, len(self) - 1, min(count, len(self))).astype(int)
        return np.stack([read(self.paths[index], self.side) for index in chosen])


def training_and_validation(folder: Path, side: int) -> tuple[ImageFolder, ImageFolder]:
    """Return the images in `folder/train` and `folder/val`.

    Raises
    ------
    DataError
        If one of them is missing or empty, or their classes differ.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder: name the one that holds train/ and val/")
    training, validation = (ImageFolder(folder / part, side) for part in ("train", "val"))
    if training.classes != validation.classes:
        odd = sorted(set(training.classes) ^ set(validation.classes))
        raise DataError(
            f"{folder}: train has {len(training.classes)} classes and val {len(validation.classes)}; "
            f"only one of them has {', '.join(odd[:5])}{' ...' if len(odd) > 5 else ''}"
        )
    return training, validation


def read(path: Path, side: int) -> UInt8[np.ndarray, "side side 3"]:
    """Return the square in the middle of a photograph whose shorter side is scaled to `side`.

    Raises
    ------
    DataError
        If the file cannot be read as an image.
    """
    try:
        with Image.open(path) as file:
            file.draft("RGB", (side, side))  # a JPEG is decoded at 1/2, 1/4 or 1/8 where that is large enough
            image = file.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} could not be read as an image: {error}. Get it again.") from None
    scale = side / min(image.size)
    width, height = (max(side, round(length * scale)) for length in image.size)
    left, top = (width - side) // 2, (height - side) // 2
    resized = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.array(resized.crop((left, top, left + side, top + side)))


class Shards(Sampler[list[Key]]):
    """One process' part of every batch. All parts are equally large, and a smaller last batch is left out.

    Parameters
    ----------
    n
        The number of images.
    batch_size
        Images in a batch of all processes together.
    seed
        Fixes the order of the images, another one in each epoch.
    rank, size
        Which of how many processes this is.

    Raises
    ------
    ValueError
        If a batch cannot be divided among the processes, or there are too few images for one batch.
    """

    def __init__(self, n: int, batch_size: int, seed: int = 0, rank: int = 0, size: int = 1) -> None:
        if batch_size % size:
            raise ValueError(f"a batch of {batch_size} cannot be divided among {size} processes")
        if n < batch_size:
            raise ValueError(f"{n} images are too few for one batch of {batch_size} for {size} processes")
        self.n, self.batch_size, self.seed = n, batch_size, seed
        self.part = slice(rank * (batch_size // size), (rank + 1) * (batch_size // size))
        self.epoch, self.number = 0, 0

    def start_at(self, epoch: int, number: int) -> None:
        """Let the next pass yield the batches of an epoch from `number` on."""
        self.epoch, self.number = epoch, number

    def __iter__(self) -> Iterator[list[Key]]:
        rng = np.random.default_rng([self.seed, self.epoch])
        epoch, whole = self.epoch, list(batches(self.n, self.batch_size, rng))[: len(self)]
        for indices in whole[self.number :]:
            yield [(epoch, int(index)) for index in indices[self.part]]

    def __len__(self) -> int:
        return self.n // self.batch_size


class Reader(DataLoader[tuple[Tensor, Tensor]]):
    """Reads batches in other processes, ahead of time, into pinned memory where there is a GPU.

    Yields pairs: images (B, 3, H, W), uint8 if the transform leaves them so, and classes, int64 (B,).

    Parameters
    ----------
    images
        The images.
    keys
        Which images are in each batch, and in which epoch.
    workers
        How many processes read; 0 for this one.
    """

    def __init__(self, images: ImageFolder, keys: Iterable[list[Key]], workers: int) -> None:
        super().__init__(
            images,
            batch_sampler=keys,
            num_workers=workers,
            persistent_workers=workers > 0,
            prefetch_factor=4 if workers else None,
            pin_memory=torch.cuda.is_available(),
            # Else each pass takes a number from PyTorch's own, and a training that was taken up differs.
            generator=torch.Generator(),
        )

    def __iter__(self) -> Any:
        try:
            yield from super().__iter__()
        except DataError as error:  # of another process: with its traceback before the sentence
            raise DataError(str(error).rpartition("DataError: ")[2].strip()) from None
