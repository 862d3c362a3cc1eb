"""Fine-tuning: a new head, a frozen body, a lower rate for the body, unfreezing block by block.

The recipe of the course's slides: with few images train a new head only; with more, train the last
blocks too, at a tenth of the head's learning rate; with many, the whole network.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from sklearn.pipeline import Pipeline
from torch import nn

from coursekit.transfer.images.network import ImageNetwork, batch_norms


def replace_head(model: ImageNetwork, classes: int | Sequence[str], seed: int = 0) -> None:
    """Put an untrained fully connected layer in place of the last one.

    Its parameters are drawn as `coursekit.training.initial_state` draws them: uniform in +-1/sqrt(features).

    Parameters
    ----------
    model
        Changed in place.
    classes
        How many there are, or their names.
    seed
        Fixes the parameters.

    Raises
    ------
    ValueError
        If there are fewer than two classes, or two of one name.
    """
    names = tuple(map(str, range(classes))) if isinstance(classes, int) else tuple(classes)
    if len(names) < 2:
        raise ValueError(f"replace_head: a head tells at least 2 classes apart, got {classes!r}")
    if len(set(names)) < len(names):
        raise ValueError(f"replace_head: two classes have one name: {classes!r}")
    old = model.head
    bound = old.in_features**-0.5
    rng = np.random.default_rng(seed)
    new = nn.Linear(old.in_features, len(names), device=old.weight.device, dtype=old.weight.dtype)
    with torch.no_grad():
        new.weight.copy_(torch.from_numpy(rng.uniform(-bound, bound, tuple(new.weight.shape))))
        new.bias.copy_(torch.from_numpy(rng.uniform(-bound, bound, len(names))))
    setattr(model, model.head_name, new.train(model.training))
    model.classes = names


def copy_head(model: ImageNetwork, classifier: Pipeline) -> None:
    """Let the head give the scores of a linear classifier on the network's features.

    So fine-tuning can begin where the classifier on frozen features ends: body and head then fit together
    from the first step, and a head that knows nothing does not tear the body about (Kumar et al. 2022,
    *Fine-tuning can distort pretrained features and underperform out-of-distribution*, sec. 3).

    Parameters
    ----------
    model
        Its head is changed in place.
    classifier
        What `logistic_regression` or `linear_svm` returns, for the classes 0, 1, ... of the head, at least
        three. Its scaling of the features is worked into the head.

    Raises
    ------
    ValueError
        If the classifier tells other classes apart, or takes other features.
    """
    scaler, linear = classifier[0], classifier[-1]
    weight = linear.coef_ / scaler.scale_
    head = model.head
    if weight.shape != tuple(head.weight.shape) or not np.array_equal(linear.classes_, range(len(weight))):
        raise ValueError(
            f"copy_head: the head of {model.name} has {head.out_features} classes and {head.in_features} "
            f"features, the classifier the classes {linear.classes_.tolist()} and {weight.shape[1]} features"
        )
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(weight))
        head.bias.copy_(torch.from_numpy(linear.intercept_ - weight @ scaler.mean_))


def freeze(model: ImageNetwork, all_but: str | Sequence[str] = "head") -> None:
    """Freeze every layer but the named ones, parameters and batch-norm statistics, and thaw those.

    A frozen layer stays as it is to the last bit however long the rest is trained, and whether or not
    `model.train()` is called.

    Parameters
    ----------
    model
        Changed in place.
    all_but
        What stays trainable: names of the model's layers, or "head" for the last one.

    Raises
    ------
    ValueError
        If the model has no layer of such a name; the message lists those that it has.
    """
    asked = [all_but] if isinstance(all_but, str) else list(all_but)
    kept = {model.head_name if name == "head" else name for name in asked}
    layers = {name: layer for name, layer in model.named_children() if any(True for _ in layer.parameters())}
    unknown = sorted(kept - layers.keys())
    if unknown:
        there_are = ", ".join(["head", *layers])
        raise ValueError(f"freeze: {model.name} has no layer {unknown[0]!r} to train; there are: {there_are}")
    for name, layer in layers.items():
        for parameter in layer.parameters():
            parameter.requires_grad_(name in kept)
            if name not in kept:
                parameter.grad = None  # an optimiser moves every parameter that has a gradient left
    model.train(model.training)


def unfreeze(model: ImageNetwork, blocks: int) -> list[str]:
    """Make the head and the last `blocks` blocks before it trainable and freeze the rest.

    Call it with 0, 1, 2, ... as training goes on to unfreeze gradually, from the head downwards
    (Howard & Ruder 2018, sec. 3.3), and make a new optimiser each time: see `parameter_groups`.

    Returns
    -------
    list of str
        The names of the layers that are trainable now.

    Raises
    ------
    ValueError
        If the model does not have as many blocks.
    """
    there_are = model.blocks()
    if not 0 <= blocks <= len(there_are):
        raise ValueError(f"unfreeze: {model.name} has 0 to {len(there_are)} blocks to unfreeze, got {blocks}")
    names = [name for block in there_are[len(there_are) - blocks :] for name in block]
    freeze(model, all_but=[*names, "head"])
    return [*names, model.head_name]


def hold_batch_norms(model: ImageNetwork) -> None:
    """Freeze every batch norm, parameters and statistics, in layers that are trained otherwise too.

    The statistics of a few images are a poor guess of those of all. Call it after `freeze` or `unfreeze`,
    which thaw the batch norms of the layers that they name.

    Parameters
    ----------
    model
        Changed in place.
    """
    for layer in batch_norms(model):
        for parameter in layer.parameters():
            parameter.requires_grad_(False)
            parameter.grad = None
    model.train(model.training)


def parameter_groups(model: ImageNetwork, head_lr: float, body_scale: float = 0.1) -> list[dict[str, Any]]:
    """Return the trainable parameters for a torch optimiser: the body's at a lower rate than the head's.

    >>> torch.optim.SGD(parameter_groups(model, head_lr=1e-2), momentum=0.9)  # doctest: +SKIP

    Parameters
    ----------
    model
        What is frozen in it is left out.
    head_lr
        The learning rate of the head.
    body_scale
        The body's rate is `head_lr * body_scale`.

    Raises
    ------
    ValueError
        If a rate is not above 0, or nothing is trainable.
    """
    if head_lr <= 0 or body_scale <= 0:
        raise ValueError(f"head_lr and body_scale must be above 0, got {head_lr} and {body_scale}")
    head = set(model.head.parameters())
    trainable = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"name": "body", "params": [p for p in trainable if p not in head], "lr": head_lr * body_scale},
        {"name": "head", "params": [p for p in trainable if p in head], "lr": head_lr},
    ]
    groups = [group for group in groups if group["params"]]
    if not groups:
        raise ValueError(f"parameter_groups: everything in {model.name} is frozen; unfreeze something")
    return groups
