"""Exercise 5: the two networks that are called LeNet-5, and the loop that trains them.

The student writes PyTorch. What is right is in `reference.py`, which tests hold equal to the networks of
`coursekit.networks`; what is looked at is in `questions.py`; the wrong answers are in `mutants.py`.
"""

from coursekit.checks.exercise import Exercise
from coursekit.checks.lenet5.mutants import MUTANTS
from coursekit.checks.lenet5.questions import QUESTIONS

__all__ = ["EXERCISE"]

EXERCISE = Exercise("lenet5", QUESTIONS, MUTANTS)
