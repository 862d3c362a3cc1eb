"""Exercise 11: residual networks from their two blocks, and what the shortcut does for the gradient.

Parameters are counted by their shapes, on PyTorch's device without memory. Blocks and narrow networks are
judged by what comes out, and what comes back, with the judge's parameters.
"""

from coursekit.checks.exercise import Exercise
from coursekit.checks.resnet.mutants import MUTANTS
from coursekit.checks.resnet.questions import QUESTIONS

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    "resnet",
    QUESTIONS,
    MUTANTS,
    forbids=(
        "torchvision.models.resnet.ResNet",
        "torchvision.models.resnet.BasicBlock",
        "torchvision.models.resnet.Bottleneck",
        "coursekit.torch_nn.build",
        "coursekit.networks.get",
        "coursekit.networks.resnet.basic",
        "coursekit.networks.resnet.bottleneck",
        "coursekit.networks.resnet.resnet",
    ),
)
