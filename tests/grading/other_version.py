"""Preloaded by a Dask worker that has another version of the library."""

from coursekit.grading import cluster, record

cluster.environment = record.environment = lambda: "another version"
