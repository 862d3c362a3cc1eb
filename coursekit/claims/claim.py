"""What a claim is, how it is judged, and what a row of the ledger holds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["holds", "holds with a remark", "does not hold", "cited", "reference"]

ABOUT = 0.05  # how far, as a fraction, "about 60 million" may lie from what is counted


@dataclass(frozen=True)
class Finding:
    """What was computed for a claim, and what follows from it.

    Attributes
    ----------
    computed
        The figures, written out.
    verdict
        See `Row`.
    remark
        What qualifies the claim, or by how much it is wrong.
    """

    computed: str
    verdict: Verdict
    remark: str = ""


@dataclass(frozen=True)
class Claim:
    """One claim of the slides.

    Attributes
    ----------
    key
        The subject, a hyphen, and what the claim is about, such as "alexnet-parameters".
    slides_say
        The claim, shortened.
    paper_says
        What the paper says of it.
    source
        Which paper, and where in it.
    compute
        Computes and judges the claim; None where nothing can be computed from a description of a network.
    verdict, remark
        The judgement where nothing is computed. It then rests on the source alone.
    """

    key: str
    slides_say: str
    paper_says: str = ""
    source: str = ""
    compute: Callable[[], Finding] | None = None
    verdict: Verdict = "cited"
    remark: str = ""

    @property
    def subject(self) -> str:
        """What the claim is about, such as "lenet", "alexnet" or "transfer"."""
        return self.key.partition("-")[0]


@dataclass(frozen=True)
class Row:
    """One line of the ledger: a claim and what came of it.

    `verdict` is "holds", "holds with a remark" or "does not hold"; "cited" where the claim cannot be
    recomputed from a network and the source bears it out; "reference" where the slides give no figure.
    """

    key: str
    subject: str
    slides_say: str
    paper_says: str
    source: str
    computed: str
    verdict: Verdict
    remark: str

    @property
    def paper(self) -> str:
        """What the paper says, with the source in brackets."""
        return f"{self.paper_says} ({self.source})" if self.paper_says else self.source

    @property
    def judgement(self) -> str:
        """The verdict, with the remark behind it."""
        return f"{self.verdict}. {self.remark}" if self.remark else self.verdict


def evaluate(claim: Claim) -> Row:
    """Return the row of a claim."""
    finding = claim.compute() if claim.compute else Finding("", claim.verdict, claim.remark)
    return Row(
        key=claim.key,
        subject=claim.subject,
        slides_say=claim.slides_say,
        paper_says=claim.paper_says,
        source=claim.source,
        computed=finding.computed,
        verdict=finding.verdict,
        remark=finding.remark,
    )


def judge(true: bool, qualified: bool = False) -> Verdict:
    """Return the verdict on a claim that is true or not, and perhaps true only with a remark."""
    if not true:
        return "does not hold"
    return "holds with a remark" if qualified else "holds"


def about(value: float, claimed: float) -> bool:
    """Return whether `value` may be called "about `claimed`": it is at most 5 % away."""
    return abs(value - claimed) <= ABOUT * claimed


def excess(value: float, claimed: float) -> str:
    """Return by how much `value` differs from what is claimed, such as "40.0 % more"."""
    return f"{percent(abs(value - claimed) / claimed)} {'more' if value > claimed else 'less'}"


def percent(fraction: float, digits: int = 1) -> str:
    """Return a fraction in percent, such as "14.6 %"."""
    return f"{100 * fraction:.{digits}f} %"
