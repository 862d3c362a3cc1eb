"""Functions that an exercise forbids are refused while an answer runs, under any name, and only then."""

import contextlib

import numpy as np
import pytest
import torch

from coursekit.answers import AnswerError, LocalAnswers, Shortcut
from coursekit.answers.shortcuts import forbidden

NAMES = ("numpy.linalg.norm", "torch.nn.functional.relu", "not.there.at_all")


def test_a_forbidden_function_is_refused_with_its_name():
    with forbidden(NAMES) as called, pytest.raises(Shortcut, match=r"`numpy.linalg.norm` is not to be used"):
        np.linalg.norm([3, 4])
    assert called == ["numpy.linalg.norm"]


def test_afterwards_it_is_there_again_also_after_an_error():
    with pytest.raises(RuntimeError), forbidden(NAMES):
        raise RuntimeError
    assert np.linalg.norm([3, 4]) == 5


def test_another_name_for_it_is_refused_too():
    namespace = {"length": np.linalg.norm}
    with forbidden(NAMES, namespace), pytest.raises(Shortcut):
        namespace["length"]([3, 4])
    assert namespace["length"]([3, 4]) == 5


def test_a_layer_that_calls_it_is_refused():
    with forbidden(NAMES), pytest.raises(Shortcut):
        torch.nn.ReLU()(torch.zeros(1))


def test_a_call_that_was_swallowed_is_noted():
    with forbidden(NAMES) as called, contextlib.suppress(Exception):
        np.linalg.norm([3, 4])
    assert called == ["numpy.linalg.norm"]


def test_the_door_says_so_to_the_student():
    answers = LocalAnswers({"f": lambda: np.linalg.norm([3, 4])}, shortcuts=NAMES)
    with pytest.raises(AnswerError, match="is not to be used in this exercise: write it yourself"):
        answers.call("f")
