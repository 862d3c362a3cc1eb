"""ImageNet and how it is scored. Russakovsky et al. 2015, IJCV 115(3); Krizhevsky et al. 2012, NeurIPS."""

from typing import NamedTuple

from coursekit import networks
from coursekit.claims.claim import Claim, Finding, percent

IMAGES = 1_281_167  # ILSVRC 2012 to 2014, Russakovsky et al. 2015, table 2


class Result(NamedTuple):
    """A published result of the contest's classification task. Cited, not computed.

    Attributes
    ----------
    year, name
        When, and under which name the entry is known.
    top5_error
        In percent, on the test images.
    test_images
        On how many images it was measured.
    source
        Who reports it.
    """

    year: int
    name: str
    top5_error: float
    test_images: int
    source: str


WINNERS = (
    Result(2010, "NEC-UIUC", 28.2, 150_000, "Russakovsky et al. 2015"),
    Result(2011, "XRCE", 25.8, 100_000, "Russakovsky et al. 2015"),
    Result(2012, "AlexNet", 15.3, 100_000, "Krizhevsky et al. 2012, abstract"),
    Result(2013, "Clarifai", 11.7, 100_000, "Russakovsky et al. 2015"),
    Result(2014, "GoogLeNet", 6.7, 100_000, "Russakovsky et al. 2015"),
    Result(2015, "ResNet", 3.57, 100_000, "He et al. 2016"),
)
"""The winners of classification, 2010 to 2015. AlexNet's two pretrained networks saw other data as well."""
HUMAN = Result(2014, "one person", 5.1, 1_500, "Russakovsky et al. 2015")
"""The better of two people who learned the classes and labelled a sample of the test images."""
NETWORKS = ("alexnet", "vgg16", "googlenet", "resnet50")


def _size() -> Finding:
    scores = {networks.get(name).output_shape[0] for name in NETWORKS}
    return Finding(
        f"{', '.join(NETWORKS)} each give {', '.join(f'{n:,}' for n in scores)} scores",
        "cited",
        f"Rounded, the training set of 2012 has {IMAGES / 1e6:.1f} million images; the paper of 2012 writes "
        "1.2 as well.",
    )


def _top5() -> Finding:
    classes = networks.get("alexnet").output_shape[0]
    return Finding(
        f"five guesses among {classes:,} classes are right {percent(5 / classes)} of the time", "cited"
    )


CLAIMS = (
    Claim(
        "imagenet-size",
        "about 1.2 million images and 1000 classes",
        f"{IMAGES:,} training images, 1000 classes",
        "Russakovsky et al. 2015, table 2",
        _size,
    ),
    Claim(
        "imagenet-top5",
        "right if the true label is one of the five that the model ranks first",
        "top-5 error: the correct label is not among the five labels considered most probable",
        "Krizhevsky et al. 2012, sec. 2",
        _top5,
    ),
)
