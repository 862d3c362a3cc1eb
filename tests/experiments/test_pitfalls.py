"""What does not help with a hundred photographs: the committed figures, and the experiment."""

import dataclasses

import pytest

from coursekit.experiments import Results, carry_out, pitfalls
from coursekit.experiments.pitfalls import AFTER_HEAD, FROZEN, ONE_RATE, TRAINING_MODE, WHOLE

DEFAULT = pitfalls.study()
TINY = dataclasses.replace(
    DEFAULT,
    sizes=(1,),
    seeds=(0,),
    settings={
        **DEFAULT.settings,
        "pool": 2,
        "test": 3,
        "side": 32,
        "train": {**DEFAULT.settings["train"], "steps": 2},
    },
)


@pytest.fixture
def committed(root):
    return Results.load(root / "book" / "results" / "pitfalls.json")


def test_the_committed_figures_are_those_of_the_default_study(committed):
    assert committed.settings == DEFAULT.settings
    assert (committed.arms, committed.sizes, committed.seeds) == (DEFAULT.arms, DEFAULT.sizes, DEFAULT.seeds)


def test_the_committed_figures_support_what_the_course_says(committed):
    """To tune it all gains nothing or loses; one rate ends at chance; training batch norms lose more."""
    assert len(committed.seeds) >= 5
    gain, error = committed.gain(AFTER_HEAD, FROZEN, 10)
    assert gain < 2 * error
    gain, error = committed.gain(WHOLE, FROZEN, 10)
    assert gain < -2 * error
    assert committed.mean(ONE_RATE, 10) < 0.15
    gain, error = committed.gain(TRAINING_MODE, WHOLE, 10)
    assert gain < -0.05 < -2 * error


def test_the_same_numbers_come_twice_and_every_arm_is_measured(tmp_path):
    found = pitfalls.measure(TINY.settings, tmp_path, 1, 0)
    results = carry_out(TINY, tmp_path, jobs=1)
    assert {arm: results.values[arm][0][0] for arm in pitfalls.ARMS} == found
    assert all(0 <= accuracy <= 1 for accuracy in found.values())
    assert len(set(found.values())) > 1


@pytest.mark.slow
def test_one_rate_for_all_layers_and_training_batch_norms_lose(tmp_path):
    again = carry_out(dataclasses.replace(DEFAULT, seeds=(0, 1)), tmp_path)
    assert again.mean(ONE_RATE, 10) < 0.2 < again.mean(FROZEN, 10) - 0.2
    assert again.mean(TRAINING_MODE, 10) < again.mean(WHOLE, 10) - 0.05
