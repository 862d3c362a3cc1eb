"""SGD in NumPy against torch.optim.SGD."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coursekit.numpy_nn import SGD, ReduceLROnPlateau, StepLR
from tests.helpers import drawn


@given(lr=st.floats(0.001, 1), momentum=st.floats(0, 0.99), decay=st.floats(0, 0.1))
def test_ten_steps_are_torchs(lr, momentum, decay):
    (start,) = drawn((3, 2))
    ours, theirs = start.copy(), torch.tensor(start, requires_grad=True)
    optimizer = SGD({"w": ours}, lr, momentum, decay)
    reference = torch.optim.SGD([theirs], lr=lr, momentum=momentum, weight_decay=decay)
    for gradient in drawn(*[(3, 2)] * 10, seed=1):
        optimizer.step({"w": gradient})
        theirs.grad = torch.tensor(gradient)
        reference.step()
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-9, atol=1e-9)


def test_a_missing_gradient_is_named():
    with pytest.raises(ValueError, match=r"no gradient for \['b'\]"):
        SGD({"w": np.zeros(1), "b": np.zeros(1)}, lr=1.0).step({"w": np.zeros(1)})


def test_weight_decay_touches_only_what_it_is_told_to():
    weight, bias = np.ones(1), np.ones(1)
    optimizer = SGD({"w": weight, "b": bias}, lr=1.0, weight_decay=0.5, decayed=["w"])
    optimizer.step({"w": np.zeros(1), "b": np.zeros(1)})
    assert (weight.item(), bias.item()) == (0.5, 1.0)


def test_decay_of_an_unknown_parameter_is_refused():
    with pytest.raises(ValueError, match=r"decayed names \['x'\]"):
        SGD({"w": np.zeros(1)}, lr=1.0, decayed=["x"])


def rates(make, losses, by_torch):
    """Return the learning rate after each epoch, ours or torch's."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0) if by_torch else SGD({}, lr=1.0)
    schedule = make(optimizer)
    found = []
    for loss in losses:
        if by_torch:
            optimizer.step()
        schedule.step(*loss)
        found.append(optimizer.param_groups[0]["lr"] if by_torch else optimizer.lr)
    return found


@given(step_size=st.integers(1, 4), gamma=st.floats(0.1, 0.9))
def test_step_schedule_is_torchs(step_size, gamma):
    theirs = torch.optim.lr_scheduler.StepLR
    expected = rates(lambda o: theirs(o, step_size, gamma), [()] * 9, by_torch=True)
    assert rates(lambda o: StepLR(o, step_size, gamma), [()] * 9, by_torch=False) == pytest.approx(expected)


@given(losses=st.lists(st.floats(0.1, 1).map(lambda loss: (loss,)), max_size=15), patience=st.integers(0, 3))
def test_plateau_schedule_is_torchs(losses, patience):
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau
    # torch leaves rates alone whose change would be tiny; eps=0 switches that off.
    expected = rates(lambda o: theirs(o, patience=patience, eps=0), losses, by_torch=True)
    got = rates(lambda o: ReduceLROnPlateau(o, patience=patience), losses, by_torch=False)
    assert got == pytest.approx(expected)


@pytest.mark.parametrize("make", [lambda o: StepLR(o, 0), lambda o: ReduceLROnPlateau(o, factor=1.0)])
def test_a_schedule_that_cannot_be_is_refused(make):
    with pytest.raises(ValueError, match="must be"):
        make(SGD({}, lr=1.0))
