"""Whether two complaints are about the same matter: what can't be, and of the rest how likely it is and why. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import Literal

from config.reference.word_frequencies import WordFrequencies
from normalize.duplicates.comparable import Comparable, days_between, sender_of
from normalize.duplicates.entity_comparison import (
    HOUSES,
    PERSONS,
    SAYS_WHERE,
    EntityComparison,
    compare_entities,
    conflicting_place,
    names_two_persons,
)
from normalize.duplicates.features import features
from normalize.duplicates.location_comparison import (
    LEAST_SAID,
    LocationComparison,
    beside,
    compare_locations,
    other_end,
)
from normalize.duplicates.text_alignment import COPIED, NEAR, TextAlignment, align

# A matter that nobody said anything of for so long (days) is another one when it is said again.
_EPISODE = 75
# The same of a few words that are said everywhere, even at one place: the lamp was mended meanwhile.
_SHORT_EPISODE = 30
_FEW_WORDS = 5.0
# In so many words two name nothing but what all say, and are of two regions.
_MANY_WORDS = 25
# The weight of the words that two strangers do not write by chance.
_LONG = 5.0
_LEAST_COPIED = 3.0
# The weight of one name and of one word, and how much of the difference between two forms is exchange.
_NAME = 0.9
_FORM = 0.4
_WORD = 0.6
_NOTHING_ELSE = 0.8
# Of a long letter so little is a slip of the pen.
_FEW_NAMES = 0.03
# In a longer text so little that is exchanged is rather spelt or said otherwise.
_MUCH = 0.1
# Reasons that are said of a decision.
_MOST = 5
# Log-odds beyond which nothing changes.
_SURE = 30.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`score` is how likely both are about the same matter (0 to 1); `evidence` are constants, the strongest first.

    `person` says whether one person sent both: `likely` where nothing proves it, but the text was copied or says so.
    Where `never` is not empty it says why they can't be about the same matter; the score is 0 then.
    """

    score: float
    evidence: tuple[str, ...]
    person: Literal["same", "likely", "other"] = "other"
    never: str = ""


class Comparator:
    """`weights` are log-odds by feature; `start` those of a pair of which nothing is known."""

    def __init__(self, vocabulary: WordFrequencies, weights: Mapping[str, float], start: float) -> None:
        self._vocabulary = vocabulary
        self._weights = weights
        self._start = start

    def compare(self, a: Comparable, b: Comparable) -> Verdict:
        """Two complaints, in either order."""
        named = compare_entities(a, b)
        if never := _never(a, b, named):
            return Verdict(0.0, (), never=never)
        # In one order always, so that which came first makes no difference.
        one, other = sorted((a.words or a.title, b.words or b.title))
        aligned = align(one, other, self._vocabulary)
        if never := _never_by_words(a, b, named, aligned, self._vocabulary):
            return Verdict(0.0, (), never=never)
        spot = compare_locations(a, b, named, self._vocabulary)
        if aligned.kept + min(aligned.only_a, aligned.only_b) < _FEW_WORDS and _two_addresses(named, spot):
            return Verdict(0.0, (), never="other-address")
        found = features(a, b, named, aligned, spot, self._vocabulary)
        parts = {name: self._weights.get(name, 0.0) * value for name, value in found.items()}
        odds = self._start + sum(parts.values())
        said = sorted((name for name in parts if parts[name] > 0), key=lambda name: -parts[name])
        score = 1 / (1 + exp(-max(-_SURE, min(_SURE, odds))))
        return Verdict(score, tuple(said[:_MOST]), _person(a, b, named, aligned))


def _never(a: Comparable, b: Comparable, named: EntityComparison) -> str:
    """Why two complaints can't be about the same matter, whatever else is alike."""
    if (a.secret or b.secret) and sender_of(a, b) != "same":
        return "secret"
    if days_between(a, b) > _EPISODE:
        return "other-episode"
    if place := conflicting_place(named):
        return f"other-{place}"
    if other_end(a, b) or other_end(b, a):
        return "other-street"
    if named.regions == "fields" and not (a.fine & b.fine or named.equal & SAYS_WHERE) and len(a.words) < _MANY_WORDS:
        return "other-region"
    return ""


def _never_by_words(
    a: Comparable, b: Comparable, named: EntityComparison, aligned: TextAlignment, vocabulary: WordFrequencies
) -> str:
    """The same, where it takes how the texts stand to each other."""
    if names_two_persons(named) and aligned.contained >= NEAR:
        return "other-person"
    if _filled_form(aligned):
        return "filled-form"
    if days_between(a, b) > _SHORT_EPISODE and aligned.kept + min(aligned.only_a, aligned.only_b) < _FEW_WORDS:
        return "other-episode"
    return "nothing-says-so" if _nothing_says_so(a, b, named, aligned) and not beside(a, b, vocabulary) else ""


def _filled_form(aligned: TextAlignment) -> bool:
    """Whether two texts are one but for names: the fines of two patients, two streets in one neighbour's words.

    Many names are words of the dictionary (Mawar, Baru): then nothing but the exchange may tell the texts apart.
    """
    if aligned.contained < COPIED:
        return False
    if aligned.names >= max(_NAME, _FEW_NAMES * aligned.kept):
        return aligned.template >= _FORM
    much = aligned.exchanged >= _WORD and aligned.exchanged >= _MUCH * (aligned.kept + aligned.exchanged)
    return much and aligned.template >= _NOTHING_ELSE


def _two_addresses(named: EntityComparison, spot: LocationComparison) -> bool:
    """Whether few words (the lamp is out) are said of two addresses: two quarters, two ends of one street."""
    return (spot.apart > LEAST_SAID and not spot.here) or len(named.apart & HOUSES) > 1


def _nothing_says_so(a: Comparable, b: Comparable, named: EntityComparison, aligned: TextAlignment) -> bool:
    """Whether two, not known to be one sender, say in few words what is said everywhere, and name nothing in common.

    A number of a house or neighbourhood alone is no place: each village has its RT 3.
    """
    if sender_of(a, b) == "same" or aligned.kept + min(aligned.only_a, aligned.only_b) >= _LONG:
        return False
    return not (a.fine & b.fine or named.equal & (SAYS_WHERE - HOUSES) or (a.place and a.place == b.place))


def _person(
    a: Comparable, b: Comparable, named: EntityComparison, aligned: TextAlignment
) -> Literal["same", "likely", "other"]:
    sender = sender_of(a, b)
    if sender != "unknown":
        return sender
    return "likely" if aligned.near(_LEAST_COPIED) or a.again or b.again or PERSONS & named.equal else "other"
