"""Exercise 2: the convolution's three gradients, by loops, as matrix products, and with groups.

What is right comes from central differences of the forward pass; see `questions`.
"""

from coursekit.checks.conv_backward.mutants import MUTANTS
from coursekit.checks.conv_backward.questions import QUESTIONS
from coursekit.checks.exercise import Exercise

EXERCISE = Exercise(
    "conv_backward",
    QUESTIONS,
    MUTANTS,
    forbids=(
        "torch.autograd.backward",
        "torch.autograd.grad",
        "torch.Tensor.backward",
        "torch.func.grad",
        "torch.func.vjp",
        "torch.nn.grad.conv2d_input",
        "torch.nn.grad.conv2d_weight",
        "torch.conv2d",
        "torch.conv_transpose2d",
        "torch.nn.functional.conv2d",
        "torch.nn.functional.conv_transpose2d",
        "torch.nn.functional.fold",
        "scipy.signal.convolve2d",
        "scipy.signal.correlate2d",
    ),
    visible=("coursekit.networks",),
)
