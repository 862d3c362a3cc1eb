"""An nbgrader course from release to export: what the commands of `coursekit` do, without the printing.

>>> from coursekit.grading import Course, grade
>>> course = Course.open("exercises")               # doctest: +SKIP
>>> results = grade(course, "conv_forward")         # doctest: +SKIP
"""

from coursekit.grading import quick_start as _  # noqa: F401  before nbformat is imported
from coursekit.grading.class_report import ExerciseReport, write_report
from coursekit.grading.collect import Collected, collect
from coursekit.grading.course import Course, CourseError, NotInCourseError
from coursekit.grading.export import FORMATS, default_target, export_grades
from coursekit.grading.feedback import Feedback, generate_feedback, graded_students
from coursekit.grading.grade import Result, choose_tier, grade, students
from coursekit.grading.import_marks import Change, import_marks
from coursekit.grading.platforms import PATTERNS
from coursekit.grading.release import pack, release
from coursekit.grading.sample import EXPECTED, SAMPLE, make_sample_class, read_expected, unexpected
from coursekit.grading.similarity import Pair, bundle, similar

__all__ = [
    "EXPECTED",
    "FORMATS",
    "PATTERNS",
    "SAMPLE",
    "Change",
    "Collected",
    "Course",
    "CourseError",
    "ExerciseReport",
    "Feedback",
    "NotInCourseError",
    "Pair",
    "Result",
    "bundle",
    "choose_tier",
    "collect",
    "default_target",
    "export_grades",
    "generate_feedback",
    "grade",
    "graded_students",
    "import_marks",
    "make_sample_class",
    "pack",
    "read_expected",
    "release",
    "similar",
    "students",
    "unexpected",
    "write_report",
]
