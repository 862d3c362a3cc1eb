"""Grades as Gradescope's autograder writes them: a `results.json` for each submission."""

import json
from pathlib import Path
from urllib.parse import quote

from coursekit.grading.grades import Grades, Submission


def write_gradescope(folder: Path, grades: Grades) -> int:
    """Write `folder`/EXERCISE/STUDENT.json for each submission, and return how many there are.

    A Gradescope autograder that is given these files copies the one of the student whose submission it runs
    on to `/autograder/results/results.json`. In a file's name a student id is percent-encoded where it has
    signs that a name must not have.
    """
    written = 0
    for exercise in grades.exercises:
        for student in grades.students:
            submission = grades.submissions.get((exercise.name, student.id))
            if submission is None:
                continue
            path = folder / exercise.name / f"{quote(student.id, safe=' @+,=', encoding='utf-8')}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(results(submission), indent=1) + "\n", encoding="utf-8")
            written += 1
    return written


def results(submission: Submission) -> dict[str, object]:
    """Return what Gradescope's *Autograder Specifications*, *Output format*, ask for.

    The keys are those of gradescope-autograders.readthedocs.io/en/latest/specs: `score` overrides the sum of
    the tests, so that what is taken off for being late counts; `output` is shown as text. Nothing that a
    student's code wrote is in it.
    """
    tests = []
    cells = [item for marks in submission.notebooks for item in marks.cells.items()]
    for number, (name, cell) in enumerate(cells, start=1):
        if cell.max_points is None and not cell.comment:
            continue
        said = [cell.comment, "Still to be looked at by a person." if cell.by_hand else ""]
        tests.append(
            {
                "name": name,
                "number": str(number),
                "score": cell.points or 0.0,
                "max_score": cell.max_points or 0.0,
                "output": "\n".join(part for part in said if part),
                "output_format": "text",
                "visibility": "visible",
            }
        )
    return {
        "score": submission.score,
        "output": "".join(submission.lateness()),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }
