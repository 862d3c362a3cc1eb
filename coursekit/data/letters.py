"""Printed letters: 28x28 grey images of 110 Latin, Greek and Cyrillic letters, drawn when asked for.

They are the source task of transfer learning from letters to handwritten digits, so they are laid out as
MNIST is: white on black, the letter at most 20 pixels high and wide, in the middle. The fonts are sixteen
faces that come with matplotlib. Every image has its own face, stroke width, slant, rotation, size and place.
"""

from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8

from coursekit.data.idx import DataError
from coursekit.data.split import Split

# Letters that look alike once they are scaled to one size are one class: of c and C, or of A, Alpha and the
# Cyrillic A, only the first is here.
CLASSES = tuple(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abdefghijklmnqrtuyßæÆðþ"
    "ΓΔΘΛΞΠΣΦΨΩ"
    "αβγδεζηθιλμξπςστφψω"
    "БДЖЗИЙЛЦЧШЩЪЫЬЭЮЯЁЄЇЎҐЂЉЊЋЏ"
    "бёђћѣ"
)
FACES = (
    *(f"DejaVuSans{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSansMono{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic", "-BoldItalic")),
    *(f"STIXGeneral{style}" for style in ("", "Bol", "Italic", "BolIta")),
)
SIDE, BOX = 28, 20
FINE = 2  # drawing is done with this many dots to a pixel's side, and averaged at the end


def load() -> Split:
    """Return 100 training and 20 test images of each letter, by the seeds 0 and 1. This takes seconds.

    Both parts use the same faces: the test images are new drawings, not new fonts.

    Raises
    ------
    DataError
        If matplotlib's fonts are missing.
    """
    card = {
        "name": "letters",
        "content": f"{len(CLASSES)} letters in {len(FACES)} faces, 100 training and 20 test images each",
        "source": "the DejaVu and STIX fonts that come with matplotlib",
        "licence": "the fonts' own: Bitstream Vera (DejaVu) and the STIX font licence",
        "made_by": "coursekit.data.letters.render(100, seed=0) and render(20, seed=1)",
    }
    return Split(*render(100, seed=0), *render(20, seed=1), classes=CLASSES, card=card)


def render(n_per_class: int, seed: int) -> tuple[UInt8[np.ndarray, "N 28 28 1"], UInt8[np.ndarray, " N"]]:
    """Return `n_per_class` images of each letter and their classes, in random order.

    Parameters
    ----------
    n_per_class
        Images of each of the 110 letters, at least 1.
    seed
        The same seed gives the same images, with the same versions of matplotlib, Pillow and PyTorch.

    Raises
    ------
    ValueError
        If `n_per_class` is below 1.
    DataError
        If matplotlib's fonts are missing.
    """
    if n_per_class < 1:
        raise ValueError(f"n_per_class must be at least 1, got {n_per_class}")
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(len(CLASSES), dtype=np.uint8), n_per_class))
    faces = rng.integers(len(FACES), size=len(labels))
    images = np.empty((len(labels), SIDE, SIDE, 1), np.uint8)
    glyphs = _glyphs()
    for start in range(0, len(labels), 1000):
        part = slice(start, start + 1000)
        drawn = _warp(_thicken(torch.from_numpy(glyphs[labels[part], faces[part]]), rng), rng)
        images[part, ..., 0] = (drawn * 255).round().to(torch.uint8).numpy()
    return images, labels


def _thicken(glyphs: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Make each glyph's strokes wider by 0 to 2 dots on either side. Between whole dots, the edge is grey."""
    wider = [glyphs, *(F.max_pool2d(glyphs[:, None], 2 * d + 1, 1, d)[:, 0] for d in (1, 2))]
    dots = torch.from_numpy(rng.uniform(0, 2, len(glyphs)).astype(np.float32))[:, None, None]
    first = torch.where(dots < 1, wider[0], wider[1])
    second = torch.where(dots < 1, wider[1], wider[2])
    return first + (dots % 1) * (second - first)


def _warp(glyphs: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Slant, rotate, scale and shift each glyph at random, and average the dots to pixels."""
    n = len(glyphs)
    angle, slant = rng.uniform(-0.25, 0.25, n), rng.uniform(-0.3, 0.3, n)  # radians; dots to the side per dot
    width, height = rng.uniform(0.75, 1.1, (2, n))
    shift = rng.uniform(-2, 2, (2, n)) * 2 / SIDE  # up to two pixels; grid_sample's image is 2 wide
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shear = np.array([[np.ones(n), slant], [np.zeros(n), np.ones(n)]])
    scale = np.array([[1 / width, np.zeros(n)], [np.zeros(n), 1 / height]])
    # grid_sample asks, for a place in the result, where it comes from: these are the inverse maps.
    linear = np.einsum("ijn,jkn,kln->nil", scale, shear, rotation)
    theta = torch.from_numpy(np.concatenate([linear, shift.T[:, :, None]], axis=2).astype(np.float32))
    grid = F.affine_grid(theta, [n, 1, SIDE * FINE, SIDE * FINE], align_corners=False)
    return F.avg_pool2d(F.grid_sample(glyphs[:, None], grid, align_corners=False), FINE)[:, 0]


@cache
def _glyphs() -> Float[np.ndarray, "letters faces height width"]:
    """Return every letter in every face, 0 to 1, scaled into a box of 20 pixels in the middle of 28."""
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    side, box = SIDE * FINE, BOX * FINE
    glyphs = np.zeros((len(CLASSES), len(FACES), side, side), np.float32)
    for f, face in enumerate(FACES):
        path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{face}.ttf"
        try:
            with path.open("rb") as file:  # given a path, Pillow would fall back on the system's fonts
                font = ImageFont.truetype(file, size=4 * box)
        except OSError as error:
            raise DataError(f"{path} could not be read: {error}. Install matplotlib again.") from None
        for c, letter in enumerate(CLASSES):
            image = Image.new("L", (8 * box, 8 * box))
            ImageDraw.Draw(image).text((2 * box, 2 * box), letter, fill=255, font=font)
            image = image.crop(image.getbbox())  # the ink alone: a font's own box has margins
            image.thumbnail((box, box), Image.Resampling.BOX)
            x, y = (side - image.width) // 2, (side - image.height) // 2
            glyphs[c, f, y : y + image.height, x : x + image.width] = np.asarray(image, np.float32) / 255
    return glyphs
