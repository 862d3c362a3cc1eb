"""What is asked in exercise 8, what is right, and in which cases it is looked at."""

from functools import partial
from typing import Any

import numpy as np

from coursekit import metrics
from coursekit.answers import AnswerError, Answers, Value
from coursekit.checks.compare import describe
from coursekit.checks.exercise import Case, Check, Draw, Observe, Question
from coursekit.checks.parts import call_for_parts, changed


def crop_places(draws: np.ndarray, image_size: tuple[int, int], size: int) -> np.ndarray:
    """Return the row and column of each crop's first pixel, int64 (N, 2)."""
    places: np.ndarray = np.floor(draws * (np.array(image_size) - size + 1))
    return places.astype(np.int64)


def crop(images: np.ndarray, places: np.ndarray, size: int) -> np.ndarray:
    """Return the crops (N, C, size, size)."""
    cuts = [
        image[:, top : top + size, left : left + size]
        for image, (top, left) in zip(images, places, strict=True)
    ]
    return np.stack(cuts)


def flip(images: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Return the images, mirrored left to right where the draw is below one half."""
    return np.where((draws < 0.5)[:, None, None, None], images[..., ::-1], images)


def colour_components(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the eigenvalues, largest first, and the eigenvectors, as columns, of the colours' covariance."""
    colours = images.transpose(0, 2, 3, 1).reshape(-1, 3)
    eigenvalues, eigenvectors = np.linalg.eigh(np.cov(colours, rowvar=False, bias=True))
    return eigenvalues[::-1], eigenvectors[:, ::-1]


def colour_shift(
    images: np.ndarray, eigenvalues: np.ndarray, eigenvectors: np.ndarray, alphas: np.ndarray
) -> np.ndarray:
    """Return the images in shifted colours."""
    shifts: np.ndarray = (alphas * eigenvalues) @ eigenvectors.T
    return np.asarray(images + shifts[:, :, None, None])


def ten_crop(images: np.ndarray, size: int) -> np.ndarray:
    """Return the ten views (N, 10, C, size, size) in torchvision's order."""
    last = np.array(images.shape[2:]) - size
    places = [(0, 0), (0, last[1]), (last[0], 0), tuple(last), tuple(last // 2)]
    cuts = [
        seen[:, :, top : top + size, left : left + size]
        for seen in (images, images[..., ::-1])
        for top, left in places
    ]
    return np.stack(cuts, axis=1)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Return probabilities along the last axis."""
    exp: np.ndarray = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(exp / exp.sum(axis=-1, keepdims=True))


def average_views(scores: np.ndarray) -> np.ndarray:
    """Return the mean over the views of the probabilities, (N, K)."""
    return np.asarray(softmax(scores).mean(axis=1))


def uniform(drawn: Value) -> Value:
    """Return numbers from 0 to below 1; those that are such numbers already stay."""
    return np.mod(drawn, 1)


def coloured(drawn: Value) -> Value:
    """Return drawn images with channels that differ, in mean and spread, and go together."""
    mix = np.array([[2.0, 1.2, 0.9], [0.3, 1.5, 1.1], [-0.4, 0.2, 0.8]])
    mean = np.array([1.0, -0.5, 2.0])
    return np.einsum("nchw,cd->ndhw", drawn, mix) + mean[:, None, None]


def eigenvectors_seen(answers: Answers, case: Case) -> Value:
    """Return the product of each eigenvector with itself: an eigenvector may point either way."""
    case = case | {"images": coloured(case["images"])}
    names = ("eigenvalues", "eigenvectors")
    vectors = call_for_parts(answers, "colour_components", names, case)["eigenvectors"]
    if not isinstance(vectors, np.ndarray) or vectors.shape != (3, 3):
        raise AnswerError(f"The eigenvectors are {describe(vectors)}, expected an array of shape (3, 3).")
    products = {f"eigenvector {i}, times itself": np.outer(v, v) for i, v in enumerate(vectors.T, start=1)}
    return products


def eigenvalues_seen(answers: Answers, case: Case) -> Value:
    """Return the eigenvalues."""
    case = case | {"images": coloured(case["images"])}
    names = ("eigenvalues", "eigenvectors")
    return {"eigenvalues": call_for_parts(answers, "colour_components", names, case)["eigenvalues"]}


def shifted(answers: Answers, case: Case) -> Value:
    """Call `colour_shift` with components such as `colour_components` gives."""
    components = {
        "eigenvalues": np.sort(np.abs(case["eigenvalues"]))[::-1] + 0.1,
        "eigenvectors": np.linalg.qr(case["eigenvectors"])[0],
    }
    return answers.call("colour_shift", **case | components)


def views(which: slice, answers: Answers, case: Case) -> Value:
    """Return some of the ten views, which must have their shape."""
    got = answers.call("ten_crop", **case)
    n, channels = case["images"].shape[:2]
    expected = (n, 10, channels, case["size"], case["size"])
    if not isinstance(got, np.ndarray) or got.shape != expected:
        raise AnswerError(f"The result is {describe(got)}, expected an array of shape {expected}.")
    return {f"view {i}": got[:, i] for i in range(10)[which]}


def scaled(function: str, argument: str, factor: float) -> Observe:
    """Return what calls `function` with a drawn argument made larger."""
    return changed(function, argument, lambda drawn: factor * drawn)


LABELS = np.arange(200) ** 2 % 6  # not all classes equally often, so that chance hides no mistake


def top_k_cases(*ks: int, **more: Any) -> tuple[Case, ...]:
    """Return scores of 200 images for 6 classes, with each of the given k."""
    return tuple({"scores": Draw(200, 6), "labels": LABELS, "k": k, **more} for k in ks)


IMAGES = Draw(4, 3, 80, 80)  # so many pixels that division by n and by n - 1 give the same
EDGES = np.array([[0.0, 0.0], [0.999999, 0.999999], [0.5, 0.25]])

QUESTIONS = (
    Question(
        "crop_places",
        crop_places,
        (
            Check(
                "places", "where crops begin, at the edges too", 1,
                (
                    {"draws": EDGES, "image_size": (8, 11), "size": 6},
                    {"draws": Draw(40, 2), "image_size": (9, 6), "size": 4},
                    {"draws": Draw(3, 2), "image_size": (5, 7), "size": 5},
                ),
                changed("crop_places", "draws", uniform),
            ),
        ),
    ),
    Question(
        "crop",
        crop,
        (
            Check(
                "crops", "each image cut at its own place", 1,
                (
                    {"images": Draw(1, 1, 5, 7), "places": np.array([[1, 3]]), "size": 4},
                    {"images": Draw(3, 2, 6, 9), "places": np.array([[0, 5], [2, 0], [1, 3]]), "size": 4},
                ),
            ),
        ),
    ),
    Question(
        "flip",
        flip,
        (
            Check(
                "flips", "which images are mirrored, and how", 0.5,
                (
                    {"images": Draw(3, 2, 4, 5), "draws": np.array([0.1, 0.9, 0.5])},
                    {"images": Draw(6, 1, 3, 4), "draws": Draw(6)},
                ),
                changed("flip", "draws", uniform),
            ),
        ),
    ),
    Question(
        "colour_components",
        colour_components,
        (
            Check("eigenvalues", "the largest first", 1, ({"images": IMAGES},), eigenvalues_seen),
            Check("eigenvectors", "in the columns", 1, ({"images": IMAGES},), eigenvectors_seen),
        ),
    ),
    Question(
        "colour_shift",
        colour_shift,
        tuple(
            Check(
                name, about, 1,
                (
                    {
                        "images": Draw(n, 3, 4, 5), "eigenvalues": Draw(3), "eigenvectors": Draw(3, 3),
                        "alphas": Draw(n, 3),
                    },
                ),
                shifted,
            )
            for name, about, n in (
                ("one", "the shift of one image", 1), ("batch", "a shift for each image", 4),
            )
        ),
    ),
    Question(
        "ten_crop",
        ten_crop,
        (
            Check(
                "plain", "four corners and the middle", 1,
                ({"images": Draw(2, 3, 6, 8), "size": 4}, {"images": Draw(1, 1, 5, 7), "size": 3}),
                partial(views, slice(0, 5)),
            ),
            Check(
                "mirrored", "the same five of the mirrored image", 1,
                ({"images": Draw(2, 3, 6, 8), "size": 4}, {"images": Draw(1, 1, 5, 7), "size": 3}),
                partial(views, slice(5, 10)),
            ),
        ),
    ),
    Question(
        "average_views",
        average_views,
        (
            Check(
                "mean", "the mean of the probabilities", 1,
                ({"scores": Draw(3, 10, 4)},),
                scaled("average_views", "scores", 2.0),
            ),
            Check(
                "large", "scores of some thousands", 1,
                ({"scores": Draw(3, 10, 4)},),
                scaled("average_views", "scores", 3000.0),
            ),
        ),
    ),
    Question(
        "ensemble_average",
        metrics.ensemble_average,
        (
            Check(
                "average", "the mean of the networks' probabilities", 1,
                ({"probabilities": Draw(5, 6, 4)}, {"probabilities": Draw(2, 3, 7)}),
                changed("ensemble_average", "probabilities", softmax),
            ),
        ),
    ),
    Question(
        "ensemble_vote",
        metrics.ensemble_vote,
        (
            Check(
                "votes", "the class with most votes, of equals the first", 0.5,
                ({"probabilities": Draw(5, 30, 4)}, {"probabilities": Draw(4, 30, 3)}),
                changed("ensemble_vote", "probabilities", softmax),
            ),
        ),
    ),
    Question(
        "top_k_accuracy",
        metrics.top_k_accuracy,
        (
            Check("distinct", "scores that all differ", 1, top_k_cases(1, 2, 3, 5, 6)),
            Check(
                "ties", "scores that are equal", 1,
                (*top_k_cases(1, 2, 3, 5), *top_k_cases(1, 3, scores=np.zeros((200, 6)))),
                changed("top_k_accuracy", "scores", np.rint),
            ),
        ),
    ),
)  # fmt: skip
