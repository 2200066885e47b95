"""Values of a retraining: the learned weights, and every figure before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from router.scoring import Weights


class FigureChange(NamedTuple):
    """One figure of one set of reports, with the weights in use and with the learned ones."""

    reports: str
    name: str
    before: float
    after: float


class AgencyChange(NamedTuple):
    """The number of labelled reports of an agency that reach it, with the weights in use and with the learned ones."""

    agency: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Retraining:
    """Learned weights and their effect.

    `cases` are those that were learned, by kind; `sizes` the measured reports. `lost_examples` are the faults of
    examples of `competence.csv` that the linter finds with the weights in use, and those with the learned ones.
    """

    weights: Weights
    cases: Mapping[str, int]
    sizes: Mapping[str, int]
    figures: Sequence[FigureChange]
    agencies: Sequence[AgencyChange]
    lost_examples: tuple[Sequence[str], Sequence[str]] = ((), ())
