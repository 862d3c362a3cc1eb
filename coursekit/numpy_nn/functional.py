"""The layers as pairs of functions: `out, cache = *_forward(...)`, `gradients = *_backward(dout, cache)`."""

from coursekit.numpy_nn.activation import (
    relu6_backward,
    relu6_forward,
    relu_backward,
    relu_forward,
    scaled_tanh_backward,
    scaled_tanh_forward,
    tanh_backward,
    tanh_forward,
)
from coursekit.numpy_nn.conv import col2im, conv2d_backward, conv2d_forward, conv2d_loops, im2col
from coursekit.numpy_nn.dropout import dropout_backward, dropout_forward
from coursekit.numpy_nn.linear import flatten_backward, flatten_forward, linear_backward, linear_forward
from coursekit.numpy_nn.loss import softmax_cross_entropy
from coursekit.numpy_nn.norm import (
    batch_norm_backward,
    batch_norm_forward,
    local_response_norm_backward,
    local_response_norm_forward,
)
from coursekit.numpy_nn.pad import zero_pad2d_backward, zero_pad2d_forward
from coursekit.numpy_nn.pool import (
    avg_pool2d_backward,
    avg_pool2d_forward,
    global_avg_pool_backward,
    global_avg_pool_forward,
    max_pool2d_backward,
    max_pool2d_forward,
    subsampling_backward,
    subsampling_forward,
)
from coursekit.numpy_nn.rbf import rbf_backward, rbf_forward, rbf_loss
from coursekit.numpy_nn.table_conv import table_conv2d_backward, table_conv2d_forward

__all__ = [
    "avg_pool2d_backward",
    "avg_pool2d_forward",
    "batch_norm_backward",
    "batch_norm_forward",
    "col2im",
    "conv2d_backward",
    "conv2d_forward",
    "conv2d_loops",
    "dropout_backward",
    "dropout_forward",
    "flatten_backward",
    "flatten_forward",
    "global_avg_pool_backward",
    "global_avg_pool_forward",
    "im2col",
    "linear_backward",
    "linear_forward",
    "local_response_norm_backward",
    "local_response_norm_forward",
    "max_pool2d_backward",
    "max_pool2d_forward",
    "rbf_backward",
    "rbf_forward",
    "rbf_loss",
    "relu6_backward",
    "relu6_forward",
    "relu_backward",
    "relu_forward",
    "scaled_tanh_backward",
    "scaled_tanh_forward",
    "softmax_cross_entropy",
    "subsampling_backward",
    "subsampling_forward",
    "table_conv2d_backward",
    "table_conv2d_forward",
    "tanh_backward",
    "tanh_forward",
    "zero_pad2d_backward",
    "zero_pad2d_forward",
]
