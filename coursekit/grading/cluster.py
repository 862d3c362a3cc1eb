"""Judging on the workers of a Dask cluster: the cores of this machine, or machines elsewhere.

Each worker is a process that keeps a warm answer process of its own. Requests are sent a few at a time, so
the memory of this process does not grow with the class; what a killed worker had in hand is given to another.
"""

import ipaddress
import time
import warnings
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from coursekit.grading.course import CourseError
from coursekit.grading.engine import Answered, Request, answer, close_processes
from coursekit.grading.record import environment

AHEAD = 3
"""Requests for each worker that are on their way at one time."""
RETRIES = 3
"""How often a request is given to another worker when the one that had it was killed."""
SETTINGS = {
    # A worker that was killed is no submission's fault, until it happens again and again.
    "distributed.scheduler.allowed-failures": RETRIES,
    # Workers look at their own stack a hundred times a second, for a dashboard that nobody opens.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.gil.enabled": False,
    # The last messages, which are kept for Dask's developers, hold a notebook each.
    "distributed.admin.low-level-log-length": 10,
}
CONNECT_SECONDS = 20
LOOK_SECONDS = 5
"""How long to wait for a result before looking whether there are workers."""
ALONE_SECONDS = 120
"""How long to wait for results where no worker is left. Dask takes 15 s to give a dead one up."""
AGAIN = "what was graded is kept: run the same command again"
KILLED = "the process that judged it was killed each time; is there too little memory?"


class Cluster:
    """Judges on Dask workers; a context manager.

    Parameters
    ----------
    jobs
        How many workers to start on this machine, where there is no `scheduler`.
    scheduler
        The address of a Dask scheduler whose workers have coursekit installed. Beyond this machine it must
        be `tls://`, with the certificates that Dask's configuration names (`distributed.comm.tls`): a request
        holds students' work and the seed of the cases.

    Raises
    ------
    CourseError
        If the scheduler's address is not safe, nobody answers there, or there is no worker.
    """

    def __init__(self, jobs: int, scheduler: str | None = None) -> None:
        import dask
        from distributed import Client, LocalCluster

        self._scheduler = scheduler or "on this machine"
        if scheduler is not None:
            check_address(scheduler)
        dask.config.set(SETTINGS)
        self._own: Any = None
        self._client: Any = None
        try:
            if scheduler is None:
                # What goes wrong in a worker comes back as a result; its log would only be noise.
                settings = {"threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": "CRITICAL"}
                with warnings.catch_warnings():
                    # A slow disk is nothing to warn of: these workers write no scratch files.
                    warnings.filterwarnings("ignore", "Creating scratch directories")
                    self._own = LocalCluster(n_workers=jobs, **settings)
            self._client = Client(scheduler or self._own, timeout=CONNECT_SECONDS)
            self._client.register_plugin(_warm_parent())
            self.workers = self._check_workers()
        except CourseError:
            self.__exit__()
            raise
        except (
            OSError,
            TimeoutError,
            ValueError,
            TypeError,
        ) as error:  # TypeError: tls:// without certificates
            self.__exit__()
            raise CourseError(
                f"the Dask scheduler {self._scheduler} cannot be reached: {_first_line(error)}"
            ) from error

    def _check_workers(self) -> int:
        """Return how many workers there are, all of which must have the coursekit that is here."""
        if not self._client.scheduler_info(n_workers=1)["workers"]:
            raise CourseError(
                f"the Dask scheduler {self._scheduler} has no worker; start some where coursekit is "
                f"installed: dask worker {self._scheduler} --nworkers auto --nthreads 1"
            )
        try:
            found = self._client.run(environment)
        except ImportError as error:
            raise CourseError(f"a worker of {self._scheduler} lacks coursekit: {error}") from error
        if others := [worker for worker, theirs in found.items() if theirs != environment()]:
            raise CourseError(
                f"the worker {min(others)} has another version of coursekit, nbgrader, NumPy or PyTorch than "
                "is here: install the same everywhere"
            )
        return len(found)

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        if self._client is not None:
            self._client.close()
        if self._own is not None:
            self._own.close()

    def run(self, requests: Iterable[Request]) -> Iterator[Answered]:
        """Judge requests on the workers and give the results as they come."""
        lost = []
        for request, answered in self._judge(requests, AHEAD * self.workers):
            if answered is None:
                lost.append(request)
            else:
                yield answered
        # Dask counts a worker's death against all that waited there. Alone, only who is at fault fails again.
        for request, answered in self._judge(lost, 1):
            yield answered or Answered(request.student, {}, 0.0, KILLED)

    def _judge(self, requests: Iterable[Request], most: int) -> Iterator[tuple[Request, Answered | None]]:
        """Judge requests, so many at a time; None stands for one whose workers were killed."""
        from distributed import KilledWorker
        from distributed.comm.core import CommClosedError

        waiting = iter(requests)
        running: dict[Any, Request] = {}  # by their futures
        while True:
            while len(running) < most and (request := next(waiting, None)) is not None:
                running[self._client.submit(answer, request, pure=False, retries=RETRIES)] = request
            if not running:
                return
            try:
                for future in self._done_of(running):
                    try:
                        answered = future.result(timeout=LOOK_SECONDS)
                    except TimeoutError:  # who had the result was killed: it will be done again
                        continue
                    except KilledWorker:
                        answered = None
                    future.release()
                    yield running.pop(future), answered
            except (CancelledError, CommClosedError) as error:
                raise CourseError(
                    f"the connection to the Dask scheduler {self._scheduler} was lost; {AGAIN}"
                ) from error

    def _done_of(self, futures: Collection[Any]) -> Collection[Any]:
        """Wait for a future, one or more, and return those that are done.

        Raises
        ------
        CourseError
            If no worker has been there for `ALONE_SECONDS`.
        """
        from distributed import wait

        seen = time.monotonic()
        while time.monotonic() - seen < ALONE_SECONDS:
            if self._own is not None:
                # Dask gives up a worker that was killed while it started; this starts another in its place.
                self._own.scale(self.workers)
            with suppress(TimeoutError):
                return set(wait(list(futures), timeout=LOOK_SECONDS, return_when="FIRST_COMPLETED").done)
            if self._client.scheduler_info(n_workers=1)["workers"]:
                seen = time.monotonic()
        raise CourseError(
            f"the Dask scheduler {self._scheduler} has had no worker for {ALONE_SECONDS} s; {AGAIN}"
        )


def check_address(scheduler: str) -> None:
    """Raise `CourseError` unless the address is on this machine or encrypted."""
    try:
        parts = urlsplit(scheduler if "://" in scheduler else f"tcp://{scheduler}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or parts.scheme not in ("tcp", "tls"):
        raise CourseError(f"{scheduler!r} is no address of a Dask scheduler; one is: tls://10.0.0.5:8786")
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    if not here and parts.scheme != "tls":
        raise CourseError(
            f"the Dask scheduler {scheduler} is on another machine and not encrypted; use tls:// and "
            "name the certificates in Dask's configuration (distributed.comm.tls)"
        )


def _warm_parent() -> Any:
    """Return the plug-in that ends a worker's answer process with the worker."""
    from distributed import WorkerPlugin

    class WarmParent(WorkerPlugin):  # type: ignore[misc]
        """Ends the answer process, which a worker starts with its first request."""

        name = "coursekit-warm-parent"

        def teardown(self, worker: Any) -> None:
            """End the answer process of this worker."""
            close_processes()

    return WarmParent()


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
