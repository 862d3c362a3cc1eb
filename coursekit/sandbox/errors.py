"""What is raised where a sandbox cannot be had."""

import contextlib
from collections.abc import Iterator


class SandboxError(Exception):
    """A measure of the sandbox could not be taken. The message names it, says why, and how to get it."""


@contextlib.contextmanager
def measure(name: str) -> Iterator[None]:
    """Turn what the kernel refuses into a `SandboxError` that names the measure."""
    try:
        yield
    except OSError as error:
        raise SandboxError(f"the sandbox could not take the measure '{name}': {error}") from error
