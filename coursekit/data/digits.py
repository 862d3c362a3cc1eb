"""Handwritten digits: 4,000 of MNIST's 28x28 grey images (LeCun, Cortes & Burges).

They ship for transfer learning from letters to digits. The package does not load the full MNIST.
"""

from pathlib import Path

from coursekit.data.card import read_card, verify
from coursekit.data.mnist_files import read_split
from coursekit.data.split import Split

CLASSES = tuple("0123456789")
EMBEDDED = Path(__file__).parent / "embedded" / "digits_small"


def load_small() -> Split:
    """Return the embedded subset: 2,000 training and 2,000 test images, as many of each class.

    Both parts come from one pool of 5,000 digits, so a writer may be in both. The test images are not
    MNIST's test set.

    Raises
    ------
    DataError
        If a file is missing or does not have the SHA-256 that the card gives.
    """
    verify(EMBEDDED)
    return read_split(EMBEDDED, CLASSES, read_card(EMBEDDED))
