"""What GloVe's vectors gain with few labelled glosses: the committed figures, and the experiment."""

import dataclasses

import pytest

from coursekit.experiments import Results, carry_out, text

TINY = dataclasses.replace(
    text.study(sizes=(3,), seeds=(0, 1)),
    settings={**text.study().settings, "epochs": 3, "test_per_class": 20},
)


def assert_what_the_course_says(results):
    """Frozen GloVe leads by far with 5 a class; from scratch catches up; tuned GloVe leads from 100 on."""
    assert len(results.seeds) >= 5
    assert results.mean("GloVe frozen", 5) >= 0.52
    assert results.mean("from scratch", 5) < 0.40
    assert results.mean("random frozen", 5) < results.mean("from scratch", 5)
    gaps = [results.gain("GloVe frozen", "from scratch", size)[0] for size in results.sizes]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 0.15 > 0 > gaps[-1]  # with 500 a class it is better not to transfer than to freeze
    for size in (100, 500):
        for other in ("from scratch", "GloVe frozen"):
            gain, error = results.gain("GloVe tuned", other, size)
            assert gain > 2 * error


@pytest.fixture
def committed(root):
    return Results.load(root / "book" / "results" / "text.json")


def test_the_committed_figures_are_those_of_the_default_study(committed):
    study = text.study()
    assert committed.settings == study.settings
    assert (committed.arms, committed.sizes, committed.seeds) == (study.arms, study.sizes, study.seeds)


def test_the_committed_figures_support_what_the_course_says(committed):
    assert_what_the_course_says(committed)


def test_the_same_numbers_come_twice_and_every_arm_is_measured(tmp_path):
    first, second = (carry_out(TINY, tmp_path / name, jobs=1) for name in "ab")
    assert first.values == second.values
    accuracies = [first.mean(arm, 3) for arm in text.ARMS]
    assert all(0 < accuracy < 1 for accuracy in accuracies)
    assert len(set(accuracies)) > 2


@pytest.mark.slow
def test_the_experiment_gives_the_committed_figures(committed, tmp_path):
    again = carry_out(text.study(seeds=(0, 1)), tmp_path)
    for arm in text.ARMS:
        for size in again.sizes:
            # Another processor rounds otherwise: a few of the 1,600 test glosses may fall on the other side.
            assert again.of(arm, size) == pytest.approx(committed.of(arm, size)[:2], abs=0.01)
