"""Every limit is a documented setting with a default."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from traitlets.config import Config

from coursekit.grading import CourseError
from coursekit.grading.limits import Limits

GUIDE = Path(__file__).parents[2] / "book" / "instructor_guide.md"
UNITS = {"": 1, " MiB": 2**20, " GiB": 2**30}


def test_the_instructor_guide_lists_every_limit_with_its_default():
    section = GUIDE.read_text().split("## Limits")[1].split("\n(sandbox)=")[0]
    rows = re.findall(r"^\| `(\w+)` \| (\d+)( MiB| GiB|) \|", section, re.MULTILINE)
    listed = {name: int(number) * UNITS[unit] for name, number, unit in rows}
    assert listed == {field.name: field.default for field in fields(Limits)}


def test_a_setting_counts():
    assert Limits.of(Config({"Limits": {"call_seconds": 3}})).call_seconds == 3


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"call_second": 3}, "sets c.Limits.call_second, which there is not; there are: memory_bytes"),
        ({"call_seconds": 0}, "call_seconds must be more than 0"),
        ({"output_bytes": 2**24}, "output_bytes must be at most 3145728, not 16777216"),
    ],
)
def test_a_setting_that_cannot_be_is_named(setting, says):
    with pytest.raises(CourseError, match=says):
        Limits.of(Config({"Limits": setting}))
