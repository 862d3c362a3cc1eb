"""What comes through the door: plain arrays, or a sentence for the student."""

import contextlib
import threading

import numpy as np
import pytest

from coursekit.answers import AnswerError, LocalAnswers, NotWritten, TimedOut


def call(function, **arguments):
    return LocalAnswers({"f": function}, time_limit=0.2).call("f", **arguments)


def test_the_answer_cannot_change_the_checks_arrays():
    x = np.zeros(3)

    def f(x):
        x += 1
        return x

    assert call(f, x=x).tolist() == [1, 1, 1]
    assert x.tolist() == [0, 0, 0]


def test_a_fake_array_becomes_a_plain_one():
    class AlwaysEqual(np.ndarray):
        def __eq__(self, other):
            return np.array(True)

    got = call(lambda: np.zeros(2).view(AlwaysEqual))
    assert type(got) is np.ndarray


def test_tuples_of_arrays_come_back_as_tuples():
    first, second = call(lambda: [np.zeros(2), 3.0])
    assert first.tolist() == [0, 0]
    assert second == 3


@pytest.mark.parametrize(
    ("function", "error", "says"),
    [
        (None, NotWritten, "no function `f` yet"),
        (lambda: None, AnswerError, "returned None. Is there a `return`"),
        (lambda: 1 / 0, AnswerError, "ZeroDivisionError: division by zero\nin `<lambda>`"),
        (lambda y: y, AnswerError, "TypeError"),
    ],
)
def test_what_goes_wrong_is_said(function, error, says):
    with pytest.raises(error) as caught:
        call(function)
    assert says in str(caught.value)


def test_not_implemented_is_not_written():
    def f():
        raise NotImplementedError

    with pytest.raises(NotWritten, match="`f` is not written yet"):
        call(f)


def test_the_line_named_is_the_students_and_not_the_librarys():
    from coursekit.networks import pair

    def f():
        return pair("no size")

    with pytest.raises(AnswerError, match=r"in `f`, line \d+: return pair"):
        call(f)


def test_an_endless_loop_is_stopped_even_where_exceptions_are_swallowed():
    def f():
        while True:
            with contextlib.suppress(Exception):
                sum(range(1000))

    with pytest.raises(TimedOut, match=r"stopped after 0.2 seconds"):
        call(f)


def test_in_another_thread_the_call_runs_without_the_limit():
    results = []
    thread = threading.Thread(target=lambda: results.append(call(lambda: 1.0)))
    thread.start()
    thread.join()
    assert results == [1]


@pytest.mark.parametrize(
    ("value", "shape"),
    [([1, 2], (2,)), ([[1, 2], [3, 4]], (2, 2)), ([], (0,)), ([[], []], (2, 0)), ((1, 2.5), (2,))],
)
def test_nested_lists_of_numbers_come_back_as_an_array(value, shape):
    assert call(lambda: value).shape == shape


def test_lists_that_are_no_array_come_back_as_a_tuple_of_their_parts():
    first, second = call(lambda: ([[1, 2], [3, 4]], [[1], [2]]))
    assert (first.shape, second.shape) == ((2, 2), (2, 1))


def test_a_list_in_itself_is_an_error_of_the_answer():
    value = []
    value.append(value)
    with pytest.raises(AnswerError, match="RecursionError"):
        call(lambda: value)


def test_objects_stay_behind_the_door_and_can_be_used_there():
    class Counter:
        def __init__(self, start):
            self.count = start

        def add(self, n):
            self.count += n
            return self.count

    answers = LocalAnswers({"Counter": Counter})
    counter = answers.call("Counter", start=3)
    assert counter.kind == "Counter"
    assert answers.do("method", counter, "add", 4) == 7
    assert answers.do("attribute", counter, "count") == 7
    with pytest.raises(AnswerError, match=r"`Counter.minus` stopped with AttributeError"):
        answers.do("method", counter, "minus")
