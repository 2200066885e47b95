"""The numbers by which a pair of complaints is judged: what is alike, what differs, where, when and by whom. Pure."""

from collections.abc import Set as AbstractSet
from itertools import pairwise
from math import log1p

from config.reference.word_frequencies import WordFrequencies
from language.places.names import PARTS
from normalize.duplicates.comparable import Comparable, days_between, sender_of
from normalize.duplicates.entity_comparison import (
    AREAS,
    HOUSES,
    PERSONS,
    SAYS_WHERE,
    EntityComparison,
    names_two_persons,
)
from normalize.duplicates.location_comparison import LocationComparison, beside, other_beside, roots
from normalize.duplicates.text_alignment import TextAlignment, stands

# Near texts share so much (weight).
_LEAST_KEPT = 1.5
# An exchanged word that many texts have (a day, a courtesy) changes nothing.
_HARMLESS = 0.5
# Of the names in a complaint so many stand in the other that they are not there by chance.
_MANY = 0.3
# Two at one place within so many days speak of one episode.
_SAME_DAY = 0.5
_HOURS = 0.25
_WEEK = 7
# A topic that begins so is of one person: a card, a claim, a wage. Two that ask for theirs ask for two.
_OWN = "own-"
# Names that two such have in common say so much of what they say of others.
_OWN_NAMES = 0.5
# A family of things and faults that goes with every other.
_ANY = "any."
_NAMED_PLACES = frozenset({"street", "alley", "landmark", "hamlet", "village", "district"})
# Things and faults that pass in a day or two, by their rows in `things.csv` and `faults.csv`.
INCIDENTS = frozenset(
    (
        *("listrik.listrik", "angkutan.bus", "kereta.kereta-api", "kapal-pelabuhan", "bandara-pesawat"),
        *("penduduk.antrean", "antre.antre-panjang", "antre.terlambat", "antre.tidak-datang", "antre.penuh-sesak"),
        *("mogok.mogok", "mogok.terjebak-berhenti", "jalanan.kecelakaan-korban", "macet.macet", "air.banjir"),
        *("banjir.banjir-meluap", "sistem.error-sistem"),
    )
)
_FEW_DAYS = 4.0
# A text of more words than this is a letter.
_LETTER = 20


def features(
    a: Comparable,
    b: Comparable,
    named: EntityComparison,
    aligned: TextAlignment,
    spot: LocationComparison,
    vocabulary: WordFrequencies,
) -> dict[str, float]:
    """What a pair is judged by: numbers of about 0 to 3, each zero where there is nothing of it."""
    near = aligned.near(_LEAST_KEPT)
    left, right = (roots((*one.words, *one.title), vocabulary) for one in (a, b))
    return {
        **_words(aligned, near=near),
        **_said(a, b, left, right, vocabulary, near=near),
        **_names(a, b, spot, near=near),
        **_complained_of(a, b, named, near=near, here=spot.here, grounds=_grounds(a, b, named, spot, near=near)),
        **_named(named),
        **_where(a, b, named, spot, near=near),
        **_beside(a, b, vocabulary),
        **_who(a, b, near=near, here=spot.here),
        "later-incident": float(_later_incident(a, b)),
        "same-in-all": float(_same_in_all(a, b, named, aligned, spot)),
    }


def _same_in_all(
    a: Comparable, b: Comparable, named: EntityComparison, aligned: TextAlignment, spot: LocationComparison
) -> bool:
    """Whether the words are the same, and nothing else tells the two apart."""
    told_apart = spot.apart > _HARMLESS or named.regions == "fields" or named.apart or named.conflict
    return aligned.alike == 1.0 and not told_apart and days_between(a, b) <= _WEEK


def _words(aligned: TextAlignment, *, near: bool) -> dict[str, float]:
    """The texts as they lie beside each other."""
    return {
        "near-text": float(near),
        "long-text-near": log1p(aligned.kept) * near,
        "copied-at-length": log1p(aligned.kept) * aligned.copied,
        "exchanged-near": log1p(aligned.exchanged) * near,
        "exchanged-numbers-near": float(min(aligned.numbers, 3)) * near,
    }


def _said(
    a: Comparable,
    b: Comparable,
    left: AbstractSet[str],
    right: AbstractSet[str],
    vocabulary: WordFrequencies,
    *,
    near: bool,
) -> dict[str, float]:
    """Words wherever they stand; `left` and `right` are all roots of title and text."""
    absent = 0.0
    if a.title and b.title:
        absent = min(_without(roots(a.title, vocabulary), right), _without(roots(b.title, vocabulary), left))
    numbers, others = _numbers(a), _numbers(b)
    return {
        "usual-words": _usual(left, right, vocabulary),
        "other-title": absent * (not near),
        "other-title-near": absent * near,
        "same-numbers": log1p(len(numbers & others)),
        "other-numbers": float(bool(numbers and others) and numbers.isdisjoint(others) and not near),
    }


def _numbers(matter: Comparable) -> set[str]:
    """Those in title and text; RW 09 is RW 9."""
    return {word.lstrip("0") for word in (*matter.title, *matter.words) if word[0].isdecimal()}


def _usual(left: AbstractSet[str], right: AbstractSet[str], vocabulary: WordFrequencies) -> float:
    """Words of the dictionary that both have, by how much they tell; two long texts always share some."""
    weight, knows = vocabulary.rarity, vocabulary.is_known
    both = sum(weight(word) for word in left & right if knows(word))
    least = min(sum(weight(word) for word in words if knows(word)) for words in (left, right))
    return log1p(both * both / least) if least else 0.0


def _without(words: AbstractSet[str], others: AbstractSet[str]) -> float:
    """The share of the words that are not among the others."""
    return len(words - others) / len(words)


def _names(a: Comparable, b: Comparable, spot: LocationComparison, *, near: bool) -> dict[str, float]:
    """Words that no dictionary has, but for cities and provinces."""
    shared = _shared(a, b)
    only_a = len(a.fine) - len(shared) - _torn(a, b)
    only_b = sum(not stands(word, a.fine) for word in b.fine) - _torn(b, a)
    share = len(shared) / max(1, min(len(a.fine), len(b.fine)))
    # Many wait for a card of their own at one place.
    counts = _OWN_NAMES if _own(a.topics & b.topics) and not near else 1.0
    # Two of one district that each name a place in it mostly name two.
    wide = a.wide | b.wide
    left, right = a.fine - wide, b.fine - wide
    narrow = bool(left and right) and not any(stands(word, right) for word in left) and not (spot.here or near)
    return {
        # A street may be called by a word like others.
        "same-names": counts * log1p(max(len(shared) * share, float(spot.here))),
        "other-names-near": log1p(max(0, min(only_a, only_b))) * near,
        "other-narrow-names": float(narrow),
        "other-narrow-names-in-district": float(narrow and bool(a.wide & b.wide)),
        "other-part": float(min(2, len(_parted(a, b) & _parted(b, a)))) * (not spot.here),
    }


def _shared(a: Comparable, b: Comparable) -> frozenset[str]:
    """Names of one that the other has, be it in another spelling."""
    return frozenset(word for word in a.fine if stands(word, b.fine))


def _torn(a: Comparable, b: Comparable) -> bool:
    """Whether the last word of one is no name but the beginning of a word of the other's."""
    last = a.words[-1] if a.words else ""
    return last in a.fine and last not in b.fine and any(word.startswith(last) for word in b.words)


def _own(topics: AbstractSet[str]) -> bool:
    """Whether what both speak of is nothing but somebody's own."""
    return bool(topics) and all(topic.startswith(_OWN) for topic in topics)


def _parted(a: Comparable, b: Comparable) -> set[str]:
    """Names that go on with another name or the word for a part, none of which `b` says: Tempapan Hulu and Kuala."""
    said = frozenset((*b.title, *b.words, *b.place))
    known: dict[str, bool] = {}
    for words in (a.title, a.words, a.place):
        for name, following in pairwise(words):
            if name in a.fine and (following in a.fine or following in PARTS):
                known[name] = known.get(name, False) or stands(following, said)
    return {name for name, shared in known.items() if not shared}


def _grounds(a: Comparable, b: Comparable, named: EntityComparison, spot: LocationComparison, *, near: bool) -> bool:
    """Whether two say where, or who, or nearly the same words, in common: many have one trouble."""
    return near or spot.here or bool(_shared(a, b) or named.equal & ((SAYS_WHERE - HOUSES) | {"handle", "unit"}))


def _complained_of(
    a: Comparable, b: Comparable, named: EntityComparison, *, near: bool, here: bool, grounds: bool
) -> dict[str, float]:
    """What both complain of, and what they say is wrong with it."""
    thing, other_thing = _stand(a.things, b.things)
    fault, other_fault = _stand(a.faults, b.faults)
    own = _own(a.topics & b.topics)
    hours = a.at is not None and b.at is not None and days_between(a, b) < _HOURS
    return {
        "same-thing-and-fault": thing * fault * (grounds and (near or not own)),
        "same-thing-and-fault-soon": thing * fault * (hours and not own),
        "same-thing-and-fault-in-region": thing * fault * ("region" in named.equal and not own),
        "same-sender-same-thing": float(sender_of(a, b) == "same" and not near) * max(thing, fault),
        "same-sender-soon": float(sender_of(a, b) == "same" and not near and hours) * max(thing, fault),
        "no-grounds": float(not grounds),
        "other-thing": other_thing * (not near),
        "other-thing-near": other_thing * near,
        "other-fault": other_fault,
        "other-fault-near": other_fault * near,
        "other-fault-here": other_fault * here,
    }


def _stand(left: AbstractSet[str], right: AbstractSet[str]) -> tuple[float, float]:
    """How much of the shorter list is in the other, and whether not even its families are (`rusak` in `rusak.retak`).

    What is of the family `any` goes with everything.
    """
    left, right = ({one for one in side if not one.startswith(_ANY)} for side in (left, right))
    if not left or not right:
        return 0.0, 0.0
    apart = {one.partition(".")[0] for one in left}.isdisjoint(one.partition(".")[0] for one in right)
    return len(left & right) / min(len(left), len(right)), float(apart)


def _named(named: EntityComparison) -> dict[str, float]:
    return {
        "same-date": float("date" in named.equal),
        "other-date": float("date" in named.conflict),
        "same-amount": float("amount" in named.equal),
        "other-amount": float("amount" in named.conflict),
        "other-landmark": float(len(named.conflict & {"landmark", "unit"})),
        "other-region-in-fields": float(named.regions == "fields"),
        "same-person": float(bool(PERSONS & named.equal)),
        "other-person": float(names_two_persons(named)),
    }


def _where(
    a: Comparable, b: Comparable, named: EntityComparison, spot: LocationComparison, *, near: bool
) -> dict[str, float]:
    topics = a.topics & b.topics
    same = len(topics) / min(len(a.topics), len(b.topics)) if topics else 0.0
    alike = len(topics) / len(a.topics | b.topics) if topics else 0.0
    place = _one_place(a, b, named, spot)
    own = _own(topics)
    # A long letter speaks of other troubles in passing.
    short = min(1.0, _LETTER / max(1, len(a.words), len(b.words)))
    soon = a.at is not None and b.at is not None and days_between(a, b) < _SAME_DAY
    return {
        "other-address": spot.apart * (1 - spot.here),
        "other-address-near": spot.apart * near,
        "here-near": float(spot.here and near),
        # Where somebody's own matter is makes it nobody else's.
        "place-same-topics": alike * place * (near or not own),
        "other-topic": float(bool(a.topics and b.topics and not topics)),
        "soon-place-topic": same * place * (soon and not own),
        # One is of a broken pavement, the other of a stall on it.
        "more-topics": float(bool(topics) and a.topics != b.topics) * short,
        "nowhere": float(not (a.place or b.place or a.fine or b.fine or named.equal & SAYS_WHERE)),
    }


def _one_place(a: Comparable, b: Comparable, named: EntityComparison, spot: LocationComparison) -> float:
    """How sure it is that both are of one place: 0 to 1."""
    if spot.here:
        return 1.0
    shared = _shared(a, b)
    share = len(shared) / max(1, min(len(a.fine), len(b.fine)))
    names = (len(shared) + _places_among(shared, a, b)) * (share >= _MANY) + len(named.equal & {"village", "district"})
    return 0.75 if names > 1 else 0.4 if names or named.equal & AREAS else 0.0


def _places_among(names: frozenset[str], a: Comparable, b: Comparable) -> bool:
    """Whether either says of one of these names that it is a place's."""
    return any(
        kind in _NAMED_PLACES and not names.isdisjoint(value.split())
        for kind, value in (*a.named, *a.located, *b.named, *b.located)
    )


def _beside(a: Comparable, b: Comparable, vocabulary: WordFrequencies) -> dict[str, float]:
    topics = a.topics & b.topics
    same = len(topics) / min(len(a.topics), len(b.topics)) if topics else 0.0
    return {
        "beside-same-topic": same * log1p(sum(map(vocabulary.rarity, beside(a, b, vocabulary)))),
        "other-beside": float(other_beside(a, b, vocabulary)),
    }


def _later_incident(a: Comparable, b: Comparable) -> bool:
    """What passes in a day or two, said a week later: a bus that does not come, a power cut."""
    incident = (not INCIDENTS.isdisjoint(one.things | one.faults) for one in (a, b))
    return days_between(a, b) > _FEW_DAYS and all(incident)


def _who(a: Comparable, b: Comparable, *, near: bool, here: bool) -> dict[str, float]:
    sender = sender_of(a, b)
    return {
        "other-sender": float(sender == "other"),
        "same-sender-near-text": float(sender == "same" and near),
        # Who says something else has something else to say.
        "same-sender-other-text": float(sender == "same" and not near),
        "says-again": float((a.again or b.again) and (near or (here and bool(a.topics & b.topics)))),
    }
