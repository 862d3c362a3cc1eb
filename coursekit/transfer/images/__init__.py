"""Transfer learning with images: trained networks, their features, and fine-tuning.

>>> from coursekit.transfer import images
>>> model = images.pretrained("efficientnet_lite0")
>>> images.replace_head(model, ["cat", "dog"])
>>> images.freeze(model, all_but="head")
>>> [name for name, p in model.named_parameters() if p.requires_grad]
['fc.weight', 'fc.bias']
"""

from coursekit.transfer.images.classify import (
    Guess,
    Neighbours,
    linear_svm,
    logistic_regression,
    nearest,
    predict_top,
)
from coursekit.transfer.images.extraction import features, prepare
from coursekit.transfer.images.imagenet import imagenet_classes, names, pretrained
from coursekit.transfer.images.network import ImageNetwork
from coursekit.transfer.images.tuning import (
    copy_head,
    freeze,
    hold_batch_norms,
    parameter_groups,
    replace_head,
    unfreeze,
)

__all__ = [
    "Guess",
    "ImageNetwork",
    "Neighbours",
    "copy_head",
    "features",
    "freeze",
    "hold_batch_norms",
    "imagenet_classes",
    "linear_svm",
    "logistic_regression",
    "names",
    "nearest",
    "parameter_groups",
    "predict_top",
    "prepare",
    "pretrained",
    "replace_head",
    "unfreeze",
]
