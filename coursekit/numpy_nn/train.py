"""Training and testing a NumPy network."""

import numpy as np
from jaxtyping import Float, Int

from coursekit.numpy_nn.loss import softmax_cross_entropy
from coursekit.numpy_nn.network import Model
from coursekit.numpy_nn.optim import SGD
from coursekit.training import History, Recipe, accuracy, run


def fit(
    model: Model,
    x: Float[np.ndarray, "N C H W"],
    y: Int[np.ndarray, " N"],
    recipe: Recipe,
    seed: int = 0,
    test: tuple[np.ndarray, np.ndarray] | None = None,
    progress: bool = True,
) -> History:
    """Train `model` to tell the classes of images.

    Parameters
    ----------
    model
        Changed in place.
    x, y
        Training images, float32 or float64, and their classes.
    recipe
        How to train.
    seed
        Fixes the order of the images; the PyTorch backend takes them in the same order.
    test
        Images and classes to test on after every epoch.
    progress
        Whether to show a progress bar.
    """
    optimizer = SGD(model.parameters(), recipe.lr, recipe.momentum, recipe.weight_decay)

    def step(indices: np.ndarray, lr: float) -> float:
        optimizer.lr = lr
        loss, dscores = softmax_cross_entropy(model.forward(x[indices], training=True), y[indices])
        model.backward(dscores, input_gradient=False)
        optimizer.step(model.gradients())
        return loss

    evaluate = None if test is None else lambda: accuracy(predict(model, test[0]), test[1])
    return run(step, len(x), recipe, seed, evaluate, progress)


def predict(model: Model, x: Float[np.ndarray, "N C H W"], batch_size: int = 256) -> Float[np.ndarray, "N K"]:
    """Return the scores of all images, computed `batch_size` at a time to bound the memory."""
    starts = range(0, max(len(x), 1), batch_size)
    return np.concatenate([model.forward(x[start : start + batch_size]) for start in starts])
