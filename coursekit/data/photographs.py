"""Photographs that come with scikit-image and scikit-learn, with what is right to say about each.

Only photographs are here that lie in the packages themselves, that may be passed on, and whose packages say
so: `skimage/data/_fetchers.py` and `sklearn/datasets/images/README.txt`.

>>> [photo.name for photo in PHOTOGRAPHS][:3]
['cat', 'coffee', 'camera']
>>> PHOTOGRAPHS[0].load().shape
(300, 451, 3)
"""

from dataclasses import dataclass
from importlib import resources

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from coursekit.data.idx import DataError


@dataclass(frozen=True)
class Photograph:
    """A photograph in an installed package.

    Attributes
    ----------
    name
        What it is called here.
    package, file
        Where it lies.
    labels
        The labels, of ImageNet's 1,000, that are right for it; none if ImageNet has no name for the thing.
    why
        Why these.
    credit
        Who took it, and its licence.
    """

    name: str
    package: str
    file: str
    labels: tuple[str, ...]
    why: str
    credit: str

    def load(self) -> UInt8[np.ndarray, "H W 3"]:
        """Return the photograph; a grey one has three equal channels.

        Raises
        ------
        DataError
            If the package or the file is missing, or the file is harmed.
        """
        try:
            path = resources.files(self.package) / self.file
            with path.open("rb") as file, Image.open(file) as image:
                return np.array(image.convert("RGB"))
        except (ImportError, OSError, SyntaxError, ValueError) as error:
            root = {"skimage": "scikit-image", "sklearn": "scikit-learn"}[self.package.split(".")[0]]
            raise DataError(
                f"the photograph {self.file} of {root} could not be read: {error}. Install {root} again."
            ) from None


_SKIMAGE, _SKLEARN = "skimage.data", "sklearn.datasets.images"

PHOTOGRAPHS = (
    Photograph(
        "cat",
        _SKIMAGE,
        "chelsea.png",
        ("Egyptian cat", "tabby", "tiger cat"),
        "its package says no more than that Chelsea is a cat; of ImageNet's five house cats these three have "
        "short fur with stripes or spots, as she has",
        "Stefan van der Walt, CC0",
    ),
    Photograph(
        "coffee",
        _SKIMAGE,
        "coffee.png",
        ("espresso",),
        "taken at an espresso bar",
        "Rachel Michetti, CC0",
    ),
    Photograph(
        "camera",
        _SKIMAGE,
        "camera.png",
        ("tripod",),
        "the camera on it is none of ImageNet's two, a reflex or a Polaroid camera",
        "Lav Varshney, CC0",
    ),
    Photograph(
        "china",
        _SKLEARN,
        "china.jpg",
        ("palace",),
        "a tower of the Summer Palace in Beijing",
        "danielbuechele, CC BY 2.0",
    ),
    Photograph(
        "clock",
        _SKIMAGE,
        "clock_motion.png",
        ("wall clock",),
        "a wall clock, blurred by moving the camera",
        "Stefan van der Walt, public domain",
    ),
    Photograph(
        "rocket",
        _SKIMAGE,
        "rocket.jpg",
        (),
        "a Falcon 9 before its start; ImageNet has missiles and space shuttles only",
        "SpaceX, public domain",
    ),
    Photograph(
        "astronaut",
        _SKIMAGE,
        "astronaut.png",
        (),
        "Eileen Collins; ImageNet's 1,000 have hardly any people and no space suit",
        "NASA, public domain",
    ),
    Photograph(
        "flower",
        _SKLEARN,
        "flower.jpg",
        (),
        "a dahlia; of flowers ImageNet's 1,000 know the daisy and the lady's slipper only",
        "vultilion, CC BY 2.0",
    ),
)
"""Every photograph of a thing whose licence its package states: what the network gets wrong is not left out.

Not here: pictures through microscopes and telescopes, textures, drawings, and what has no stated licence.
"""
