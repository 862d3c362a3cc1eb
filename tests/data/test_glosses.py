"""WordNet's glosses are whole, balanced, and the parts share no text."""

import os
from pathlib import Path

import numpy as np
import pytest

from coursekit.data import DataError, glosses
from coursekit.data.make_text import tokens, wordnet_glosses
from coursekit.data.word_table import WordTable, quantise, read_table, write_table

WORDNET = Path("/usr/share/wordnet")


@pytest.fixture(scope="module")
def labelled():
    return glosses.load()


def test_the_corpus_has_every_noun_gloss():
    found = glosses.glosses()
    assert len(found) == 82_115
    assert len({gloss.kind for gloss in found}) == 26
    assert min(len(gloss.words) for gloss in found) > 0


def test_the_labelled_set_is_balanced_and_has_no_two_alike(labelled):
    assert len(labelled) == len(labelled.labels) == 14_400
    assert np.bincount(labelled.labels).tolist() == [1800] * 8
    assert len(set(map(tuple, labelled.texts))) == 14_400
    assert labelled.card["licence"].startswith("WordNet 3.0")


def test_labels_are_the_lexicographer_files(labelled):
    pairs = {
        tuple(text): labelled.classes[c] for text, c in zip(labelled.texts, labelled.labels, strict=True)
    }
    known = {(tuple(gloss.words), gloss.kind) for gloss in glosses.glosses()}
    assert all(pair in known for pair in pairs.items())


def test_training_and_test_share_nothing_and_are_balanced(labelled):
    train, test = labelled.split(test_per_class=100, seed=3)
    assert (len(train), len(test)) == (13_600, 800)
    assert np.bincount(test.labels).tolist() == [100] * 8
    assert not set(map(tuple, train.texts)) & set(map(tuple, test.texts))


def test_a_split_is_the_same_for_the_same_seed(labelled):
    assert labelled.split(seed=1)[1].texts == labelled.split(seed=1)[1].texts
    assert labelled.split(seed=1)[1].texts != labelled.split(seed=2)[1].texts


def test_a_few_of_each_class_are_that_many(labelled):
    few = labelled.few(5, seed=1)
    assert np.bincount(few.labels).tolist() == [5] * 8


@pytest.mark.parametrize("per_class", [0, 1801])
def test_more_glosses_than_there_are_is_an_error(labelled, per_class):
    with pytest.raises(ValueError, match="there are 1 to 1800"):
        labelled.few(per_class)


def test_a_split_that_leaves_nothing_to_train_on_is_an_error(labelled):
    with pytest.raises(ValueError, match="leaves none"):
        labelled.split(test_per_class=1800)


@pytest.mark.parametrize("content", [b"", b"hello", b"\xfd7zXZ\x00\x00"])
def test_a_harmed_file_is_named(tmp_path, content):
    (tmp_path / "g.xz").write_bytes(content)
    with pytest.raises(DataError, match=r"g\.xz could not be read"):
        glosses.read_glosses(tmp_path / "g.xz")


def test_tokens_are_words_and_numbers_in_lower_case():
    assert tokens("A dog's tail, (1820-1903); web-footed") == [
        "a", "dog", "'s", "tail", "1820", "1903", "web", "footed",
    ]  # fmt: skip


@pytest.mark.debian
@pytest.mark.skipif(not WORDNET.is_dir(), reason="needs Debian's package wordnet-base")
def test_the_command_on_the_card_makes_the_embedded_glosses(tmp_path):
    wordnet_glosses(WORDNET, tmp_path)
    assert glosses.read_glosses(tmp_path / glosses.FILE) == glosses.glosses()
    assert (tmp_path / "LICENSE.txt").read_text() == (glosses.EMBEDDED / "LICENSE.txt").read_text()


@pytest.fixture
def table(tmp_path):
    matrix, scale = quantise(np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32))
    write_table(tmp_path / "t", WordTable(["a", "b", "c", "d"], matrix, scale))
    return tmp_path / "t"


def test_a_table_is_read_as_it_was_written(table):
    words, matrix, scale = read_table(table)
    assert words == ["a", "b", "c", "d"]
    assert matrix.dtype == np.int8
    assert isinstance(matrix, np.memmap)
    assert scale is not None


@pytest.mark.parametrize("name", ["words.txt.gz", "vectors.npy", "scale.npy"])
def test_a_table_with_a_file_cut_short_or_missing_is_not_used(table, name):
    path = table / name
    os.truncate(path, path.stat().st_size - 3)
    with pytest.raises(DataError, match="could not be read"):
        read_table(table)
    path.unlink()
    with pytest.raises(DataError, match="could not be read"):
        read_table(table)


def test_a_table_whose_files_do_not_fit_is_not_used(table):
    np.save(table / "vectors.npy", np.zeros((3, 3), np.int8))
    with pytest.raises(DataError, match=r"there are 4 words and vectors\.npy is int8 \(3, 3\)"):
        read_table(table)


def test_an_array_of_objects_is_not_unpickled(table):
    np.save(table / "vectors.npy", np.array([{}, {}], object), allow_pickle=True)
    with pytest.raises(DataError, match="could not be read"):
        read_table(table)


def test_a_row_of_zeros_is_zero_after_rounding():
    matrix, scale = quantise(np.zeros((2, 3), np.float32))
    assert not (matrix * scale[:, None]).any()
