"""A classifier on the mean of word vectors: frozen ones stay, tuned ones move, unknown words do not count."""

import numpy as np
import pytest
import torch

from coursekit.transfer.text import WordVectors
from coursekit.transfer.text.classify import TextClassifier, random_vectors
from tests.helpers import own_messages

CLASSES = ("weather", "tree")
VECTORS = WordVectors(["sun", "oak", "a"], np.array([[1, 0, 2], [0, 1, -1], [3, 3, 3]], np.float32))
LABELS = np.array([0, 1, 0, 1])
TEXTS = [["sun"], ["oak"], ["a", "sun", "sun"], ["a", "oak"]]


def trained(epochs=30, **changes):
    return TextClassifier(VECTORS, CLASSES, **changes).fit(TEXTS, LABELS, epochs=epochs, progress=False)


def test_the_scores_are_the_linear_layer_of_the_mean_of_the_known_words():
    model = TextClassifier(VECTORS, CLASSES)
    scores = model(model.encode([["sun", "a", "never", "a"], ["oak"]]))
    means = np.stack([(VECTORS["sun"] + 2 * VECTORS["a"]) / 3, VECTORS["oak"]])
    weight, bias = (parameter.detach().numpy() for parameter in model.head.parameters())
    np.testing.assert_allclose(scores.detach().numpy(), means @ weight.T + bias, rtol=1e-6)


def test_a_text_without_known_words_has_the_scores_of_the_bias():
    model = TextClassifier(VECTORS, CLASSES)
    assert torch.equal(model(model.encode([["never"], []])), model.head.bias.expand(2, 2))


def test_frozen_vectors_are_bit_identical_after_training():
    assert torch.equal(trained().vectors.weight, torch.from_numpy(VECTORS.matrix))


def test_tuned_vectors_move_and_the_given_ones_do_not():
    before = VECTORS.matrix.copy()
    assert not np.allclose(trained(tuned=True).vectors.weight.detach().numpy(), before)
    np.testing.assert_array_equal(VECTORS.matrix, before)


def test_words_that_no_labelled_text_has_keep_their_vectors_while_others_are_tuned():
    model = TextClassifier(VECTORS, CLASSES, tuned=True)
    model.fit(TEXTS[:2], LABELS[:2], progress=False)
    np.testing.assert_array_equal(model.vectors.weight[2].detach(), VECTORS["a"])


@pytest.mark.parametrize("tuned", [False, True], ids=["frozen", "tuned"])
def test_it_learns_what_can_be_told_from_the_words(tuned):
    model = trained(epochs=300, tuned=tuned)
    assert len(model.losses) == 300
    assert model.losses[-1] < model.losses[0]
    assert model.accuracy(TEXTS, LABELS) == 1
    assert model.predict([["oak", "oak"]]).tolist() == [1]


def test_the_same_seed_gives_the_same_weights_and_another_one_others():
    a, b, c = (trained(tuned=True, seed=seed).head.weight for seed in (0, 0, 1))
    assert torch.equal(a, b)
    assert not torch.allclose(a, c)


def test_random_vectors_have_a_row_for_each_word_and_the_scale_asked_for():
    words = [f"w{i}" for i in range(500)]
    vectors = random_vectors([*words, *words], dim=40, scale=0.1, seed=3)
    assert sorted(vectors.words) == sorted(words)
    assert vectors.matrix.std() == pytest.approx(0.1, rel=0.05)
    np.testing.assert_array_equal(vectors.matrix, random_vectors(set(words), 40, 0.1, seed=3).matrix)


@pytest.mark.parametrize(
    ("texts", "labels", "says"),
    [
        ([], [], "there are 0 texts and 0 labels"),
        ([["sun"]], [0, 1], "there are 1 texts and 2 labels"),
        ([["sun"]], [2], "2 is no class: there are 2, counted from 0"),
        ([["sun"]], [-1], "-1 is no class"),
        ([["never"], []], [0, 1], "none of the words of these texts has a vector"),
    ],
)
def test_texts_and_labels_that_do_not_fit_are_refused(texts, labels, says):
    with own_messages(), pytest.raises(ValueError, match=says):
        TextClassifier(VECTORS, CLASSES).fit(texts, np.array(labels, np.int64), progress=False)


def test_a_text_that_is_a_string_is_refused():
    with own_messages(), pytest.raises(TypeError, match="not a string: split 'the sun'"):
        TextClassifier(VECTORS, CLASSES).predict(["the sun"])


def test_other_senseless_arguments_are_named():
    with pytest.raises(ValueError, match="expected two or more"):
        TextClassifier(VECTORS, ["one"])
    with pytest.raises(ValueError, match="fit: epochs is 0"):
        TextClassifier(VECTORS, CLASSES).fit(TEXTS, LABELS, epochs=0)
    with pytest.raises(ValueError, match="there is no word"):
        random_vectors([])
