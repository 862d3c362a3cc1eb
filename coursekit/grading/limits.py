"""What a submission may take of time, memory, files and words while it is graded."""

from dataclasses import dataclass, fields
from typing import Any

from coursekit.grading.course import CONFIG, CourseError
from coursekit.sandbox import Limits as SandboxLimits

MIB = 2**20
# So much fits into one message of the answer process.
MOST_OUTPUT_BYTES = 3 * MIB


@dataclass(frozen=True)
class Limits(SandboxLimits):
    """The limits of one submission; those of the sandbox and the judge's own.

    `nbgrader_config.py` may set each: `c.Limits.call_seconds = 20`.

    Attributes
    ----------
    call_seconds
        For one call of a student's function.
    cell_seconds
        For one cell.
    question_seconds
        For all calls of one question.
    answer_bytes
        For the arrays that one call returns.
    notebook_bytes
        For the submitted file.
    total_output_bytes
        For what all cells show together; `output_bytes` is what one cell may show.
    """

    call_seconds: float = 10.0
    cell_seconds: float = 30.0
    question_seconds: float = 120.0
    answer_bytes: int = 256 * MIB
    notebook_bytes: int = 20 * MIB
    total_output_bytes: int = 16 * MIB

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.output_bytes > MOST_OUTPUT_BYTES:
            raise ValueError(f"output_bytes must be at most {MOST_OUTPUT_BYTES}, not {self.output_bytes}")

    @classmethod
    def of(cls, config: Any) -> "Limits":
        """Return the limits that a course's configuration sets.

        Raises
        ------
        CourseError
            If it sets one that there is not, or to something that cannot be.
        """
        settings = dict(config.get("Limits", {}))
        names = [field.name for field in fields(cls)]
        if unknown := settings.keys() - set(names):
            raise CourseError(
                f"{CONFIG} sets c.Limits.{min(unknown)}, which there is not; there are: {', '.join(names)}"
            )
        try:
            return cls(**settings)
        except (TypeError, ValueError) as error:
            raise CourseError(f"{CONFIG} sets c.Limits: {error}") from error

    def sandbox(self) -> dict[str, Any]:
        """Return those that the sandbox keeps, by name."""
        return {field.name: getattr(self, field.name) for field in fields(SandboxLimits)}
