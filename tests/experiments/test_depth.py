"""Plain networks get worse with depth on their own training images; residual ones do not."""

import dataclasses

import numpy as np
import pytest

import coursekit.numpy_nn as cnp
from coursekit.experiments import Results, carry_out, depth
from coursekit.experiments.depth import PLAIN, RESIDUAL
from coursekit.torch_nn import predict
from tests.helpers import own_messages


def assert_what_the_course_says(results):
    shallow, *_, deep = results.sizes
    for seed in range(len(results.seeds)):
        assert results.of(PLAIN, deep)[seed] > results.of(PLAIN, shallow)[seed]
        assert results.of(RESIDUAL, deep)[seed] < results.of(RESIDUAL, shallow)[seed]
        assert results.of(RESIDUAL, deep)[seed] < results.of(PLAIN, deep)[seed] - 0.05


@pytest.fixture
def committed(root):
    return Results.load(root / "book" / "results" / "depth.json")


def test_the_committed_figures_are_those_of_the_default_study(committed):
    study = depth.study()
    assert committed.settings == study.settings
    assert (committed.arms, committed.sizes, committed.seeds) == (study.arms, study.sizes, study.seeds)
    assert len(committed.seeds) >= 2


def test_the_committed_figures_support_what_the_course_says(committed):
    assert_what_the_course_says(committed)


def test_both_kinds_have_the_same_parameters():
    plain, residual = (depth.describe(20, residual) for residual in (False, True))
    assert plain.parameter_count == residual.parameter_count
    first = [depth.first_state(network, 0).values() for network in (plain, residual)]
    for one, other in zip(*first, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("layers", [4, 20])
def test_the_name_counts_the_layers_with_weights(layers):
    rows = depth.describe(layers, residual=False).rows()
    assert sum(row.layer in ("Conv2d", "Linear") for row in rows) == layers


def test_an_odd_number_of_layers_is_refused():
    with own_messages(), pytest.raises(ValueError, match=r"even.*got 9"):
        depth.describe(9, residual=True)


def test_first_weights_of_convolutions_have_the_variance_of_he():
    weight = depth.first_state(depth.describe(4, residual=True, width=64), 0)[
        "block1.add.residual.conv1.weight"
    ]
    assert weight.var() == pytest.approx(2 / (9 * 64), rel=0.02)


def test_numpy_and_pytorch_run_the_same_network():
    network = depth.describe(8, residual=True)
    x = np.random.default_rng(0).normal(size=(3, 1, 28, 28)).astype(np.float32)
    ours = cnp.Model(network, depth.first_state(network, 1)).forward(x)
    np.testing.assert_allclose(predict(depth.build(network, 1), x), ours, rtol=1e-4, atol=1e-4)


def test_a_small_study_measures_errors_that_repeat(tmp_path):
    small = depth.study((4,), (0,))
    recipe = {**small.settings["recipe"], "epochs": 1, "cuts": []}
    small = dataclasses.replace(small, settings={**small.settings, "images": 100, "recipe": recipe})
    first, second = (depth.measure(small.settings, tmp_path, 4, 0) for _ in range(2))
    assert first == second
    assert all(0 <= error <= 1 for error in first.values())


@pytest.mark.slow
def test_plain_networks_get_worse_with_depth_and_residual_ones_do_not(tmp_path):
    shallow, *_, deep = depth.study().sizes
    assert_what_the_course_says(carry_out(depth.study((shallow, deep), (0,)), tmp_path))
