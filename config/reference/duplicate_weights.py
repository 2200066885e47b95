"""Weights of the features that two complaints share or differ in, from `duplicate_weights.csv`.

`python -m bench.duplicates train` learns them from labelled pairs. Near copies and complaints in other words are judged
by weights of their own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from config.reference.folder import SHIPPED_FOLDER
from config.reference.table_reader import TableError, TableRow, read_table

DUPLICATE_WEIGHTS = "duplicate_weights.csv"
_FEATURE, _COPIES, _OTHER_WORDS = "feature", "copies", "other_words"
_PRIOR, _CERTAIN, _LIKELY = "start", "certain", "likely"


@dataclass(frozen=True, slots=True)
class MatterWeights:
    """Weights for one kind of pair, and its thresholds.

    `weights` are log-odds by feature, `prior` the log-odds of a pair of which nothing is known. From the probability
    `certain` on, two complaints may be certainly one matter; from `likely` on, a person compares them.
    """

    weights: Mapping[str, float]
    prior: float
    certain: float
    likely: float


@dataclass(frozen=True, slots=True)
class DuplicateWeights:
    """Weights for near copies and for complaints in other words."""

    copies: MatterWeights
    other_words: MatterWeights


def load_duplicate_weights(path: Path = SHIPPED_FOLDER / DUPLICATE_WEIGHTS) -> DuplicateWeights:
    """Return the weights in a table. Raises `TableError`. An empty cell is no weight."""
    rows = list(read_table(path, (_FEATURE, _COPIES, _OTHER_WORDS), uneven_rows=True))
    return DuplicateWeights(*(_read_weights(path, rows, column) for column in (_COPIES, _OTHER_WORDS)))


def _read_weights(path: Path, rows: Iterable[TableRow], column: str) -> MatterWeights:
    weights: dict[str, float] = {}
    for row in rows:
        cell = row.cells.get(column, "")
        try:
            if cell:
                weights[row.cells[_FEATURE]] = float(cell)
        except ValueError as error:
            raise TableError(f"{path.name}: line {row.line}: write the weight as a number like 1.5") from error
    if missing := [name for name in (_PRIOR, _CERTAIN, _LIKELY) if name not in weights]:
        raise TableError(f"{path.name}: column {column}: add a row for {' and '.join(missing)}")
    prior, certain, likely = (weights.pop(name) for name in (_PRIOR, _CERTAIN, _LIKELY))
    if not 0 < likely <= certain < 1:
        raise TableError(
            f"{path.name}: column {column}: {_LIKELY} is {likely} and {_CERTAIN} is {certain}; "
            f"write two probabilities between 0 and 1, {_LIKELY} not above {_CERTAIN}"
        )
    return MatterWeights(MappingProxyType(weights), prior, certain, likely)
