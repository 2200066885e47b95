"""Weights of the features that two complaints share or differ in, from `likeness.csv`.

`python -m bench.duplicates train` learns them from labelled pairs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from config.reference.folder import SHIPPED_FOLDER
from config.reference.table_reader import TableError, read_table

DUPLICATE_WEIGHTS = "likeness.csv"
_PRIOR = "start"
_THRESHOLD = "enough"


@dataclass(frozen=True, slots=True)
class DuplicateWeights:
    """`weights` are log-odds by feature, `prior` the log-odds of a pair of which nothing is known.

    From the probability `threshold` on, two complaints are taken for the same matter.
    """

    weights: Mapping[str, float]
    prior: float
    threshold: float


def load_duplicate_weights(path: Path = SHIPPED_FOLDER / DUPLICATE_WEIGHTS) -> DuplicateWeights:
    """Return the weights in a table. Raises `TableError`."""
    weights: dict[str, float] = {}
    for row in read_table(path, ("feature", "weight"), uneven_rows=True):
        try:
            weights[row.cells["feature"]] = float(row.cells["weight"])
        except ValueError as error:
            raise TableError(f"{path.name}: line {row.line}: write the weight as a number like 1.5") from error
    if missing := [name for name in (_PRIOR, _THRESHOLD) if name not in weights]:
        raise TableError(f"{path.name}: add a row for {' and '.join(missing)}")
    prior, threshold = weights.pop(_PRIOR), weights.pop(_THRESHOLD)
    if not 0 < threshold < 1:
        raise TableError(f"{path.name}: {_THRESHOLD} is {threshold}; write a probability between 0 and 1")
    return DuplicateWeights(MappingProxyType(weights), prior, threshold)
