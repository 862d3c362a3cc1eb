"""How much memory a network takes beside its weights."""

import tracemalloc

import numpy as np
import pytest

import coursekit.numpy_nn as cnp


@pytest.mark.slow
def test_vgg16_needs_less_than_one_and_a_half_gibibytes_above_its_weights():
    model, x = cnp.build("vgg16"), np.zeros((1, 3, 224, 224), np.float32)
    tracemalloc.start()  # after the weights are there; NumPy reports its arrays to it
    model.forward(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * 2**30
    assert peak > 50 * 2**20  # the columns of the second layer alone are 110 MiB
