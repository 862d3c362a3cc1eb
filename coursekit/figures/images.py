"""Rows of small pictures: images, filters, feature maps."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from coursekit.figures.style import WIDTH, subplots

# Neither end of this map of colours is lost to a colour-blind reader, and its middle is white.
SIGNED = "PuOr_r"


def draw_images(
    images: Sequence[Float[np.ndarray, "H W"]],
    titles: Sequence[str] | None = None,
    columns: int = 4,
    signed: Sequence[bool] | bool = False,
    rows: Sequence[str] | None = None,
) -> Figure:
    """Draw images in a grid, row by row, each on a grey scale from its own smallest to largest value.

    Parameters
    ----------
    images
        The images, which may differ in size.
    titles
        What stands above each image.
    columns
        Images in one row of the grid.
    signed
        Whether zero matters: such an image is drawn from purple (negative) over white (zero) to orange
        (positive). One for all images, or one for each.
    rows
        What stands before each row of the grid.

    Raises
    ------
    ValueError
        If there are no images, or `titles` or `signed` do not go with them.
    """
    count = len(images)
    if count == 0:
        raise ValueError("draw_images: there is no image to draw")
    colour = [signed] * count if isinstance(signed, bool) else list(signed)
    if len(colour) != count or (titles is not None and len(titles) != count):
        raise ValueError(f"draw_images: titles and signed need one entry for each of the {count} images")
    height = -(-count // columns)
    lines = 0 if titles is None else max(title.count("\n") + 1 for title in titles)
    cell = (WIDTH - (1.0 if rows else 0.0)) / columns
    fig: Figure
    fig, axes = subplots(height, columns, height=height * (cell + 0.25 * lines) + 0.1, squeeze=False)
    for i, ax in enumerate(axes.flat):
        ax.set_xticks([])
        ax.set_yticks([])
        framed = i < count and colour[i]  # where white is a value, a frame says where the image ends
        ax.spines[:].set(visible=framed, color="#999999", linewidth=0.8)
    for i, image in enumerate(images):
        ax = axes.flat[i]
        if colour[i]:
            limit = float(np.abs(image).max()) or 1.0
            ax.imshow(image, cmap=SIGNED, vmin=-limit, vmax=limit)
        else:
            ax.imshow(image)
        if titles is not None:
            ax.set_title(titles[i])
    for ax, name in zip(axes[:, 0], rows or [], strict=False):
        ax.set_ylabel(name, rotation=0, ha="right", va="center", labelpad=8)
    return fig
