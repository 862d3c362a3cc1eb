"""Preloaded by a Dask worker that dies of some submissions, as one would die of too little memory."""

import os
import signal

from coursekit.grading import engine


def fragile(request, judge=engine._answer):
    """Judge, unless the submission says that it kills the worker."""
    if any(b"kills the worker" in submitted for _, submitted in request.notebooks.values()):
        os.kill(os.getpid(), signal.SIGKILL)
    return judge(request)


engine._answer = fragile
