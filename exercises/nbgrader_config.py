"""How nbgrader runs this course. `coursekit release`, `grade` and `feedback` read the same file."""

from pathlib import Path

c = get_config()

c.CourseDirectory.course_id = "coursekit"
# The folder that holds this file, so that nbgrader works from anywhere.
c.CourseDirectory.root = str(Path(__file__).resolve().parent)

# What stands in the released notebook where the solution stood. The checks read it as "not written yet".
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
c.ClearSolutions.text_stub = "Your answer here."

# Seconds for one cell. Each check has a shorter limit of its own; this one stops a cell that is not a check.
c.Execute.timeout = 60
# Kernels log their connection's encryption to the terminal; everything runs on this machine.
c.Execute.extra_arguments = ["--log-level=ERROR"]

# The stock list with a different first step: a kernel that dies costs the cells from there on and no more.
c.Autograde.autograde_preprocessors = [
    "coursekit.grading.execute.ExecuteToTheEnd",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Feedback pages that need no other file and no network.
c.GenerateFeedback.exporter_class = "coursekit.grading.page.FeedbackExporter"
# nbgrader copies to the feedback whatever else was handed in: another HTML file would not be safe to open.
c.GenerateFeedback.post_convert_hook = "coursekit.grading.feedback.keep_pages_only"
