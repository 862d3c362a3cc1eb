"""ImageNet and how it is scored. Russakovsky et al. 2015, IJCV 115(3); Krizhevsky et al. 2012, NeurIPS."""

from coursekit import networks
from coursekit.claims.claim import Claim, Finding, percent

IMAGES = 1_281_167  # ILSVRC 2012 to 2014, Russakovsky et al. 2015, table 2
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
