"""Judging on the workers of a Dask cluster: the cores of this machine, or machines elsewhere.

Each worker is a process that keeps a warm answer process of its own. Requests are sent a few at a time, so
the memory of this process does not grow with the class; what a killed worker had in hand is given to another.
"""

import ipaddress
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from coursekit.grading.course import CourseError
from coursekit.grading.engine import Answered, Request, answer, close_processes

AHEAD = 3
"""Requests for each worker that are on their way at one time."""
RETRIES = 3
"""How often a request is given to another worker when the one that had it was killed."""
CONNECT_SECONDS = 20


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

        if scheduler is not None:
            check_address(scheduler)
        # A worker that was killed is no submission's fault, until it happens again and again.
        dask.config.set({"distributed.scheduler.allowed-failures": RETRIES})
        self._own: Any = None
        self._client: Any = None
        try:
            if scheduler is None:
                settings = {"threads_per_worker": 1, "dashboard_address": None, "silence_logs": "ERROR"}
                self._own = LocalCluster(n_workers=jobs, **settings)
            self._client = Client(scheduler or self._own, timeout=CONNECT_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            raise CourseError(
                f"the Dask scheduler {scheduler or 'on this machine'} cannot be reached: {error}"
            ) from error
        self._client.register_plugin(_warm_parent())
        self.workers = len(self._client.scheduler_info(n_workers=-1)["workers"])
        if not self.workers:
            self.__exit__()
            raise CourseError(
                f"the Dask scheduler {scheduler} has no worker; start some with: dask worker {scheduler}"
            )

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self._client.close()
        if self._own is not None:
            self._own.close()

    def run(self, requests: Iterable[Request]) -> Iterator[Answered]:
        """Judge requests on the workers and give the results as they come."""
        from distributed import as_completed

        waiting = iter(requests)
        running: dict[Any, str] = {}
        done = as_completed()

        def send() -> None:
            while len(running) < AHEAD * self.workers:
                request = next(waiting, None)
                if request is None:
                    return
                future = self._client.submit(answer, request, pure=False, retries=RETRIES)
                running[future.key] = request.student
                done.add(future)

        send()
        while running:
            future = next(done)
            student = running.pop(future.key)
            yield _result(future, student)
            future.release()
            send()


def check_address(scheduler: str) -> None:
    """Raise `CourseError` unless the address is on this machine or encrypted."""
    parts = urlsplit(scheduler if "://" in scheduler else f"tcp://{scheduler}")
    host = parts.hostname or ""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    if not host:
        raise CourseError(f"{scheduler!r} is no address of a Dask scheduler; one is: tls://10.0.0.5:8786")
    if not here and parts.scheme != "tls":
        raise CourseError(
            f"the Dask scheduler {scheduler} is on another machine and not encrypted; use tls://{host} and "
            "name the certificates in Dask's configuration (distributed.comm.tls)"
        )


def _result(future: Any, student: str) -> Answered:
    from distributed import KilledWorker

    try:
        result: Answered = future.result()
    except KilledWorker:
        reason = f"its worker was killed {RETRIES + 1} times in a row; is there too little memory?"
        return Answered(student, {}, 0.0, reason)
    return result


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
