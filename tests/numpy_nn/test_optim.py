"""SGD in NumPy against torch.optim.SGD."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coursekit.numpy_nn import SGD
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
