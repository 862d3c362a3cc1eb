"""The step of nbgrader's autograder that runs a notebook, for the formgrader's button too."""

from typing import Any

from nbgrader.preprocessors import NbGraderPreprocessor

from coursekit.grading.course import Course, parse_notebook
from coursekit.grading.engine import process_for
from coursekit.grading.judge import course_seed, exercise_seed, judge
from coursekit.grading.limits import Limits


class JudgeAnswers(NbGraderPreprocessor):  # type: ignore[misc]
    """Runs the student's cells in the sandbox and the checks outside of it, as `coursekit grade` does.

    The notebook that comes out is the released one with the student's answers in it, so the steps of nbgrader
    that follow find every check cell and the points that it gives.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Judge a notebook; see `nbconvert.preprocessors.Preprocessor`."""
        course = Course.open(self.config.CourseDirectory.root)
        about = resources["nbgrader"]
        path = course.folder("release", about["assignment"]) / f"{about['notebook']}.ipynb"
        text = path.read_text(encoding="utf-8")
        judged = judge(
            parse_notebook(text.encode(), str(path)),
            nb,
            process_for(text, Limits.of(course.config)),
            exercise_seed(course_seed(course.root), about["assignment"]),
            about["student"],
        )
        for flag in judged.flags:
            self.log.warning("%s: %s", about["student"], flag)
        return parse_notebook(judged.text.encode(), str(path)), resources
