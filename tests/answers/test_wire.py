"""What passes between judge and answers arrives as it was sent; what does not fit the rules is refused."""

import json
import socket
import struct
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from coursekit.answers.values import Held, TensorArgument, ValueTooLarge, decode, encode
from coursekit.answers.wire import DTYPES, WireError, receive, send

ARRAYS = hnp.arrays(
    st.sampled_from(sorted(DTYPES)), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
)
LEAVES = st.none() | st.booleans() | st.integers(-(2**64) + 1, 2**64 - 1) | st.floats() | st.text() | ARRAYS
VALUES = st.recursive(
    LEAVES,
    lambda values: st.lists(values, max_size=3).map(tuple) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def line():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def same(a, b):
    if isinstance(a, np.ndarray):
        return (
            isinstance(b, np.ndarray)
            and a.dtype == b.dtype
            and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        )
    if isinstance(a, tuple):
        return isinstance(b, tuple) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and (a == b or a != a)


@given(VALUES)
def test_every_value_arrives_as_it_was_sent(value):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        thread = threading.Thread(target=send, args=(ours, value))
        thread.start()
        got = receive(theirs)
        thread.join()
    assert same(value, got)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.arange(10)[::-2],
        np.array(3.0),
        np.zeros((0, 5)),
        np.arange(3, dtype=">i4"),
    ],
    ids=["transposed", "backwards", "scalar", "empty", "big-endian"],
)
def test_an_array_in_any_memory_order_arrives(line, array):
    send(line[0], {"x": array})
    got = receive(line[1])["x"]
    assert got.shape == array.shape
    assert np.array_equal(got, array)


def test_names_of_objects_and_tensors_pass():
    value = (Held(3, "Linear"), TensorArgument(np.ones(2)))
    held, tensor = decode(*encode(value))
    assert held == Held(3, "Linear")
    assert tensor.array.tolist() == [1, 1]


@pytest.mark.parametrize(
    "value", [object(), {1: 2}, np.array([object()]), np.array(["a"]), 1j, b"x", {3}, 2**64]
)
def test_what_is_no_value_cannot_be_sent(value):
    with pytest.raises(TypeError, match="cannot pass"):
        encode(value)


def test_a_value_that_contains_itself_cannot_be_sent():
    value = []
    value.append(value)
    with pytest.raises(TypeError, match="nested more than"):
        encode(value)


def frame(header, body=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<I", len(text)) + text + body


ONE = {"array": 0}
HOSTILE = {
    "not JSON": frame(b"\xff\xfe"),
    "no header": frame(3),
    "a missing array": frame([ONE, []]),
    "a negative index": frame([{"array": -1}, [["<f8", [1]]]], b"8 bytes."),
    "a true index": frame([{"held": "0", "kind": 3}, []]),
    "objects": frame([ONE, [["|O", [1]]]], b"8 bytes."),
    "a structure": frame([ONE, [["f8,f8", [1]]]], b"16 bytes........"),
    "a date": frame([ONE, [["<M8[s]", [1]]]], b"8 bytes."),
    "a negative length": frame([ONE, [["<f8", [-1]]]]),
    "a length that is no number": frame([ONE, [["<f8", ["9"]]]]),
    "a true length": frame([ONE, [["<f8", [True]]]], b"8 bytes."),
    "a number of a thousand digits": frame(b"[" + b"9" * 1000 + b", []]"),
    "an empty array with a side of 2**70": frame([ONE, [["<f8", [2**70, 0]]]]),
    "a hundred dimensions": frame([ONE, [["<f8", [1] * 100]]], b"8 bytes."),
    "deep nesting": frame(b"[" * 100_000),
    "nested values": frame([[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]], []]),
    "an unknown kind": frame([{"code": "print()"}, []]),
    "cut off": struct.pack("<I", 100) + b"[",
}


@pytest.mark.parametrize("sent", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_message_is_refused(line, sent):
    line[0].sendall(sent)
    line[0].shutdown(socket.SHUT_WR)
    with pytest.raises(WireError):
        receive(line[1])


LARGE = {
    "four gigabytes of text": struct.pack("<I", 2**32 - 1),
    "a terabyte": frame([ONE, [["<f8", [2**37]]]]),
    "more than a number can say": frame([ONE, [["<f8", [2**40, 2**40]]]]),
    "many arrays": frame([None, [["|b1", [0]]] * 10_001]),
}


@pytest.mark.parametrize("sent", LARGE.values(), ids=LARGE.keys())
def test_what_is_too_large_is_refused_before_it_is_taken(line, sent):
    line[0].sendall(sent)
    with pytest.raises(ValueTooLarge):
        receive(line[1])


def test_a_silent_side_is_waited_for_until_the_deadline(line):
    line[0].sendall(b"\1")
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        receive(line[1], deadline=started + 0.1)
    assert 0.1 <= time.monotonic() - started < 5


def test_a_side_that_does_not_take_what_is_sent_is_waited_for_until_the_deadline(line):
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        send(line[0], {"x": np.zeros(2**20)}, deadline=started + 0.1)
    assert 0.1 <= time.monotonic() - started < 5


def test_half_a_character_arrives_as_a_question_mark(line):
    send(line[0], {"a\ud800": ("b\udfff", Held(1, "\ud800"))})
    assert receive(line[1]) == {"a?": ("b?", Held(1, "?"))}
