"""Exercise 3: max and average pooling, ReLU, the fully connected layer and its loss, with their gradients.

What is right comes from `coursekit.numpy_nn`, which the library's own tests hold equal to PyTorch and to
central differences.
"""

from coursekit.checks.exercise import Exercise
from coursekit.checks.pooling_and_fc.mutants import MUTANTS
from coursekit.checks.pooling_and_fc.questions import QUESTIONS

_TORCH = (
    "max_pool2d",
    "avg_pool2d",
    "relu",
    "linear",
    "softmax",
    "log_softmax",
    "cross_entropy",
    "nll_loss",
)

EXERCISE = Exercise(
    "pooling_and_fc",
    QUESTIONS,
    MUTANTS,
    forbids=(
        "torch.autograd.backward",
        "torch.autograd.grad",
        "torch.Tensor.backward",
        "torch.func.grad",
        "torch.func.vjp",
        "torch.max_pool2d",
        "torch.softmax",
        "torch.log_softmax",
        "scipy.special.softmax",
        "scipy.special.log_softmax",
        *(f"torch.nn.functional.{name}" for name in _TORCH),
    ),
    visible=("coursekit.networks",),
)
