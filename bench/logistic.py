"""Logistic regression in plain Python. Each weight is drawn to a target and kept within bounds.

docs/dependencies.md says why no package does this.
"""

import math
from collections.abc import Container, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Feature = TypeVar("Feature", bound=Hashable)

_MAX_SWEEPS = 60
# A sweep in which no weight moves further changes no decision any more.
_MIN_MOVE = 1e-3
# Longest step of a weight: without a limit, a feature that separates the classes perfectly would grow without end.
_MAX_STEP = 1.0
# Keeps the quotient of a step finite for a feature without a prior.
_MIN_CURVATURE = 1e-9
# Log-odds beyond this change no probability.
_MAX_LOG_ODDS = 30.0


@dataclass(frozen=True, slots=True)
class Example(Generic[Feature]):
    """Values of the features of one example, its class, and its importance."""

    values: Mapping[Feature, float]
    is_positive: bool
    importance: float = 1.0


@dataclass(frozen=True, slots=True)
class WeightPrior:
    """Target and bounds of a weight. The squared distance from the target costs half of `strength`."""

    target: float
    strength: float
    lower: float = -math.inf
    upper: float = math.inf


@dataclass(slots=True)
class _Occurrence:
    """Value of one feature in one example."""

    example_index: int
    value: float


def fit_weights(
    examples: Sequence[Example[Feature]],
    priors: Mapping[Feature, WeightPrior],
    *,
    max_sweeps: int = _MAX_SWEEPS,
    max_step: float = _MAX_STEP,
) -> dict[Feature, float]:
    """Return the weights of the features in `priors`, by Newton's steps, one weight at a time in the order of `priors`.

    A feature that no example has keeps its target.
    """
    weights = {feature: prior.target for feature, prior in priors.items()}
    occurrences = _find_occurrences(examples, priors)
    log_odds = [0.0] * len(examples)
    for feature, weight in weights.items():
        _shift(log_odds, occurrences.get(feature, ()), weight)
    for _ in range(max_sweeps):
        longest_move = 0.0
        for feature in (feature for feature in priors if feature in occurrences):
            step = _newton_step(weights[feature], priors[feature], occurrences[feature], log_odds, examples)
            step = max(-max_step, min(max_step, step))
            weights[feature] += step
            _shift(log_odds, occurrences[feature], step)
            longest_move = max(longest_move, abs(step))
        if longest_move < _MIN_MOVE:
            break
    return weights


def _find_occurrences(
    examples: Sequence[Example[Feature]], features: Container[Feature]
) -> dict[Feature, list[_Occurrence]]:
    """Return the examples of each feature that occurs."""
    occurrences: dict[Feature, list[_Occurrence]] = {}
    for index, example in enumerate(examples):
        for feature, value in example.values.items():
            if value and feature in features:
                occurrences.setdefault(feature, []).append(_Occurrence(index, value))
    return occurrences


def _shift(log_odds: list[float], occurrences: Sequence[_Occurrence], step: float) -> None:
    """Add the change of a weight to the log-odds of the examples."""
    if step:
        for occurrence in occurrences:
            log_odds[occurrence.example_index] += step * occurrence.value


def _newton_step(
    weight: float,
    prior: WeightPrior,
    occurrences: Sequence[_Occurrence],
    log_odds: Sequence[float],
    examples: Sequence[Example[Feature]],
) -> float:
    """Return the change of a weight that Newton's method proposes, within the bounds of the weight."""
    slope = prior.strength * (weight - prior.target)
    curvature = prior.strength + _MIN_CURVATURE
    for occurrence in occurrences:
        example, value = examples[occurrence.example_index], occurrence.value
        likelihood = probability(log_odds[occurrence.example_index])
        slope += example.importance * value * (likelihood - example.is_positive)
        curvature += example.importance * value * value * likelihood * (1 - likelihood)
    return max(prior.lower, min(prior.upper, weight - slope / curvature)) - weight


def probability(log_odds: float) -> float:
    """Return the probability of log-odds: 0 to 1."""
    return 1 / (1 + math.exp(-max(-_MAX_LOG_ODDS, min(_MAX_LOG_ODDS, log_odds))))
