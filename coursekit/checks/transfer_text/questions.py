"""What is looked at in the answers to exercise 14."""

from collections import Counter
from functools import partial

import numpy as np

from coursekit.answers import Answers, Value
from coursekit.checks.compare import describe
from coursekit.checks.exercise import Case, Check, Draw, Question, Wrong
from coursekit.checks.parts import call_for_parts, part
from coursekit.checks.transfer_text import reference
from coursekit.checks.transfer_text.classifier import judge_accuracy, scores, what_learns

SGNS = ("loss", "dv", "du", "dnegatives")
GLOVE = ("loss", "dw", "dw_tilde", "db", "db_tilde")
TABLES = ("words", "contexts")


def of_the_others(answers: Answers, case: Case) -> Value:
    """Return how the negatives are shared out among the words that are not the positive."""
    found = answers.call("negative_probabilities", **case)
    if not isinstance(found, np.ndarray) or found.shape != case["counts"].shape:
        return found
    others = np.delete(found.astype(np.float64), case["positive"])
    return others / others.sum() if np.isfinite(others).all() and others.sum() > 0 else others


def of_the_positive(answers: Answers, case: Case) -> Value:
    """Return how probably the positive is drawn, and any word at all."""
    found = answers.call("negative_probabilities", **case)
    if not isinstance(found, np.ndarray) or found.shape != case["counts"].shape:
        return found
    return {"probability of the positive": found[case["positive"]], "sum of all": found.sum()}


def losses(answers: Answers, case: Case) -> Value:
    """Return the loss, also of products whose exp is too large for a computer."""
    scaled = case | {"v": 1000 * case["v"]}
    return {
        "loss": call_for_parts(answers, "sgns", SGNS, case)["loss"],
        "loss for 1000 * v": call_for_parts(answers, "sgns", SGNS, scaled)["loss"],
    }


def step(answers: Answers, case: Case) -> Value:
    """Return both tables after a step; one array of both is as good as a tuple."""
    found = answers.call("sgns_step", **case)
    if isinstance(found, np.ndarray) and found.ndim and len(found) == 2:
        found = tuple(found)
    return dict(zip(TABLES, found, strict=True)) if isinstance(found, tuple) and len(found) == 2 else found


def positive_counts(case: Case) -> Case:
    """Return the case with counts x that are above 0, half of them above x_max."""
    return case | {"x": case["x_max"] * np.exp(case["x"])}


def weights(answers: Answers, case: Case) -> Value:
    """Return f(x) for counts on both sides of x_max."""
    return answers.call("glove_weight", **positive_counts(case))


def glove_parts(names: tuple[str, ...], answers: Answers, case: Case) -> Value:
    """Return some of the loss and the gradients that `glove` gives."""
    found = call_for_parts(answers, "glove", GLOVE, positive_counts(case))
    return {name: found[name] for name in names}


def counted(answers: Answers, case: Case) -> Value:
    """Return how often each n-gram is listed: their order does not matter."""
    found = answers.call("ngrams", **case)
    if isinstance(found, np.ndarray) and not found.size:  # an empty list
        return {}
    if not isinstance(found, tuple) or not all(isinstance(ngram, str) for ngram in found):
        raise Wrong(f"`ngrams` returned {describe(found)}, expected a list of texts.")
    return dict(Counter(found))


COUNTS: tuple[Case, ...] = (
    {"counts": np.array([81.0, 16, 1, 256]), "positive": 1},
    {"counts": np.array([5.0, 900, 40, 40, 7, 1]), "positive": 3},
)
PAIR: tuple[Case, ...] = (
    {"v": Draw(4), "u": Draw(4), "negatives": Draw(3, 4)},
    {"v": Draw(5), "u": Draw(5), "negatives": Draw(5, 5)},
    {"v": Draw(3), "u": Draw(3), "negatives": Draw(1, 3)},
)
STEP: Case = {"words": Draw(6, 4), "contexts": Draw(6, 4), "centre": 2, "context": 5, "lr": 0.5}
PAIRS: tuple[Case, ...] = (
    {"w": Draw(6, 3), "w_tilde": Draw(6, 3), "b": Draw(6), "b_tilde": Draw(6), "x": Draw(6)}
    | {"x_max": 10.0, "alpha": 0.5},
    {"w": Draw(9, 4), "w_tilde": Draw(9, 4), "b": Draw(9), "b_tilde": Draw(9), "x": Draw(9)}
    | {"x_max": 100.0, "alpha": 0.75},
)
TABLE: Case = {
    "index": {"blackbird": 0, "where": 1, "birdhouse": 2, "anana": 3},
    "vectors": Draw(4, 5),
    "pieces": Draw(50, 5),
}
WORDS = np.array([[3, 0, 3, 5, 1], [2, -1, -1, -1, -1], [4, 1, 0, -1, -1]])

QUESTIONS = (
    Question(
        "negative_probabilities",
        reference.negative_probabilities,
        (
            Check("others", "how the other words share the draws", 0.5, COUNTS, of_the_others),
            Check("positive", "the positive is never drawn", 0.5, COUNTS, of_the_positive),
        ),
    ),
    Question(
        "sgns",
        reference.sgns,
        (
            Check("loss", "the loss, also of very large products", 0.5, PAIR, losses),
            *(Check(name, name, 0.5, PAIR, part("sgns", name, SGNS)) for name in SGNS[1:]),
        ),
    ),
    Question(
        "sgns_step",
        reference.sgns_step,
        (
            Check(
                "step", "both tables after a step", 0.5,
                (STEP | {"negatives": np.array([0, 2, 4])},), step,
            ),
            Check(
                "twice", "a word that is drawn twice", 0.5,
                (STEP | {"negatives": np.array([1, 4, 1])}, STEP | {"negatives": np.array([3, 3, 3])}), step,
            ),
        ),
    ),
    Question(
        "glove_weight",
        reference.glove_weight,
        (
            Check(
                "values", "f(x) below and above x_max", 0.5,
                (
                    {"x": Draw(20), "x_max": 100.0, "alpha": 0.75},
                    {"x": Draw(20), "x_max": 10.0, "alpha": 0.5},
                ),
                weights,
            ),
        ),
    ),
    Question(
        "glove",
        reference.glove,
        (
            Check("loss", "the loss of some pairs", 0.5, PAIRS, partial(glove_parts, ("loss",))),
            Check("vectors", "dw and dw_tilde", 0.5, PAIRS, partial(glove_parts, ("dw", "dw_tilde"))),
            Check("biases", "db and db_tilde", 0.5, PAIRS, partial(glove_parts, ("db", "db_tilde"))),
        ),
    ),
    Question(
        "ngrams",
        reference.ngrams,
        (
            Check(
                "pieces", "all pieces of long words, of several lengths", 0.5,
                (
                    {"word": "blackbird", "shortest": 3, "longest": 6},
                    {"word": "bananana", "shortest": 2, "longest": 3},
                ),
                counted,
            ),
            Check(
                "short", "words so short that the whole word would be a piece", 0.5,
                (
                    {"word": "bird", "shortest": 3, "longest": 6},
                    {"word": "an", "shortest": 3, "longest": 5},
                    {"word": "a", "shortest": 3, "longest": 6},
                ),
                counted,
            ),
        ),
    ),
    Question(
        "word_vector",
        reference.word_vector,
        (
            Check(
                "seen", "a word of the vocabulary", 0.5,
                (TABLE | {"word": "birdhouse"}, TABLE | {"word": "blackbird"}),
            ),
            Check(
                "unseen", "words that the corpus does not have", 0.5,
                (TABLE | {"word": "whereabouts"}, TABLE | {"word": "bananana"}, TABLE | {"word": "a"}),
            ),
        ),
    ),
    Question(
        "TextClassifier",
        reference.TextClassifier,
        (
            Check(
                "scores", "its scores for given weights", 0.5,
                (
                    {"vectors": Draw(6, 4), "weight": Draw(3, 4), "bias": Draw(3), "words": WORDS},
                    {
                        "vectors": Draw(3, 2), "weight": Draw(4, 2), "bias": Draw(4),
                        "words": np.array([[1, -1, 0], [-1, -1, -1]]),
                    },
                ),
                scores,
            ),
            Check(
                "frozen", "the head learns, and nothing else", 0.5,
                ({"vectors": Draw(6, 4), "words": WORDS},), what_learns,
            ),
        ),
    ),
    Question(
        "train",
        reference.train,
        (
            Check(
                "accuracy", "the trained classifier tells new glosses", 1,
                ({"order": Draw(12_800), "asked": Draw(1600)},), judge=judge_accuracy,
            ),
        ),
    ),
)  # fmt: skip
