"""What a check says: a verdict each, and the report of a question that a notebook shows."""

from dataclasses import dataclass
from enum import Enum
from html import escape


class Outcome(Enum):
    """How a check ended: RIGHT, WRONG, TOO_SLOW, NOT_WRITTEN, or BROKEN where the check itself failed."""

    RIGHT = "right"
    WRONG = "wrong"
    TOO_SLOW = "took too long"
    NOT_WRITTEN = "not written yet"
    BROKEN = "the check itself broke"


_CELL = "text-align:left;padding:0.2em 0.6em"
MARKS = {
    Outcome.RIGHT: "✓",
    Outcome.WRONG: "✗",
    Outcome.TOO_SLOW: "✗",
    Outcome.NOT_WRITTEN: "…",
    Outcome.BROKEN: "!",
}


@dataclass(frozen=True)
class Verdict:
    """What one check found.

    Attributes
    ----------
    check
        The check's name.
    about
        What it looked at, in a few words.
    outcome
        How it ended. A check that broke gives no points, and is flagged for a person to look at; the message
        asks to tell the instructor.
    max_points
        What a right answer earns.
    message
        What was wrong and where; empty for a right answer.
    picture
        The markup of expected beside yours, for a notebook; see `coursekit.checks.picture`.
    """

    check: str
    about: str
    outcome: Outcome
    max_points: float
    message: str = ""
    picture: str = ""

    @property
    def points(self) -> float:
        """What the answer earns, which is all or nothing."""
        return self.max_points if self.outcome is Outcome.RIGHT else 0


@dataclass(frozen=True)
class Report:
    """The verdicts of one question.

    Its `repr` is the number of points and nothing else: nbgrader reads the text of a test cell's result
    as partial credit. A notebook shows the HTML; `print` gives the text.
    """

    question: str
    verdicts: tuple[Verdict, ...]

    @property
    def points(self) -> float:
        """The sum of the verdicts' points."""
        return sum(v.points for v in self.verdicts)

    @property
    def max_points(self) -> float:
        """What a right answer earns."""
        return sum(v.max_points for v in self.verdicts)

    @property
    def headline(self) -> str:
        """One line that says how it went."""
        outcomes = {v.outcome for v in self.verdicts}
        if outcomes == {Outcome.RIGHT}:
            how = "All right. Well done!"
        elif outcomes == {Outcome.NOT_WRITTEN}:
            how = "Not written yet."
        elif outcomes & {Outcome.WRONG, Outcome.TOO_SLOW}:
            how = "Not right yet."
        else:
            how = "So far, so good."
        return f"{self.question}: {self.points:g} of {self.max_points:g} points. {how}"

    def __repr__(self) -> str:
        return f"{self.points:g}"

    def __str__(self) -> str:
        lines = [self.headline]
        for v in self.verdicts:
            lines.append(f"  {MARKS[v.outcome]} {v.about} ({v.points:g}/{v.max_points:g}): {v.outcome.value}")
            lines += [f"      {line}" for line in v.message.splitlines()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='{_CELL};white-space:nowrap'>{MARKS[v.outcome]} {escape(v.outcome.value)}</td>"
            f"<td style='{_CELL}'>{escape(v.about)}</td>"
            f"<td style='{_CELL}'>{v.points:g}/{v.max_points:g}</td>"
            f"<td style='{_CELL};white-space:pre-wrap'>{escape(v.message)}{v.picture}</td></tr>"
            for v in self.verdicts
        )
        header = "".join(
            f"<th style='{_CELL}'>{title}</th>" for title in ("verdict", "check", "points", "what was found")
        )
        return (
            f"<p><strong>{escape(self.headline)}</strong></p>"
            f"<table><thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>"
        )
