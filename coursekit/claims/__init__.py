"""The ledger of claims: what the slides say, what the paper says, what we compute, and the verdict.

Every figure that follows from a network is computed from its description in `coursekit.networks`, and
the verdict on it is decided by what came out. What cannot be computed is cited.

>>> from coursekit import claims
>>> [row.verdict for row in claims.ledger() if row.key == "googlenet-no-fc"]
['does not hold']
"""

from collections.abc import Iterable

from coursekit import networks
from coursekit.claims import alexnet, googlenet, imagenet, lenet, resnet, transfer, vgg
from coursekit.claims.claim import Claim, Finding, Row, Verdict, evaluate

__all__ = ["CLAIMS", "Claim", "Finding", "Row", "Verdict", "ledger", "select", "subjects", "to_markdown"]

CLAIMS: tuple[Claim, ...] = (
    *lenet.CLAIMS,
    *imagenet.CLAIMS,
    *alexnet.CLAIMS,
    *vgg.CLAIMS,
    *googlenet.CLAIMS,
    *resnet.CLAIMS,
    *transfer.CLAIMS,
)


def ledger() -> tuple[Row, ...]:
    """Return the row of every claim, in the order of the module."""
    return tuple(evaluate(claim) for claim in CLAIMS)


def subjects() -> tuple[str, ...]:
    """Return what the claims are about: lenet, imagenet, alexnet, and so on."""
    return tuple(dict.fromkeys(claim.subject for claim in CLAIMS))


def select(which: str) -> tuple[Row, ...]:
    """Return the rows of a claim's key, of a subject, or of the family of a network such as vgg16.

    Raises
    ------
    ValueError
        If no claim is about `which`; the message says what there is.
    """
    found = [
        claim
        for claim in CLAIMS
        if which in (claim.key, claim.subject)
        or (which in networks.names() and which.startswith(claim.subject))
    ]
    if not found:
        raise ValueError(
            f"there is no claim {which!r}; ask for a claim by its key, or for all about one of: "
            f"{', '.join(subjects())}"
        )
    return tuple(evaluate(claim) for claim in found)


def to_markdown(rows: Iterable[Row] | None = None) -> str:
    """Return the rows, by default all, as a Markdown table."""
    lines = ["| claim | the slides say | the paper says | we compute | verdict |", "|---" * 5 + "|"]
    for row in ledger() if rows is None else rows:
        cells = (f"`{row.key}`", row.slides_say, paper(row), row.computed, verdict(row))
        lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def paper(row: Row) -> str:
    """Return what the paper says, with the source in brackets."""
    if not row.paper_says:
        return row.source
    return f"{row.paper_says} ({row.source})"


def verdict(row: Row) -> str:
    """Return the verdict, with the remark behind it."""
    return f"{row.verdict}. {row.remark}" if row.remark else row.verdict
