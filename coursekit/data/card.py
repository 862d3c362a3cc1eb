"""A data set's card: where it comes from, its licence, how it was made, and the SHA-256 of its files."""

import hashlib
import json
from pathlib import Path
from typing import Any

from coursekit.data.idx import DataError

CARD = "card.json"


def read_card(folder: Path) -> dict[str, Any]:
    """Return the card of the data in `folder`.

    Raises
    ------
    DataError
        If there is none, or it is not a card.
    """
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        card["sha256"].items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise DataError(f"{folder / CARD} is missing or harmed. Install coursekit again.") from None
    return dict(card)


def verify(folder: Path) -> None:
    """Raise `DataError` unless every file that the card in `folder` names has the SHA-256 that it gives."""
    for name, expected in read_card(folder)["sha256"].items():
        path = folder / name
        if not path.is_file():
            raise DataError(f"{path} is missing. Install coursekit again.")
        found = sha256(path)
        if found != expected:
            raise DataError(
                f"{path} is harmed: its SHA-256 is {found[:12]}..., expected {expected[:12]}.... "
                "Install coursekit again."
            )


def write_card(folder: Path, **entries: object) -> None:
    """Write a card with these entries and the SHA-256 of every other file in `folder`."""
    files = sorted(path for path in folder.iterdir() if path.name != CARD)
    card = {**entries, "sha256": {path.name: sha256(path) for path in files}}
    (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
