"""Exercise 14: skip-gram with negative sampling, GloVe's loss, n-grams, a classifier on frozen vectors.

The student writes NumPy, and one PyTorch module. What is right is in `reference.py`, what is looked at in
`questions.py` and `classifier.py`, the wrong answers in `mutants.py` and `classifier_mutants.py`. Two of the
twelve points are for a text, which a person reads.
"""

from coursekit.checks.exercise import Exercise
from coursekit.checks.transfer_text.mutants import MUTANTS
from coursekit.checks.transfer_text.questions import QUESTIONS

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    "transfer_text",
    QUESTIONS,
    MUTANTS,
    forbids=(
        "coursekit.transfer.text.glove_loss_and_gradients",
        "coursekit.transfer.text.glove_weight",
        "coursekit.transfer.text.ngrams",
        "coursekit.transfer.text.sgns_loss_and_gradients",
    ),
)
