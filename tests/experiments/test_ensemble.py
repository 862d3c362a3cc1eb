"""Seven networks: what they say together is better than what one says, by more than the repeats differ."""

import dataclasses

import numpy as np
import pytest

from coursekit.experiments import Results, carry_out, ensemble
from coursekit.experiments.ensemble import AVERAGE, SINGLE, VOTE

TINY = ensemble.SETTINGS | {"steps": 3}


def assert_what_the_course_says(results):
    last = results.sizes[-1]
    for arm in (AVERAGE, VOTE):
        spread = max(results.spread(SINGLE, last), results.spread(arm, last))
        assert results.mean(SINGLE, last) - results.mean(arm, last) > spread
        worst, best = results.of(arm, last).max(), results.of(SINGLE, last).min()
        assert worst < best
    first = [results.mean(AVERAGE, size) for size in results.sizes[:5]]  # what comes after adds little
    assert first == sorted(first, reverse=True)
    assert results.mean(VOTE, 2) > results.mean(AVERAGE, 2)  # two that disagree cannot vote


@pytest.fixture
def committed(root):
    return Results.load(root / "book" / "results" / "ensemble.json")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ensemble")
    singles = carry_out(ensemble.members(3, (0,), TINY), folder, jobs=1)
    return folder, singles, carry_out(ensemble.study(3, (0,), TINY), folder, jobs=1)


def test_the_committed_figures_are_those_of_the_default_study(committed):
    study = ensemble.study()
    assert committed.settings == study.settings
    assert (committed.arms, committed.sizes, committed.seeds) == (study.arms, study.sizes, study.seeds)
    assert len(committed.seeds) >= 3
    assert committed.sizes[-1] == 7


def test_the_committed_figures_support_what_the_course_says(committed):
    assert_what_the_course_says(committed)


def test_the_committed_networks_are_those_of_the_ensemble(committed, root):
    singles = Results.load(root / "book" / "results" / "ensemble_networks.json")
    for i in range(len(committed.seeds)):
        errors = [singles.of("error", number)[i] for number in singles.sizes]
        assert np.mean(errors) == pytest.approx(committed.of(SINGLE, 7)[i])
        assert len(set(errors)) > 1


def test_one_network_is_an_ensemble_of_itself(tiny):
    _, singles, results = tiny
    mean = np.mean([singles.mean("error", number) for number in singles.sizes])
    for arm in (SINGLE, AVERAGE, VOTE):
        assert results.mean(arm, 1) == pytest.approx(mean)


def test_all_together_is_what_the_metrics_say(tiny):
    from coursekit import data, metrics

    folder, _, results = tiny
    each = np.stack([ensemble.probabilities(TINY, folder, number, 0) for number in (1, 2, 3)])
    labels = data.load(TINY["data"]).y_test
    averaged = metrics.top_k_accuracy(metrics.ensemble_average(each), labels)
    assert results.mean(AVERAGE, 3) == pytest.approx(1 - averaged)
    assert results.mean(VOTE, 3) == pytest.approx((metrics.ensemble_vote(each) != labels).mean())
    assert results.mean(SINGLE, 3) == results.mean(SINGLE, 1)


def test_networks_differ_and_are_trained_once(tiny, monkeypatch):
    folder = tiny[0]
    monkeypatch.setattr(ensemble, "train", None)
    first, second = (ensemble.probabilities(TINY, folder, number, 0) for number in (1, 2))
    np.testing.assert_allclose(first.sum(axis=1), 1, rtol=1e-5)
    assert not np.allclose(first, second)


def test_a_harmed_file_gives_the_same_figures_again(tiny):
    folder, _, results = tiny
    for path in folder.glob("*.npz"):
        path.write_bytes(path.read_bytes()[:-50])
    (folder / "ensemble.runs.jsonl").unlink()
    study = dataclasses.replace(ensemble.study(3, (0,), TINY), sizes=(3,))
    assert carry_out(study, folder, jobs=1).of(AVERAGE, 3) == results.of(AVERAGE, 3)


@pytest.mark.slow
def test_five_networks_are_better_than_one(tmp_path):
    carry_out(ensemble.members(5, (0, 1)), tmp_path)
    assert_what_the_course_says(carry_out(ensemble.study(5, (0, 1)), tmp_path))
