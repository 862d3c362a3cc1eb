"""Experiments that are repeated over seeds: described as data, carried out on all cores, kept as they go.

A `Study` says what is measured; `carry_out` measures what is not measured yet; `Results` holds the figures,
with their mean and spread. The commands `coursekit transfer ...` run the studies of this package, and the
book draws from the files that they write.
"""

from coursekit.experiments.carry_out import carry_out
from coursekit.experiments.results import Results, ResultsError
from coursekit.experiments.study import Study

__all__ = ["Results", "ResultsError", "Study", "carry_out"]
