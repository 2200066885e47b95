"""Whether two complaints are about the same matter: what can't be, and of the rest how likely it is and why. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log1p
from typing import Literal

from config.vocabulary import Vocabulary
from normalize.duplicates.aligned import Aligned, align, like
from normalize.duplicates.matter import Matter
from normalize.duplicates.named import Compared, compare_named, two_places

_DAY = 86_400
# A matter that nobody said anything of for so long (days) is another one when it is said again.
_EPISODE = 75
# Of two texts one of which is mostly a part of the other, what was exchanged tells more than what is alike.
_NEAR = 0.6
_LEAST_KEPT = 1.5
# The weight of the words that two strangers do not write by chance.
_LONG = 9.0
_COPIED = 0.75
_LEAST_COPIED = 3.0
# The weight of one name and of one word, and how much of the difference between two forms is exchange.
_NAME = 0.9
_FORM = 0.5
_WORD = 0.6
_NOTHING_ELSE = 0.8
# An exchanged word that many texts have (a day, a courtesy) changes nothing.
_HARMLESS = 0.5
# Reasons that are said of a decision.
_MOST = 5
_SHORTEST_SPELT = 5
# Log-odds beyond which nothing changes.
_SURE = 30.0
_NO_PLACE = frozenset({"measure", "amount", "when", "time"})

Sender = Literal["same", "other", "unknown"]


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


class Comparer:
    """`weights` are log-odds by feature; `start` those of a pair of which nothing is known."""

    def __init__(self, vocabulary: Vocabulary, weights: Mapping[str, float], start: float) -> None:
        self._vocabulary = vocabulary
        self._weights = weights
        self._start = start

    def compare(self, a: Matter, b: Matter) -> Verdict:
        """Two complaints, in either order."""
        named = compare_named(a, b)
        if never := _never(a, b, named):
            return Verdict(0.0, (), never=never)
        aligned = align(a.words, b.words, self._vocabulary)
        if _filled_form(aligned):
            return Verdict(0.0, (), never="filled-form")
        if _nothing_says_so(a, b, named, aligned):
            return Verdict(0.0, (), never="nothing-says-so")
        found = features(a, b, named, aligned, self._vocabulary)
        parts = {name: self._weights.get(name, 0.0) * value for name, value in found.items()}
        odds = self._start + sum(parts.values())
        said = sorted((name for name in parts if parts[name] > 0), key=lambda name: -parts[name])
        score = 1 / (1 + exp(-max(-_SURE, min(_SURE, odds))))
        return Verdict(score, tuple(said[:_MOST]), _person(a, b, named, aligned))


def sender_of(a: Matter, b: Matter) -> Sender:
    """Whether one person sent both; one has another key on another channel."""
    if a.sender and a.sender == b.sender:
        return "same"
    return "other" if a.sender and b.sender and a.channel == b.channel else "unknown"


def days_between(a: Matter, b: Matter) -> float:
    """0 where a time is not known."""
    return abs(a.at - b.at) / _DAY if a.at is not None and b.at is not None else 0.0


def _never(a: Matter, b: Matter, named: Compared) -> str:
    """Why two complaints can't be about the same matter, whatever else is alike."""
    if (a.secret or b.secret) and sender_of(a, b) != "same":
        return "secret"
    if days_between(a, b) > _EPISODE:
        return "other-episode"
    if place := two_places(named):
        return f"other-{place}"
    if {"id", "name"} & named.conflict and not {"id", "name"} & named.equal:
        return "other-person"
    return ""


def _filled_form(aligned: Aligned) -> bool:
    """Whether two texts are one but for names: the fines of two patients, two streets in one neighbour's words.

    Many names are words of the dictionary (Mawar, Baru): then nothing but the exchange may tell the texts apart.
    """
    if aligned.contained < _COPIED:
        return False
    if aligned.names >= _NAME:
        return aligned.template >= _FORM
    return aligned.exchanged >= _WORD and aligned.template >= _NOTHING_ELSE


def _nothing_says_so(a: Matter, b: Matter, named: Compared, aligned: Aligned) -> bool:
    """Whether two strangers name nothing in common: "the street light is out" is said everywhere."""
    if sender_of(a, b) != "other" or aligned.kept >= _LONG:
        return False
    return not (a.fine & b.fine or named.equal - _NO_PLACE or (a.place and a.place == b.place))


def _person(a: Matter, b: Matter, named: Compared, aligned: Aligned) -> Literal["same", "likely", "other"]:
    sender = sender_of(a, b)
    if sender != "unknown":
        return sender
    again = copied(aligned) and aligned.kept >= _LEAST_COPIED
    return "likely" if again or a.again or b.again or {"id", "name"} & named.equal else "other"


def features(a: Matter, b: Matter, named: Compared, aligned: Aligned, vocabulary: Vocabulary) -> dict[str, float]:
    """What a pair is judged by: numbers of about 0 to 3, each zero where there is nothing of it."""
    near = aligned.contained >= _NEAR and aligned.kept >= _LEAST_KEPT
    sender = sender_of(a, b)
    found = {
        **_words(aligned, near=near),
        **_fine(a, b, near=near),
        **_named(named),
        **_places(a, b, vocabulary, near=near),
        "same-sender": float(sender == "same"),
        "other-sender": float(sender == "other"),
        "same-sender-near-text": float(sender == "same" and near),
        "says-again": float(a.again or b.again),
        "days": log1p(days_between(a, b)),
        "days-near": log1p(days_between(a, b)) * near,
        "same-topic": _share(a.topics, b.topics),
        "other-topic": float(bool(a.topics and b.topics and not a.topics & b.topics)),
        "other-kind": float(a.kind != b.kind),
    }
    both = {*a.words, *a.title} & {*b.words, *b.title}
    found["usual-words"] = log1p(sum(vocabulary.weight(word) for word in both if vocabulary.knows(word)))
    return found


def copied(aligned: Aligned) -> bool:
    """Whether one text is in the other: more may stand there, but nothing in the place of something else."""
    return aligned.contained >= _COPIED and aligned.exchanged <= _HARMLESS and not (aligned.numbers or aligned.apart)


def _words(aligned: Aligned, *, near: bool) -> dict[str, float]:
    exchanged, names = log1p(aligned.exchanged), log1p(aligned.names)
    return {
        "near-text": float(near),
        "part-of-text": aligned.contained,
        "part-of-text-near": aligned.contained * near,
        "like-text": aligned.alike,
        "long-text": log1p(aligned.kept),
        "same-text": float(aligned.alike == 1.0),
        "copied": float(copied(aligned)),
        "copied-at-length": log1p(aligned.kept) * copied(aligned),
        "exchanged": exchanged,
        "exchanged-near": exchanged * near,
        "exchanged-names": names,
        "exchanged-names-near": names * near,
        "exchanged-numbers": float(min(aligned.numbers, 3)),
        "exchanged-numbers-near": float(min(aligned.numbers, 3)) * near,
        "told-apart": float(min(aligned.apart, 2)),
        "filled-form": aligned.template * near,
    }


def _fine(a: Matter, b: Matter, *, near: bool) -> dict[str, float]:
    shared = [word for word in a.fine if _stands(word, b.fine)]
    only_a = len(a.fine) - len(shared)
    only_b = sum(not _stands(word, a.fine) for word in b.fine)
    nothing = not a.fine or not b.fine
    return {
        "same-names": log1p(len(shared)),
        "same-names-near": log1p(len(shared)) * near,
        "share-of-names": len(shared) / max(1, min(len(a.fine), len(b.fine))),
        "other-names": log1p(min(only_a, only_b)),
        "other-names-near": log1p(min(only_a, only_b)) * near,
        "no-names": float(nothing),
        "no-names-near": float(nothing) * near,
    }


def _stands(word: str, words: frozenset[str]) -> bool:
    return word in words or (len(word) >= _SHORTEST_SPELT and bool(like(word, words)))


def _named(named: Compared) -> dict[str, float]:
    places = named.equal & {"street", "alley", "landmark", "hamlet", "village", "km", "unit", "branch", "area"}
    return {
        "same-place": float(len(places)),
        "same-house": float(len(named.equal & {"rt", "rw", "block", "house"})),
        "same-person": float(len(named.equal & {"id", "name"})),
        "same-date": float("date" in named.equal),
        "other-date": float("date" in named.conflict),
        "same-amount": float("amount" in named.equal),
        "other-amount": float("amount" in named.conflict),
        "other-landmark": float(len(named.conflict & {"landmark", "branch", "unit"})),
        "other-area": float("area" in named.conflict),
        "same-region": float(named.regions == "equal"),
        "other-region-in-fields": float(named.regions == "fields"),
    }


def _places(a: Matter, b: Matter, vocabulary: Vocabulary, *, near: bool) -> dict[str, float]:
    """The fields for the place, as words: "in front of the church", "in front of the hospital"."""
    left, right = set(a.place), set(b.place)
    weight = vocabulary.weight
    only_a = sum(weight(word) for word in left - right if word not in b.words)
    only_b = sum(weight(word) for word in right - left if word not in a.words)
    return {
        "same-address": _share(left, right),
        "other-address": min(2.0, only_a, only_b),
        "other-address-near": min(2.0, only_a, only_b) * near,
    }


def _share(left: set[str] | frozenset[str], right: set[str] | frozenset[str]) -> float:
    return len(left & right) / len(left | right) if left and right else 0.0
