"""The layers as pairs of functions: `out, cache = *_forward(...)`, `gradients = *_backward(dout, cache)`."""

from coursekit.numpy_nn.activation import relu_backward, relu_forward, tanh_backward, tanh_forward
from coursekit.numpy_nn.conv import col2im, conv2d_backward, conv2d_forward, conv2d_loops, im2col
from coursekit.numpy_nn.linear import flatten_backward, flatten_forward, linear_backward, linear_forward
from coursekit.numpy_nn.loss import softmax_cross_entropy
from coursekit.numpy_nn.pool import avg_pool2d_backward, avg_pool2d_forward

__all__ = [
    "avg_pool2d_backward",
    "avg_pool2d_forward",
    "col2im",
    "conv2d_backward",
    "conv2d_forward",
    "conv2d_loops",
    "flatten_backward",
    "flatten_forward",
    "im2col",
    "linear_backward",
    "linear_forward",
    "relu_backward",
    "relu_forward",
    "softmax_cross_entropy",
    "tanh_backward",
    "tanh_forward",
]
