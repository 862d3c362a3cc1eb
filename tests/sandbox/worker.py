"""A worker that runs any Python source as a submission: what the attacks of the tests are sent to."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coursekit.sandbox import Ended, Tier

SCRIPT = """
import json, socket, sys
from dataclasses import asdict
from coursekit.sandbox import Limits, Nursery, SandboxError
nursery = Nursery(confined=sys.argv[2] == "True")
ours = socket.socket(fileno=int(sys.argv[1]))
exec(sys.argv[3])
lines = ours.makefile("rw")
for line in lines:
    request = json.loads(line)
    source = request.pop("source")
    try:
        running = nursery.start(lambda: exec(source, {"__name__": "__main__"}), Limits(**request))
        answer = asdict(nursery.wait(running, cancel=ours.fileno()))
        answer["output"] = answer["output"].decode("latin-1")
    except SandboxError as error:
        answer = {"error": str(error)}
    lines.write(json.dumps(answer) + "\\n")
    lines.flush()
"""


class Worker:
    """A started worker. `process` is the sandbox's outermost process."""

    def __init__(
        self,
        tier: Tier,
        first: str = "",
        visible: Sequence[Path] = (),
        hidden: Sequence[Path] = (),
        replaced: Mapping[Path, Path] | None = None,
    ) -> None:
        self.socket, theirs = socket.socketpair()
        with theirs:
            argv = [sys.executable, "-I", "-c", SCRIPT, str(theirs.fileno()), str(tier.confines), first]
            self.process: subprocess.Popen[bytes] = tier.start(
                argv,
                pass_fds=[theirs.fileno()],
                visible=visible,
                hidden=hidden,
                replaced=replaced,
                stderr=None,
            )
        self._lines = self.socket.makefile("rw")

    def send(self, source: str, **limits: Any) -> None:
        """Have a submission run, without waiting for it."""
        self._lines.write(json.dumps({"source": source, **limits}) + "\n")
        self._lines.flush()

    def receive(self) -> Ended:
        """Return how the submission ended that was sent."""
        answer = json.loads(self._lines.readline() or '{"error": "the worker has ended"}')
        if "error" in answer:
            raise RuntimeError(answer["error"])
        answer["output"] = answer["output"].encode("latin-1")
        answer["left_running"] = tuple(answer["left_running"])
        return Ended(**answer)

    def run(self, source: str, **limits: Any) -> Ended:
        """Run a submission to its end."""
        self.send(source, **limits)
        return self.receive()

    def says(self, source: str, **limits: Any) -> str:
        """Run a submission that must end by itself, and return what it printed."""
        ended = self.run(source, **limits)
        assert ended.limit is None, ended
        assert ended.status == 0, ended
        return ended.output.decode().strip()

    def close(self) -> None:
        """End the worker."""
        self._lines.close()
        self.socket.close()
        self.process.kill()
        self.process.wait()


def alive(marker: str) -> list[int]:
    """Return the processes of this machine that have a marker among their arguments."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                arguments = Path("/proc", name, "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if marker.encode() in arguments:
                found.append(int(name))
    return found
