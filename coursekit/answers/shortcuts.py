"""Functions that an exercise forbids, since calling them would be the exercise."""

import sys
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NoReturn


class Shortcut(Exception):  # noqa: N818  an outcome of a call as others
    """A forbidden function was called."""


@contextmanager
def forbidden(names: Sequence[str], namespace: MutableMapping[str, Any] | None = None) -> Iterator[list[str]]:
    """Let calls of these functions raise `Shortcut` in the block.

    Parameters
    ----------
    names
        Dotted names, such as "torch.nn.functional.conv2d". Of modules that are not imported there is nothing
        to forbid yet.
    namespace
        Where the student may have put such a function under another name (`from ... import conv2d as c`).

    Yields
    ------
    list of str
        The names that were called so far, also where the caller caught the error.
    """
    called: list[str] = []
    undo: list[Callable[[], object]] = []
    refusals: dict[int, Callable[..., NoReturn]] = {}
    for name in names:
        owner, attribute = _owner(name)
        original = getattr(owner, attribute, None)
        if original is not None:
            refusals[id(original)] = _refusal(name, called)
            setattr(owner, attribute, refusals[id(original)])
            undo.append(partial(setattr, owner, attribute, original))
    if namespace is not None:
        for key, value in list(namespace.items()):
            if id(value) in refusals:
                namespace[key] = refusals[id(value)]
                undo.append(partial(namespace.__setitem__, key, value))
    try:
        yield called
    finally:
        for step in reversed(undo):
            step()


def _refusal(name: str, called: list[str]) -> Callable[..., NoReturn]:
    def refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
        called.append(name)
        raise Shortcut(f"`{name}` is not to be used in this exercise: write it yourself.")

    return refuse


def _owner(name: str) -> tuple[Any, str]:
    """Return the module or class that holds `name`, None if it is not imported, and the last part."""
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        owner = sys.modules.get(".".join(parts[:cut]))
        if owner is not None:
            for part in parts[cut:-1]:
                owner = getattr(owner, part, None)
            return owner, parts[-1]
    return None, parts[-1]
