"""On the same corpus with the same settings, our vectors say what gensim's say."""

import numpy as np
import pytest

from coursekit.data import glosses
from coursekit.transfer.text import FastText, GloVe, SkipGram

EPOCHS, LR = 10, 0.05


@pytest.fixture(scope="module")
def corpus():
    return glosses.corpus()[::12]


def gensim(name, corpus, seed):
    import gensim.models

    more = {"bucket": 20_000} if name == "FastText" else {}
    return getattr(gensim.models, name)(
        corpus,
        vector_size=50,
        window=5,
        negative=5,
        sg=1,
        sample=1e-3,
        min_count=5,
        epochs=EPOCHS,
        alpha=LR,
        seed=seed,
        workers=1,
        hashfxn=lambda text: sum(map(ord, text)),  # Python's own hash differs from run to run
        **more,
    ).wv


def overlap(a, b, words):
    """Return which share of a word's ten nearest are the same."""

    def near(vectors, word):
        return {other for other, _ in vectors.most_similar(word, topn=10)}

    return np.mean([len(near(a, word) & near(b, word)) / 10 for word in words])


def agreement(a, b, words):
    """Return the correlation of all pairs' cosines."""
    above = np.triu_indices(len(words), 1)
    cosines = []
    for vectors in (a, b):
        x = np.stack([vectors[word] for word in words])
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        cosines.append((x @ x.T)[above])
    return np.corrcoef(*cosines)[0, 1]


@pytest.mark.slow
@pytest.mark.parametrize(("ours", "theirs"), [(SkipGram, "Word2Vec"), (FastText, "FastText")])
def test_our_vectors_agree_with_gensims_nearly_as_well_as_gensims_with_another_seed(corpus, ours, theirs):
    more = {"buckets": 20_000} if ours is FastText else {}
    mine = ours(epochs=EPOCHS, lr=LR, **more).fit(corpus, progress=False).vectors
    first, second = (gensim(theirs, corpus, seed) for seed in (1, 2))
    words = mine.words[50:350]
    assert set(mine.words) == set(first.index_to_key)
    measured = {
        "shared neighbours": (overlap(mine, first, words), overlap(second, first, words)),
        "correlation of cosines": (agreement(mine, first, words), agreement(second, first, words)),
    }
    for what, (found, theirs_again) in measured.items():
        print(f"{ours.__name__}, {what}: ours {found:.3f}, gensim with another seed {theirs_again:.3f}")
    assert all(found > 0.6 * again for found, again in measured.values())


@pytest.mark.slow
def test_glove_finds_neighbours_that_skip_gram_finds(corpus):
    ours = GloVe(x_max=10, epochs=10).fit(corpus, progress=False).vectors
    found = overlap(ours, gensim("Word2Vec", corpus, 1), ours.words[50:350])
    chance = 10 / len(ours)
    print(f"GloVe, shared neighbours: {found:.3f}, by chance {chance:.3f}")
    assert found > 10 * chance
