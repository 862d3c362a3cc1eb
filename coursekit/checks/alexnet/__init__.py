"""Exercise 7: AlexNet in one column and in two, the same from two half networks, and how it was trained.

The 62 million parameters are counted by their shapes, on PyTorch's device without memory. Shapes, scores and
dropout are looked at in narrow networks, with the judge's parameters.
"""

from coursekit.checks.alexnet import network_mutants, training_mutants
from coursekit.checks.alexnet.questions import QUESTIONS
from coursekit.checks.exercise import Exercise

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    "alexnet",
    QUESTIONS,
    network_mutants.MUTANTS + training_mutants.MUTANTS,
    forbids=(
        "torchvision.models.alexnet.AlexNet",
        "torch.optim.lr_scheduler.ReduceLROnPlateau",
        "coursekit.torch_nn.build",
        "coursekit.torch_nn.TwoColumnAlexNet",
        "coursekit.networks.get",
        "coursekit.networks.alexnet.alexnet",
        "coursekit.networks.alexnet.alexnet_one_column",
    ),
)
