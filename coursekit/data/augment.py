"""Data augmentation as AlexNet's authors did it (Krizhevsky, Sutskever & Hinton 2012, section 4.1).

Each transform is a module that takes images (C, H, W) or a batch of them (N, C, H, W), uint8 or float, and
can stand in a `torchvision.transforms.v2.Compose`. Two things differ from torchvision's transforms: every
image of a batch has its own draw, and the draws come from the transform's own seed.

>>> import torch
>>> from coursekit.data import augment
>>> images = torch.zeros(8, 3, 32, 32, dtype=torch.uint8)
>>> augment.RandomCrop(28, seed=0)(images).shape
torch.Size([8, 3, 28, 28])
>>> augment.TenCrop(28)(images).shape
torch.Size([8, 10, 3, 28, 28])
"""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Num, UInt8
from torch import Tensor, nn
from torch.utils.data import get_worker_info
from torchvision.transforms.v2 import functional as tv


class RandomTransform(nn.Module, ABC):
    """A transform that draws random numbers, for each image of a batch, from its own seed.

    A data loader with workers copies the transform into each worker, in every epoch. There the draws depend
    on the worker's own seed too, which PyTorch derives from `torch.manual_seed`; else all copies would draw
    alike.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed
        self._generator = torch.Generator().manual_seed(seed)
        self._worker_seed: int | None = None

    def forward(self, images: Num[Tensor, "*N C H W"]) -> Num[Tensor, "*N C h w"]:
        """Return the transformed image or images; the type of the numbers stays."""
        _check_images(images)
        batch = images if images.ndim == 4 else images[None]
        out = self.transform(batch, self._draws())
        return out if images.ndim == 4 else out[0]

    @abstractmethod
    def transform(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return the transformed batch (N, C, H, W), with random numbers of `generator`."""

    def reseed(self, *key: int) -> None:
        """Let the next draws depend on the transform's own seed and the numbers `key`, and on nothing else.

        A loader calls it with the number of each batch, so that the batch is the same in any process.
        """
        worker = get_worker_info()
        self._worker_seed = None if worker is None else worker.seed
        self._generator.manual_seed(_mixed(self.seed, *key))

    def _draws(self) -> torch.Generator:
        worker = get_worker_info()
        if worker is not None and worker.seed != self._worker_seed:
            self._worker_seed = worker.seed
            self._generator.manual_seed(_mixed(self.seed, worker.seed))
        return self._generator


class RandomCrop(RandomTransform):
    """Cut out a square at a random place: in the paper 224 of 256 pixels.

    Parameters
    ----------
    size
        The square's side in pixels.
    seed
        The seed of the draws, not negative.
    """

    def __init__(self, size: int, seed: int = 0) -> None:
        super().__init__(seed)
        self.size = _checked_size(size)

    def transform(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return the crops (N, C, size, size). All places have the same probability."""
        n, _, height, width = images.shape
        _check_fits(self.size, height, width)
        tops = torch.randint(height - self.size + 1, (n,), generator=generator)
        lefts = torch.randint(width - self.size + 1, (n,), generator=generator)
        side = torch.arange(self.size)
        rows = (tops[:, None] + side)[:, None, :, None].to(images.device)
        columns = (lefts[:, None] + side)[:, None, None, :].to(images.device)
        batch = torch.arange(n, device=images.device)[:, None, None, None]
        channels = torch.arange(images.shape[1], device=images.device)[None, :, None, None]
        return images[batch, channels, rows, columns]

    def extra_repr(self) -> str:
        """Return the arguments, for `print`."""
        return f"size={self.size}, seed={self.seed}"


class RandomHorizontalFlip(RandomTransform):
    """Mirror an image left to right with probability one half.

    Parameters
    ----------
    seed
        The seed of the draws, not negative.
    """

    def transform(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return the images (N, C, H, W), some of them mirrored."""
        mirrored = torch.rand(len(images), generator=generator) < 0.5
        return torch.where(mirrored.to(images.device)[:, None, None, None], images.flip(-1), images)

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)

    def extra_repr(self) -> str:
        """Return the arguments, for `print`."""
        return f"seed={self.seed}"


class ColourShift(RandomTransform):
    r"""Shift an image's colour along the principal components of the training set's colours.

    To every pixel of an image the same :math:`[p_1, p_2, p_3]
    [\alpha_1 \lambda_1, \alpha_2 \lambda_2, \alpha_3 \lambda_3]^T` is added, with :math:`p_i` and
    :math:`\lambda_i` the eigenvectors and eigenvalues of the covariance of the colours and :math:`\alpha_i`
    drawn anew for each image from a normal distribution.

    An eigenvalue is a variance, so the formula depends on the unit of colour, which the paper does not name.
    Here colours go from 0 to 1: uint8 images count as 0 to 255 and are rounded and clipped; float images must
    be on the scale 0 to 1, with or without their mean, and are not clipped.

    Parameters
    ----------
    images
        The training images, uint8 (N, H, W, 3), as in `Split.x_train`.
    sigma
        The standard deviation of :math:`\alpha_i`, 0.1 in the paper.
    seed
        The seed of the draws, not negative.
    """

    eigenvalues: Tensor
    eigenvectors: Tensor

    def __init__(self, images: UInt8[np.ndarray, "N H W 3"], sigma: float = 0.1, seed: int = 0) -> None:
        super().__init__(seed)
        if not 0 <= sigma < float("inf"):
            raise ValueError(f"sigma must be a number not below 0, got {sigma}")
        self.sigma = sigma
        eigenvalues, eigenvectors = colour_components(images)
        self.register_buffer("eigenvalues", torch.from_numpy(eigenvalues))
        self.register_buffer("eigenvectors", torch.from_numpy(eigenvectors))

    def transform(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return the images (N, 3, H, W) in shifted colours."""
        if images.shape[1] != 3:
            raise ValueError(f"images must have 3 channels, got shape {tuple(images.shape)}")
        alpha = self.sigma * torch.randn(len(images), 3, generator=generator, dtype=torch.float64)
        shift = (alpha.to(self.eigenvalues) * self.eigenvalues) @ self.eigenvectors.T
        shift = shift[:, :, None, None].to(images.device)
        if images.dtype == torch.uint8:
            return (images + (255 * shift).float()).round().clamp(0, 255).to(torch.uint8)
        return images + shift.to(images.dtype)

    def extra_repr(self) -> str:
        """Return the arguments, for `print`."""
        return f"sigma={self.sigma}, seed={self.seed}"


class TenCrop(nn.Module):
    """Cut out the four corners and the middle, and mirror each: ten views of an image at test time.

    The order is torchvision's: top left, top right, bottom left, bottom right, middle, then the same of the
    mirrored image. Here they are one tensor: (10, C, size, size), of a batch (N, 10, C, size, size).

    Parameters
    ----------
    size
        The square's side in pixels.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = _checked_size(size)

    def forward(self, images: Num[Tensor, "*N C H W"]) -> Num[Tensor, "*N 10 C h w"]:
        """Return the ten crops."""
        _check_images(images)
        _check_fits(self.size, *images.shape[-2:])
        return torch.stack(tv.ten_crop(images, [self.size, self.size]), dim=-4)

    def extra_repr(self) -> str:
        """Return the arguments, for `print`."""
        return f"size={self.size}"


def ten_crop_probabilities(
    model: nn.Module, images: Float[Tensor, "N C H W"], size: int
) -> Float[Tensor, "N classes"]:
    """Return the mean, over each image's ten crops, of the probabilities that `model` gives.

    `model` returns scores (before softmax) and is in evaluation mode; no gradients are kept.
    """
    crops = TenCrop(size)(images)
    with torch.no_grad():
        probabilities: Tensor = model(crops.flatten(0, 1)).softmax(dim=1)
    return probabilities.reshape(len(images), 10, -1).mean(dim=1)


def colour_components(
    images: UInt8[np.ndarray, "N H W 3"],
) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3 3"]]:
    """Return the eigenvalues, largest first, and the eigenvectors, as columns, of the colours' covariance.

    Colours go from 0 to 1. An eigenvector has two directions; the largest entry, sign aside, is positive.

    Raises
    ------
    ValueError
        If `images` are not uint8 (N, H, W, 3), or none.
    """
    if images.ndim != 4 or images.shape[-1] != 3 or images.dtype != np.uint8 or not images.size:
        raise ValueError(f"images must be uint8 (N, H, W, 3), got {images.dtype} {images.shape}")
    count, total, products = 0, np.zeros(3), np.zeros((3, 3))
    for start in range(0, len(images), 1000):  # in parts: all of CIFAR-10 as float64 would need 1.2 GB
        colours = images[start : start + 1000].reshape(-1, 3).astype(np.float64) / 255
        count, total, products = count + len(colours), total + colours.sum(0), products + colours.T @ colours
    mean = total / count
    eigenvalues, vectors = np.linalg.eigh(products / count - np.outer(mean, mean))
    signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), range(3)])
    return np.maximum(eigenvalues, 0)[::-1].copy(), (vectors * signs)[:, ::-1].copy()


def _mixed(*numbers: int) -> int:
    """Return a seed that depends on all the numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


def _checked_size(size: int) -> int:
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ValueError(f"size must be a whole number of pixels, at least 1, got {size!r}")
    return size


def _check_fits(size: int, height: int, width: int) -> None:
    if size > min(height, width):
        raise ValueError(f"a crop of {size}x{size} does not fit into images of {height}x{width}")


def _check_images(images: Any) -> None:
    if not isinstance(images, Tensor):
        raise TypeError(f"images must be a tensor, got {type(images).__name__}")
    if images.ndim not in (3, 4) or not (images.dtype == torch.uint8 or images.is_floating_point()):
        raise ValueError(
            "images must be uint8 or float, (C, H, W) or (N, C, H, W), "
            f"got {images.dtype} {tuple(images.shape)}"
        )
