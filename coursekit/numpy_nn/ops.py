"""Which functions run which layer."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from coursekit.networks import (
    RBF,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    ReLU,
    ReLU6,
    ScaledTanh,
    Subsampling,
    TableConv2d,
    Tanh,
    ZeroPad2d,
)
from coursekit.numpy_nn import functional as F

Forward = Callable[..., tuple[np.ndarray, Any]]
Backward = Callable[..., Any]


class Op(NamedTuple):
    """How a layer runs.

    `forward(x, *arrays, **settings) -> out, cache`, where the arrays are the layer's parameters and
    buffers, and `backward(dout, cache) -> dx, *gradients of the parameters`.
    """

    forward: Forward
    backward: Backward
    run: tuple[str, ...] = ()  # which of `training` and `rng` forward takes besides the layer's settings


OPS: dict[type, Op] = {
    Conv2d: Op(F.conv2d_forward, F.conv2d_backward),
    ZeroPad2d: Op(F.zero_pad2d_forward, F.zero_pad2d_backward),
    TableConv2d: Op(F.table_conv2d_forward, F.table_conv2d_backward),
    MaxPool2d: Op(F.max_pool2d_forward, F.max_pool2d_backward),
    AvgPool2d: Op(F.avg_pool2d_forward, F.avg_pool2d_backward),
    GlobalAvgPool2d: Op(F.global_avg_pool_forward, F.global_avg_pool_backward),
    Subsampling: Op(F.subsampling_forward, F.subsampling_backward),
    Linear: Op(F.linear_forward, F.linear_backward),
    RBF: Op(F.rbf_forward, F.rbf_backward),
    Tanh: Op(F.tanh_forward, F.tanh_backward),
    ScaledTanh: Op(F.scaled_tanh_forward, F.scaled_tanh_backward),
    ReLU: Op(F.relu_forward, F.relu_backward),
    ReLU6: Op(F.relu6_forward, F.relu6_backward),
    LocalResponseNorm: Op(F.local_response_norm_forward, F.local_response_norm_backward),
    BatchNorm2d: Op(F.batch_norm_forward, F.batch_norm_backward, ("training",)),
    Dropout: Op(F.dropout_forward, F.dropout_backward, ("training", "rng")),
    Flatten: Op(F.flatten_forward, F.flatten_backward),
}
