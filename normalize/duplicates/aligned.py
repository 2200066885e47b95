"""Lays two texts beside each other and says what was kept, added and exchanged. Pure.

What one text has more than the other is mostly harmless: a greeting, a paragraph, the half of an SMS. What stands in
the place of something else mostly is not: another name, another street, another number. Yet a duration grows while
nobody comes, and a word may be spelt better the second time.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from rapidfuzz.distance import LCSseq

from config.vocabulary import Vocabulary

# Two spellings of one word are this alike (0 to 100); shorter words are always two words.
_SAME_WORD = 85
_SHORTEST_SPELT = 5
# Where these differ, all else alike, another thing is meant or the opposite is wished.
_TELLING_APART = frozenset(
    (
        *(
            "utara",
            "selatan",
            "timur",
            "barat",
            "kiri",
            "kanan",
            "depan",
            "belakang",
            "atas",
            "bawah",
            "masuk",
            "keluar",
        ),
        *("hulu", "hilir", "ulu", "ilir", "lor", "kidul", "wetan", "kulon", "lama", "baru", "besar", "kecil"),
        *("keluar", "pagi", "malam", "tolak", "menolak", "dukung", "mendukung", "setuju", "jangan"),
    )
)


@dataclass(frozen=True, slots=True)
class Aligned:
    """Weights (see `Vocabulary.weight`) of the words that two texts share in order, and of what each has alone.

    `exchanged` is what stands in the place of something else, the lighter side of it; `names` the part of that in which
    a word is no dictionary's; `numbers` counts exchanged numbers, `apart` exchanges of left and right and the like.
    """

    kept: float
    only_a: float
    only_b: float
    exchanged: float
    names: float
    numbers: int
    apart: int

    @property
    def contained(self) -> float:
        """How much of the shorter one is in the other, in order: 0 to 1."""
        return _share(self.kept, min(self.only_a, self.only_b) + self.kept)

    @property
    def alike(self) -> float:
        """How much of both is shared, in order: 0 to 1."""
        return _share(self.kept, self.only_a + self.only_b + self.kept)

    @property
    def template(self) -> float:
        """How much of the difference is exchange: 1 where both are filled from one form."""
        return _share(2 * self.exchanged, self.only_a + self.only_b)


def _share(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole else 0.0


def align(a: Sequence[str], b: Sequence[str], vocabulary: Vocabulary) -> Aligned:
    """Two texts as their words in order."""
    weight = vocabulary.weight
    kept = only_a = only_b = exchanged = names = 0.0
    numbers = apart = 0
    inside_a, inside_b = frozenset(a), frozenset(b)
    for same, left, right in _segments(a, b):
        if same:
            kept += sum(map(weight, left))
            continue
        # What stands elsewhere in the other text was moved, not exchanged.
        gone = [word for word in left if word not in inside_b]
        come = [word for word in right if word not in inside_a]
        spelt = _spelt(gone, come, vocabulary)
        kept += sum(map(weight, spelt))
        gone = [word for word in gone if word not in spelt]
        come = [word for word in come if word not in spelt.values()]
        lost, won = sum(map(weight, gone)), sum(map(weight, come))
        only_a += lost
        only_b += won
        if gone and come:
            apart += not _TELLING_APART.isdisjoint((*gone, *come))
            exchanged += min(lost, won)
            names += min(lost, won) if _names(gone, vocabulary) or _names(come, vocabulary) else 0
            numbers += _number(gone) and _number(come)
    return Aligned(kept, only_a, only_b, exchanged, names, numbers, apart)


def _segments(a: Sequence[str], b: Sequence[str]) -> Iterator[tuple[bool, Sequence[str], Sequence[str]]]:
    """What is equal, and between that what stands on each side."""
    left: list[str] = []
    right: list[str] = []
    for step in LCSseq.opcodes(a, b):
        if step.tag == "equal":
            if left or right:
                yield False, left, right
                left, right = [], []
            yield True, a[step.src_start : step.src_end], ()
        else:
            left += a[step.src_start : step.src_end]
            right += b[step.dest_start : step.dest_end]
    if left or right:
        yield False, left, right


def _spelt(gone: Sequence[str], come: Sequence[str], vocabulary: Vocabulary) -> dict[str, str]:
    """The words of one side that stand on the other in another spelling.

    One of the two must be a word of the dictionary: two names that are nearly alike are two names.
    """
    if not gone or not come:
        return {}
    spellable = [word for word in come if _spellable(word)]
    known: list[str] = []
    names: list[str] = []
    for word in spellable:
        (known if vocabulary.knows(word) else names).append(word)
    found = {}
    for word in gone:
        others = names if vocabulary.knows(word) else known
        if others and _spellable(word) and (best := like(word, others)):
            found[word] = best
    return found


def _spellable(word: str) -> bool:
    return len(word) >= _SHORTEST_SPELT and word.isalpha()


def like(word: str, others: Collection[str]) -> str:
    """The one of several words that may be another spelling of this one; empty if none is."""
    best = process.extractOne(word, others, scorer=fuzz.ratio, processor=None, score_cutoff=_SAME_WORD)
    return best[0] if best else ""


def alike(word: str, other: str) -> bool:
    """Whether two words may be spellings of one."""
    if min(len(word), len(other)) < _SHORTEST_SPELT or not (word.isalpha() and other.isalpha()):
        return word == other
    return fuzz.ratio(word, other, score_cutoff=_SAME_WORD) > 0


def _names(words: Collection[str], vocabulary: Vocabulary) -> bool:
    return any(word[0] != "#" and not word[0].isdecimal() and not vocabulary.knows(word) for word in words)


def _number(words: Collection[str]) -> bool:
    return any(word[0].isdecimal() or word[0] == "#" for word in words)
