"""The wrong answers to exercise 5, each a change to the right function or class, which comes first."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from coursekit.checks.exercise import Mutant
from coursekit.checks.lenet5.reference import rbf, squash


def everything_connected(right: Any) -> Any:
    """A mask in which every map of C3 sees every map of S2."""
    return np.ones((16, 6))


def neighbours_cut_off(right: Any) -> Any:
    """A mask whose neighbours are not counted in a circle: what goes past map 5 is lost."""
    mask = np.zeros((16, 6))
    for i in range(6):
        mask[i, i : i + 3] = mask[6 + i, i : i + 4] = 1
    mask[12:] = right()[12:]
    return mask


def gaps_forgotten(right: Any) -> Any:
    """A mask in which four maps are always neighbours, without a gap."""
    mask = right()
    for i in range(3):
        mask[12 + i] = np.roll([1, 1, 1, 1, 0, 0], i)
    return mask


def counted_from_one(right: Any) -> Any:
    """A mask whose columns all stand one place too far to the right."""
    return np.roll(right(), 1, axis=1)


def rows_are_s2(right: Any) -> Any:
    """A mask with the maps of S2 in its rows, not in its columns."""
    return right().T


def with_forward(module: Any, forward: Callable[[Tensor], Tensor]) -> Any:
    """Return the module with another way forward."""
    module.forward = forward
    return module


def mean_not_sum(right: Any, channels: int) -> Any:
    """A subsampling by the mean of the four inputs, not by their sum."""
    layer = right(channels)
    return with_forward(
        layer, lambda x: layer.weight[:, None, None] * F.avg_pool2d(x, 2) + layer.bias[:, None, None]
    )


def one_pair_for_all_maps(right: Any, channels: int) -> Any:
    """A subsampling with one coefficient and one bias for all maps together."""
    return right(1)


def nothing_to_train(right: Any, channels: int) -> Any:
    """A subsampling whose coefficients and biases are not trained."""
    return right(channels).requires_grad_(False)


def bias_inside(right: Any, channels: int) -> Any:
    """A subsampling that adds the bias before it multiplies by the coefficient."""
    layer = right(channels)
    return with_forward(
        layer,
        lambda x: layer.weight[:, None, None] * (4 * F.avg_pool2d(x, 2) + layer.bias[:, None, None]),
    )


def starts_as_a_sum(right: Any, channels: int) -> Any:
    """A subsampling whose coefficients start at 1, as a sum and not as a mean."""
    layer = right(channels)
    nn.init.ones_(layer.weight)
    return layer


def mask_ignored(right: Any, mask: Any) -> Any:
    """A convolution that sees everything: the mask is not used."""
    layer = right(mask)
    return with_forward(layer, lambda x: F.conv2d(x, layer.weight, layer.bias))


def mask_behind_autograds_back(right: Any, mask: Any) -> Any:
    """A convolution whose weights are set to zero in place: they still get a gradient."""
    layer = right(mask)
    keep = torch.tensor(np.array(mask), dtype=torch.float32)[:, :, None, None]

    def forward(x: Tensor) -> Tensor:
        layer.weight.data *= keep
        return F.conv2d(x, layer.weight, layer.bias)

    return with_forward(layer, forward)


def mask_is_trained(right: Any, mask: Any) -> Any:
    """A convolution whose mask is a parameter, so that it is trained too."""
    layer = right(mask)
    if "mask" in layer._buffers:
        del layer._buffers["mask"]
    layer.mask = nn.Parameter(torch.tensor(np.array(mask), dtype=torch.float32)[:, :, None, None])
    return with_forward(layer, lambda x: F.conv2d(x, layer.weight * layer.mask, layer.bias))


def bias_missing(right: Any, mask: Any) -> Any:
    """A convolution without its bias."""
    layer = right(mask)
    # The bias stays a parameter, but its gradient is exactly zero.
    return with_forward(
        layer, lambda x: F.conv2d(x, layer.weight * layer.mask) + 0 * layer.bias[:, None, None]
    )


def root_taken(right: Any, x: Any, codes: Any) -> Any:
    """The distances themselves, not their squares."""
    return right(x, codes).sqrt()


def absolute_differences(right: Any, x: Any, codes: Any) -> Any:
    """The sum of the absolute differences, not of their squares."""
    return (x[:, None] - codes).abs().sum(dim=2)


def mean_of_squares(right: Any, x: Any, codes: Any) -> Any:
    """The mean of the squared differences, not their sum."""
    return right(x, codes) / x.shape[1]


def scalar_product(right: Any, x: Any, codes: Any) -> Any:
    """The scalar product with every code, as of a linear layer."""
    return x @ codes.T


def constant_forgotten(right: Any, distances: Any, labels: Any, j: float = 0.1) -> Any:
    """The loss without exp(-j) under the logarithm: softmax cross-entropy of the negative distances."""
    return F.cross_entropy(-distances, labels)


def constant_not_in_the_power(right: Any, distances: Any, labels: Any, j: float = 0.1) -> Any:
    """The loss with j itself under the logarithm, not exp(-j)."""
    others = torch.log(j + torch.exp(-distances).sum(dim=1))
    return (distances.gather(1, labels[:, None])[:, 0] + others).mean()


def summed_over_the_batch(right: Any, distances: Any, labels: Any, j: float = 0.1) -> Any:
    """The loss summed over the batch, not its mean."""
    return right(distances, labels, j) * len(distances)


def sum_over_wrong_classes(right: Any, distances: Any, labels: Any, j: float = 0.1) -> Any:
    """The loss with the wrong classes alone under the logarithm; the sum of eq. 9 is over all."""
    others = distances.clone()
    others[torch.arange(len(labels)), labels] = torch.inf
    terms = torch.cat([distances.new_full((len(distances), 1), -j), -others], dim=1)
    return (distances.gather(1, labels[:, None])[:, 0] + terms.logsumexp(dim=1)).mean()


def forward_1998(
    net: Any,
    x: Tensor,
    after: Callable[[Tensor], Tensor] = squash,
    after_pooling: Callable[[Tensor], Tensor] = squash,
    after_f6: Callable[[Tensor], Tensor] = squash,
) -> Tensor:
    """Return the distances of a network of 1998 with other activation functions."""
    x = after_pooling(net.s2(after(net.c1(x))))
    x = after_pooling(net.s4(after(net.c3(x))))
    return rbf(after_f6(net.f6(after(net.c5(x)).flatten(1))), net.codes)


def unchanged(a: Tensor) -> Tensor:
    """Return a."""
    return a


def plain_tanh_behind_pooling(right: Any, codes: Any) -> Any:
    """The network with tanh(a) for 1.7159 tanh(2a/3) behind S2 and S4."""
    net = right(codes)
    return with_forward(net, lambda x: forward_1998(net, x, after_pooling=torch.tanh))


def pooling_not_squashed(right: Any, codes: Any) -> Any:
    """The network without an activation function behind S2 and S4."""
    net = right(codes)
    return with_forward(net, lambda x: forward_1998(net, x, after_pooling=unchanged))


def f6_not_squashed(right: Any, codes: Any) -> Any:
    """The network without an activation function behind F6."""
    net = right(codes)
    return with_forward(net, lambda x: forward_1998(net, x, after_f6=unchanged))


def codes_are_trained(right: Any, codes: Any) -> Any:
    """The network with its 840 codes among what is trained."""
    net = right(codes)
    del net.codes
    net.codes = nn.Parameter(codes.clone())
    return net


def distances_negated(right: Any, codes: Any) -> Any:
    """The network with a minus before its distances."""
    net = right(codes)
    return with_forward(net, lambda x: -forward_1998(net, x))


def forward_today(
    net: Any,
    x: Tensor,
    after: Callable[[Tensor], Tensor] = torch.tanh,
    pool: Callable[[Tensor, int], Tensor] = F.avg_pool2d,
) -> Tensor:
    """Return the scores of a network of today with another activation function or pooling."""
    for layer in (net.conv1, net.conv2):
        x = pool(after(layer(x)), 2)
    x = x.flatten(1)
    for layer in (net.fc1, net.fc2):
        x = after(layer(x))
    out: Tensor = net.fc3(x)
    return out


def relu_for_tanh(right: Any) -> Any:
    """The network with ReLU in the place of tanh."""
    net = right()
    return with_forward(net, lambda x: forward_today(net, x, after=torch.relu))


def tanh_behind_the_mean(right: Any) -> Any:
    """The network with tanh behind the mean of four, not before it."""
    net = right()
    return with_forward(
        net,
        lambda x: forward_today(
            net,
            x,
            after=lambda a: a if a.ndim == 4 else a.tanh(),
            pool=lambda a, n: F.avg_pool2d(a, n).tanh(),
        ),
    )


def loss_summed(right: Any) -> Any:
    """The loss summed over the batch, not its mean."""
    net = right()
    net.loss = lambda out, labels: F.cross_entropy(out, labels, reduction="sum")
    return net


def softmax_before_the_loss(right: Any) -> Any:
    """The network with a softmax at its end; the loss takes another one of that."""
    net = right()
    return with_forward(net, lambda x: forward_today(net, x).softmax(dim=1))


def largest_of_four(right: Any) -> Any:
    """The network with the largest of four in place of their mean."""
    net = right()
    return with_forward(net, lambda x: forward_today(net, x, pool=F.max_pool2d))


def tanh_at_the_end(right: Any) -> Any:
    """The network with an activation function behind its last layer as well."""
    net = right()
    return with_forward(net, lambda x: torch.tanh(forward_today(net, x)))


def convolutions_without_bias(right: Any) -> Any:
    """The network without biases in its convolutions."""
    net = right()
    net.conv1.bias = net.conv2.bias = None
    return net


def layers_in_a_list(right: Any) -> Any:
    """The network with its fully connected layers in a Python list, where PyTorch finds no weights."""
    net = right()
    layers = {name: getattr(net, name) for name in ("fc1", "fc2", "fc3")}
    for name, layer in layers.items():
        delattr(net, name)
        object.__setattr__(net, name, layer)
    return net


def gradients_pile_up(right: Any, net: Any, optimiser: Any, images: Any, labels: Any) -> Any:
    """A step along the sum of all gradients so far: nothing sets them back to zero."""
    loss = net.loss(net(images), labels)
    loss.backward()
    optimiser.step()
    return loss.item()


def weights_stay(right: Any, net: Any, optimiser: Any, images: Any, labels: Any) -> Any:
    """A step that changes no weight."""
    return net.loss(net(images), labels).item()


def loss_after_the_step(right: Any, net: Any, optimiser: Any, images: Any, labels: Any) -> Any:
    """The loss after the step, not before."""
    right(net, optimiser, images, labels)
    return net.loss(net(images), labels).item()


def one_batch_again_and_again(right: Any, net: Any, images: Any, labels: Any, lr: float, **other: Any) -> Any:
    """A training on the first sixteen images over and over."""
    times = -(-len(images) // 16)
    return right(net, images[:16].repeat(times, 1, 1, 1), labels[:16].repeat(times), lr, **other)


def another_network(right: Any, net: Any, images: Any, labels: Any, lr: float, **other: Any) -> Any:
    """A training of a copy, which is then forgotten."""
    return right(copy.deepcopy(net), images, labels, lr, **other)


def loss_of_every_epoch(right: Any, net: Any, images: Any, labels: Any, lr: float, **other: Any) -> Any:
    """The mean loss of every epoch, not the loss of every step."""
    losses = np.array(right(net, images, labels, lr, **other))
    return losses.reshape(other["epochs"], -1).mean(axis=1)


def images_alone_shuffled(right: Any, net: Any, images: Any, labels: Any, lr: float, **other: Any) -> Any:
    """A training in which images are shuffled and labels are not."""
    return right(net, images[torch.randperm(len(images))], labels, lr, **other)


MASK = {"connection_mask.neighbours", "connection_mask.others"}
SUBSAMPLING = {"Subsampling.parameters", "Subsampling.output"}
CONV = {"MaskedConv2d.output", "MaskedConv2d.gradients"}
OF_1998 = {"LeNet1998.output", "train_step.1998"}
TODAY = {"LeNet5.output", "train_step.today"}
COUNT = {"LeNet1998.count"}
STEPS = {"train_step.today", "train_step.1998"}
TRAIN = {"train.today", "train.1998"}

# The parts build on each other: what is wrong in one is wrong in the networks that are made of it. An
# accuracy shows few of the mistakes, which is a lesson of the exercise.
MUTANTS = (
    Mutant("connection_mask", everything_connected, MASK | COUNT | OF_1998),
    Mutant("connection_mask", neighbours_cut_off, {"connection_mask.neighbours"} | COUNT | OF_1998),
    Mutant("connection_mask", gaps_forgotten, {"connection_mask.others"} | OF_1998),
    Mutant("connection_mask", counted_from_one, MASK | OF_1998),
    Mutant("connection_mask", rows_are_s2, MASK | COUNT | OF_1998 | {"train.1998"}),
    Mutant("Subsampling", mean_not_sum, {"Subsampling.output", "train.1998"} | OF_1998),
    Mutant("Subsampling", one_pair_for_all_maps, SUBSAMPLING | COUNT | OF_1998),
    Mutant("Subsampling", nothing_to_train, {"Subsampling.parameters", "train_step.1998"} | COUNT),
    Mutant("Subsampling", starts_as_a_sum, {"Subsampling.parameters"}),
    Mutant("Subsampling", bias_inside, {"Subsampling.output"} | OF_1998),
    Mutant("MaskedConv2d", mask_ignored, CONV | COUNT | OF_1998),
    Mutant("MaskedConv2d", mask_behind_autograds_back, {"MaskedConv2d.gradients", "train_step.1998"} | COUNT),
    Mutant("MaskedConv2d", mask_is_trained, {"MaskedConv2d.gradients", "train_step.1998"} | COUNT),
    Mutant("MaskedConv2d", bias_missing, CONV | COUNT | OF_1998),
    Mutant("rbf", root_taken, {"rbf.distances", "train.1998"} | OF_1998),
    Mutant("rbf", absolute_differences, {"rbf.distances", "train.1998"} | OF_1998),
    Mutant("rbf", mean_of_squares, {"rbf.distances", "train.1998"} | OF_1998),
    Mutant("rbf", scalar_product, {"rbf.distances"} | OF_1998),
    Mutant("rbf_loss", constant_forgotten, {"rbf_loss.loss", "train_step.1998"}),
    Mutant("rbf_loss", constant_not_in_the_power, {"rbf_loss.loss", "train_step.1998"}),
    Mutant("rbf_loss", summed_over_the_batch, {"rbf_loss.loss", "train_step.1998", "train.1998"}),
    Mutant("rbf_loss", sum_over_wrong_classes, {"rbf_loss.loss"}),
    Mutant("LeNet1998", plain_tanh_behind_pooling, OF_1998),
    Mutant("LeNet1998", pooling_not_squashed, OF_1998),
    Mutant("LeNet1998", f6_not_squashed, OF_1998),
    Mutant("LeNet1998", codes_are_trained, COUNT | {"train_step.1998"}),
    Mutant("LeNet1998", distances_negated, OF_1998 | {"train.1998"}),
    Mutant("LeNet5", relu_for_tanh, {"LeNet5.count"} | TODAY),
    Mutant("LeNet5", tanh_behind_the_mean, TODAY),
    Mutant("LeNet5", loss_summed, TODAY | {"train.today"}),
    Mutant("LeNet5", softmax_before_the_loss, TODAY | {"train.today"}),
    Mutant("LeNet5", largest_of_four, TODAY),
    Mutant("LeNet5", tanh_at_the_end, TODAY),
    Mutant("LeNet5", convolutions_without_bias, {"LeNet5.count"} | TODAY),
    Mutant("LeNet5", layers_in_a_list, {"LeNet5.count", "train.today"} | TODAY),
    Mutant("train_step", gradients_pile_up, STEPS | TRAIN),
    Mutant("train_step", weights_stay, STEPS | TRAIN),
    Mutant("train_step", loss_after_the_step, STEPS),
    Mutant("train", one_batch_again_and_again, TRAIN, told=False),
    Mutant("train", loss_of_every_epoch, TRAIN, told=False),
    Mutant("train", another_network, TRAIN, told=False),
    Mutant("train", images_alone_shuffled, TRAIN, told=False),
)
