"""A small network that has learnt to read 110 printed letters: the source of transfer to handwritten digits.

Its weights ship with the package; `python -m coursekit.experiments.letter_net` makes them.
"""

from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

EMBEDDED = Path(__file__).parents[1] / "data" / "embedded" / "letter_net"
WEIGHTS = "weights.npz"
CLASSES = 110


class LetterNet(nn.Module):
    """A network for images (N, 1, 28, 28): a body that makes features of them, a head that tells classes.

    The body has three convolutions with batch normalisation (Ioffe & Szegedy 2015), two of them with pooling
    behind, then a fully connected layer and dropout.

    Parameters
    ----------
    classes
        How many scores the head gives.
    features
        How many numbers the body makes of an image.
    dropout
        Which part of the features is dropped in training.

    Attributes
    ----------
    body, head
        The two parts; the head is an `nn.Linear`.
    """

    def __init__(self, classes: int = CLASSES, features: int = 32, dropout: float = 0.3) -> None:
        super().__init__()
        self.body = nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(1, 16, 5, stride=2, padding=2, bias=False),  # (N, 16, 14, 14)
                bn1=nn.BatchNorm2d(16),
                relu1=nn.ReLU(),
                pool1=nn.MaxPool2d(2),  # (N, 16, 7, 7)
                conv2=nn.Conv2d(16, 32, 3, padding=1, bias=False),
                bn2=nn.BatchNorm2d(32),
                relu2=nn.ReLU(),
                pool2=nn.MaxPool2d(2),  # (N, 32, 3, 3)
                conv3=nn.Conv2d(32, 32, 3, padding=1, bias=False),
                bn3=nn.BatchNorm2d(32),
                relu3=nn.ReLU(),
                flatten=nn.Flatten(),
                fc4=nn.Linear(32 * 3 * 3, features),
                relu4=nn.ReLU(),
                dropout=nn.Dropout(dropout),
            )
        )
        self.head = nn.Linear(features, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return the scores, (N, classes)."""
        scores: Tensor = self.head(self.body(images))
        return scores


def pretrained_state() -> dict[str, np.ndarray]:
    """Return all parameters and buffers of the network that has learnt the letters.

    Raises
    ------
    DataError
        If a file that ships with the package is missing or harmed.
    """
    from coursekit.data.card import verify  # here, since a graded answer may see the network, not the data

    verify(EMBEDDED)
    with np.load(EMBEDDED / WEIGHTS) as file:
        return {  # batch norms also count their batches; the file does not say how many
            name: file[name].astype(np.float32) if name in file else value.numpy()
            for name, value in LetterNet().state_dict().items()
        }


def pretrained() -> LetterNet:
    """Return the network that has learnt the letters, in testing mode.

    Raises
    ------
    DataError
        If a file that ships with the package is missing or harmed.
    """
    net = LetterNet()
    net.load_state_dict({name: torch.from_numpy(array) for name, array in pretrained_state().items()})
    return net.eval()
