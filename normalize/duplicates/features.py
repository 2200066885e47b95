"""The numbers by which a pair of complaints is judged: what is alike, what differs, where, when and by whom. Pure."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from math import log1p

from config.vocabulary import Vocabulary
from normalize.duplicates.aligned import Aligned, stands
from normalize.duplicates.matter import Matter, days_between, sender_of
from normalize.duplicates.named import AREAS, HOUSES, PERSONS, SAYS_WHERE, SPOTS, Compared, two_persons
from normalize.duplicates.spots import Spot

# Near texts share so much (weight).
_LEAST_KEPT = 1.5
# An exchanged word that many texts have (a day, a courtesy) changes nothing.
_HARMLESS = 0.5
# Of the names in a complaint so many stand in the other that they are not there by chance.
_MANY = 0.3
# Sent so soon after the other (days), near texts are mostly one person's.
_SOON = 0.1
_SAME_DAY = 0.5
_WEEK = 7
# So soon after each other two strangers complain of one power cut.
_HOURS = 0.25
# A topic that begins so is of one person: a card, a claim, a wage. Two that ask for theirs ask for two.
_OWN = "own-"
# Names that two such have in common say so much of what they say of others.
_OWN_NAMES = 0.5
_NAMED_PLACES = frozenset({"street", "alley", "landmark", "hamlet", "village", "district"})
# What stands behind them is a place that everybody there knows: the market, the post office. So many words of it.
_BESIDE = frozenset({"depan", "dekat", "samping", "sebelah", "seberang", "belakang", "sekitar"})
_BESIDE_WORDS = 3
# A text of more words than this is a letter.
_LETTER = 20


def features(
    a: Matter, b: Matter, named: Compared, aligned: Aligned, spot: Spot, vocabulary: Vocabulary
) -> dict[str, float]:
    """What a pair is judged by: numbers of about 0 to 3, each zero where there is nothing of it."""
    near = aligned.near(_LEAST_KEPT)
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


def _same_in_all(a: Matter, b: Matter, named: Compared, aligned: Aligned, spot: Spot) -> bool:
    """Whether the words are the same, and nothing else tells the two apart."""
    told_apart = spot.apart > _HARMLESS or named.regions == "fields" or named.apart or named.conflict
    return aligned.alike == 1.0 and not told_apart and _late(a, b) == 0


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
        "copied": float(aligned.copied),
        "copied-at-length": log1p(aligned.kept) * aligned.copied,
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
    shared = [word for word in a.fine if stands(word, b.fine)]
    only_a = len(a.fine) - len(shared) - _torn(a, b)
    only_b = sum(not stands(word, a.fine) for word in b.fine) - _torn(b, a)
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


def _named(named: Compared) -> dict[str, float]:
    return {
        "same-place": float(min(2, len(named.equal & (SPOTS | AREAS)))),
        "same-date": float("date" in named.equal),
        "other-date": float("date" in named.conflict),
        "same-amount": float("amount" in named.equal),
        "other-amount": float("amount" in named.conflict),
        "other-landmark": float(len(named.conflict & {"landmark", "unit"})),
        "other-area": float("area" in named.conflict),
        "other-account": float("handle" in named.conflict),
        "other-house": float(min(2, len(named.apart & HOUSES))),
        "same-region": float(named.regions == "equal"),
        "same-region-said": float("region" in named.equal),
        "other-region-in-fields": float(named.regions == "fields"),
    }


def _own(topics: AbstractSet[str]) -> bool:
    """Whether what both speak of is nothing but somebody's own."""
    return bool(topics) and all(topic.startswith(_OWN) for topic in topics)


def _places_among(names: frozenset[str], a: Matter, b: Matter) -> bool:
    """Whether either says of one of these names that it is a place's."""
    return any(
        kind in _NAMED_PLACES and not names.isdisjoint(value.split())
        for kind, value in (*a.named, *a.located, *b.named, *b.located)
    )


def _where(a: Matter, b: Matter, named: Compared, spot: Spot, beside: float, *, near: bool) -> dict[str, float]:
    topics = a.topics & b.topics
    same = len(topics) / min(len(a.topics), len(b.topics)) if topics else 0.0
    alike = len(topics) / len(a.topics | b.topics) if topics else 0.0
    other = float(bool(a.topics and b.topics and not topics))
    shared = a.fine & b.fine
    share = len(shared) / max(1, min(len(a.fine), len(b.fine)))
    names = (len(shared) + _places_among(shared, a, b)) * (share >= _MANY) + len(named.equal & {"village", "district"})
    place = 1.0 if spot.here else 0.75 if names > 1 else 0.4 if names or named.equal & AREAS else 0.0
    nowhere = not (a.place or b.place or a.fine or b.fine or (named.equal & SAYS_WHERE))
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
        "same-house": float(min(2, len(named.equal & HOUSES))) * (place > 0),
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
        "same-person": float(bool(PERSONS & named.equal)),
        "other-person": float(two_persons(named)),
        "other-kind": float(a.kind != b.kind),
    }
