"""How much of the machine one submission may take."""

from dataclasses import dataclass, fields

MIB = 2**20
GIB = 2**30


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Every limit is a setting; these are the defaults.

    Attributes
    ----------
    memory_bytes
        Memory beyond what the warm parent held when the submission began. One process meets it as a
        `MemoryError`; several that exceed it together are stopped.
    processes
        Processes and threads at one time. One too many meets `BlockingIOError` (a thread: `RuntimeError`).
    file_bytes
        Everything written to files, which are in memory and vanish with the submission. More meets `OSError`.
    output_bytes
        What is kept of standard output and standard error together; the rest is read and thrown away.
    cpu_seconds
        Processor time of one process.
    seconds
        Time on the clock for the whole submission. A judge may stop it earlier, question by question.
    open_files
        Open files of one process.
    """

    memory_bytes: int = 2 * GIB
    processes: int = 64
    file_bytes: int = 256 * MIB
    output_bytes: int = 1 * MIB
    cpu_seconds: int = 300
    seconds: float = 600.0
    open_files: int = 256

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise TypeError(f"{field.name} must be a number, not {type(value).__name__}")
            if not 0 < value < 2**62:
                raise ValueError(f"{field.name} must be more than 0, not {value}")
            if field.type is int and not isinstance(value, int):
                raise TypeError(f"{field.name} must be a whole number, not {value}")
