"""Whether two complaints are of one spot, by addresses as words and by names that nobody calls a street. Pure."""

from dataclasses import dataclass

from config.vocabulary import Vocabulary
from normalize.duplicates.aligned import stands
from normalize.duplicates.matter import Matter
from normalize.duplicates.named import HOUSES, SPOTS, Compared
from normalize.findings.wording import ROMAN

# What an address says at least.
LEAST_SAID = 0.8
# Of two addresses so much of one stands in the other that both are of one spot.
_SAME_SPOT = 0.75
_MOSTLY = 0.4


@dataclass(frozen=True, slots=True)
class Spot:
    """How two addresses stand to each other as words (weights), and whether both complaints are of one spot."""

    shared: float
    least: float
    apart: float
    here: bool


def spot_of(a: Matter, b: Matter, named: Compared, vocabulary: Vocabulary) -> Spot:
    """The fields for the place, as words: "in front of the church", "in front of the hospital"."""
    left, right = set(a.place), set(b.place)
    weight = vocabulary.weight
    both = left & right
    shared = sum(map(weight, both))
    only_a = sum(weight(word) for word in left - both if word not in b.words and not stands(word, frozenset(right)))
    only_b = sum(weight(word) for word in right - both if word not in a.words and not stands(word, frozenset(left)))
    least, most = sorted((sum(map(weight, left)), sum(map(weight, right))))
    # A quarter's name alone is within the address of every house there.
    same = shared >= _SAME_SPOT * least and shared >= _MOSTLY * most and least >= LEAST_SAID
    said = bool(named.equal & SPOTS) or _said(a, b) or _said(b, a)
    return Spot(shared, least, min(2.0, only_a, only_b), here=said or same)


def other_end(a: Matter, b: Matter) -> bool:
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


def _said(a: Matter, b: Matter) -> bool:
    """Whether one names, without saying what it is, a street or landmark of the other's: `di tanah tinggi 4`."""
    text = f" {' '.join((*a.title, *a.words, *a.place))} "
    for kind, value in (*b.named, *b.located):
        if kind not in SPOTS or kind in HOUSES:
            continue
        name = value.partition(" ")[2] if kind == "landmark" else value
        base = " ".join(word for word in name.split() if word.isalpha() and word != "raya")
        at = text.find(f" {base} ") if " " in base or base in a.fine else -1
        if at >= 0 and _number_after(text[at + len(base) + 2 :], name):
            return True
    return False


def _number_after(rest: str, name: str) -> bool:
    """Whether no other number than the name's follows."""
    following = rest.partition(" ")[0]
    number = ROMAN.get(following, following)
    return not number.isdecimal() or number in name.split()
