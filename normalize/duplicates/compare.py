"""Whether two complaints are about the same matter: what can't be, and of the rest how likely it is and why. Pure."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import exp, log1p
from typing import Literal

from config.vocabulary import Vocabulary
from normalize.duplicates.aligned import Aligned, align, like
from normalize.duplicates.matter import Matter
from normalize.duplicates.named import Compared, compare_named, two_persons, two_places
from normalize.findings.wording import ROMAN

_DAY = 86_400
# A matter that nobody said anything of for so long (days) is another one when it is said again.
_EPISODE = 75
# The same of a few words that are said everywhere, even at one place: the lamp was mended meanwhile.
_SHORT_EPISODE = 30
_FEW_WORDS = 5.0
# In so many words two name nothing but what all say, and are of two regions.
_MANY_WORDS = 25
# Of two texts one of which is mostly a part of the other, what was exchanged tells more than what is alike.
_NEAR = 0.6
_LEAST_KEPT = 1.5
_DENSE = 0.35
# The weight of the words that two strangers do not write by chance.
_LONG = 5.0
_COPIED = 0.75
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
# An exchanged word that many texts have (a day, a courtesy) changes nothing.
_HARMLESS = 0.5
# Of two addresses so much of one stands in the other that both are of one spot; and what an address says at least.
_SAME_SPOT = 0.75
_MOSTLY = 0.4
# Of the names in a complaint so many stand in the other that they are not there by chance.
_MANY = 0.3
_LEAST_SAID = 0.8
# Sent so soon after the other (days), near texts are mostly one person's.
_SOON = 0.1
_SAME_DAY = 0.5
_WEEK = 7
# Reasons that are said of a decision.
_MOST = 5
_SHORTEST_SPELT = 5
# Log-odds beyond which nothing changes.
_SURE = 30.0
# A topic that begins so is of one person: a card, a claim, a wage. Two that ask for theirs ask for two.
_OWN = "own-"
# Names that two such have in common say so much of what they say of others.
_OWN_NAMES = 0.5
_SPOTS = frozenset({"street", "alley", "landmark", "hamlet", "block", "km"})
_AREAS = frozenset({"village", "area", "branch"})
_NAMED_PLACES = frozenset({"street", "alley", "landmark", "hamlet", "village", "district"})
_HOUSES = frozenset({"rt", "rw", "block", "house"})
_PERSONS = frozenset({"id", "name", "phone", "email", "masked"})
_SAYS_WHERE = _SPOTS | _AREAS | _HOUSES | _PERSONS
# What stands behind them is a place that everybody there knows: the market, the post office. So many words of it.
_BESIDE = frozenset({"depan", "dekat", "samping", "sebelah", "seberang", "belakang", "sekitar"})
_BESIDE_WORDS = 3
# A text of more words than this is a letter.
_LETTER = 20
# Days: so soon after each other two strangers complain of one power cut.
_HOURS = 0.25

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
        # In one order always, so that which came first makes no difference.
        one, other = sorted((a.words or a.title, b.words or b.title))
        aligned = align(one, other, self._vocabulary)
        if never := _never_by_words(a, b, named, aligned):
            return Verdict(0.0, (), never=never)
        spot = _spot(a, b, named, self._vocabulary)
        if aligned.kept + min(aligned.only_a, aligned.only_b) < _FEW_WORDS and _two_addresses(named, spot):
            return Verdict(0.0, (), never="other-address")
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
    if _other_end(a, b) or _other_end(b, a):
        return "other-street"
    if named.regions == "fields" and not (a.fine & b.fine or named.equal & _SAYS_WHERE) and len(a.words) < _MANY_WORDS:
        return "other-region"
    return ""


def _never_by_words(a: Matter, b: Matter, named: Compared, aligned: Aligned) -> str:
    """The same, where it takes how the texts stand to each other."""
    if two_persons(named) and aligned.contained >= _NEAR:
        return "other-person"
    if _filled_form(aligned):
        return "filled-form"
    if days_between(a, b) > _SHORT_EPISODE and aligned.kept + min(aligned.only_a, aligned.only_b) < _FEW_WORDS:
        return "other-episode"
    return "nothing-says-so" if _nothing_says_so(a, b, named, aligned) else ""


def _filled_form(aligned: Aligned) -> bool:
    """Whether two texts are one but for names: the fines of two patients, two streets in one neighbour's words.

    Many names are words of the dictionary (Mawar, Baru): then nothing but the exchange may tell the texts apart.
    """
    if aligned.contained < _COPIED:
        return False
    if aligned.names >= max(_NAME, _FEW_NAMES * aligned.kept):
        return aligned.template >= _FORM
    much = aligned.exchanged >= _WORD and aligned.exchanged >= _MUCH * (aligned.kept + aligned.exchanged)
    return much and aligned.template >= _NOTHING_ELSE


def _two_addresses(named: Compared, spot: "_Spot") -> bool:
    """Whether few words (the lamp is out) are said of two addresses: two quarters, two ends of one street."""
    return (spot.apart > _LEAST_SAID and not spot.here) or len(named.apart & _HOUSES) > 1


def _nothing_says_so(a: Matter, b: Matter, named: Compared, aligned: Aligned) -> bool:
    """Whether two strangers say in few words what is said everywhere, and name nothing in common."""
    if sender_of(a, b) != "other" or aligned.kept + min(aligned.only_a, aligned.only_b) >= _LONG:
        return False
    return not (a.fine & b.fine or named.equal & _SAYS_WHERE or (a.place and a.place == b.place))


def _person(a: Matter, b: Matter, named: Compared, aligned: Aligned) -> Literal["same", "likely", "other"]:
    sender = sender_of(a, b)
    if sender != "unknown":
        return sender
    again = aligned.contained >= _NEAR and aligned.dense >= _DENSE and aligned.kept >= _LEAST_COPIED
    return "likely" if again or a.again or b.again or _PERSONS & named.equal else "other"


def features(a: Matter, b: Matter, named: Compared, aligned: Aligned, vocabulary: Vocabulary) -> dict[str, float]:
    """What a pair is judged by: numbers of about 0 to 3, each zero where there is nothing of it."""
    near = aligned.contained >= _NEAR and aligned.kept >= _LEAST_KEPT and aligned.dense >= _DENSE
    spot = _spot(a, b, named, vocabulary)
    left, right = (_roots((*one.words, *one.title), vocabulary) for one in (a, b))
    return {
        **_words(aligned, near=near),
        **_in_common(left, right, vocabulary),
        **_other_words(a, b, left, right, vocabulary),
        **_fine(a, b, near=near, here=spot.here),
        **_named(named),
        **_where(a, b, named, spot, _beside(a, b, vocabulary), near=near),
        **_when(a, b, near=near),
        **_who(a, b, named, near=near, here=spot.here),
        "same-in-all": float(_same_in_all(a, b, named, aligned, spot)),
    }


def _same_in_all(a: Matter, b: Matter, named: Compared, aligned: Aligned, spot: "_Spot") -> bool:
    """Whether the words are the same, and nothing else tells the two apart."""
    told_apart = spot.apart > _HARMLESS or named.regions == "fields" or named.apart or named.conflict
    return aligned.alike == 1.0 and not told_apart and _late(a, b) == 0


def copied(aligned: Aligned) -> bool:
    """Whether one text is in the other: more may stand there, but nothing in the place of something else."""
    whole = aligned.contained >= _COPIED and aligned.dense >= _DENSE
    return whole and aligned.exchanged <= _HARMLESS and not (aligned.numbers or aligned.apart)


def _words(aligned: Aligned, *, near: bool) -> dict[str, float]:
    exchanged, names = log1p(aligned.exchanged), log1p(aligned.names)
    return {
        "near-text": float(near),
        "part-of-text": aligned.contained,
        "part-of-text-near": aligned.contained * near,
        "like-text": aligned.alike,
        "long-text-near": log1p(aligned.kept) * near,
        "same-text": float(aligned.alike == 1.0),
        "same-text-at-length": log1p(aligned.kept) * (aligned.alike == 1.0),
        "copied": float(copied(aligned)),
        "copied-at-length": log1p(aligned.kept) * copied(aligned),
        "exchanged-near": exchanged * near,
        "exchanged-names-near": names * near,
        "exchanged-numbers-near": float(min(aligned.numbers, 3)) * near,
        "told-apart-near": float(min(aligned.apart, 2)) * near,
        "filled-form": aligned.template * near,
    }


def _in_common(left: AbstractSet[str], right: AbstractSet[str], vocabulary: Vocabulary) -> dict[str, float]:
    """Words that both have, wherever they stand: of title and text, by how much they tell."""
    weight, knows = vocabulary.weight, vocabulary.knows
    both = left & right
    common, mine, theirs = (sum(map(weight, words)) for words in (both, left, right))
    usual = sum(weight(word) for word in both if knows(word))
    least = min(sum(weight(word) for word in words if knows(word)) for words in (left, right))
    share = usual / least if least else 0.0
    return {
        # Two long texts always share some.
        "usual-words": log1p(usual * share),
        "share-of-usual-words": share,
        "common-words": common / min(mine, theirs) if both else 0.0,
        "common-of-all": common / (mine + theirs - common) if both else 0.0,
    }


def _other_words(
    a: Matter, b: Matter, left: AbstractSet[str], right: AbstractSet[str], vocabulary: Vocabulary
) -> dict[str, float]:
    """Titles that the other complaint doesn't speak of, and numbers; `left` and `right` are all roots of the words."""
    absent = 0.0
    if a.title and b.title:
        absent = min(_without(_roots(a.title, vocabulary), right), _without(_roots(b.title, vocabulary), left))
    numbers, others = ({word for word in (*one.words, *one.title) if word[0].isdecimal()} for one in (a, b))
    return {
        "other-title": absent,
        "same-numbers": log1p(len(numbers & others)),
        "other-numbers": float(bool(numbers and others) and numbers.isdisjoint(others)),
    }


def _without(words: AbstractSet[str], others: AbstractSet[str]) -> float:
    """The share of the words that are not among the others."""
    return len(words - others) / len(words)


def _roots(words: Iterable[str], vocabulary: Vocabulary) -> set[str]:
    return {vocabulary.root(word) or word for word in words}


def _beside(a: Matter, b: Matter, vocabulary: Vocabulary) -> float:
    """How much that one has behind words like *depan* the other names too, wherever: `depan kantor pos`."""
    left, right = _known_by(a), _known_by(b)
    if not left and not right:
        return 0.0
    shared = (left & _all_words(b, vocabulary)) | (right & _all_words(a, vocabulary))
    return log1p(sum(map(vocabulary.weight, shared)))


def _known_by(matter: Matter) -> set[str]:
    words = (*matter.title, *matter.words, *matter.place)
    return {said for at, word in enumerate(words) if word in _BESIDE for said in words[at + 1 : at + 1 + _BESIDE_WORDS]}


def _all_words(matter: Matter, vocabulary: Vocabulary) -> set[str]:
    words = (*matter.title, *matter.words, *matter.place)
    return {*words, *_roots(words, vocabulary)}


def _fine(a: Matter, b: Matter, *, near: bool, here: bool) -> dict[str, float]:
    shared = [word for word in a.fine if _stands(word, b.fine)]
    only_a = len(a.fine) - len(shared) - _torn(a, b)
    only_b = sum(not _stands(word, a.fine) for word in b.fine) - _torn(b, a)
    nothing = not a.fine or not b.fine
    share = len(shared) / max(1, min(len(a.fine), len(b.fine)))
    # Many wait for a card of their own at one place.
    counts = _OWN_NAMES if _own(a.topics & b.topics) and not near else 1.0
    return {
        # A street may be called by a word like others.
        "same-names": counts * log1p(max(len(shared) * share, float(here))),
        "same-names-near": log1p(len(shared)) * near,
        "share-of-names": counts * share,
        "other-names-near": log1p(max(0, min(only_a, only_b))) * near,
        "no-names": float(nothing),
        "no-names-near": float(nothing) * near,
    }


def _torn(a: Matter, b: Matter) -> bool:
    """Whether the last word of one is no name but the beginning of a word of the other's."""
    last = a.words[-1] if a.words else ""
    return last in a.fine and last not in b.fine and any(word.startswith(last) for word in b.words)


def _stands(word: str, words: frozenset[str]) -> bool:
    return word in words or (len(word) >= _SHORTEST_SPELT and bool(like(word, words)))


def _named(named: Compared) -> dict[str, float]:
    return {
        "same-place": float(min(2, len(named.equal & (_SPOTS | _AREAS)))),
        "same-date": float("date" in named.equal),
        "other-date": float("date" in named.conflict),
        "same-amount": float("amount" in named.equal),
        "other-amount": float("amount" in named.conflict),
        "other-landmark": float(len(named.conflict & {"landmark", "unit"})),
        "other-area": float("area" in named.conflict),
        "other-account": float("handle" in named.conflict),
        "other-house": float(min(2, len(named.apart & _HOUSES))),
        "same-region": float(named.regions == "equal"),
        "same-region-said": float("region" in named.equal),
        "other-region-in-fields": float(named.regions == "fields"),
    }


@dataclass(frozen=True, slots=True)
class _Spot:
    """How two addresses stand to each other as words (weights), and whether both complaints are of one spot."""

    shared: float
    least: float
    apart: float
    here: bool


def _spot(a: Matter, b: Matter, named: Compared, vocabulary: Vocabulary) -> _Spot:
    """The fields for the place, as words: "in front of the church", "in front of the hospital"."""
    left, right = set(a.place), set(b.place)
    weight = vocabulary.weight
    both = left & right
    shared = sum(map(weight, both))
    only_a = sum(weight(word) for word in left - both if word not in b.words and not _stands(word, frozenset(right)))
    only_b = sum(weight(word) for word in right - both if word not in a.words and not _stands(word, frozenset(left)))
    least, most = sorted((sum(map(weight, left)), sum(map(weight, right))))
    # A quarter's name alone is within the address of every house there.
    same = shared >= _SAME_SPOT * least and shared >= _MOSTLY * most and least >= _LEAST_SAID
    said = bool(named.equal & _SPOTS) or _said(a, b) or _said(b, a)
    return _Spot(shared, least, min(2.0, only_a, only_b), here=said or same)


def _said(a: Matter, b: Matter) -> bool:
    """Whether one names, without saying what it is, a street or landmark of the other's: `di tanah tinggi 4`."""
    text = f" {' '.join((*a.title, *a.words, *a.place))} "
    for kind, value in (*b.named, *b.located):
        if kind not in _SPOTS or kind in _HOUSES:
            continue
        name = value.partition(" ")[2] if kind == "landmark" else value
        base = " ".join(word for word in name.split() if word.isalpha() and word != "raya")
        at = text.find(f" {base} ") if " " in base else -1
        if at >= 0 and _number_after(text[at + len(base) + 2 :], name):
            return True
    return False


def _other_end(a: Matter, b: Matter) -> bool:
    """Whether one names, without saying what it is, another number of the other's street: `di tanah tinggi 5`."""
    text = ""
    for kind, value in (*b.named, *b.located):
        base, _, number = value.rpartition(" ")
        if kind != "street" or not number.isdecimal() or " " not in base:
            continue
        text = text or f" {' '.join((*a.title, *a.words))} "
        _, found, rest = text.partition(f" {base} ")
        if found and not _number_after(rest, value):
            return True
    return False


def _number_after(rest: str, name: str) -> bool:
    """Whether no other number than the name's follows."""
    following = rest.partition(" ")[0]
    number = ROMAN.get(following, following)
    return not number.isdecimal() or number in name.split()


def _own(topics: AbstractSet[str]) -> bool:
    """Whether what both speak of is nothing but somebody's own."""
    return bool(topics) and all(topic.startswith(_OWN) for topic in topics)


def _places_among(names: frozenset[str], a: Matter, b: Matter) -> bool:
    """Whether either says of one of these names that it is a place's."""
    return any(
        kind in _NAMED_PLACES and not names.isdisjoint(value.split())
        for kind, value in (*a.named, *a.located, *b.named, *b.located)
    )


def _where(a: Matter, b: Matter, named: Compared, spot: _Spot, beside: float, *, near: bool) -> dict[str, float]:
    topics = a.topics & b.topics
    same = len(topics) / min(len(a.topics), len(b.topics)) if topics else 0.0
    alike = len(topics) / len(a.topics | b.topics) if topics else 0.0
    other = float(bool(a.topics and b.topics and not topics))
    shared = a.fine & b.fine
    share = len(shared) / max(1, min(len(a.fine), len(b.fine)))
    names = (len(shared) + _places_among(shared, a, b)) * (share >= _MANY) + len(named.equal & {"village", "district"})
    place = 1.0 if spot.here else 0.75 if names > 1 else 0.4 if names or named.equal & _AREAS else 0.0
    nowhere = not (a.place or b.place or a.fine or b.fine or (named.equal & _SAYS_WHERE))
    own = _own(topics)
    late = _late(a, b)
    # A long letter speaks of other troubles in passing.
    short = min(1.0, _LETTER / max(1, len(a.words), len(b.words)))
    timed = a.at is not None and b.at is not None
    return {
        "same-address": spot.shared / spot.least if spot.least else 0.0,
        "other-address": spot.apart * (1 - spot.here),
        "other-address-near": spot.apart * near,
        "here": float(spot.here),
        "here-near": float(spot.here and near),
        "place": place,
        # Where somebody's own matter is makes it nobody else's.
        "place-same-topic": same * place * (near or not own),
        "place-same-topics": alike * place * (near or not own),
        "place-other-topic": other * place,
        "own-matters": float(own and not near),
        "own-matters-near": float(own and near),
        "late-place": late * place * (not near),
        "soon-place-topic": same * place * (not own and timed and days_between(a, b) < _SAME_DAY),
        "hours-same-topic": same * (not own and timed and days_between(a, b) < _HOURS),
        "same-topic": same * (near or not own),
        "beside-same-topic": same * beside,
        # One is of a broken pavement, the other of a stall on it.
        "more-topics": float(bool(topics) and a.topics != b.topics) * short,
        "topics-apart": float(bool(a.topics - b.topics and b.topics - a.topics)) * short,
        "other-topic": other,
        "other-topic-near": other * near,
        "nowhere": float(nowhere),
        "nowhere-near": float(nowhere) * near,
        "same-house": float(min(2, len(named.equal & _HOUSES))) * (place > 0),
    }


def _when(a: Matter, b: Matter, *, near: bool) -> dict[str, float]:
    days = days_between(a, b)
    return {
        "days": log1p(days),
        "days-near": log1p(days) * near,
        "soon-near": float(near and days <= _SOON),
        "late": _late(a, b),
        "late-near": _late(a, b) * near,
    }


def _late(a: Matter, b: Matter) -> float:
    """Beyond a week, the longer the more."""
    return max(0.0, log1p(days_between(a, b)) - log1p(_WEEK))


def _who(a: Matter, b: Matter, named: Compared, *, near: bool, here: bool) -> dict[str, float]:
    sender = sender_of(a, b)
    return {
        "same-sender": float(sender == "same"),
        "other-sender": float(sender == "other"),
        "same-sender-near-text": float(sender == "same" and near),
        # Who says something else has something else to say.
        "same-sender-other-text": float(sender == "same" and not near),
        "says-again": float((a.again or b.again) and (near or (here and bool(a.topics & b.topics)))),
        "same-person": float(bool(_PERSONS & named.equal)),
        "other-person": float(two_persons(named)),
        "other-kind": float(a.kind != b.kind),
    }
