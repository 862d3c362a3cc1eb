"""The wrong answers to exercise 8. Each is written as a change to the right function, which comes first.

They are mistakes that people have made in public: the last place never drawn, one draw for a whole batch, a
reshape in place of a transpose, eigenvectors taken from rows, votes or scores averaged in place of
probabilities, and a top-k that ties make better or worse than it is.
"""

from typing import Any

import numpy as np

from coursekit.checks.exercise import Mutant

# Of crops and mirror images


def last_place_never(right: Any, draws: Any, image_size: Any, size: Any) -> Any:
    """Places of which the last never comes (a 1 is missing)."""
    return np.floor(draws * (np.array(image_size) - size)).astype(int)


def over_the_edge(right: Any, draws: Any, image_size: Any, size: Any) -> Any:
    """Places anywhere in the image, from which a crop hangs over the edge."""
    return np.floor(draws * np.array(image_size)).astype(int)


def to_the_nearest(right: Any, draws: Any, image_size: Any, size: Any) -> Any:
    """Places rounded to the nearest, so that those at the edges come half as often."""
    return np.rint(draws * (np.array(image_size) - size)).astype(int)


def height_for_width(right: Any, draws: Any, image_size: Any, size: Any) -> Any:
    """Places with height and width exchanged."""
    return right(draws, tuple(image_size)[::-1], size)


def one_place_for_all(right: Any, images: Any, places: Any, size: Any) -> Any:
    """Crops that are all cut at the first image's place."""
    return right(images, np.repeat(np.asarray(places)[:1], len(images), axis=0), size)


def column_before_row(right: Any, images: Any, places: Any, size: Any) -> Any:
    """Crops with row and column exchanged."""
    return right(images, np.asarray(places)[:, ::-1], size)


def middle_whatever_comes(right: Any, images: Any, places: Any, size: Any) -> Any:
    """Crops from the middle, whatever `places` says."""
    middle = (np.array(images.shape[2:]) - size) // 2
    return right(images, np.repeat(middle[None], len(images), axis=0), size)


def upside_down(right: Any, images: Any, draws: Any) -> Any:
    """Images that are turned upside down, not mirrored left to right."""
    return np.swapaxes(right(np.swapaxes(images, 2, 3), draws), 2, 3)


def colours_turned_round(right: Any, images: Any, draws: Any) -> Any:
    """Images whose channels are reversed (the last axis is the width, the second is the channel)."""
    return np.swapaxes(right(np.swapaxes(images, 1, 3), draws), 1, 3)


def the_others(right: Any, images: Any, draws: Any) -> Any:
    """Images that are mirrored where the draw is one half or more."""
    return np.where((draws >= 0.5)[:, None, None, None], images[..., ::-1], images)


def one_draw_for_all(right: Any, images: Any, draws: Any) -> Any:
    """Images that are all mirrored or all not, as the first draw says."""
    return right(images, np.full(len(images), draws[0]))


# Of colours


def _components(matrix: Any) -> Any:
    values, vectors = np.linalg.eigh(matrix)
    return values[::-1], vectors[:, ::-1]


def reshaped_pixels(right: Any, images: Any) -> Any:
    """Components of numbers taken three in a row (reshaped before the channels were moved to the end)."""
    return _components(np.cov(images.reshape(-1, 3), rowvar=False, bias=True))


def mean_left_in(right: Any, images: Any) -> Any:
    """Components of the colours with their mean left in."""
    colours = np.moveaxis(images, 1, -1).reshape(-1, 3)
    return _components(colours.T @ colours / len(colours))


def mean_colour_of_each(right: Any, images: Any) -> Any:
    """Components of the images' mean colours, not of the pixels'."""
    return _components(np.cov(images.mean(axis=(2, 3)), rowvar=False, bias=True))


def smallest_first(right: Any, images: Any) -> Any:
    """Components in the order of `eigh`: the smallest first."""
    values, vectors = right(images)
    return values[::-1], vectors[:, ::-1]


def channels_made_equal(right: Any, images: Any) -> Any:
    """Components of the correlations: each channel was divided by its deviation."""
    return _components(np.corrcoef(np.moveaxis(images, 1, 0).reshape(3, -1)))


def not_divided(right: Any, images: Any) -> Any:
    """Eigenvalues of the sums of products, not divided by the number of pixels."""
    values, vectors = right(images)
    return values * (images.size // 3), vectors


def deviations(right: Any, images: Any) -> Any:
    """Standard deviations, the roots of the eigenvalues."""
    values, vectors = right(images)
    return np.sqrt(values), vectors


def eigenvectors_in_rows(right: Any, images: Any) -> Any:
    """Eigenvectors in the rows, not in the columns."""
    values, vectors = right(images)
    return values, vectors.T


def values_sorted_alone(right: Any, images: Any) -> Any:
    """Eigenvectors in the order of `eigh`: that of the smallest eigenvalue comes first."""
    values, vectors = right(images)
    return values, vectors[:, ::-1]


def rows_for_columns(right: Any, images: Any, eigenvalues: Any, eigenvectors: Any, alphas: Any) -> Any:
    """A shift along the rows of the eigenvectors, not along the columns."""
    return right(images, eigenvalues, eigenvectors.T, alphas)


def roots_of_eigenvalues(right: Any, images: Any, eigenvalues: Any, eigenvectors: Any, alphas: Any) -> Any:
    """A shift by the roots of the eigenvalues; the paper takes the eigenvalues."""
    return right(images, np.sqrt(eigenvalues), eigenvectors, alphas)


def eigenvalues_left_out(right: Any, images: Any, eigenvalues: Any, eigenvectors: Any, alphas: Any) -> Any:
    """A shift in which the eigenvalues do not count."""
    return right(images, np.ones(3), eigenvectors, alphas)


def red_green_blue(right: Any, images: Any, eigenvalues: Any, eigenvectors: Any, alphas: Any) -> Any:
    """A shift of red, green and blue by themselves, not along the eigenvectors."""
    return right(images, eigenvalues, np.eye(3), alphas)


def colours_multiplied(right: Any, images: Any, eigenvalues: Any, eigenvectors: Any, alphas: Any) -> Any:
    """Images multiplied by 1 plus the shift: it is to be added."""
    shift = right(np.zeros_like(images), eigenvalues, eigenvectors, alphas)
    return images * (1 + shift)


def kept_in_0_to_1(right: Any, images: Any, eigenvalues: Any, eigenvectors: Any, alphas: Any) -> Any:
    """Colours that are cut off at 0 and 1."""
    return np.clip(right(images, eigenvalues, eigenvectors, alphas), 0, 1)


def one_shift_for_all(right: Any, images: Any, eigenvalues: Any, eigenvectors: Any, alphas: Any) -> Any:
    """The first image's shift for all images."""
    return right(images, eigenvalues, eigenvectors, np.repeat(alphas[:1], len(alphas), axis=0))


def shifts_mixed_up(right: Any, images: Any, eigenvalues: Any, eigenvectors: Any, alphas: Any) -> Any:
    """Shifts that are mixed up between images and channels (a reshape in place of a transpose)."""
    shifts = eigenvectors @ (alphas * eigenvalues).T
    return images + shifts.reshape(len(alphas), 3)[:, :, None, None]


# Of ten views


def every_view_mirrored(right: Any, images: Any, size: Any) -> Any:
    """Views of which each of the first five is mirrored, so that left and right corners change places."""
    plain = right(images, size)[:, :5]
    return np.concatenate([plain, plain[..., ::-1]], axis=1)


def views_upside_down(right: Any, images: Any, size: Any) -> Any:
    """Views of which the last five are of the image upside down."""
    return np.concatenate([right(images, size)[:, :5], right(images[:, :, ::-1], size)[:, :5]], axis=1)


def pairs_of_views(right: Any, images: Any, size: Any) -> Any:
    """Views in pairs: each is followed by its mirrored one."""
    return right(images, size)[:, [0, 5, 1, 6, 2, 7, 3, 8, 4, 9]]


def down_before_across(right: Any, images: Any, size: Any) -> Any:
    """Views in which bottom left comes before top right."""
    return right(images, size)[:, [0, 2, 1, 3, 4, 5, 7, 6, 8, 9]]


def middle_at_half(right: Any, images: Any, size: Any) -> Any:
    """Views whose middle one is one pixel too far down and to the right."""
    views = np.array(right(images, size))
    top, left = (np.array(images.shape[2:]) - size) // 2 + 1
    for place, seen in ((4, images), (9, images[..., ::-1])):
        views[:, place] = seen[:, :, top : top + size, left : left + size]
    return views


# Of probabilities, ensembles and top-k


def _softmax(scores: Any, axis: int = -1) -> Any:
    exp = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return exp / exp.sum(axis=axis, keepdims=True)


def scores_averaged(right: Any, scores: Any) -> Any:
    """The probabilities of the mean scores: softmax comes first, the mean after it."""
    return _softmax(scores.mean(axis=1))


def no_probabilities(right: Any, scores: Any) -> Any:
    """The mean of the scores, without softmax."""
    return scores.mean(axis=1)


def softmax_over_views(right: Any, scores: Any) -> Any:
    """The mean of a softmax over the views (the wrong axis)."""
    return _softmax(scores, axis=1).mean(axis=1)


def votes_of_views(right: Any, scores: Any) -> Any:
    """The share of the views that vote for each class."""
    return np.eye(scores.shape[2])[scores.argmax(axis=2)].mean(axis=1)


def nothing_subtracted(right: Any, scores: Any) -> Any:
    """The softmax by exp of the scores as they are, which overflows."""
    with np.errstate(all="ignore"):
        return (np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)).mean(axis=1)


def largest_of_all_subtracted(right: Any, scores: Any) -> Any:
    """The softmax after subtracting the largest score of all images, not of each view."""
    return nothing_subtracted(right, scores - scores.max())


def shares_of_votes(right: Any, probabilities: Any) -> Any:
    """The share of the networks that vote for each class, not the mean of their probabilities."""
    return np.eye(probabilities.shape[2])[probabilities.argmax(axis=2)].mean(axis=0)


def geometric_mean(right: Any, probabilities: Any) -> Any:
    """The geometric mean of the probabilities, divided by its sum."""
    return _softmax(np.log(probabilities).mean(axis=0))


def most_certain_network(right: Any, probabilities: Any) -> Any:
    """The largest probability that any network gives."""
    return probabilities.max(axis=0)


def summed(right: Any, probabilities: Any) -> Any:
    """The sum over the networks, not divided by their number."""
    return probabilities.sum(axis=0)


def mean_over_images(right: Any, probabilities: Any) -> Any:
    """The mean over the images, not over the networks (the wrong axis)."""
    return probabilities.mean(axis=1)


def class_of_the_average(right: Any, probabilities: Any) -> Any:
    """The class with the largest mean probability: that is no vote."""
    return probabilities.mean(axis=0).argmax(axis=1)


def last_of_equals(right: Any, probabilities: Any) -> Any:
    """The vote in which of several classes with as many votes the last wins."""
    last = probabilities.shape[2] - 1
    return last - right(probabilities[:, :, ::-1])


def how_many_votes(right: Any, probabilities: Any) -> Any:
    """The number of votes of the class that wins, not the class."""
    votes = np.eye(probabilities.shape[2])[probabilities.argmax(axis=2)].sum(axis=0)
    return votes.max(axis=1)


def always_top_1(right: Any, scores: Any, labels: Any, k: Any) -> Any:
    """The accuracy of the first guess, whatever k says."""
    return right(scores, labels, 1)


def lowest_scores(right: Any, scores: Any, labels: Any, k: Any) -> Any:
    """How often the right class is among the k lowest scores (the sorting goes up)."""
    return float(np.mean((np.argsort(scores, axis=1)[:, :k] == labels[:, None]).any(axis=1)))


def in_percent(right: Any, scores: Any, labels: Any, k: Any) -> Any:
    """The accuracy in per cent, not as a share."""
    return 100 * right(scores, labels, k)


def top_k_error(right: Any, scores: Any, labels: Any, k: Any) -> Any:
    """The error, which is 1 minus the accuracy."""
    return 1 - right(scores, labels, k)


def one_class_too_few(right: Any, scores: Any, labels: Any, k: Any) -> Any:
    """The accuracy of k - 1 guesses."""
    return right(scores, labels, k - 1) if k > 1 else 0.0


def ties_always_right(right: Any, scores: Any, labels: Any, k: Any) -> Any:
    """The accuracy in which the right class comes first among equals: a network that knows nothing gets 1."""
    own = scores[np.arange(len(labels)), labels][:, None]
    return float(np.mean((scores > own).sum(axis=1) < k))


def ties_always_wrong(right: Any, scores: Any, labels: Any, k: Any) -> Any:
    """The accuracy in which the right class comes last among equals."""
    own = scores[np.arange(len(labels)), labels][:, None]
    return float(np.mean((scores >= own).sum(axis=1) <= k))


def last_index_first(right: Any, scores: Any, labels: Any, k: Any) -> Any:
    """The accuracy in which of equal scores the last class comes first (`argsort` turned round)."""
    return right(scores[:, ::-1], scores.shape[1] - 1 - labels, k)


PLACES, CROPS, FLIPS = {"crop_places.places"}, {"crop.crops"}, {"flip.flips"}
VALUES, VECTORS = {"colour_components.eigenvalues"}, {"colour_components.eigenvectors"}
ONE, BATCH = {"colour_shift.one"}, {"colour_shift.batch"}
PLAIN, MIRRORED = {"ten_crop.plain"}, {"ten_crop.mirrored"}
MEAN, LARGE = {"average_views.mean"}, {"average_views.large"}
AVERAGE, VOTES = {"ensemble_average.average"}, {"ensemble_vote.votes"}
DISTINCT, TIES = {"top_k_accuracy.distinct"}, {"top_k_accuracy.ties"}

# No function calls another: what is wrong in one costs its own points and no others.
MUTANTS = (
    Mutant("crop_places", last_place_never, PLACES),
    Mutant("crop_places", over_the_edge, PLACES),
    Mutant("crop_places", to_the_nearest, PLACES),
    Mutant("crop_places", height_for_width, PLACES),
    Mutant("crop", one_place_for_all, CROPS),
    Mutant("crop", column_before_row, CROPS),
    Mutant("crop", middle_whatever_comes, CROPS),
    Mutant("flip", upside_down, FLIPS),
    Mutant("flip", colours_turned_round, FLIPS),
    Mutant("flip", the_others, FLIPS),
    Mutant("flip", one_draw_for_all, FLIPS),
    Mutant("colour_components", reshaped_pixels, VALUES | VECTORS),
    Mutant("colour_components", mean_left_in, VALUES | VECTORS),
    Mutant("colour_components", mean_colour_of_each, VALUES | VECTORS),
    Mutant("colour_components", values_sorted_alone, VECTORS),
    Mutant("colour_components", smallest_first, VALUES | VECTORS),
    Mutant("colour_components", channels_made_equal, VALUES | VECTORS),
    Mutant("colour_components", not_divided, VALUES),
    Mutant("colour_components", deviations, VALUES),
    Mutant("colour_components", eigenvectors_in_rows, VECTORS),
    Mutant("colour_shift", rows_for_columns, ONE | BATCH),
    Mutant("colour_shift", roots_of_eigenvalues, ONE | BATCH),
    Mutant("colour_shift", eigenvalues_left_out, ONE | BATCH),
    Mutant("colour_shift", red_green_blue, ONE | BATCH),
    Mutant("colour_shift", colours_multiplied, ONE | BATCH),
    Mutant("colour_shift", kept_in_0_to_1, ONE | BATCH),
    Mutant("colour_shift", one_shift_for_all, BATCH),
    Mutant("colour_shift", shifts_mixed_up, BATCH),
    Mutant("ten_crop", every_view_mirrored, MIRRORED),
    Mutant("ten_crop", views_upside_down, MIRRORED),
    Mutant("ten_crop", pairs_of_views, PLAIN | MIRRORED),
    Mutant("ten_crop", down_before_across, PLAIN | MIRRORED),
    Mutant("ten_crop", middle_at_half, PLAIN | MIRRORED),
    Mutant("average_views", scores_averaged, MEAN | LARGE),
    Mutant("average_views", no_probabilities, MEAN | LARGE),
    Mutant("average_views", softmax_over_views, MEAN | LARGE),
    Mutant("average_views", votes_of_views, MEAN),
    Mutant("average_views", nothing_subtracted, LARGE),
    Mutant("average_views", largest_of_all_subtracted, LARGE),
    Mutant("ensemble_average", shares_of_votes, AVERAGE),
    Mutant("ensemble_average", geometric_mean, AVERAGE),
    Mutant("ensemble_average", most_certain_network, AVERAGE),
    Mutant("ensemble_average", summed, AVERAGE),
    Mutant("ensemble_average", mean_over_images, AVERAGE),
    Mutant("ensemble_vote", class_of_the_average, VOTES),
    Mutant("ensemble_vote", last_of_equals, VOTES),
    Mutant("ensemble_vote", how_many_votes, VOTES),
    Mutant("top_k_accuracy", always_top_1, DISTINCT | TIES),
    Mutant("top_k_accuracy", lowest_scores, DISTINCT | TIES),
    Mutant("top_k_accuracy", in_percent, DISTINCT | TIES),
    Mutant("top_k_accuracy", top_k_error, DISTINCT | TIES),
    Mutant("top_k_accuracy", one_class_too_few, DISTINCT | TIES),
    Mutant("top_k_accuracy", ties_always_right, TIES),
    Mutant("top_k_accuracy", ties_always_wrong, TIES),
    Mutant("top_k_accuracy", last_index_first, TIES),
)
