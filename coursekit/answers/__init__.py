"""The student's side of a check: how answers are called, and what may pass between them and the judge.

A check never touches the student's objects. It asks a door (`Answers`) to call a function or to do one of a
few things with an object that stays behind the door, and gets numbers and arrays back. In a notebook the
answers live in the same process (`LocalAnswers`). When it counts they live in a process of their own,
sandboxed, that holds this package and nothing that knows what is right.
"""

from coursekit.answers.door import AnswerError, Answers, LocalAnswers, NotWritten, TimedOut
from coursekit.answers.shortcuts import Shortcut
from coursekit.answers.values import Held, Value, ValueTooLarge

__all__ = [
    "AnswerError",
    "Answers",
    "Held",
    "LocalAnswers",
    "NotWritten",
    "Shortcut",
    "TimedOut",
    "Value",
    "ValueTooLarge",
]
