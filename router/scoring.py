"""Weighs the signs in a report against each other: which institution, and how likely that is right. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path
from types import MappingProxyType

from config.reference.table_reader import TableError, raise_faults, read_table
from router.evidence.evidence import KINDS, Evidence

# A second sign of one kind for one institution tells half of what it would alone.
_EACH_FURTHER = 0.5
_ENOUGH = "enough"
# More is certainty several times over, and in the end no number any more.
_MOST = 20


@dataclass(frozen=True, slots=True)
class Weights:
    """`of` is what each kind of sign is worth (log-odds for a strength of 1).

    A door is chosen from the probability `enough` on; below it a person decides (triage).
    """

    of: Mapping[str, float]
    enough: float


@dataclass(frozen=True, slots=True)
class AgencyCandidate:
    """An institution, the probability that it is the competent one, and what speaks for it, the strongest first."""

    institution: str
    chance: float
    signs: tuple[Evidence, ...]


def weigh(signs: Sequence[Evidence], weights: Weights) -> list[AgencyCandidate]:
    """All institutions that something speaks for, the likeliest first. Triage is one: that nobody could tell."""
    for_each: dict[str, list[Evidence]] = defaultdict(list)
    for sign in signs:
        for_each[sign.institution].append(sign)
    said = {
        code: sum(weights.of[kind] * strength for kind, strength in strengths(some).items())
        for code, some in for_each.items()
    }
    chances = likelihoods(said)
    doors = [
        AgencyCandidate(
            code, chances[code], tuple(sorted(some, key=lambda sign: -weights.of[sign.kind] * sign.strength))
        )
        for code, some in for_each.items()
    ]
    return sorted(doors, key=lambda door: (-door.chance, door.institution))


def likelihoods(said: Mapping[str, float]) -> dict[str, float]:
    """The probability of each, by the log-odds that speak for it, however large these are."""
    most = max(said.values(), default=0.0)
    odds = {code: exp(value - most) for code, value in said.items()}
    whole = sum(odds.values())
    return {code: odd / whole for code, odd in odds.items()}


def strengths(signs: Sequence[Evidence]) -> Mapping[str, float]:
    """How strongly each kind of sign speaks for one institution."""
    by_kind: dict[str, list[float]] = defaultdict(list)
    for sign in signs:
        by_kind[sign.kind].append(sign.strength)
    return {
        kind: sum(strength * _EACH_FURTHER**place for place, strength in enumerate(sorted(some, reverse=True)))
        for kind, some in by_kind.items()
    }


def load_weights(path: Path) -> Weights:
    """Return the weights in a table. Raises `TableError`."""
    try:
        weights = {row.cells["sign"]: float(row.cells["weight"]) for row in read_table(path, ("sign", "weight"))}
        enough = weights.pop(_ENOUGH)
    except (ValueError, KeyError) as error:
        raise TableError(f"{path.name}: {error}; a number for each sign and for {_ENOUGH!r} is needed") from error
    raise_faults(path, _faults(weights, enough))
    return Weights(MappingProxyType(weights), enough)


def _faults(weights: Mapping[str, float], enough: float) -> Iterator[str]:
    yield from (f"the row of {sign} is missing; add it" for sign in sorted(set(KINDS) - set(weights)))
    yield from (f"{sign} is no kind of evidence; remove the row" for sign in sorted(set(weights) - set(KINDS)))
    yield from (
        f"{sign}: a weight lies between 0 and {_MOST}" for sign, weight in weights.items() if not 0 <= weight <= _MOST
    )
    if not 0 <= enough <= 1:
        yield f"{_ENOUGH} is {enough}; write a probability between 0 and 1"
