"""Late days: a student may be late a few days in all without harm, and each further day costs points."""

import math

from nbgrader.api import Gradebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import Float, Int
from traitlets.config import Config

DAY = 24 * 60 * 60


class LateDays(LateSubmissionPlugin):  # type: ignore[misc]
    """nbgrader's plug-in for late submissions, set in `nbgrader_config.py`.

    A day that has begun counts. The free days are spent on exercises in the order of their due dates, so an
    exercise that was due earlier has to be graded earlier. The due dates are those of the gradebook, with the
    extensions that it has.
    """

    free_days = Int(0, min=0, help="Days that a student may be late in all exercises together.").tag(
        config=True
    )
    penalty_per_day = Float(
        0.0, min=0.0, max=1.0, help="The part of the points reached that each further day costs."
    ).tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float:
        """Return the points that are taken off.

        Parameters
        ----------
        student_id
            Whose submission it is, of the exercise that the plug-in's parent is about.
        score
            The points reached.
        total_seconds_late
            For how long it was late.
        """
        used = days_used_before(self.parent.gradebook, student_id, self.parent.assignment_id)
        left = max(0, self.free_days - used)
        charged = max(0, days(total_seconds_late) - left)
        return min(score, score * self.penalty_per_day * charged)


def days(seconds: float) -> int:
    """Return how many days have begun."""
    return math.ceil(seconds / DAY)


def days_used_before(gradebook: Gradebook, student: str, exercise: str) -> int:
    """Return for how many days a student was late with what was due before an exercise."""
    mine = {one.name: one for one in gradebook.student_submissions(student)}
    this = (mine[exercise].assignment.duedate, exercise)
    return sum(
        days(one.total_seconds_late)
        for name, one in mine.items()
        if one.assignment.duedate is not None and (one.assignment.duedate, name) < this
    )


def penalty(
    gradebook: Gradebook, exercise: str, student: str, score: float, seconds: float, config: Config
) -> float | None:
    """Return what the course's plug-in takes off a notebook's score, None for nothing.

    Whatever it says, it is no less than nothing and no more than the score.
    """
    # nbgrader's own step, which knows the plug-in's setting, and is the parent that plug-ins may ask.
    step = AssignLatePenalties(config=config)
    step.gradebook, step.assignment_id, step.student_id = gradebook, exercise, student
    step.init_plugin()
    found = step.plugin_inst.late_submission_penalty(student, score, seconds)
    return None if found is None else min(max(found, 0.0), score)
