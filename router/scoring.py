"""Weighs the evidence in a report: the likelihood that each institution is the competent one. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from config.reference.table_reader import TableError, raise_faults, read_table
from router.evidence.evidence import EVIDENCE_KINDS, Evidence

# The second piece of evidence of one kind for one institution counts half of what it would alone, the third a quarter.
_REPETITION_FACTOR = 0.5
# The row of the table that holds the threshold.
THRESHOLD_ROW = "threshold"
# Largest weight. More would be certainty several times over, and in the end a number that overflows.
_MAX_WEIGHT = 20
# Slope and offset of the log-odds that turn a probability of the weighed evidence into one that is true as often as it
# says: it is too sure at the top and not sure enough below. Fitted by `python -m bench.calibration` to reports that
# nothing is learned from. Largest confidence: of the surest reports one in a hundred goes wrong.
_CALIBRATION_SLOPE, _CALIBRATION_OFFSET = 0.58, 1.12
# The same for the likeliest institution of a report that goes to triage.
_TRIAGE_SLOPE, _TRIAGE_OFFSET = 0.62, 0.56
MAX_CONFIDENCE = 0.99
_MIN_PROBABILITY = 1e-6


@dataclass(frozen=True, slots=True)
class Weights:
    """`by_kind` is the weight of each kind of evidence: log-odds for a strength of 1.

    An institution is chosen if its likelihood is at least `threshold`; else a person decides (triage).
    """

    by_kind: Mapping[str, float]
    threshold: float


class AgencyCandidate(NamedTuple):
    """An institution, the probability that it is the competent one, and its evidence, the strongest first."""

    institution: str
    likelihood: float
    evidence: tuple[Evidence, ...]


def rank_candidates(evidence: Sequence[Evidence], weights: Weights) -> list[AgencyCandidate]:
    """Return the institutions with evidence, the likeliest first. Triage stands for: nobody could tell."""
    evidence_by_institution: dict[str, list[Evidence]] = defaultdict(list)
    for piece in evidence:
        evidence_by_institution[piece.institution].append(piece)
    log_odds = {code: _log_odds(pieces, weights) for code, pieces in evidence_by_institution.items()}
    likelihoods = likelihoods_of(log_odds)
    candidates = [
        AgencyCandidate(code, likelihoods[code], _strongest_first(pieces, weights))
        for code, pieces in evidence_by_institution.items()
    ]
    return sorted(candidates, key=lambda candidate: (-candidate.likelihood, candidate.institution))


def _log_odds(pieces: Sequence[Evidence], weights: Weights) -> float:
    # Most institutions have one piece of evidence.
    if len(pieces) == 1:
        return weights.by_kind[pieces[0].kind] * pieces[0].strength
    return weighted_sum(strength_by_kind(pieces), weights.by_kind)


def _strongest_first(pieces: Sequence[Evidence], weights: Weights) -> tuple[Evidence, ...]:
    if len(pieces) == 1:
        return tuple(pieces)
    return tuple(sorted(pieces, key=lambda piece: -weights.by_kind[piece.kind] * piece.strength))


def weighted_sum(strengths: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the log-odds for one institution from the strength of each kind of evidence."""
    return sum(weights[kind] * strength for kind, strength in strengths.items())


def likelihoods_of(log_odds: Mapping[str, float]) -> dict[str, float]:
    """Return the probability of each institution. Large log-odds do not overflow."""
    largest = max(log_odds.values(), default=0.0)
    odds = {code: exp(value - largest) for code, value in log_odds.items()}
    total = sum(odds.values())
    return {code: value / total for code, value in odds.items()}


def calibrated(probability: float) -> float:
    """Return the confidence for a probability of `likelihoods_of`: a larger one for a larger one, never certainty.

    It holds for agencies that get the report; see `calibrated_at_triage`.
    """
    return _calibrated(probability, _CALIBRATION_SLOPE, _CALIBRATION_OFFSET)


def calibrated_at_triage(probability: float) -> float:
    """Return the confidence for the likeliest institution of a report that nobody but a person can decide."""
    return _calibrated(probability, _TRIAGE_SLOPE, _TRIAGE_OFFSET)


def _calibrated(probability: float, slope: float, offset: float) -> float:
    bounded = min(max(probability, _MIN_PROBABILITY), 1 - _MIN_PROBABILITY)
    log_odds = slope * log(bounded / (1 - bounded)) + offset
    return min(1 / (1 + exp(-log_odds)), MAX_CONFIDENCE)


def strength_by_kind(evidence: Sequence[Evidence]) -> Mapping[str, float]:
    """Return the strength of each kind of evidence for one institution."""
    strengths: dict[str, list[float]] = defaultdict(list)
    for piece in evidence:
        strengths[piece.kind].append(piece.strength)
    return {
        kind: sum(value * _REPETITION_FACTOR**rank for rank, value in enumerate(sorted(values, reverse=True)))
        for kind, values in strengths.items()
    }


def load_weights(path: Path) -> Weights:
    """Return the weights in a table. Raises `TableError`."""
    try:
        weights = {
            row.cells["evidence"]: float(row.cells["weight"]) for row in read_table(path, ("evidence", "weight"))
        }
        threshold = weights.pop(THRESHOLD_ROW)
    except (ValueError, KeyError) as error:
        raise TableError(
            f"{path.name}: {error}; a number for each kind of evidence and for {THRESHOLD_ROW!r} is needed"
        ) from error
    raise_faults(path, _faults(weights, threshold))
    return Weights(MappingProxyType(weights), threshold)


def _faults(weights: Mapping[str, float], threshold: float) -> Iterator[str]:
    yield from (f"the row of {kind} is missing; add it" for kind in sorted(set(EVIDENCE_KINDS) - set(weights)))
    yield from (f"{kind} is no kind of evidence; remove the row" for kind in sorted(set(weights) - set(EVIDENCE_KINDS)))
    yield from (
        f"{kind}: a weight lies between 0 and {_MAX_WEIGHT}"
        for kind, weight in weights.items()
        if not 0 <= weight <= _MAX_WEIGHT
    )
    if not 0 <= threshold <= 1:
        yield f"{THRESHOLD_ROW} is {threshold}; write a probability between 0 and 1"
