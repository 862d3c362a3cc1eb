"""Messages between judge and answers over a socket: a length, JSON, and the bytes of arrays.

The receiver decides how much it takes. Nothing in a message is run or trusted; one that is not as it must be
raises `WireError`.
"""

import json
import socket
import struct
import time
from typing import Any

import numpy as np

from coursekit.answers.values import MAX_ARRAYS, Value, ValueTooLarge, decode, encode

HEADER_BYTES = 4 * 2**20
ARRAY_BYTES = 256 * 2**20
"""How many bytes the arrays of one message may have by default."""
DTYPES = {"|b1", "|i1", "|u1", "<i2", "<i4", "<i8", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8"}


class WireError(Exception):
    """The other side went away, or said what cannot be understood."""


def send(
    connection: socket.socket,
    message: Value,
    array_bytes: int = ARRAY_BYTES,
    deadline: float | None = None,
) -> None:
    """Send a message: a dict of values. If `TypeError` or `ValueTooLarge` is raised, nothing was sent.

    Raises
    ------
    TypeError
        If something in it may not pass.
    ValueTooLarge
        If it is larger than a receiver takes who allows `array_bytes`.
    TimeoutError
        If the other side has not taken it by the deadline, on `time.monotonic`'s clock.
    OSError
        If the other side went away.
    """
    tree, arrays = encode(message)
    header = json.dumps([tree, [[array.dtype.str, array.shape] for array in arrays]]).encode()
    _check_size(len(header), len(arrays), sum(array.nbytes for array in arrays), array_bytes)
    _wait_until(connection, deadline)
    connection.sendall(struct.pack("<I", len(header)) + header)
    for array in arrays:
        if array.size:
            _wait_until(connection, deadline)
            connection.sendall(array.tobytes())


def receive(
    connection: socket.socket, deadline: float | None = None, array_bytes: int = ARRAY_BYTES
) -> Value:
    """Return the next message.

    Parameters
    ----------
    connection
        Where it comes from.
    deadline
        Until when, on `time.monotonic`'s clock; None waits for ever.
    array_bytes
        How many bytes its arrays may have in all.

    Raises
    ------
    TimeoutError
        If it is not complete by then.
    ValueTooLarge
        If it is larger than allowed. The connection cannot be used any more.
    WireError
        If it is no message, or the other side went away.
    """
    (length,) = struct.unpack("<I", _take(connection, 4, deadline))
    _check_size(length, 0, 0, array_bytes)
    try:
        tree, described = json.loads(_take(connection, length, deadline))
        _check_size(length, len(described), 0, array_bytes)
        kinds = [_described(*one) for one in described]
        sizes = [dtype.itemsize * int(np.prod(shape, dtype=object)) for dtype, shape in kinds]
        _check_size(length, len(sizes), sum(sizes), array_bytes)
        arrays = [
            np.frombuffer(_take(connection, size, deadline), dtype).reshape(shape)
            for size, (dtype, shape) in zip(sizes, kinds, strict=True)
        ]
        return decode(tree, arrays)
    except (ValueTooLarge, TimeoutError):
        raise
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise WireError(f"not a message: {error}") from error


def _wait_until(connection: socket.socket, deadline: float | None) -> None:
    """Let the next step wait no longer than until the deadline."""
    left = None if deadline is None else deadline - time.monotonic()
    if left is not None and left <= 0:
        raise TimeoutError
    connection.settimeout(left)


def _check_size(text: int, arrays: int, size: int, array_bytes: int) -> None:
    if text > HEADER_BYTES:
        raise ValueTooLarge(f"it has more than {HEADER_BYTES // 2**20} MiB of text")
    if arrays > MAX_ARRAYS:
        raise ValueTooLarge(f"it has more than {MAX_ARRAYS} arrays")
    if size > array_bytes:
        raise ValueTooLarge(f"it has {size / 2**20:.0f} MiB, and {array_bytes / 2**20:.0f} MiB may pass")


def _described(dtype: str, shape: Any) -> tuple[np.dtype[Any], tuple[int, ...]]:
    if dtype not in DTYPES or len(shape) > 32 or any(type(n) is not int or n < 0 for n in shape):
        raise ValueError(f"an array of {str(dtype)[:20]}, shape {str(shape)[:80]}")
    return np.dtype(dtype), tuple(shape)


def _take(connection: socket.socket, count: int, deadline: float | None) -> bytearray:
    """Return so many bytes."""
    taken = bytearray(count)
    view = memoryview(taken)
    while view:
        _wait_until(connection, deadline)
        try:
            got = connection.recv_into(view)
        except TimeoutError:
            raise
        except OSError as error:
            raise WireError(f"the other side went away ({error.strerror})") from error
        if got == 0:
            raise WireError("the other side went away")
        view = view[got:]
    return taken
