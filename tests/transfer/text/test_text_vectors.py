"""Word vectors can be looked up, compared, saved and mapped; a word that is not there is named."""

import os
import shutil
import time

import numpy as np
import pytest

from coursekit.data import DataError
from coursekit.data.word_table import quantise
from coursekit.transfer import text
from coursekit.transfer.text import UnknownWordError, WordVectors


@pytest.fixture
def vectors():
    matrix = np.random.default_rng(0).standard_normal((40, 7)).astype(np.float32)
    return WordVectors([f"w{i}" for i in range(40)], matrix)


def test_king_minus_man_plus_woman_is_among_the_first_three_queen():
    found = text.pretrained().most_similar(["king", "woman"], negative=["man"], topn=3)
    assert "queen" in [word for word, _ in found]


def test_neighbours_are_the_largest_cosines_and_not_the_word_itself(vectors):
    matrix = vectors.matrix
    cosines = [np.dot(matrix[3], row) / np.linalg.norm(matrix[3]) / np.linalg.norm(row) for row in matrix]
    best = [i for i in np.argsort(cosines)[::-1] if i != 3][:4]
    found = vectors.most_similar("w3", topn=4)
    assert [word for word, _ in found] == [f"w{i}" for i in best]
    assert [cosine for _, cosine in found] == pytest.approx([cosines[i] for i in best], abs=1e-6)


def test_an_analogy_adds_up_vectors_of_length_one(vectors):
    unit = vectors.matrix / np.linalg.norm(vectors.matrix, axis=1, keepdims=True)
    scores = unit @ (unit[1] + unit[2] - unit[5])
    scores[[1, 2, 5]] = -np.inf
    assert vectors.most_similar(["w1", "w2"], "w5", topn=1)[0][0] == f"w{scores.argmax()}"


def test_the_scale_of_an_int8_table_restores_the_numbers(vectors):
    small = WordVectors(vectors.words, *quantise(vectors.matrix))
    step = np.abs(vectors.matrix).max(axis=1, keepdims=True) / 127
    assert np.all(np.abs(small[small.words] - vectors.matrix) <= step / 2 + 1e-6)
    assert small["w3"] == pytest.approx(small[["w3"]][0])
    assert small["w3"].dtype == np.float32


def test_what_is_saved_is_mapped_and_equal(vectors, tmp_path):
    vectors.save(tmp_path / "table")
    loaded = WordVectors.load(tmp_path / "table")
    assert isinstance(loaded.matrix, np.memmap)
    assert loaded.words == vectors.words
    np.testing.assert_array_equal(loaded.matrix, vectors.matrix)


def test_the_embedded_table_is_mapped_within_a_second():
    start = time.perf_counter()
    vectors = text.pretrained()
    assert time.perf_counter() - start < 1
    assert isinstance(vectors.matrix, np.memmap)
    assert vectors.matrix.dtype == np.int8
    assert (len(vectors), vectors.dim) == (13_367, 50)


def test_a_word_without_a_vector_is_named_with_near_spellings():
    vectors = text.pretrained()
    with pytest.raises(UnknownWordError, match=r"^'kingg' is none of the 13367 words .* king, kings"):
        vectors["kingg"]
    with pytest.raises(KeyError, match="in lower case, it has one"):
        vectors.most_similar("Paris")
    assert "kingg" not in vectors


@pytest.mark.parametrize(("positive", "topn"), [([], 5), ("w1", 0)])
def test_a_question_without_words_or_answers_is_refused(vectors, positive, topn):
    with pytest.raises(ValueError, match="takes a positive word and topn >= 1"):
        vectors.most_similar(positive, topn=topn)


def test_more_neighbours_than_there_are_words_gives_all_the_others(vectors):
    assert len(vectors.most_similar("w0", topn=1000)) == 39


def test_a_zero_vector_is_near_to_nothing():
    vectors = WordVectors(["a", "b", "none"], np.array([[1, 0], [1, 1], [0, 0]], np.float32))
    assert vectors.similarity("a", "none") == 0
    assert vectors.most_similar("a")[-1] == ("none", 0.0)


@pytest.mark.parametrize(
    ("words", "matrix", "says"),
    [
        (["a"], np.zeros((2, 3), np.float32), "1 words and the matrix has shape"),
        (["a", "a"], np.zeros((2, 3), np.float32), "'a' stands twice"),
        (["a", "b"], np.zeros((2, 3), np.int8), "int8 with a scale"),
    ],
    ids=["too few words", "twice", "no scale"],
)
def test_words_and_matrix_that_do_not_fit_are_refused(words, matrix, says):
    with pytest.raises(ValueError, match=says):
        WordVectors(words, matrix)


def test_text_files_are_read_as_they_were_written(vectors, tmp_path):
    text.write_text(tmp_path / "vectors.txt", vectors)
    read = text.pretrained(tmp_path / "vectors.txt")
    assert read.words == vectors.words
    np.testing.assert_array_equal(read.matrix, vectors.matrix)


def test_gensim_reads_what_is_written_and_the_other_way_round(vectors, tmp_path):
    from gensim.models import KeyedVectors

    text.write_text(tmp_path / "ours.txt", vectors)
    theirs = KeyedVectors.load_word2vec_format(str(tmp_path / "ours.txt"))
    np.testing.assert_array_equal(theirs["w3"], vectors["w3"])
    theirs.save_word2vec_format(str(tmp_path / "theirs.txt"))
    np.testing.assert_allclose(text.read_text(tmp_path / "theirs.txt").matrix, vectors.matrix, rtol=1e-5)
    ours = [word for word, _ in vectors.most_similar("w3")]
    assert ours == [word for word, _ in theirs.most_similar("w3", topn=5)]


def test_a_glove_file_has_no_first_line(tmp_path):
    (tmp_path / "glove.txt").write_text("the 0.5 1\nof -1 2\n")
    vectors = text.read_text(tmp_path / "glove.txt")
    assert vectors.words == ["the", "of"]
    assert vectors["of"].tolist() == [-1, 2]


@pytest.mark.parametrize("content", ["", "3 2\na 1 2\n", "a 1 2\nb 1\n", "a 1 x\n"])
def test_a_text_file_that_is_cut_or_not_of_vectors_is_named(tmp_path, content):
    (tmp_path / "v.txt").write_text(content)
    with pytest.raises(DataError, match=r"v\.txt could not be read"):
        text.read_text(tmp_path / "v.txt")


def test_a_mapped_table_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        text.pretrained().matrix[0] = 0


def test_keyed_vectors_of_gensim_are_ours_and_the_other_way_round(vectors):
    keyed = text.to_gensim(vectors)
    assert keyed.most_similar("w3", topn=5)[0][0] == vectors.most_similar("w3")[0][0]
    again = text.from_gensim(keyed)
    assert again.words == vectors.words
    np.testing.assert_array_equal(again.matrix, vectors.matrix)
    np.testing.assert_allclose(text.to_gensim(text.pretrained())["king"], text.pretrained()["king"])


def test_a_half_downloaded_folder_is_not_used(tmp_path):
    shutil.copytree(text.formats.EMBEDDED, tmp_path / "glove")
    table = tmp_path / "glove" / "vectors.npy"
    os.truncate(table, table.stat().st_size // 2)
    with pytest.raises(DataError, match=r"vectors\.npy is harmed"):
        text.pretrained(tmp_path / "glove")
    table.unlink()
    with pytest.raises(DataError, match=r"vectors\.npy is missing"):
        text.pretrained(tmp_path / "glove")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere is not a folder: name the one that holds words\.txt\.gz"):
        text.pretrained(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("2 0\na\nb\n", "its first line promises 0 numbers a word"),
        ("2 -3\na 1\nb 2\n", "its first line promises -3 numbers a word"),
        ("0 3\n", "there are no words in it"),
        ("1 5\na 1 2\n", "up to line 2: it has 2 numbers, expected 5"),
        ("2 2\na 1 2\na 3 4\n", "the word 'a' stands twice"),
        ("1 2\na 1 nan\n", "a number is not finite"),
        ("many words\na 1 2\n", "up to line 1: .*'many'"),
    ],
)
def test_what_is_wrong_with_a_text_file_is_said(tmp_path, content, says):
    (tmp_path / "v.txt").write_text(content)
    with pytest.raises(DataError, match=says):
        text.read_text(tmp_path / "v.txt")


def test_a_binary_file_is_no_text_file(tmp_path):
    (tmp_path / "v.bin").write_bytes(bytes(range(128, 256)))
    with pytest.raises(DataError, match=r"v\.bin could not be read"):
        text.read_text(tmp_path / "v.bin")


def test_a_write_that_fails_leaves_no_table_not_even_the_old_one_with_new_words(
    vectors, tmp_path, monkeypatch
):
    def full(path, _):
        path.write_bytes(b"\x93NUMPY")
        raise OSError("no space left on device")

    WordVectors([f"other{i}" for i in range(40)], vectors.matrix).save(tmp_path / "table")
    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="no space"):
        vectors.save(tmp_path / "table")
    with pytest.raises(DataError):
        WordVectors.load(tmp_path / "table")
