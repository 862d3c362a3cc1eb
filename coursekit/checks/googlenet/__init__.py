"""Exercise 10: GoogLeNet from its Inception module, its auxiliary heads, and what the 1x1 windows save.

Modules are judged by the shapes of their parameters and by their outputs with the judge's parameters; whole
networks by their counts at the published widths and by their outputs at narrow ones.
"""

from coursekit.checks.exercise import Exercise
from coursekit.checks.googlenet.mutants import MUTANTS
from coursekit.checks.googlenet.questions import QUESTIONS

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    "googlenet",
    QUESTIONS,
    MUTANTS,
    forbids=(
        "torchvision.models.googlenet.GoogLeNet",
        "torchvision.models.googlenet.Inception",
        "torchvision.models.googlenet.InceptionAux",
        "coursekit.torch_nn.build",
        "coursekit.networks.get",
        "coursekit.networks.googlenet.inception",
        "coursekit.networks.googlenet.auxiliary_classifier",
    ),
)
