"""Logistic regression in plain Python: a weight starts where a person put it, is drawn back there, and has bounds."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Feature = TypeVar("Feature", bound=Hashable)

_SWEEPS = 60
_ENOUGH = 1e-3
# No step is longer: a feature that tells perfectly would fly away.
_LONGEST_STEP = 1.0
_STEEP = 30.0


@dataclass(frozen=True, slots=True)
class Example(Generic[Feature]):
    """What was found in a message, whether it is of the class, and how much it counts."""

    features: frozenset[Feature]
    positive: bool
    counts: float = 1.0


@dataclass(frozen=True, slots=True)
class Pull:
    """What holds a weight: to where, how strongly (its square costs half of `strength`), and between which bounds."""

    to: float
    strength: float
    low: float = -math.inf
    high: float = math.inf


def fit(examples: Sequence[Example[Feature]], pulls: Mapping[Feature, Pull]) -> dict[Feature, float]:
    """The weights of the features in `pulls`: Newton's steps, one weight at a time, until all stand still."""
    weights = {feature: pull.to for feature, pull in pulls.items()}
    where: dict[Feature, list[int]] = {feature: [] for feature in pulls}
    for number, example in enumerate(examples):
        for feature in example.features & pulls.keys():
            where[feature].append(number)
    margins = [
        sum(weights[feature] for feature in sorted(example.features & pulls.keys(), key=repr)) for example in examples
    ]
    for _ in range(_SWEEPS):
        moved = 0.0
        # In the order of `pulls`; a feature that is in no example stays where it is.
        for feature in (feature for feature in pulls if where[feature]):
            change = _step(weights[feature], pulls[feature], where[feature], margins, examples)
            weights[feature] += change
            for number in where[feature]:
                margins[number] += change
            moved = max(moved, abs(change))
        if moved < _ENOUGH:
            break
    return weights


def _step(
    weight: float, pull: Pull, where: Sequence[int], margins: Sequence[float], examples: Sequence[Example[Feature]]
) -> float:
    slope = pull.strength * (weight - pull.to)
    bend = pull.strength
    for number in where:
        likely = _likely(margins[number])
        slope += examples[number].counts * (likely - examples[number].positive)
        bend += examples[number].counts * likely * (1 - likely)
    aim = max(pull.low, min(pull.high, weight - slope / bend))
    return max(-_LONGEST_STEP, min(_LONGEST_STEP, aim - weight))


def _likely(margin: float) -> float:
    return 1 / (1 + math.exp(-max(-_STEEP, min(_STEEP, margin))))
