"""A place to run a stranger's program in: it sees nothing of the course, and nothing of it stays.

Two walls, one in the other. The outer one (`strongest().start`) holds for a worker: it sees an allow-list of
files, no network, no other process, and is started once. The inner one (`Nursery`) holds for each submission,
which the worker forks.

>>> from coursekit import sandbox
>>> tier = sandbox.strongest()                                                      # doctest: +SKIP
>>> worker = tier.start([sys.executable, "-I", "-m", "..."], pass_fds=[socket.fileno()],
...                     visible=[], hidden=[solutions])                             # doctest: +SKIP
"""

from coursekit.sandbox.errors import SandboxError
from coursekit.sandbox.limits import Limits
from coursekit.sandbox.nursery import Nursery
from coursekit.sandbox.tier import Tier, strongest, tiers, unsafe
from coursekit.sandbox.view import ENVIRONMENT, View, view
from coursekit.sandbox.watch import Ended, Running

__all__ = [
    "ENVIRONMENT",
    "Ended",
    "Limits",
    "Nursery",
    "Running",
    "SandboxError",
    "Tier",
    "View",
    "strongest",
    "tiers",
    "unsafe",
    "view",
]
