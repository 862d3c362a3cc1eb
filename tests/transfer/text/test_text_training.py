"""Trained on two topics that never meet, vectors tell them apart; the same seed gives the same vectors."""

import numpy as np
import pytest

from coursekit.transfer import text
from coursekit.transfer.text import FastText, GloVe, SkipGram, UnknownWordError
from tests.helpers import own_messages

LEARNERS = {
    "SkipGram": lambda **k: SkipGram(
        dim=8, window=3, negative=3, **{"lr": 0.1, "subsample": None, "batch_size": 32} | k
    ),
    "FastText": lambda **k: FastText(
        dim=8, window=3, negative=3, buckets=500, **{"lr": 0.1, "subsample": None, "batch_size": 32} | k
    ),
    "GloVe": lambda **k: GloVe(dim=8, window=3, x_max=50, batch_size=16, **{"epochs": 30} | k),
}
every_learner = pytest.mark.parametrize("name", LEARNERS)


@every_learner
def test_words_of_a_topic_are_nearer_to_each_other_than_to_the_other_topic(name, corpus, topics):
    vectors = LEARNERS[name]().fit(corpus, progress=False).vectors
    for topic in topics:
        for word in topic:
            found = {near for near, _ in vectors.most_similar(word, topn=5)}
            assert found == set(topic) - {word}


@every_learner
def test_the_loss_falls(name, corpus):
    losses = LEARNERS[name](epochs=5).fit(corpus, progress=False).losses
    assert len(losses) == 5
    assert losses[-1] < losses[0]


@every_learner
def test_the_same_seed_gives_the_same_vectors_and_another_one_others(name, corpus):
    a, b, c = (
        LEARNERS[name](epochs=2, seed=seed).fit(corpus, progress=False).vectors.matrix for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(a, b)
    assert not np.allclose(a, c)


@every_learner
def test_fitting_again_starts_anew(name, corpus):
    learner = LEARNERS[name](epochs=2)
    first = learner.fit(corpus, progress=False).vectors.matrix.copy()
    np.testing.assert_array_equal(learner.fit(corpus, progress=False).vectors.matrix, first)
    assert len(learner.losses) == 2


@every_learner
def test_progress_is_shown_unless_switched_off(name, corpus, capsys):
    LEARNERS[name](epochs=1).fit(corpus, progress=False)
    assert capsys.readouterr().err == ""
    LEARNERS[name](epochs=1).fit(corpus)
    assert "100%" in capsys.readouterr().err


@every_learner
def test_vectors_before_fit_are_an_error(name):
    with pytest.raises(RuntimeError, match=f"{name} has learnt nothing yet: call fit first"):
        _ = LEARNERS[name]().vectors


@every_learner
def test_an_empty_corpus_is_an_error(name):
    with pytest.raises(ValueError, match="the vocabulary is empty"):
        LEARNERS[name]().fit([], progress=False)


@every_learner
def test_words_that_never_meet_are_an_error(name):
    with pytest.raises(ValueError, match="no two words of the vocabulary stand in one sentence"):
        LEARNERS[name](min_count=1).fit([["a"], ["b"]], progress=False)


@every_learner
def test_rare_words_get_no_vector(name, corpus):
    vectors = LEARNERS[name](epochs=1).fit([*corpus, ["sun", "once"]], progress=False).vectors
    with pytest.raises(UnknownWordError, match="'once' is none of the 12 words"):
        vectors["once"]


@pytest.mark.parametrize("learner", [SkipGram, FastText, GloVe])
@pytest.mark.parametrize("argument", ["dim", "window", "epochs", "lr"])
def test_numbers_that_make_no_sense_are_named(learner, argument):
    with own_messages(), pytest.raises(ValueError, match=f"{learner.__name__}: {argument} is 0, expected"):
        learner(**{argument: 0})


def test_an_unseen_word_has_the_mean_of_its_ngrams(corpus):
    model = LEARNERS["FastText"]().fit(corpus, progress=False)
    rows = [text.subwords.bucket(ngram, 500) for ngram in text.ngrams("stormy")]
    np.testing.assert_allclose(model["stormy"], model._table[rows].mean(axis=0), rtol=1e-6)
    np.testing.assert_array_equal(model["storm"], model.vectors["storm"])


def test_an_unseen_word_is_near_to_those_that_share_its_ngrams(corpus):
    model = LEARNERS["FastText"]().fit(corpus, progress=False)
    cosines = dict(zip(model.vectors.words, model.vectors.cosines(model["snowstorms"]), strict=True))
    assert cosines["storm"] > cosines["maple"]
    assert cosines["snow"] > cosines["maple"]


def test_an_unseen_word_without_ngrams_is_an_error(corpus):
    model = LEARNERS["FastText"](epochs=1).fit(corpus, progress=False)
    with pytest.raises(ValueError, match="'x' was not seen and has no n-gram of 3 characters"):
        model["x"]
