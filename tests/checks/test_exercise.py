"""Verdicts, reports and messages, on an exercise made for the test."""

import numpy as np
import pytest

from coursekit import checks
from coursekit.answers import LocalAnswers
from coursekit.checks import Check, Draw, Exercise, Mutant, Outcome, Question, Wrong
from coursekit.checks.compare import describe, difference, exact


def minus(right, x):
    """The negative."""
    return -right(x)


def broken_judge(answers, case):
    raise RuntimeError("no disk")


def wrong_judge(answers, case):
    raise Wrong("not so")


def exercise(judge=None):
    shapes = Check("shapes", "two shapes", 2, ({"x": Draw(2, 3)}, {"x": Draw()}))
    other = Check("other", "something else", 1, ({"x": Draw(1)},), judge)
    question = Question("double", lambda x: 2 * x, (shapes, other))
    return Exercise("test", (question,), (Mutant("double", minus, {"double.shapes"}),))


def run(function, judge=None):
    return exercise(judge).run("double", LocalAnswers({"double": function}, time_limit=0.2))


def test_what_is_right_is_computed_once_for_all_who_are_asked_the_same():
    asked = []

    def right(x):
        asked.append(x)
        return 2 * x

    own = Check("own", "a student's own", 1, lambda rng: ({"x": rng.integers(1000)},))
    same = Check("same", "the same for all", 1, ({"x": Draw(2)},))
    test = Exercise("test", (Question("double", right, (same, own)),), ())
    door = LocalAnswers({"double": lambda x: x + x})
    for student, seed in (("ada", 1), ("ada", 1), ("bo", 1), ("bo", 2)):
        assert test.run("double", door, seed, student).points == 2
    drawn = [tuple(x) for x in asked if np.ndim(x)]
    own_ones = [x for x in asked if not np.ndim(x)]
    assert len(drawn) == len(set(drawn)) == 2  # one for each seed
    assert (len(own_ones), len(set(own_ones))) == (3, 2)


def test_right_answers_get_all_points_and_praise():
    report = run(lambda x: x + x)
    assert report.points == report.max_points == 3
    assert report.headline == "double: 3 of 3 points. All right. Well done!"


def test_the_repr_is_the_points_alone_for_nbgrader():
    assert repr(run(lambda x: 2 * x, wrong_judge)) == "2"


def test_a_message_names_case_place_and_values():
    report = run(lambda x: np.where(x > 0, 2 * x, 9.0))
    message = report.verdicts[0].message
    assert "double(x=array of shape (2, 3))" in message
    assert "values differ. The first is at [" in message
    assert "got 9, expected" in message


def test_a_known_mistake_is_named():
    assert "Your result equals the negative." in run(lambda x: -2 * x).verdicts[0].message


def test_another_shape_is_named():
    assert "The result has shape (2, 3, 1), expected (2, 3)." in str(run(lambda x: 2 * x[..., None]))


def test_values_that_are_not_finite_are_counted():
    assert "holds 6 of 6 values that are not finite" in str(run(lambda x: x * np.nan))


def test_a_check_that_broke_gives_nothing_and_says_whom_to_tell():
    verdict = run(lambda x: 2 * x, broken_judge).verdicts[1]
    assert verdict.outcome is Outcome.BROKEN
    assert verdict.points == 0
    assert "RuntimeError: no disk. This is not your fault: tell your instructor." in verdict.message


def test_after_an_endless_call_the_rest_is_not_tried():
    def endless(x):
        while True:
            pass

    first, second = run(endless).verdicts
    assert "stopped after 0.2 seconds" in first.message
    assert second.message == "Not tried, since the call before did not end."


def test_what_a_student_writes_is_no_html():
    def f(x):
        raise ValueError("<script>alert(1)</script>")

    html = run(f)._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_every_seed_draws_other_arrays():
    seen = []
    for seed in (0, 0, 1):
        exercise().run("double", LocalAnswers({"double": lambda x: seen.append(x) or 2 * x}), seed)
    np.testing.assert_array_equal(seen[0], seen[3])
    assert not np.array_equal(seen[0], seen[6])


def test_unknown_names_are_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match="there is no exercise 'convolution'; there are: conv_forward"):
        checks.check("convolution.pad", {})
    with pytest.raises(
        ValueError, match="conv_forward has no question 'padding'; there are: pad, conv2d_loops"
    ):
        checks.check("conv_forward.padding", {})


def test_exact_counts_differ_where_rounded_ones_would_not():
    assert difference(np.array(62_378_344), np.array(62_378_343)) is None
    what = difference(exact(np.array(62_378_344)), exact(np.array(62_378_343)))
    assert what == "The result is '62,378,344', expected '62,378,343'."


def test_exact_takes_floats_and_shapes_and_leaves_what_is_no_whole_number():
    assert exact({"a": (np.array(5.0), np.array([96, 55, 55]))}) == {"a": ("5", "(96, 55, 55)")}
    assert exact(np.array(0.5)) == 0.5
    assert exact(np.array([96, 54.25, 2e9])) == "(96, 54.25, 2000000000)"
    assert np.isnan(exact(np.array(np.nan)))
    assert exact(None) is None


def test_an_array_in_the_place_of_a_text_is_wrong_and_does_not_break_the_check():
    assert difference(np.zeros((2, 2)), "(2, 2)") == "The result is array of shape (2, 2), expected '(2, 2)'."


def test_a_small_dict_is_described_so_that_it_can_be_typed_in():
    assert describe({"kind": "conv", "stride": 2}) == "{'kind': 'conv', 'stride': 2}"
    assert describe({"w": np.zeros(3)}) == "a dict with w"
