"""How nbgrader runs this course. `coursekit release`, `grade` and `feedback` read the same file."""

from pathlib import Path

c = get_config()

c.CourseDirectory.course_id = "coursekit"
# The folder that holds this file, so that nbgrader works from anywhere.
c.CourseDirectory.root = str(Path(__file__).resolve().parent)

# What stands in the released notebook where the solution stood. The checks read it as "not written yet".
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
c.ClearSolutions.text_stub = "Your answer here."

# What a submission may take while it is graded; `coursekit.grading.limits.Limits` lists all limits.
c.Limits.call_seconds = 10
c.Limits.memory_bytes = 2 * 2**30

# The stock list with a different first step: students' code runs in a sandbox, the checks run outside of it.
c.Autograde.autograde_preprocessors = [
    "coursekit.grading.execute.JudgeAnswers",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Late days, once an exercise has a due date: so many days in all are free, each further one costs this part
# of the points reached. With these settings being late costs nothing.
c.AssignLatePenalties.plugin_class = "coursekit.grading.late.LateDays"
c.LateDays.free_days = 0
c.LateDays.penalty_per_day = 0.0

# Feedback pages that need no other file and no network.
c.GenerateFeedback.exporter_class = "coursekit.grading.page.FeedbackExporter"
# nbgrader copies to the feedback whatever else was handed in: another HTML file would not be safe to open.
c.GenerateFeedback.post_convert_hook = "coursekit.grading.feedback.keep_pages_only"
