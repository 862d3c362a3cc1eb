"""Most probable classes, linear classifiers on features, neighbours in feature space."""

import numpy as np
import pytest
import torch

from coursekit.transfer import images
from tests.helpers import drawn, own_messages


def test_the_most_probable_classes_are_softmax_in_order(tiny, x):
    with torch.no_grad():
        expected = tiny(images.prepare(tiny, x)).softmax(dim=1).numpy()
    for guesses, row in zip(images.predict_top(tiny, x, k=5), expected, strict=True):
        assert [g.name for g in guesses] == ["abcde"[i] for i in np.argsort(-row)]
        assert [g.probability for g in guesses] == pytest.approx(sorted(row, reverse=True), abs=1e-6)


def test_of_equal_probabilities_the_first_class_comes_first(tiny, x):
    images.replace_head(tiny, 100)
    torch.nn.init.zeros_(tiny.head.weight)
    with torch.no_grad():
        tiny.head.bias.copy_(torch.arange(100) % 3 == 0)
    expected = [str(i) for i in (*range(0, 100, 3), *(i for i in range(100) if i % 3))]
    assert [g.name for g in images.predict_top(tiny, x[:1], k=100)[0]] == expected


def test_predicting_uses_testing_mode_and_the_mode_comes_back(tiny, x):
    expected = images.predict_top(tiny, x)
    assert images.predict_top(tiny.train(), x) == expected
    assert tiny.training


@pytest.mark.parametrize("classifier", [images.linear_svm, images.logistic_regression])
def test_classes_that_a_plane_parts_are_told_apart_whatever_the_features_scales(classifier):
    features = drawn((200, 5))[0]
    labels = (features @ [1, -1, 2, 0, 0.5] > 0).astype(np.int64)
    features *= [1, 100, 1e-3, 1, 1]
    fitted = classifier(features[:100], labels[:100], C=1.0)
    assert (fitted.predict(features[100:]) == labels[100:]).mean() > 0.9


def test_the_same_seed_fits_the_same_machine():
    features, labels = drawn((40, 6))[0], np.arange(40) % 3
    scores = [images.linear_svm(features, labels, seed=1).decision_function(features) for _ in range(2)]
    np.testing.assert_array_equal(*scores)


def test_neighbours_are_the_rows_of_the_largest_cosine():
    rows, queries = drawn((30, 4), (5, 4))
    got = images.nearest(rows, queries, k=3)
    cosines = np.array([[r @ q / np.sqrt((r @ r) * (q @ q)) for r in rows] for q in queries])
    np.testing.assert_array_equal(got.indices, np.argsort(-cosines, axis=1)[:, :3])
    np.testing.assert_allclose(got.cosines, -np.sort(-cosines, axis=1)[:, :3], atol=1e-12)


def test_the_length_of_features_does_not_matter_to_neighbours():
    rows, queries = drawn((30, 4), (5, 4))
    lengths = np.random.default_rng(1).uniform(0.1, 10, (30, 1))
    np.testing.assert_array_equal(
        images.nearest(rows * lengths, queries)[0], images.nearest(rows, queries)[0]
    )


ROWS = np.ones((3, 2))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: images.nearest(ROWS, np.ones((1, 3))), r"\(N, D\) and \(Q, D\), got \(3, 2\) and \(1, 3\)"),
        (lambda: images.nearest(ROWS, ROWS, k=4), "k must be 1 to 3, the number of rows, got 4"),
        (lambda: images.linear_svm(ROWS, np.array([0, 1])), r"got \(3, 2\) and \(2,\)"),
        (lambda: images.logistic_regression(ROWS, np.zeros(3, int)), "at least two classes"),
    ],
)
def test_what_does_not_fit_is_said(call, says):
    with own_messages(), pytest.raises(ValueError, match=says):
        call()


@pytest.mark.parametrize("k", [0, 6])
def test_more_classes_than_there_are_cannot_be_asked_for(tiny, x, k):
    with pytest.raises(ValueError, match="k must be 1 to 5, the number of classes"):
        images.predict_top(tiny, x, k=k)
