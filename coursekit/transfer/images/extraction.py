"""Features of images: what a trained network's head sees. Computed once, kept on disk if wanted."""

import hashlib
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as transforms

from coursekit.data import DataError
from coursekit.transfer.images.network import ImageNetwork, device_of

STEP = 32  # the networks halve their maps five times


def prepare(
    model: ImageNetwork, x: UInt8[np.ndarray, "N H W 3"], size: int | None = None
) -> Float[Tensor, "N 3 S S"]:
    """Return images as the network takes them: their middle square, resized and scaled as in training.

    Parameters
    ----------
    model
        Its mean and standard deviation scale the pixels, and its device is where the images go.
    x
        Colour images, 0 to 255.
    size
        Height and width in pixels, a multiple of 32; None for those of training.

    Raises
    ------
    TypeError, ValueError
        If `x` are no such images, or there is no such size.
    """
    size = _check(model, x, size)
    side = min(x.shape[1:3])
    images = torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2))).to(device_of(model))
    images = transforms.center_crop(images, [side, side])
    if side != size:
        images = transforms.resize(images, [size, size], InterpolationMode.BICUBIC, antialias=True)
    mean, std = (images.new_tensor(v, dtype=torch.float32)[:, None, None] for v in (model.mean, model.std))
    scaled: Tensor = (images.float() - mean) / std
    return scaled


@torch.no_grad()
def features(
    model: ImageNetwork,
    x: UInt8[np.ndarray, "N H W 3"],
    batch_size: int = 64,
    size: int | None = None,
    cache: str | Path | None = None,
) -> Float[np.ndarray, "N D"]:
    """Return what the network's head sees of each image, in testing mode.

    Parameters
    ----------
    model
        Left in the mode in which it came.
    x
        Colour images, 0 to 255.
    batch_size
        How many images are computed at a time, to bound the memory.
    size
        Height and width in pixels to which images are scaled, a multiple of 32; None for those of training.
        Smaller is faster and less accurate.
    cache
        A folder. What was computed there before for the same images, weights and size is read in place of
        being computed. A harmed file is computed and written anew.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or shape.
    DataError
        If `cache` cannot be written.
    """
    size = _check(model, x, size)
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    shape = (len(x), model.head.in_features)
    path = None if cache is None else Path(cache) / f"features-{_key(model, x, size)}.npz"
    if path is not None and (kept := _read(path, shape)) is not None:
        return kept
    was_training = model.training
    model.eval()
    try:
        out = np.empty(shape, np.float32)
        for start in range(0, len(x), batch_size):
            batch = prepare(model, x[start : start + batch_size], size)
            out[start : start + batch_size] = model.body(batch).cpu().numpy()
    finally:
        model.train(was_training)
    if path is not None:
        _write(path, out)
    return out


def _check(model: ImageNetwork, x: np.ndarray, size: int | None) -> int:
    if not isinstance(x, np.ndarray) or x.dtype != np.uint8:
        came = x.dtype if isinstance(x, np.ndarray) else type(x).__name__
        raise TypeError(f"{model.name}: x must be an array of uint8, 0 to 255, got {came}")
    if x.ndim != 4 or x.shape[3] != 3 or min(x.shape[1:]) < 1:
        hint = "; for one image pass x[None]" if x.ndim == 3 else ""
        raise ValueError(f"{model.name}: x must have shape (N, height, width, 3), got {x.shape}{hint}")
    size = model.size if size is None else size
    if size < STEP or size % STEP:
        raise ValueError(f"{model.name}: size must be a multiple of {STEP} pixels, got {size}")
    return size


def _key(model: ImageNetwork, x: np.ndarray, size: int) -> str:
    """Return a name for what decides the features: the images, the body's weights, and the scaling."""
    digest = hashlib.sha256(repr((model.name, model.mean, model.std, size, x.shape)).encode())
    digest.update(x.tobytes())
    for name, tensor in model.state_dict().items():
        if not name.startswith(f"{model.head_name}."):
            digest.update(name.encode())
            digest.update(tensor.cpu().numpy().tobytes())
    return digest.hexdigest()[:32]


def _read(path: Path, shape: tuple[int, int]) -> np.ndarray | None:
    """Return the kept features, or None if there are none of this shape; the file has check sums."""
    try:
        with path.open("rb") as raw, np.load(raw) as file:
            kept = file["features"]
    except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile):
        return None
    return kept if kept.shape == shape and kept.dtype == np.float32 else None


def _write(path: Path, array: np.ndarray) -> None:
    """Write the whole file or none of it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".partial")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, features=array)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise DataError(f"{path} could not be written: {error}. Name another cache folder.") from None
