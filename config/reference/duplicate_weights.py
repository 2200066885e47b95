"""How much each thing that two complaints have in common, or differ in, says that they are about the same matter.

Facts read from `config/data/likeness.csv`, which `python -m bench.duplicates train` learns from labelled pairs.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from config.settings import SettingsError

_FILE = Path(__file__).parents[1] / "data" / "likeness.csv"


class LikenessError(SettingsError):
    """The file can't be read as weights; the text names the row."""


@dataclass(frozen=True, slots=True)
class DuplicateWeights:
    """`weights` are log-odds by feature, `start` those of a pair of which nothing is known.

    A pair is taken for one matter from the probability `enough` on.
    """

    weights: Mapping[str, float]
    start: float
    enough: float


def load_duplicate_weights(path: Path = _FILE) -> DuplicateWeights:
    """The weights in a file. Raises `LikenessError`."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            weights = {row["feature"]: float(row["weight"]) for row in csv.DictReader(file, strict=True)}
        start, enough = weights.pop("start"), weights.pop("enough")
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError) as error:
        raise LikenessError(f"{path}: {error!r}") from error
    if not 0 < enough < 1:
        raise LikenessError(f"{path}: enough is a probability between 0 and 1, not {enough}")
    return DuplicateWeights(MappingProxyType(weights), start, enough)
