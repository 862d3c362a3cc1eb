"""The door between a check and an answer: arguments go in, a value comes out, or one of the errors below."""

import copy
import linecache
import traceback
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from coursekit.answers.operations import OPERATIONS
from coursekit.answers.shortcuts import Shortcut, forbidden
from coursekit.answers.time_limit import OutOfTime, time_limit
from coursekit.answers.values import KINDS, Held, TensorArgument, Value

_COURSEKIT = str(Path(__file__).parents[1])


class AnswerError(Exception):
    """The answer gave nothing to compare. The message is for the student."""


class NotWritten(AnswerError):  # noqa: N818  the name is what it says to a student
    """The function is not there yet."""


class TimedOut(AnswerError):  # noqa: N818
    """The function took longer than it may."""


class Answers(Protocol):
    """What a check sees of a submission.

    Arguments may be numbers, texts, arrays, `TensorArgument`s, `Held`s, and tuples and dictionaries of these.
    Numbers and arrays of any library come back as NumPy arrays, lists as tuples; an object that is nothing of
    the kind comes back as a `Held`, to be given to `do` or to another call.

    Both methods raise `NotWritten` if there is no such function or it raises `NotImplementedError`,
    `TimedOut` if it does not return in time, and `AnswerError` if it fails in any other way.
    """

    def call(self, function: str, /, *arguments: Value, **settings: Value) -> Value:
        """Return what the student's `function` gives for these arguments."""
        ...

    def do(self, operation: str, thing: Held, /, *arguments: Value, **settings: Value) -> Value:
        """Return what one of `operations.OPERATIONS` gives for an object behind the door."""
        ...


class LocalAnswers:
    """Answers that live in this process, as in a student's notebook.

    Parameters
    ----------
    namespace
        Where the functions are: a notebook passes `globals()`.
    time_limit
        Seconds that one call may take. Kept where the system has interval timers (not on Windows).
    shortcuts
        Dotted names of functions that the exercise forbids; see `shortcuts.forbidden`.
    explain
        Returns what is to be said about an error beyond itself.
    """

    def __init__(
        self,
        namespace: Mapping[str, Any],
        time_limit: float = 10.0,
        shortcuts: Sequence[str] = (),
        explain: Callable[[BaseException], str] = lambda _error: "",
    ) -> None:
        self._namespace = namespace
        self._time_limit = time_limit
        self._shortcuts = shortcuts
        self._explain = explain
        self._held: list[Any] = []

    def call(self, function: str, /, *arguments: Value, **settings: Value) -> Value:
        """Call the function on copies of the arguments; see `Answers`."""
        answer = self._namespace.get(function)
        if not callable(answer):
            raise NotWritten(f"There is no function `{function}` yet. Run the cell that defines it.")
        value = self._run(answer, function, arguments, settings)
        if value is None:
            raise AnswerError(f"`{function}` returned None. Is there a `return` at its end?")
        return value

    def do(self, operation: str, thing: Held, /, *arguments: Value, **settings: Value) -> Value:
        """Do something with an object behind the door; see `Answers`."""
        name = f"{thing.kind}.{arguments[0]}" if operation in ("method", "attribute") else thing.kind
        return self._run(OPERATIONS[operation], name, (thing, *arguments), settings)

    def _run(
        self, answer: Callable[..., Any], name: str, arguments: tuple[Any, ...], settings: dict[str, Any]
    ) -> Value:
        arguments = tuple(self._given(value) for value in arguments)
        settings = {key: self._given(value) for key, value in settings.items()}
        own = self._namespace if isinstance(self._namespace, MutableMapping) else None
        try:
            with forbidden(self._shortcuts, own), time_limit(self._time_limit):
                return self._taken(answer(*arguments, **settings))
        except NotImplementedError:
            raise NotWritten(f"`{name}` is not written yet.") from None
        except OutOfTime:
            raise TimedOut(
                f"`{name}` was stopped after {self._time_limit:g} seconds. Does a loop never end?"
            ) from None
        except Shortcut as error:
            raise AnswerError(str(error)) from None
        except Exception as error:
            said = f"`{name}` stopped with {describe_error(error)}\n{self._explain(error)}"
            raise AnswerError(said.strip()) from None

    def _given(self, value: Value) -> Any:
        """Return an argument as the answer gets it: a copy, or the object that a `Held` stands for."""
        if isinstance(value, Held):
            if not 0 <= value.number < len(self._held):
                raise ValueError(f"nothing is held under the number {value.number}")
            return self._held[value.number]
        if isinstance(value, TensorArgument):
            import torch

            return torch.from_numpy(np.array(value.array))
        if isinstance(value, tuple | list):
            return type(value)(self._given(part) for part in value)
        if isinstance(value, dict):
            return {key: self._given(part) for key, part in value.items()}
        return copy.deepcopy(value)

    def _taken(self, value: Any) -> Value:
        """Return a result as the check gets it: plain arrays that share no memory with the student's."""
        if value is None or type(value) is str:
            return value
        if isinstance(value, dict) and all(type(key) is str for key in value):
            return {key: self._taken(part) for key, part in value.items()}
        if type(value).__module__.startswith("torch") and hasattr(value, "detach"):
            value = value.detach().cpu().resolve_conj().resolve_neg().numpy()
        if isinstance(value, tuple | list) and _shape(value) is None:
            return tuple(self._taken(part) for part in value)
        try:
            # What can be called is no number: NumPy takes an empty `torch.nn.Sequential` for an empty array.
            array = np.array(None if callable(value) else value)
        except Exception:
            array = np.array(None)
        if array.dtype.kind in KINDS:
            return array
        self._held.append(value)
        return Held(len(self._held) - 1, type(value).__name__)


def _shape(value: Any) -> tuple[int, ...] | None:
    """Return the shape of nested lists of numbers; None if they hold anything else or are ragged."""
    if isinstance(value, int | float | np.number):
        return ()
    if not isinstance(value, tuple | list):
        return None
    shapes = {_shape(part) for part in value}
    inner = shapes.pop() if shapes else ()
    return None if shapes or inner is None else (len(value), *inner)


def describe_error(error: BaseException) -> str:
    """Return the error with the line of the student's code in which it arose."""
    what = f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "site-packages" not in f.filename and not f.filename.startswith(_COURSEKIT)]
    if not own:
        return what
    line = (own[-1].line or linecache.getline(own[-1].filename, own[-1].lineno or 0)).strip()
    return f"{what}\nin `{own[-1].name}`, line {own[-1].lineno}: {line}"
