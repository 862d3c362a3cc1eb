"""The pictures of chapter 3: pooling there and back in numbers, and the answers of a window that slides.

Every number that is drawn comes from `coursekit.numpy_nn` or is handed in.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from coursekit.figures.grid import PALE, canvas, frame, grid
from coursekit.figures.style import COLOURS, WIDTH, subplots
from coursekit.numpy_nn import functional


def pooled(
    x: Float[np.ndarray, "H W"], dout: Float[np.ndarray, "Ho Wo"], kernel_size: int, stride: int
) -> Figure:
    """Draw max pooling above and average pooling below: the map, the output, dout, and what comes back as dx.

    A pixel's colour says in how many windows it stands. Frames mark the pixel that is the largest of its
    window, on the way there and on the way back.
    """
    maps, upstream = np.asarray(x, np.float64)[None, None], np.asarray(dout, np.float64)[None, None]
    largest, max_cache = functional.max_pool2d_forward(maps, kernel_size, stride)
    means, avg_cache = functional.avg_pool2d_forward(maps, kernel_size, stride)
    rows = {
        "largest": (largest, functional.max_pool2d_backward(upstream, max_cache)),
        "mean": (means, functional.avg_pool2d_backward(upstream, avg_cache)),
    }
    ones = np.ones((1, 1, kernel_size, kernel_size))
    out, cache = functional.conv2d_forward(maps, ones, stride=stride)
    counts = functional.conv2d_backward(np.ones_like(out), cache)[0][0, 0]
    fills = np.full(x.shape, PALE["white"], object)
    for least, tint in ((1, "blue"), (2, "green"), (4, "orange")):
        fills[counts >= least] = PALE[tint]
    winners = [
        (int(i) * stride + int(at) // kernel_size, int(j) * stride + int(at) % kernel_size)
        for (i, j), at in np.ndenumerate(max_cache.where[0, 0])
    ]

    gap = 1.1
    size, side = x.shape, dout.shape
    width = 2 * size[1] + 2 * side[1] + 3 * gap
    height = 2 * size[0] + 1.5
    fig: Figure
    fig, ax = subplots(height=WIDTH / width * (height + 1.2))
    canvas(ax, width, height, above=1.1, below=0.1)
    for row, (name, (out, dx)) in enumerate(rows.items()):
        top = row * (size[0] + 1.5)
        middle = top + (size[0] - side[0]) / 2
        lefts = np.cumsum([0, size[1] + gap, side[1] + gap, side[1] + gap])
        grid(ax, x, (lefts[0], top), fills, "map")
        grid(ax, out[0, 0], (lefts[1], middle), PALE["white"], name)
        grid(ax, upstream[0, 0], (lefts[2], middle), PALE["grey"], "dout")
        grid(ax, dx[0, 0], (lefts[3], top), fills, "dx")
        if name == "largest":
            for winner in dict.fromkeys(winners):
                for left in (lefts[0], lefts[3]):
                    frame(ax, (left, top), winner, (1, 1), COLOURS["vermilion"])
    return fig


def answers_along(
    picture: Float[np.ndarray, "H W"],
    probabilities: Float[np.ndarray, "K P"],
    classes: Sequence[str],
    step: int,
) -> Figure:
    """Draw a wide picture, and below it the probability of each class at each place of a sliding window.

    Parameters
    ----------
    picture
        The picture. Windows are as high as it is, and squares.
    probabilities
        Of each class (row) at each place (column), in the order of the places.
    classes
        The names of the rows.
    step
        How many pixels lie between two places.
    """
    height, width = picture.shape
    fig: Figure
    fig, (above, below) = subplots(2, 1, height=4.4, sharex=True, height_ratios=[1, 2.4])
    above.imshow(picture)
    above.set_yticks([])
    places = probabilities.shape[1]
    first, last = height / 2 - step / 2, height / 2 + step * (places - 0.5)
    extent = (first - 0.5, last - 0.5, len(classes) - 0.5, -0.5)
    shown = below.imshow(probabilities, cmap="Blues", vmin=0, vmax=1, aspect="auto", extent=extent)
    below.set_yticks(range(len(classes)), classes)
    below.set_xlim(-0.5, width - 0.5)
    below.set_xlabel("middle of the window, in pixels")
    fig.colorbar(shown, ax=below, label="probability")
    return fig
