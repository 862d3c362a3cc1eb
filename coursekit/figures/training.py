"""Pictures of training and its result: learning curves and confusions."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int
from matplotlib.figure import Figure

from coursekit.figures.style import subplots
from coursekit.training import History


def block_means(losses: Sequence[float], size: int) -> Float[np.ndarray, " B"]:
    """Return the mean of every `size` losses in turn; a shorter rest at the end has a mean of its own."""
    starts = np.arange(0, len(losses), size)
    lengths = np.minimum(size, len(losses) - starts)
    return np.add.reduceat(np.asarray(losses, dtype=np.float64), starts) / lengths


def draw_learning_curves(histories: Mapping[str, History], steps_per_epoch: int, blocks: int = 10) -> Figure:
    """Draw the loss and the test accuracy of several runs against the epochs.

    The loss of a single batch jumps about; what is drawn is its mean over parts of an epoch.

    Parameters
    ----------
    histories
        The runs, by the name that the legend shows. All have the same number of steps an epoch. Later
        ones are drawn thinner, so that equal curves can be seen to be equal.
    steps_per_epoch
        The number of batches in one epoch.
    blocks
        How many points of the loss are drawn for each epoch.
    """
    fig: Figure
    fig, (left, right) = subplots(1, 2, height=3.2, width=6)
    size = max(1, steps_per_epoch // blocks)
    for i, (name, history) in enumerate(histories.items()):
        look = {"label": name, "linewidth": max(6.0 - 4.0 * i, 1.5)}
        means = block_means(history.losses, size)
        steps = np.minimum((np.arange(len(means)) + 1) * size, len(history.losses))
        left.plot(steps / steps_per_epoch, means, **look)
        epochs = np.arange(len(history.test_accuracies)) + 1
        right.plot(epochs, history.test_accuracies, **look)
    for ax, what in ((left, "training loss"), (right, "test accuracy")):
        ax.set_xlabel("epochs")
        ax.set_title(what, loc="left")
        ax.grid(True)
    left.set_ylim(bottom=0)
    right.legend(loc="lower right")
    return fig


def confusions(
    labels: Int[np.ndarray, " N"], predictions: Int[np.ndarray, " N"], classes: int
) -> Int[np.ndarray, "K K"]:
    """Return how many images of class i (row) were taken for class j (column).

    Raises
    ------
    ValueError
        If the arrays differ in length, or hold something that is not a class.
    """
    if labels.shape != predictions.shape:
        raise ValueError(f"confusions: {labels.shape} labels, but {predictions.shape} predictions")
    both = np.concatenate([labels, predictions])
    if both.size and not (both.min() >= 0 and both.max() < classes):
        raise ValueError(f"confusions: classes are 0 to {classes - 1}, got {both.min()} to {both.max()}")
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels, predictions), 1)
    return counts


def draw_confusions(counts: Int[np.ndarray, "K K"], names: Sequence[str]) -> Figure:
    """Draw a table of confusions with its counts; zeros are left empty.

    Parameters
    ----------
    counts
        As `confusions` returns them.
    names
        The names of the classes.
    """
    fig: Figure
    fig, ax = subplots(height=5.7, width=6.2)
    ax.imshow(counts, cmap="Blues", vmin=0, vmax=1.15 * counts.max())
    for (i, j), count in np.ndenumerate(counts):
        if count:
            colour = "white" if count > 0.6 * counts.max() else "black"
            ax.text(j, i, str(count), ha="center", va="center", color=colour)
    ax.set_xticks(range(len(names)), names, rotation=45, ha="left", rotation_mode="anchor")
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    ax.xaxis.set_label_position("top")
    ax.set_xlabel("the network's answer")
    ax.set_ylabel("the right answer")
    for spine in ax.spines.values():
        spine.set_visible(False)
    return fig
