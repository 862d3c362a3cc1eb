"""Training and testing a PyTorch network, step by step as in `coursekit.numpy_nn.train`."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import nn

from coursekit.torch_nn.speed import Speed, Step
from coursekit.training import History, Recipe, accuracy, run


def fit(
    model: nn.Module,
    x: Float[np.ndarray, "N C H W"],
    y: Int[np.ndarray, " N"],
    recipe: Recipe,
    seed: int = 0,
    test: tuple[np.ndarray, np.ndarray] | None = None,
    progress: bool = True,
    speed: Speed | None = None,
) -> History:
    """Train `model`, on the device where it lives, to tell the classes of images.

    Parameters
    ----------
    model
        Changed in place.
    x, y
        Training images, float32 or float64, and their classes, as NumPy arrays.
    recipe
        How to train.
    seed
        Fixes the order of the images; the NumPy backend takes them in the same order.
    test
        Images and classes to test on after every epoch.
    progress
        Whether to show a progress bar.
    speed
        What makes the steps fast, such as `Speed.of(device)`; to compile takes longer than a short training.
        None for PyTorch as it comes.
    """
    device = next(model.parameters()).device
    images, labels = torch.as_tensor(x, device=device), torch.as_tensor(y, device=device).long()
    one = Step(model, recipe, speed)

    def step(indices: np.ndarray, lr: float) -> float:
        one.optimizer.param_groups[0]["lr"] = lr
        batch = torch.as_tensor(indices, device=device)
        return one(images[batch], labels[batch]).item()

    evaluate = None if test is None else lambda: accuracy(predict(model, test[0]), test[1])
    return run(step, len(x), recipe, seed, evaluate, progress)


@torch.no_grad()
def predict(
    model: nn.Module, x: Float[np.ndarray, "N C H W"], batch_size: int = 256
) -> Float[np.ndarray, "N K"]:
    """Return the scores of all images, computed `batch_size` at a time to bound the memory."""
    device = next(model.parameters()).device
    model.eval()
    starts = range(0, max(len(x), 1), batch_size)
    scores = [model(torch.as_tensor(x[s : s + batch_size], device=device)).cpu().numpy() for s in starts]
    return np.concatenate(scores)
