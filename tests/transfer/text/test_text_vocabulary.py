"""Which words count, how often they are kept, and which are drawn as negatives."""

import numpy as np
import pytest

from coursekit.transfer.text import NegativeSampler, Vocabulary
from coursekit.transfer.text.windows import skip_grams, weighted_counts
from tests.helpers import own_messages


def test_words_stand_by_count_and_then_by_the_alphabet():
    vocabulary = Vocabulary([["b", "a", "c"], ["c", "d"]], min_count=1)
    assert vocabulary.words == ["c", "a", "b", "d"]
    assert vocabulary.counts.tolist() == [2, 1, 1, 1]


def test_rare_words_are_as_if_they_were_not_there():
    vocabulary = Vocabulary([["a", "rare", "b"], ["b", "a"]], min_count=2)
    assert "rare" not in vocabulary
    assert [s.tolist() for s in vocabulary.encode([["a", "rare", "b"], ["new"]])] == [[0, 1], []]


@pytest.mark.parametrize("sentences", [[], [[]], [["a", "b"]]])
def test_an_empty_vocabulary_is_an_error(sentences):
    with pytest.raises(ValueError, match=r"empty: of . different words none occurs 2 times"):
        Vocabulary(sentences, min_count=2)


def test_a_sentence_that_is_a_string_is_an_error():
    with own_messages(), pytest.raises(TypeError, match="not a string: split 'the king'"):
        Vocabulary(["the king"])


def test_a_word_is_kept_by_the_root_of_threshold_over_share():
    vocabulary = Vocabulary([["a"] * 90 + ["b"] * 9 + ["c"]], min_count=1)
    np.testing.assert_allclose(vocabulary.keep_probabilities(0.09), [np.sqrt(0.09 / 0.9), 1, 1])
    assert vocabulary.keep_probabilities(None).tolist() == [1, 1, 1]


def test_negatives_are_never_the_positive():
    sampler = NegativeSampler(np.array([1000, 1, 1]))
    positives = np.repeat(np.arange(3, dtype=np.int32), 2000)
    drawn = sampler.draw(positives, 5, np.random.default_rng(0))
    assert drawn.shape == (6000, 5)
    assert not np.any(drawn == positives[:, None])
    assert set(drawn[positives == 1].ravel()) == {0, 2}


def test_negatives_come_by_count_to_the_power_of_three_quarters():
    counts = np.array([1000, 300, 100, 30, 10, 1, 1])
    sampler = NegativeSampler(counts)
    n = 200_000
    never = np.full(n, 6, np.int32)
    drawn = np.bincount(sampler.draw(never, 1, np.random.default_rng(0)).ravel(), minlength=7)
    expected = counts[:6] ** 0.75 / (counts[:6] ** 0.75).sum()
    assert drawn[6] == 0
    np.testing.assert_allclose(drawn[:6] / n, expected, atol=4 * np.sqrt(0.25 / n))


def test_one_word_leaves_no_negative():
    with pytest.raises(ValueError, match="a vocabulary of two words or more"):
        NegativeSampler(np.array([7]))


def all_pairs(sentences, window, seed=0):
    encoded = [np.array(s, np.int32) for s in sentences]
    keep = np.ones(100)
    parts = list(skip_grams(encoded, window, keep, np.random.default_rng(seed)))
    return [
        (int(a), int(b)) for (centres, contexts), _ in parts for a, b in zip(centres, contexts, strict=True)
    ]


def test_a_window_of_one_gives_each_word_its_neighbours_in_its_sentence():
    pairs = all_pairs([[1, 2, 3], [4, 5], [6], []], window=1)
    assert sorted(pairs) == [(1, 2), (2, 1), (2, 3), (3, 2), (4, 5), (5, 4)]


def test_a_wider_window_is_drawn_anew_for_each_centre():
    sentence = list(range(60))
    distances = np.bincount([abs(a - b) for a, b in all_pairs([sentence] * 50, window=4)])[1:]
    shares = distances / distances[0]
    # A window of 1, 2, 3 or 4 reaches to distance d with probability 1, 3/4, 2/4, 1/4.
    np.testing.assert_allclose(shares, [1, 0.75, 0.5, 0.25], atol=0.04)


def test_counts_fall_with_the_distance():
    sentences = [np.array(s, np.int32) for s in ([0, 1, 2], [0, 1], [2, 2])]
    i, j, x = weighted_counts(sentences, window=10, size=3)
    table = np.zeros((3, 3))
    table[i, j] = x
    np.testing.assert_allclose(table, [[0, 2, 0.5], [2, 0, 1], [0.5, 1, 2]])
