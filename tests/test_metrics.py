"""Metrics agree with their plain definitions, ties included, and refuse what has no answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit import metrics
from coursekit.metrics import confusion_matrix, ensemble_average, ensemble_vote, top_k_accuracy
from tests.helpers import own_messages


def tied(seed, n=50, classes=6):
    """Scores of few different values, so that most rows hold ties, and labels."""
    rng = np.random.default_rng(seed)
    return rng.integers(4, size=(n, classes)).astype(np.float32), rng.integers(classes, size=n)


def probabilities(seed, models=5, n=20, classes=4):
    p = np.random.default_rng(seed).random((models, n, classes))
    return p / p.sum(axis=2, keepdims=True)


@given(seed=st.integers(0, 1000), k=st.integers(1, 6))
def test_top_k_is_the_k_first_of_a_stable_sort(seed, k):
    scores, labels = tied(seed)
    hits = [y in sorted(range(6), key=lambda c: -row[c])[:k] for row, y in zip(scores, labels, strict=True)]
    assert top_k_accuracy(scores, labels, k) == pytest.approx(np.mean(hits))


def test_of_equal_scores_the_lower_index_comes_first():
    equal = np.zeros((1, 3))
    assert [top_k_accuracy(equal, np.array([1]), k) for k in (1, 2, 3)] == [0, 1, 1]


@given(seed=st.integers(0, 1000))
def test_top_1_is_the_accuracy_of_argmax(seed):
    scores, labels = tied(seed)
    assert top_k_accuracy(scores, labels) == pytest.approx((scores.argmax(1) == labels).mean())


def test_top_k_of_all_classes_is_1():
    scores, labels = tied(0)
    assert top_k_accuracy(scores, labels.astype(np.uint8), 6) == 1


def test_infinite_scores_are_ranked():
    assert top_k_accuracy(np.array([[-np.inf, 0.0, np.inf]]), np.array([1]), 2) == 1


def test_confusion_counts_each_pair_of_right_and_predicted_class():
    rng = np.random.default_rng(0)
    labels, predictions = rng.integers(5, size=(2, 200))
    expected = np.zeros((7, 7), int)
    for right, predicted in zip(labels, predictions, strict=True):
        expected[right, predicted] += 1
    matrix = confusion_matrix(labels, predictions.astype(np.uint8), classes=7)
    np.testing.assert_array_equal(matrix, expected)
    assert matrix.dtype == np.int64
    assert not np.array_equal(matrix, matrix.T)


def test_labels_as_bytes_do_not_overflow():
    labels = np.array([200], np.uint8)
    assert confusion_matrix(labels, labels, classes=201)[200, 200] == 1


def test_the_average_is_that_of_every_entry():
    p = probabilities(0)
    expected = [[sum(p[m, n, c] for m in range(5)) / 5 for c in range(4)] for n in range(20)]
    np.testing.assert_allclose(ensemble_average(p), expected)


@given(seed=st.integers(0, 1000))
def test_the_vote_is_the_class_that_most_networks_choose(seed):
    p = probabilities(seed)
    for n, voted in enumerate(ensemble_vote(p)):
        choices = [int(p[m, n].argmax()) for m in range(5)]
        assert voted == min(range(4), key=lambda c: (-choices.count(c), c))


def test_votes_as_many_go_to_the_lower_index():
    p = np.array([[[0.1, 0.0, 0.9]], [[0.4, 0.6, 0.0]]])
    assert ensemble_vote(p).tolist() == [1]


def test_average_and_vote_can_differ():
    p = np.array([[[0.6, 0.4]], [[0.6, 0.4]], [[0.0, 1.0]]])
    assert ensemble_vote(p).tolist() == [0]
    assert ensemble_average(p).argmax(axis=1).tolist() == [1]


def test_an_ensemble_of_one_is_that_network():
    p = probabilities(1, models=1)
    np.testing.assert_array_equal(ensemble_average(p), p[0])
    np.testing.assert_array_equal(ensemble_vote(p), p[0].argmax(axis=1))


SCORES, LABELS = np.zeros((2, 3)), np.array([0, 1])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: top_k_accuracy(SCORES, LABELS, 0), "k must be from 1 to the 3 classes, got 0"),
        (lambda: top_k_accuracy(SCORES, LABELS, 4), "k must be from 1 to the 3 classes, got 4"),
        (lambda: top_k_accuracy(SCORES[0], LABELS), r"scores must have 2 axes, .* got shape \(3,\)"),
        (lambda: top_k_accuracy(SCORES[:0], LABELS[:0]), "none of them empty"),
        (lambda: top_k_accuracy(SCORES * np.nan, LABELS), "6 of them are NaN"),
        (lambda: top_k_accuracy(SCORES, LABELS[:1]), r"labels must have shape \(2,\), got \(1,\)"),
        (lambda: top_k_accuracy(SCORES, LABELS + 2), "labels must be from 0 to 2, got 2 to 3"),
        (lambda: top_k_accuracy(SCORES, LABELS / 2), "labels must be integers, got float64"),
        (lambda: confusion_matrix(LABELS, LABELS[:1], 3), r"predictions must have shape \(2,\)"),
        (lambda: confusion_matrix(LABELS, -LABELS, 3), "predictions must be from 0 to 2, got -1 to 0"),
        (lambda: confusion_matrix(LABELS, LABELS, 1), "labels must be from 0 to 0, got 0 to 1"),
        (lambda: ensemble_average(SCORES), r"probabilities must have 3 axes"),
        (lambda: ensemble_average(SCORES[None]), "each row must sum to 1; are these scores"),
        (lambda: ensemble_vote(np.array([[[1.5, -0.5]]])), "must not be negative"),
    ],
)
def test_what_has_no_answer_is_said(call, says):
    with own_messages(), pytest.raises(ValueError, match=says):
        call()


def test_metrics_need_no_torch():
    import subprocess
    import sys

    code = f"import sys, {metrics.__name__}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
