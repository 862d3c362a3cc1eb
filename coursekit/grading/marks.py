"""A student's points and comments for one notebook, read from the gradebook and from nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class CellMarks:
    """What the gradebook has about one marked cell.

    Attributes
    ----------
    judged
        Whether it is a cell of checks: the author's code, whose outputs say what was found.
    points, max_points
        None where the cell has no points of its own.
    comment
        The grader's, in Markdown; empty if there is none.
    by_hand
        Whether a person has still to look at it.
    auto_points, manual_points, extra_credit
        What `points` are made of: the checks' points, or in their stead a person's, and what a person added.
    manual_comment
        A person's comment alone; `comment` may be nbgrader's own.
    """

    judged: bool = False
    points: float | None = None
    max_points: float | None = None
    comment: str = ""
    by_hand: bool = False
    auto_points: float | None = None
    manual_points: float | None = None
    extra_credit: float | None = None
    manual_comment: str = ""


@dataclass(frozen=True)
class Marks:
    """What the gradebook has about one notebook of one student.

    Attributes
    ----------
    exercise, notebook, student
        Whose and of what.
    cells
        For each marked cell of the exercise, by its name.
    late_penalty
        Points taken off for handing in late.
    """

    exercise: str
    notebook: str
    student: str
    cells: Mapping[str, CellMarks] = field(default_factory=dict)
    late_penalty: float = 0.0

    @property
    def score(self) -> float:
        """The points, late penalty taken off."""
        return sum(cell.points or 0.0 for cell in self.cells.values()) - self.late_penalty

    @property
    def max_score(self) -> float:
        """The points that can be had."""
        return sum(cell.max_points or 0.0 for cell in self.cells.values())


def read_marks(gradebook: Any, exercise: str, student: str | None = None) -> dict[tuple[str, str], Marks]:
    """Read all marks of an exercise in a few queries, however large the class.

    Parameters
    ----------
    gradebook
        An open `nbgrader.api.Gradebook`.
    exercise
        The exercise's name.
    student
        Whose; None means all.

    Returns
    -------
    dict
        {(student, notebook's name): marks}; who has handed in nothing is not in it.
    """
    from nbgrader.api import BaseCell, Comment, Grade, Notebook, SubmittedAssignment, SubmittedNotebook

    assignment = gradebook.find_assignment(exercise)
    blank = {}
    for notebook in assignment.notebooks:
        solutions = {cell.name for cell in notebook.solution_cells}
        graded = {cell.name: float(cell.max_score) for cell in [*notebook.grade_cells, *notebook.task_cells]}
        tasks = {cell.name for cell in notebook.task_cells}
        blank[notebook.name] = {
            name: CellMarks(
                judged=name in graded and name not in solutions | tasks,
                points=0.0 if name in graded else None,
                max_points=graded.get(name),
            )
            for name in [*graded, *sorted(solutions - graded.keys())]
        }

    def rows(of: Any, *columns: Any) -> Any:
        query = gradebook.db.query(SubmittedAssignment.student_id, Notebook.name, *columns).select_from(of)
        if of is not SubmittedNotebook:
            query = query.join(SubmittedNotebook, of.notebook_id == SubmittedNotebook.id)
            query = query.join(BaseCell, of.cell_id == BaseCell.id)
        query = query.join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        query = query.join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        query = query.filter(SubmittedAssignment.assignment_id == assignment.id)
        return query if student is None else query.filter(SubmittedAssignment.student_id == student)

    penalties = {
        (who, notebook): float(penalty or 0.0)
        for who, notebook, penalty in rows(SubmittedNotebook, SubmittedNotebook.late_submission_penalty)
    }
    cells = {key: dict(blank[key[1]]) for key in penalties}
    parts = (Grade.auto_score, Grade.manual_score, Grade.extra_credit)
    for who, notebook, name, points, by_hand, *made_of in rows(
        Grade, BaseCell.name, Grade.score, Grade.needs_manual_grade, *parts
    ):
        before = cells[who, notebook].get(name, CellMarks())
        cells[who, notebook][name] = CellMarks(
            before.judged, float(points), before.max_points, "", by_hand, *made_of
        )
    for who, notebook, name, comment, manual in rows(
        Comment, BaseCell.name, Comment.comment, Comment.manual_comment
    ):
        before = cells[who, notebook].get(name, CellMarks())
        cells[who, notebook][name] = replace(before, comment=comment or "", manual_comment=manual or "")
    return {
        (who, notebook): Marks(exercise, notebook, who, cells[who, notebook], penalty)
        for (who, notebook), penalty in penalties.items()
    }
