"""Saying which limit an error comes from: Python and the kernel do not know that it is one."""

import errno

from coursekit.sandbox import Limits

GIB = 2**30
MIB = 2**20


def limit_met(error: BaseException, limits: Limits) -> str:
    """Return a sentence that names the limit of the sandbox which raised this error; empty if none did."""
    number = error.errno if isinstance(error, OSError) else None
    said = str(error) if isinstance(error, RuntimeError) else ""
    if isinstance(error, MemoryError) or number == errno.ENOMEM or "can't allocate memory" in said:
        return f"The limit memory_bytes: {limits.memory_bytes / GIB:g} GiB may be taken."
    if number in (errno.ENOSPC, errno.EFBIG):
        return f"The limit file_bytes: {limits.file_bytes / MIB:g} MiB may be written to files."
    if number == errno.EMFILE:
        return f"The limit open_files: {limits.open_files} files may be open."
    if number == errno.EAGAIN or "can't start new thread" in said:
        return f"The limit processes: there may be {limits.processes} processes and threads."
    return ""
