"""Exercise 9: VGG in its five configurations, and what its small windows cost and gain.

The networks are judged at small widths, by the shapes of their parameters and by their outputs with the
judge's parameters; the 138 million of the published width are counted, not built.
"""

from coursekit.checks.exercise import Exercise
from coursekit.checks.vgg.mutants import MUTANTS
from coursekit.checks.vgg.questions import QUESTIONS

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    "vgg",
    QUESTIONS,
    MUTANTS,
    forbids=(
        "torchvision.models.vgg.VGG",
        "torchvision.models.vgg.make_layers",
        "coursekit.torch_nn.build",
        "coursekit.networks.get",
        "coursekit.networks.vgg.vgg",
    ),
)
