"""Exercise 8: what is right agrees with torchvision and scikit-learn; other right answers pass."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.metrics import top_k_accuracy_score
from torchvision.transforms.v2 import functional as tv

from coursekit import checks
from coursekit.answers import LocalAnswers
from coursekit.checks.augment_ensemble_top5.questions import (
    LABELS,
    average_views,
    colour_components,
    colour_shift,
    crop,
    crop_places,
    flip,
    softmax,
    ten_crop,
)
from coursekit.data import augment
from tests.checks.notebook import lost
from tests.checks.notebook import solution as answers_of

NAME = "augment_ensemble_top5"
EXERCISE = checks.get(NAME)


@pytest.fixture
def solution():
    return answers_of(NAME)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_all_places_are_drawn_equally_often_and_none_hangs_over():
    grid = (np.arange(60) + 0.5) / 60
    draws = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    places, counts = np.unique(crop_places(draws, (7, 8), 5), axis=0, return_counts=True)
    assert places.tolist() == [[i, j] for i in range(3) for j in range(4)]
    assert set(counts) == {len(draws) // 12}


def test_crops_are_those_of_torchvision(rng):
    images = rng.standard_normal((3, 2, 6, 9))
    places = np.array([[0, 5], [2, 0], [1, 3]])
    pairs = zip(torch.from_numpy(images), places.tolist(), strict=True)
    theirs = [tv.crop(x, i, j, 4, 4) for x, (i, j) in pairs]
    np.testing.assert_array_equal(crop(images, places, 4), torch.stack(theirs))


def test_mirrored_images_are_those_of_torchvision(rng):
    images = rng.standard_normal((2, 3, 4, 5))
    theirs = tv.horizontal_flip(torch.from_numpy(images))
    np.testing.assert_array_equal(flip(images, np.array([0.49, 0.5])), [theirs[0], images[1]])


def test_components_are_those_of_scikit_learn(rng):
    images = rng.random((5, 3, 40, 40)) * np.array([1.0, 0.5, 0.2])[:, None, None]
    values, vectors = colour_components(images)
    pca = PCA().fit(images.transpose(0, 2, 3, 1).reshape(-1, 3))
    np.testing.assert_allclose(values, pca.explained_variance_, rtol=1e-3)
    np.testing.assert_allclose(np.abs(vectors), np.abs(pca.components_.T), atol=1e-9)


def test_components_are_those_of_the_library(rng):
    images = rng.integers(0, 256, (5, 16, 16, 3), dtype=np.uint8)
    ours, theirs = colour_components(images.transpose(0, 3, 1, 2) / 255), augment.colour_components(images)
    np.testing.assert_allclose(ours[0], theirs[0], atol=1e-12)
    np.testing.assert_allclose(np.abs(ours[1]), np.abs(theirs[1]), atol=1e-9)


def test_shifts_have_the_covariance_that_the_paper_gives_them(rng):
    values, vectors = np.array([3.0, 1.0, 0.5]), np.linalg.qr(rng.standard_normal((3, 3)))[0]
    alphas = rng.normal(0, 0.1, (200_000, 3))
    shifts = colour_shift(np.zeros((200_000, 3, 1, 1)), values, vectors, alphas)[:, :, 0, 0]
    expected = vectors @ np.diag((0.1 * values) ** 2) @ vectors.T
    np.testing.assert_allclose(np.cov(shifts.T), expected, atol=1e-3)


@pytest.mark.parametrize(("shape", "size"), [((2, 3, 6, 8), 4), ((1, 1, 5, 7), 3), ((2, 3, 9, 9), 9)])
def test_ten_views_are_those_of_torchvision(rng, shape, size):
    images = rng.standard_normal(shape)
    theirs = torch.stack(tv.ten_crop(torch.from_numpy(images), [size, size]), dim=1)
    np.testing.assert_array_equal(ten_crop(images, size), theirs)


def test_averaged_views_are_the_mean_of_pytorchs_softmax(rng):
    scores = 50 * rng.standard_normal((3, 10, 4))
    theirs = torch.from_numpy(scores).softmax(dim=2).mean(dim=1)
    np.testing.assert_allclose(average_views(scores), theirs)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_top_k_is_that_of_scikit_learn_where_scores_differ(rng, k):
    scores = rng.standard_normal((200, 6))
    theirs = top_k_accuracy_score(LABELS, scores, k=k, labels=range(6))
    assert EXERCISE.question("top_k_accuracy").reference(scores, LABELS, k) == theirs


def test_the_mean_and_the_vote_disagree_in_the_notebooks_example():
    p = np.array([[[0.9, 0.1]], [[0.4, 0.6]], [[0.4, 0.6]]])
    assert EXERCISE.question("ensemble_average").reference(p).argmax(axis=1).tolist() == [0]
    assert EXERCISE.question("ensemble_vote").reference(p).tolist() == [1]


# Other right answers


def test_answers_in_pytorch_pass(solution):
    t = torch.as_tensor

    def components(images):
        pixels = t(images).permute(1, 0, 2, 3).flatten(1)
        values, vectors = torch.linalg.eigh(pixels.cov())
        return values.flip(0), vectors.flip(1)

    solution["colour_components"] = components
    solution["flip"] = lambda images, draws: torch.where(
        t(draws)[:, None, None, None] < 0.5, t(images).flip(-1), t(images)
    )
    solution["average_views"] = lambda scores: t(scores).softmax(dim=-1).mean(dim=1)
    solution["ensemble_average"] = lambda probabilities: t(probabilities).mean(dim=0)
    solution["ensemble_vote"] = lambda probabilities: t(probabilities).argmax(dim=2).mode(dim=0).values
    assert lost(NAME, solution)[0] == set()


def test_answers_in_loops_and_lists_pass(solution):
    def shift(images, eigenvalues, eigenvectors, alphas):
        out = images.copy()
        for n, c, k in np.ndindex(len(images), 3, 3):
            out[n, c] += eigenvectors[c, k] * eigenvalues[k] * alphas[n, k]
        return out

    def top_k(scores, labels, k):
        right = 0
        for row, label in zip(scores, labels, strict=True):
            order = sorted(range(len(row)), key=lambda c: (-row[c], c))
            right += label in order[:k]
        return right / len(labels)

    def vote(probabilities):
        winners = []
        for n in range(probabilities.shape[1]):
            votes = [0] * probabilities.shape[2]
            for m in range(len(probabilities)):
                votes[int(np.argmax(probabilities[m, n]))] += 1
            winners.append(votes.index(max(votes)))
        return winners

    solution["crop_places"] = lambda draws, image_size, size: [
        [int(d * (length - size + 1)) for d, length in zip(row, image_size, strict=True)] for row in draws
    ]
    solution["crop"] = lambda images, places, size: [
        x[:, i : i + size, j : j + size].tolist() for x, (i, j) in zip(images, places, strict=True)
    ]
    solution |= {"colour_shift": shift, "top_k_accuracy": top_k, "ensemble_vote": vote}
    assert lost(NAME, solution)[0] == set()


def test_components_by_singular_values_and_of_any_sign_pass(solution):
    def components(images):
        colours = np.moveaxis(images, 1, 3).reshape(-1, 3)
        _, s, vt = np.linalg.svd(colours - colours.mean(axis=0), full_matrices=False)
        return s**2 / (len(colours) - 1), vt.T * [1, -1, -1]

    solution["colour_components"] = components
    assert lost(NAME, solution)[0] == set()


def test_results_in_single_precision_and_not_contiguous_pass(solution):
    for name in ("colour_shift", "average_views", "ensemble_average"):
        right = solution[name]
        solution[name] = lambda *a, right=right, **k: right(*a, **k).astype(np.float32)
    views = solution["ten_crop"]
    solution["ten_crop"] = lambda images, size: np.asfortranarray(views(images, size))
    assert lost(NAME, solution)[0] == set()


# Half-right answers


def test_eigenvalues_alone_get_their_point(solution):
    right = solution["colour_components"]
    solution["colour_components"] = lambda images: (right(images)[0], None)
    assert lost(NAME, solution)[0] == {"colour_components.eigenvectors"}


def test_a_shift_for_a_single_image_gets_the_first_half(solution):
    def shift(images, eigenvalues, eigenvectors, alphas):
        return images + (eigenvectors @ (alphas[0] * eigenvalues))[:, None, None]

    solution["colour_shift"] = shift
    assert lost(NAME, solution)[0] == {"colour_shift.batch"}


def test_views_that_are_not_mirrored_get_the_first_half(solution):
    right = solution["ten_crop"]
    solution["ten_crop"] = lambda images, size: np.tile(right(images, size)[:, :5], (1, 2, 1, 1, 1))
    assert lost(NAME, solution)[0] == {"ten_crop.mirrored"}


def test_top_k_by_a_sort_that_is_not_stable_keeps_the_point_for_distinct_scores(solution):
    solution["top_k_accuracy"] = lambda scores, labels, k: np.mean(
        (scores.argsort(axis=1)[:, ::-1][:, :k] == labels[:, None]).any(axis=1)
    )
    assert lost(NAME, solution)[0] == {"top_k_accuracy.ties"}


def test_probabilities_that_overflow_keep_the_point_for_the_mean(solution):
    def views(scores):
        with np.errstate(all="ignore"):
            return np.mean(np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True), axis=1)

    solution["average_views"] = views
    assert lost(NAME, solution)[0] == {"average_views.large"}


@pytest.mark.parametrize("wrong", [3.5, "a text", (), {}, np.zeros(3), (np.zeros(2), "x")], ids=str)
def test_what_makes_no_sense_is_wrong_and_breaks_nothing(solution, wrong):
    for question in EXERCISE.questions:
        solution[question.function] = lambda *_, **__: wrong
    every = {f"{q.function}.{c.name}" for q in EXERCISE.questions for c in q.checks}
    assert lost(NAME, solution)[0] == every


def test_ready_made_views_are_refused(solution):
    solution["ten_crop"] = lambda images, size: torch.stack(
        tv.ten_crop(torch.from_numpy(images), [size, size]), dim=1
    )
    verdicts = EXERCISE.run("ten_crop", LocalAnswers(solution, shortcuts=EXERCISE.forbids)).verdicts
    assert [v.points for v in verdicts] == [0, 0]
    assert "write it yourself" in verdicts[0].message


def test_a_network_that_knows_nothing_is_right_on_the_first_class_alone():
    zeros = np.zeros((200, 6))
    reference = EXERCISE.question("top_k_accuracy").reference
    assert reference(zeros, LABELS, 1) == np.mean(LABELS == 0)
    assert np.allclose(softmax(zeros), 1 / 6)
