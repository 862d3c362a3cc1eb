"""Wrong answers to exercise 14. Each is a change to the right one, which comes first."""

from typing import Any

import numpy as np

from coursekit.checks.exercise import Mutant
from coursekit.checks.transfer_text.classifier_mutants import CLASSIFIER
from coursekit.transfer.text.subwords import bucket

# Of the negatives


def counts_without_the_power(right: Any, counts: Any, positive: Any) -> Any:
    """A draw by the counts themselves, without the power of 0.75."""
    return right(counts ** (4 / 3), positive)


def all_words_alike(right: Any, counts: Any, positive: Any) -> Any:
    """A draw in which all words are equally probable."""
    return right(np.ones_like(counts), positive)


def positive_drawn_too(right: Any, counts: Any, positive: Any) -> Any:
    """A draw that may give the positive word as its own negative."""
    return counts**0.75 / (counts**0.75).sum()


def sum_below_one(right: Any, counts: Any, positive: Any) -> Any:
    """Probabilities that were divided by their sum before the positive was taken out."""
    found = positive_drawn_too(right, counts, positive)
    found[positive] = 0
    return found


# Of skip-gram's loss


def _sigmoid(x: Any) -> Any:
    return (1 + np.tanh(x / 2)) / 2


def sign_of_the_negatives_lost(right: Any, v: Any, u: Any, negatives: Any) -> Any:
    """The loss with log s(n . v) in the place of log s(-n . v): negatives are drawn near, not pushed away."""
    loss, dv, du, dnegatives = right(v, u, -negatives)
    return loss, dv, du, -dnegatives


def one_not_subtracted(right: Any, v: Any, u: Any, negatives: Any) -> Any:
    """The gradients with s(u . v) in the place of s(u . v) - 1."""
    loss, dv, du, dnegatives = right(v, u, negatives)
    return loss, dv + u, du + v, dnegatives


def negatives_averaged(right: Any, v: Any, u: Any, negatives: Any) -> Any:
    """The loss with the mean over the negatives in the place of their sum."""
    k, (alone, dv_alone, _, _) = len(negatives), right(v, u, negatives[:0])
    loss, dv, du, dnegatives = right(v, u, negatives)
    return alone + (loss - alone) / k, dv_alone + (dv - dv_alone) / k, du, dnegatives / k


def negatives_forgotten(right: Any, v: Any, u: Any, negatives: Any) -> Any:
    """The loss of the positive pair alone."""
    loss, dv, du, _ = right(v, u, negatives[:0])
    return loss, dv, du, np.zeros_like(negatives)


def gradients_exchanged(right: Any, v: Any, u: Any, negatives: Any) -> Any:
    """The gradients of the two words exchanged: dv comes before du."""
    loss, dv, du, dnegatives = right(v, u, negatives)
    return loss, du, dv, dnegatives


def gradients_turned_round(right: Any, v: Any, u: Any, negatives: Any) -> Any:
    """Gradients with the wrong sign."""
    loss, *gradients = right(v, u, negatives)
    return loss, *(-gradient for gradient in gradients)


def one_gradient_for_all_negatives(right: Any, v: Any, u: Any, negatives: Any) -> Any:
    """A single gradient for all negatives, their sum."""
    *others, dnegatives = right(v, u, negatives)
    return *others, np.broadcast_to(dnegatives.sum(axis=0), negatives.shape)


def exp_overflows(right: Any, v: Any, u: Any, negatives: Any) -> Any:
    """The logarithm of 1 / (1 + exp(-x)) as it is written, which becomes infinite."""
    _, *gradients = right(v, u, negatives)
    with np.errstate(all="ignore"):
        products = np.append(u @ v, -(negatives @ v))
        return -np.log(1 / (1 + np.exp(-products))).sum(), *gradients


def softmax_in_place_of_sigmoids(right: Any, v: Any, u: Any, negatives: Any) -> Any:
    """The softmax of the positive among the negatives, not one sigmoid each."""
    rows = np.concatenate([u[None], negatives])
    scores = rows @ v
    shifted = np.exp(scores - scores.max())
    slopes = shifted / shifted.sum()
    loss = np.log(shifted.sum()) + scores.max() - scores[0]
    slopes[0] -= 1
    return loss, slopes @ rows, slopes[0] * v, slopes[1:, None] * v


# Of the step


def uphill(right: Any, words: Any, contexts: Any, centre: Any, context: Any, negatives: Any, lr: Any) -> Any:
    """Tables after a step along the gradient: it goes uphill."""
    return right(words, contexts, centre, context, negatives, -lr)


def rate_ignored(
    right: Any, words: Any, contexts: Any, centre: Any, context: Any, negatives: Any, lr: Any
) -> Any:
    """Tables after a step of length 1, whatever the learning rate."""
    return right(words, contexts, centre, context, negatives, 1.0)


def tables_exchanged_in_the_step(
    right: Any, words: Any, contexts: Any, centre: Any, context: Any, negatives: Any, lr: Any
) -> Any:
    """Tables after a step that takes the centre from the contexts and the others from the words."""
    contexts, words = right(contexts, words, centre, context, negatives, lr)
    return words, contexts


def contexts_left_alone(
    right: Any, words: Any, contexts: Any, centre: Any, context: Any, negatives: Any, lr: Any
) -> Any:
    """A step of the centre's vector alone: the table of contexts does not change."""
    return right(words, contexts.copy(), centre, context, negatives, lr)[0], contexts


def centre_moved_first(
    right: Any, words: Any, contexts: Any, centre: Any, context: Any, negatives: Any, lr: Any
) -> Any:
    """A step in which the contexts follow a centre that has already moved."""
    moved, _ = right(words.copy(), contexts.copy(), centre, context, negatives, lr)
    return moved, right(moved.copy(), contexts, centre, context, negatives, lr)[1]


def last_of_two_draws(
    right: Any, words: Any, contexts: Any, centre: Any, context: Any, negatives: Any, lr: Any
) -> Any:
    """A step in which a negative that is drawn twice moves once (`contexts[negatives] -= ...`)."""
    moved, table = right(words, contexts.copy(), centre, context, negatives, lr)
    for word in set(negatives.tolist()):
        table[word] = contexts[word] + (table[word] - contexts[word]) / np.sum(negatives == word)
    return moved, table


# Of GloVe


def weight_without_a_limit(right: Any, x: Any, x_max: Any = 100, alpha: Any = 0.75) -> Any:
    """Weights that go on growing above x_max, where they should be 1."""
    return (x / x_max) ** alpha


def weight_without_the_power(right: Any, x: Any, x_max: Any = 100, alpha: Any = 0.75) -> Any:
    """Weights with alpha ignored."""
    return right(x, x_max, 1)


def power_of_the_limit_alone(right: Any, x: Any, x_max: Any = 100, alpha: Any = 0.75) -> Any:
    """Weights min(x, x_max) / x_max to the power alpha with the power on x_max alone (no brackets)."""
    return np.minimum(x, x_max) / x_max**alpha


def weight_not_divided(right: Any, x: Any, x_max: Any = 100, alpha: Any = 0.75) -> Any:
    """Weights min(x, x_max) to the power alpha, not divided by x_max."""
    return np.minimum(x, x_max) ** alpha


def two_forgotten(right: Any, w: Any, w_tilde: Any, b: Any, b_tilde: Any, x: Any, **settings: Any) -> Any:
    """Gradients without the 2 of the square."""
    loss, *gradients = right(w, w_tilde, b, b_tilde, x, **settings)
    return loss, *(gradient / 2 for gradient in gradients)


def count_without_logarithm(
    right: Any, w: Any, w_tilde: Any, b: Any, b_tilde: Any, x: Any, **settings: Any
) -> Any:
    """The loss with x in the place of log x."""
    return right(w, w_tilde, b - x + np.log(x), b_tilde, x, **settings)


def biases_forgotten(right: Any, w: Any, w_tilde: Any, b: Any, b_tilde: Any, x: Any, **settings: Any) -> Any:
    """The loss without the biases."""
    return right(w, w_tilde, 0 * b, 0 * b_tilde, x, **settings)


def gradients_without_weight(
    right: Any, w: Any, w_tilde: Any, b: Any, b_tilde: Any, x: Any, **settings: Any
) -> Any:
    """Gradients without the weight f(x)."""
    loss = right(w, w_tilde, b, b_tilde, x, **settings)[0]
    return loss, *right(w, w_tilde, b, b_tilde, x, **settings | {"x_max": x.min()})[1:]


def weight_squared(right: Any, w: Any, w_tilde: Any, b: Any, b_tilde: Any, x: Any, **settings: Any) -> Any:
    """The loss with f(x) inside the square."""
    return right(w, w_tilde, b, b_tilde, x, **settings | {"alpha": 2 * settings.get("alpha", 0.75)})


def tables_exchanged(right: Any, w: Any, w_tilde: Any, b: Any, b_tilde: Any, x: Any, **settings: Any) -> Any:
    """The gradients of w and w_tilde exchanged."""
    loss, dw, dw_tilde, *biases = right(w, w_tilde, b, b_tilde, x, **settings)
    return loss, dw_tilde, dw, *biases


def mean_over_pairs(right: Any, w: Any, w_tilde: Any, b: Any, b_tilde: Any, x: Any, **settings: Any) -> Any:
    """The mean over the pairs, where the sum is asked for."""
    return tuple(value / len(x) for value in right(w, w_tilde, b, b_tilde, x, **settings))


# Of the n-grams


def angles_forgotten(right: Any, word: Any, shortest: Any = 3, longest: Any = 6) -> Any:
    """The pieces of the word without < and >."""
    return [word[i : i + n] for n in range(shortest, longest + 1) for i in range(len(word) - n + 1)]


def longest_left_out(right: Any, word: Any, shortest: Any = 3, longest: Any = 6) -> Any:
    """The pieces without those of the greatest length (`range` ends before its end)."""
    return right(word, shortest, longest - 1)


def last_piece_missing(right: Any, word: Any, shortest: Any = 3, longest: Any = 6) -> Any:
    """The pieces without the last one of every length."""
    return [ngram for ngram in right(word, shortest, longest) if not ngram.endswith(">")]


def repeats_dropped(right: Any, word: Any, shortest: Any = 3, longest: Any = 6) -> Any:
    """The pieces with each listed once, though it stands in the word twice."""
    return sorted(set(right(word, shortest, longest)))


def whole_word_among_them(right: Any, word: Any, shortest: Any = 3, longest: Any = 6) -> Any:
    """The pieces with the whole word among them, which has a row of its own."""
    whole = [f"<{word}>"] if shortest <= len(word) + 2 <= longest else []
    return right(word, shortest, longest) + whole


# Of a word's vector


def _rows(word: Any, pieces: Any, ngrams: Any) -> Any:
    return pieces[[bucket(ngram, len(pieces)) for ngram in ngrams]]


def unseen_is_zero(right: Any, word: Any, index: Any, vectors: Any, pieces: Any) -> Any:
    """A vector of zeros for every word that the corpus does not have."""
    return right(word, index, vectors, pieces) if word in index else np.zeros(pieces.shape[1])


def own_row_alone(right: Any, word: Any, index: Any, vectors: Any, pieces: Any) -> Any:
    """For a word of the vocabulary its own row alone, without its n-grams."""
    return vectors[index[word]] if word in index else right(word, index, vectors, pieces)


def own_row_forgotten(right: Any, word: Any, index: Any, vectors: Any, pieces: Any) -> Any:
    """The mean of the n-grams alone, without the word's own row."""
    return right(word, {}, vectors, pieces)


def rows_summed(right: Any, word: Any, index: Any, vectors: Any, pieces: Any) -> Any:
    """The sum of the rows, not their mean."""
    marked = f"<{word}>"
    count = sum(max(0, len(marked) - n + 1) for n in range(3, 7) if n < len(marked))
    return right(word, index, vectors, pieces) * (count + (word in index))


def two_means(right: Any, word: Any, index: Any, vectors: Any, pieces: Any) -> Any:
    """The word's own row and the mean of its n-grams, half of each."""
    mean = right(word, {}, vectors, pieces)
    return (vectors[index[word]] + mean) / 2 if word in index else mean


def nothing_over_nothing(right: Any, word: Any, index: Any, vectors: Any, pieces: Any) -> Any:
    """The mean of no rows at all, which is not a number."""
    found = right(word, index, vectors, pieces)
    return found if found.any() else np.full_like(found, np.nan)


def _all(function: str, *names: str) -> set[str]:
    return {f"{function}.{name}" for name in names}


OTHERS, POSITIVE = ({f"negative_probabilities.{name}"} for name in ("others", "positive"))
LOSS, DV, DU, DN = ({f"sgns.{name}"} for name in ("loss", "dv", "du", "dnegatives"))
STEP, TWICE = {"sgns_step.step"}, {"sgns_step.twice"}
GLOVE = _all("glove", "loss", "vectors", "biases")
SLOPES = _all("glove", "vectors", "biases")
WEIGHT = {"glove_weight.values"}
PIECES, SHORT, SEEN, UNSEEN = (
    {"ngrams.pieces"},
    {"ngrams.short"},
    {"word_vector.seen"},
    {"word_vector.unseen"},
)

# sgns_step calls sgns, glove glove_weight, word_vector ngrams, and train gets a TextClassifier: what
# is wrong in one is wrong in what calls it, where its cases show it.
MUTANTS = (
    Mutant("negative_probabilities", counts_without_the_power, OTHERS),
    Mutant("negative_probabilities", all_words_alike, OTHERS),
    Mutant("negative_probabilities", positive_drawn_too, POSITIVE),
    Mutant("negative_probabilities", sum_below_one, POSITIVE),
    Mutant("sgns", sign_of_the_negatives_lost, LOSS | DV | DN | STEP | TWICE),
    Mutant("sgns", one_not_subtracted, DV | DU | STEP | TWICE),
    Mutant("sgns", negatives_averaged, LOSS | DV | DN | STEP | TWICE),
    Mutant("sgns", negatives_forgotten, LOSS | DV | DN | STEP | TWICE),
    Mutant("sgns", gradients_exchanged, DV | DU | STEP | TWICE),
    Mutant("sgns", gradients_turned_round, DV | DU | DN | STEP | TWICE),
    Mutant("sgns", one_gradient_for_all_negatives, DN | STEP | TWICE),
    Mutant("sgns", exp_overflows, LOSS),
    Mutant("sgns", softmax_in_place_of_sigmoids, LOSS | DV | DU | DN | STEP | TWICE),
    Mutant("sgns_step", uphill, STEP | TWICE),
    Mutant("sgns_step", rate_ignored, STEP | TWICE),
    Mutant("sgns_step", tables_exchanged_in_the_step, STEP | TWICE),
    Mutant("sgns_step", contexts_left_alone, STEP | TWICE),
    Mutant("sgns_step", centre_moved_first, STEP | TWICE),
    Mutant("sgns_step", last_of_two_draws, TWICE),
    Mutant("glove_weight", weight_without_a_limit, WEIGHT | GLOVE),
    Mutant("glove_weight", weight_without_the_power, WEIGHT | GLOVE),
    Mutant("glove_weight", power_of_the_limit_alone, WEIGHT | GLOVE),
    Mutant("glove_weight", weight_not_divided, WEIGHT | GLOVE),
    Mutant("glove", two_forgotten, SLOPES),
    Mutant("glove", count_without_logarithm, GLOVE),
    Mutant("glove", biases_forgotten, GLOVE),
    Mutant("glove", gradients_without_weight, SLOPES),
    Mutant("glove", weight_squared, GLOVE),
    Mutant("glove", tables_exchanged, {"glove.vectors"}),
    Mutant("glove", mean_over_pairs, GLOVE),
    Mutant("ngrams", angles_forgotten, PIECES | SHORT | SEEN | UNSEEN),
    Mutant("ngrams", longest_left_out, PIECES | SEEN | UNSEEN),
    Mutant("ngrams", last_piece_missing, PIECES | SHORT | SEEN | UNSEEN),
    Mutant("ngrams", repeats_dropped, PIECES | UNSEEN),
    Mutant("ngrams", whole_word_among_them, SHORT | UNSEEN),
    Mutant("word_vector", unseen_is_zero, UNSEEN),
    Mutant("word_vector", own_row_alone, SEEN),
    Mutant("word_vector", own_row_forgotten, SEEN),
    Mutant("word_vector", rows_summed, SEEN | UNSEEN),
    Mutant("word_vector", two_means, SEEN),
    Mutant("word_vector", nothing_over_nothing, UNSEEN),
    *CLASSIFIER,
)
