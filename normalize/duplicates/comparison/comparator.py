"""Comparison of two complaints: the likelihood that they are about one matter, with the reasons. Pure."""

from dataclasses import dataclass
from math import exp, log
from typing import Literal

from config.reference.duplicate_weights import DuplicateWeights, MatterWeights
from config.reference.word_frequencies import WordFrequencies
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.comparison.certainty import Certainty, is_other_form, judge_certainty
from normalize.duplicates.comparison.entity_comparison import PERSONS
from normalize.duplicates.comparison.exclusions import find_contradiction, find_exclusion, lacks_common_ground
from normalize.duplicates.comparison.features import FEATURES
from normalize.duplicates.comparison.object_features import OBJECT_FEATURES
from normalize.duplicates.comparison.pair import ComplaintPair

# Weight that two near texts share if one person probably sent both: strangers do not write it by chance.
_MIN_COPIED_WEIGHT = 3.0
_MAX_EVIDENCE = 5
# Log-odds beyond this change no likelihood.
_MAX_LOG_ODDS = 30.0

# Differences that cost little and are common: most pairs have fallen below `likely` behind them.
_CHEAP_DIFFERENCES = frozenset(
    ("much-in-order", "days-later", "weeks-later", "other-objects", "other-object", "other-fault", "other-topic")
)

SenderVerdict = Literal["same", "likely", "other"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of a comparison. `score` is the likelihood of one matter (0 to 1); `evidence` names features.

    The score of a `new` pair is not exact: the likelihood is at most as high.

    The strongest feature in favour comes first. `certainty` is the decision; a person decides about a `likely` pair.
    `is_near` says if one text is mostly a part of the other. `sender` says if one person sent both; `likely` means that
    nothing proves it, but the text was copied or refers to an earlier report. If `exclusion` is not empty, it is the
    reason for which the two cannot be about one matter; the score is 0 then.
    """

    score: float
    evidence: tuple[str, ...]
    sender: SenderVerdict = "other"
    exclusion: str = ""
    certainty: Certainty = "new"
    is_near: bool = False


class Comparator:
    """Compares complaints by the weights for near copies, or by those for complaints in other words."""

    def __init__(self, word_frequencies: WordFrequencies, weights: DuplicateWeights) -> None:
        self._word_frequencies = word_frequencies
        self._copies = _WeightedFeatures(weights.copies)
        self._other_words = _WeightedFeatures(weights.other_words)

    def compare(self, first: Comparable, second: Comparable) -> Verdict:
        """Return the verdict on two complaints, in either order."""
        pair = ComplaintPair(first, second, self._word_frequencies)
        if exclusion := find_exclusion(pair):
            return Verdict(0.0, (), exclusion=exclusion)
        if lacks_common_ground(pair):
            return Verdict(0.0, ())
        features = self._copies if pair.is_near else self._other_words
        score, evidence = features.measure(pair)
        if is_other_form(pair, score):
            return Verdict(0.0, (), exclusion="filled-form")
        certainty = judge_certainty(pair, score, features.weights)
        return Verdict(score, evidence, _judge_sender(pair), certainty=certainty, is_near=pair.is_near)

    def contradicts(self, first: Comparable, second: Comparable) -> bool:
        """Return True if two complaints cannot be about one matter, whatever time lies between them."""
        return bool(find_contradiction(ComplaintPair(first, second, self._word_frequencies)))


class _WeightedFeatures:
    """The features that have a weight for one kind of pair: those in favour, and those against, the cheapest first."""

    def __init__(self, weights: MatterWeights) -> None:
        self.weights = weights
        features = [
            (feature, weight)
            for feature in (*FEATURES, *OBJECT_FEATURES)
            if (weight := weights.weights.get(feature.name))
        ]
        self._in_favour = [(feature.name, feature.function, weight) for feature, weight in features if weight > 0]
        against = [(feature.name, feature.function, weight) for feature, weight in features if weight < 0]
        self._against = sorted(against, key=lambda entry: entry[0] not in _CHEAP_DIFFERENCES)
        self._least_log_odds = log(weights.likely / (1 - weights.likely))

    def measure(self, pair: ComplaintPair) -> tuple[float, tuple[str, ...]]:
        """Return the likelihood of one matter (0 to 1), and the strongest features in favour.

        No feature is negative, so a likelihood that has fallen below `likely` stays there: it is not computed further.
        """
        contributions = {name: weight * function(pair) for name, function, weight in self._in_favour}
        log_odds = self.weights.prior + sum(contributions.values())
        for _, function, weight in self._against:
            if log_odds < self._least_log_odds:
                break
            log_odds += weight * function(pair)
        favourable = sorted(
            (name for name, contribution in contributions.items() if contribution > 0),
            key=lambda name: -contributions[name],
        )
        score = 1 / (1 + exp(-max(-_MAX_LOG_ODDS, min(_MAX_LOG_ODDS, log_odds))))
        return score, tuple(favourable[:_MAX_EVIDENCE])


def _judge_sender(pair: ComplaintPair) -> SenderVerdict:
    if pair.sender_relation != "unknown":
        return pair.sender_relation
    is_likely = (
        pair.alignment.is_near(_MIN_COPIED_WEIGHT)
        or pair.first.mentions_earlier_report
        or pair.second.mentions_earlier_report
        or PERSONS & pair.entities.equal
    )
    return "likely" if is_likely else "other"
