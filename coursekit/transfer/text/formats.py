"""Where word vectors come from: the part of GloVe that ships, a folder, or a text file.

The text file is the one of word2vec and gensim (`KeyedVectors.save_word2vec_format`): a line with the number
of words and of numbers each, then a line for each word with its numbers. GloVe's files lack the first line.
"""

from pathlib import Path
from typing import Any

import numpy as np

from coursekit.data.idx import DataError
from coursekit.transfer.text.vectors import WordVectors

EMBEDDED = Path(__file__).parents[2] / "data" / "embedded" / "glove_small"


def pretrained(path: str | Path | None = None) -> WordVectors:
    """Return GloVe vectors (Pennington, Socher & Manning 2014), trained on six thousand million words.

    Parameters
    ----------
    path
        None for the part that ships: 50 numbers for each of the 10,000 most frequent words and of those that
        WordNet's glosses use often. Otherwise a folder that `WordVectors.save` or
        `python -m coursekit.data.make_text glove` wrote, or a text file such as `glove.6B.50d.txt`. A folder
        is mapped, a text file is read, which takes longer.

    Raises
    ------
    DataError
        If there is no such file, or it is harmed.
    """
    path = EMBEDDED if path is None else Path(path)
    return read_text(path) if path.is_file() else WordVectors.load(path)


def read_text(path: str | Path) -> WordVectors:
    """Read word vectors from a text file of word2vec, gensim or GloVe.

    Raises
    ------
    DataError
        If the file is missing or no such file.
    """
    words: list[str] = []
    rows: list[np.ndarray] = []
    number = 0
    announced: list[int] | None = None
    try:
        with Path(path).open(encoding="utf-8", newline="\n") as lines:
            for number, line in enumerate(lines, start=1):
                fields = line.rstrip().split(" ")
                if number == 1 and len(fields) == 2:
                    announced = [int(field) for field in fields]
                    if announced[1] < 1:
                        raise ValueError(f"its first line promises {announced[1]} numbers a word")
                    continue
                dim = announced[1] if announced else len(rows[0]) if rows else len(fields) - 1
                if not 1 <= dim < len(fields):
                    raise ValueError(f"it has {len(fields) - 1} numbers, expected {max(dim, 1)}")
                words.append(" ".join(fields[:-dim]))  # a word may hold spaces
                rows.append(np.array(fields[-dim:], np.float32))
        if announced and announced[0] != len(words):
            raise ValueError(f"its first line promises {announced[0]} words, there are {len(words)}")
        if not rows:
            raise ValueError("there are no words in it")
        matrix = np.stack(rows)
        if not np.isfinite(matrix).all():
            raise ValueError("a number is not finite")
        return WordVectors(words, matrix)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} could not be read, up to line {number}: {error}") from None


def write_text(path: str | Path, vectors: WordVectors) -> None:
    """Write the vectors as a text file that word2vec's tools and gensim read."""
    with Path(path).open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"{len(vectors)} {vectors.dim}\n")
        for word in vectors.words:
            numbers = " ".join(np.format_float_positional(x, trim="0") for x in vectors[word])
            file.write(f"{word} {numbers}\n")


def from_gensim(vectors: Any) -> WordVectors:
    """Return gensim's `KeyedVectors`, such as the `wv` of its models, as our vectors. Nothing is copied."""
    return WordVectors(list(vectors.index_to_key), vectors.vectors)


def to_gensim(vectors: WordVectors) -> Any:
    """Return the vectors as gensim's `KeyedVectors`, for all that gensim can do with them."""
    from gensim.models import KeyedVectors  # here, since it takes seconds

    keyed = KeyedVectors(vectors.dim)
    keyed.add_vectors(vectors.words, vectors[vectors.words])
    return keyed
