"""Learns the weight of each kind of evidence from reports with a known institution: a conditional logit. Pure.

The weights that are learned are those of `evidence_weights.csv`. No institution and no word has a learned weight.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import log
from typing import NamedTuple

from messages.topics import TRIAGE
from router.evidence.evidence import EVIDENCE_KINDS, Evidence
from router.scoring import likelihoods_of, strength_by_kind, weighted_sum

StrengthsByInstitution = Mapping[str, Mapping[str, float]]
# Largest number of steps of the gradient, the length of the first one, and the change of the length after a step that
# failed or succeeded.
_STEPS, _RATE, _SHORTER, _LONGER = 800, 3.0, 0.5, 1.1
# Weights are rounded to three places: with smaller steps they have arrived.
_SMALLEST_STEP = 0.0001


class RoutingExample(NamedTuple):
    """The strength of each kind of evidence for each institution, and the acceptable institutions."""

    strengths: StrengthsByInstitution
    acceptable: frozenset[str]


class Prior(NamedTuple):
    """The weights at which learning begins, and the strength with which the learned ones are drawn to them.

    `pulls` has the strength for kinds of evidence that differ from the others.
    """

    weights: Mapping[str, float]
    pull: float = 1.0
    pulls: Mapping[str, float] = {}

    def pull_of(self, kind: str) -> float:
        """Return the strength for a kind of evidence."""
        return self.pulls.get(kind, self.pull)


def routing_example(
    evidence: Iterable[Evidence], acceptable: Collection[str], *, is_decidable: bool = True
) -> RoutingExample:
    """Return the example of a report with this evidence.

    Triage is right if nobody could tell, although a guess may be acceptable, and if no evidence is for the right one.
    """
    by_institution: dict[str, list[Evidence]] = defaultdict(list)
    for piece in evidence:
        by_institution[piece.institution].append(piece)
    strengths = {code: strength_by_kind(pieces) for code, pieces in by_institution.items()}
    known = frozenset(acceptable) & strengths.keys() if is_decidable else frozenset[str]()
    return RoutingExample(strengths, known or frozenset({TRIAGE}))


def fit_weights(examples: Sequence[RoutingExample], prior: Prior) -> dict[str, float]:
    """Return the weights of a conditional logit, by gradient ascent. No weight is negative.

    A step that makes the examples less probable is taken back and tried with half its length.
    """
    weights: dict[str, float] = {kind: prior.weights[kind] for kind in EVIDENCE_KINDS}
    value, slope = _value_and_slope(examples, weights, prior)
    rate = _RATE / max(len(examples), 1)
    for _ in range(_STEPS):
        learned = {kind: max(0.0, weight + rate * slope[kind]) for kind, weight in weights.items()}
        if max(abs(learned[kind] - weight) for kind, weight in weights.items()) < _SMALLEST_STEP:
            break
        learned_value, learned_slope = _value_and_slope(examples, learned, prior)
        if learned_value < value:
            rate *= _SHORTER
        else:
            weights, value, slope = learned, learned_value, learned_slope
            rate *= _LONGER
    return {kind: round(weight, 3) for kind, weight in weights.items()}


def _value_and_slope(
    examples: Iterable[RoutingExample], weights: Mapping[str, float], prior: Prior
) -> tuple[float, dict[str, float]]:
    """Return the log-probability of the examples and the prior, and its slope for each weight."""
    value = sum(-prior.pull_of(kind) / 2 * (weight - prior.weights[kind]) ** 2 for kind, weight in weights.items())
    slope = {kind: -prior.pull_of(kind) * (weight - prior.weights[kind]) for kind, weight in weights.items()}
    for example in examples:
        value += _add_slope(slope, example, weights)
    return value, slope


def example_likelihoods(example: RoutingExample, weights: Mapping[str, float]) -> dict[str, float]:
    """Return the probability of each institution."""
    return likelihoods_of({code: weighted_sum(by_kind, weights) for code, by_kind in example.strengths.items()})


def _add_slope(slope: dict[str, float], example: RoutingExample, weights: Mapping[str, float]) -> float:
    """Add the slope of an example; return its log-probability."""
    likelihoods = example_likelihoods(example, weights)
    acceptable_likelihood = sum(likelihoods[code] for code in example.acceptable)
    for code, strengths in example.strengths.items():
        share = likelihoods[code] / acceptable_likelihood if code in example.acceptable else 0.0
        pull = share - likelihoods[code]
        for kind, strength in strengths.items():
            slope[kind] += pull * strength
    return log(acceptable_likelihood)
