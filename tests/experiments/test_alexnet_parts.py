"""What AlexNet's parts gain on few photographs: the arms differ in what they should, and the figures hold."""

import math

import numpy as np
import pytest

from coursekit.experiments import Results, alexnet_parts, carry_out
from coursekit.experiments.alexnet_parts import (
    DROPOUT,
    LRN,
    PARTS,
    PLAIN,
    SMALL_WINDOWS,
    describe,
)
from coursekit.experiments.small_alexnet import start
from coursekit.networks import Dropout, LocalResponseNorm, MaxPool2d, walk

TINY = alexnet_parts.SETTINGS | {"epochs": 1, "cut": 1}


def layers(arm, kind):
    return [layer for _, layer in walk(describe(**PARTS[arm]).body) if isinstance(layer, kind)]


@pytest.fixture
def committed(root):
    return Results.load(root / "book" / "results" / "alexnet_parts.json")


def test_every_arm_has_as_many_parameters():
    assert len({describe(**changes).parameter_count for changes in PARTS.values()}) == 1


def test_every_arm_starts_from_the_same_parameters():
    states = [start(describe(**changes), seed=3).state_dict() for changes in PARTS.values()]
    for state in states[1:]:
        for name, value in states[0].items():
            np.testing.assert_array_equal(state[name].numpy(), value.numpy())


def test_an_arm_has_its_part_and_no_other():
    assert [layer.kernel_size for layer in layers(PLAIN, MaxPool2d)] == [3, 3]
    assert [layer.kernel_size for layer in layers(SMALL_WINDOWS, MaxPool2d)] == [2, 2]
    assert [layer.alpha for layer in layers(LRN, LocalResponseNorm)] == [1e-4, 1e-4]
    assert [layer.p for layer in layers(DROPOUT, Dropout)] == [0.5, 0.5]
    for kind, arms in {LocalResponseNorm: (PLAIN, SMALL_WINDOWS, DROPOUT), Dropout: (PLAIN, LRN)}.items():
        assert [layers(arm, kind) for arm in arms] == [[]] * len(arms)


def test_one_epoch_gives_an_error_for_each_arm(tmp_path):
    study = alexnet_parts.study(seeds=(0,), settings=TINY)
    results = carry_out(study, tmp_path, jobs=1)
    for arm in PARTS:
        assert 0.3 < results.mean(arm, 200) < 1.0
    assert results.mean(PLAIN, 200) != results.mean(DROPOUT, 200)


def test_the_committed_figures_are_those_of_the_default_study(committed):
    study = alexnet_parts.study()
    assert committed.settings == study.settings
    assert (committed.arms, committed.sizes, committed.seeds) == (study.arms, study.sizes, study.seeds)
    assert all(math.isfinite(v) for rows in committed.values.values() for row in rows for v in row)


def test_the_committed_figures_support_what_chapter_7_says(committed):
    for arm in committed.arms[1:]:
        gain, error = committed.gain(PLAIN, arm, 200)
        assert abs(gain) < 3 * error  # nothing stands out
        assert abs(gain) < 0.03
    overlap = committed.of(SMALL_WINDOWS, 200) - committed.of(PLAIN, 200)
    assert (overlap[:3] > 0).all()  # three runs would have misled
    assert (overlap[3:] < 0).all()
