"""Our word vectors beside gensim's: they share neighbours and score alike; what is learnt is kept."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from gensim.test.utils import datapath
from scipy.stats import spearmanr

from coursekit.data import glosses
from coursekit.experiments import Results, carry_out, words
from coursekit.transfer.text import WordVectors

TINY = dataclasses.replace(
    words.study(sizes=(1,), seeds=(0,)),
    settings={**words.study().settings, "every": 40, "dim": 8, "buckets": 1000, "glove_window": 3},
)
PAIRS = (("SkipGram", "gensim Word2Vec"), ("FastText", "gensim FastText"))


@pytest.fixture
def committed(root):
    return Results.load(root / "book" / "results" / "words.json")


def test_the_committed_figures_are_those_of_the_default_study(committed):
    study = words.study()
    assert committed.settings == study.settings
    assert (committed.arms, committed.sizes, committed.seeds) == (study.arms, study.sizes, study.seeds)


def test_the_committed_figures_say_that_ours_are_as_good_as_gensims(committed):
    for ours, theirs in PAIRS:
        assert abs(committed.gain(ours, theirs, 3)[0]) < 0.1
        assert committed.mean(ours, 3) > committed.mean(ours, 1) + 0.1


def test_the_same_numbers_come_twice_for_every_arm(tmp_path):
    first, second = (carry_out(TINY, tmp_path / name, jobs=1) for name in "ab")
    assert first.values == second.values
    assert len({first.mean(arm, 1) for arm in words.ARMS}) == len(words.ARMS)


def test_vectors_are_kept_and_not_learnt_again(tmp_path, monkeypatch):
    first = words.vectors(TINY.settings, tmp_path, "SkipGram", 1, 0)
    monkeypatch.setattr(words, "learn", None)
    again = words.vectors(TINY.settings, tmp_path, "SkipGram", 1, 0)
    np.testing.assert_array_equal(first.matrix, again.matrix)
    with pytest.raises(TypeError):  # other settings are learnt anew
        words.vectors({**TINY.settings, "dim": 9}, tmp_path, "SkipGram", 1, 0)
    assert not list(tmp_path.rglob("*.partial"))


def test_neighbours_have_a_row_for_each_word_and_a_cell_for_each_learner(tmp_path, monkeypatch):
    vectors = WordVectors(list("abcdef"), np.eye(6, dtype=np.float32) + np.arange(6, dtype=np.float32))
    monkeypatch.setattr(words, "learn", lambda *_: vectors)
    (row,) = words.neighbours(TINY, tmp_path, ["a"])
    assert row == ("a", *[", ".join(near for near, _ in vectors.most_similar("a", topn=4))] * 5)


def test_shared_neighbours_are_counted():
    a = WordVectors(["a", "b", "c", "d"], np.array([[1, 0], [1, 0.1], [1, 0.2], [0, 1]], np.float32))
    b = WordVectors(["a", "b", "c", "d"], np.array([[1, 0], [1, 0.1], [0, 1], [1, 0.2]], np.float32))
    assert words.shared_neighbours(a, a, ["a", "b"], topn=2) == 1
    assert words.shared_neighbours(a, b, ["a"], topn=2) == 0.5


def test_the_score_is_spearmans_rank_correlation_over_the_pairs_that_have_vectors():
    rows = [line.split("\t") for line in Path(datapath("wordsim353.tsv")).read_text().splitlines()[2:]]
    pairs = [(a.lower(), b.lower(), float(close)) for a, b, close in rows][::2]
    known = sorted({word for a, b, _ in pairs for word in (a, b)})
    drawn = np.random.default_rng(0).standard_normal((len(known), 5)).astype(np.float32)
    vectors = WordVectors(known, drawn)
    all_pairs = [(a.lower(), b.lower(), float(close)) for a, b, close in rows]
    both = [(vectors.similarity(a, b), close) for a, b, close in all_pairs if a in vectors and b in vectors]
    assert words.score(vectors) == pytest.approx(spearmanr(*zip(*both, strict=True)).statistic)


@pytest.mark.slow
@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_neighbours_and_score_are_those_of_gensim_within_its_noise(ours, theirs):
    settings = words.study().settings
    corpus = glosses.corpus()[:: 2 * settings["every"]]  # half of the experiment's
    a, b = ([words.learn(arm, corpus, settings, 3, seed) for seed in range(3)] for arm in (ours, theirs))
    asked = a[0].words[50:350]
    chance = 10 / len(a[0])
    assert words.shared_neighbours(a[0], b[0], asked) > 100 * chance
    scores = np.array([[words.score(vectors) for vectors in side] for side in (a, b)])
    print(f"{ours} {scores[0]}, {theirs} {scores[1]}")
    noise = np.sqrt(scores.var(axis=1, ddof=1).sum() / 3)
    assert abs(scores[0].mean() - scores[1].mean()) < max(3 * noise, 0.05)
