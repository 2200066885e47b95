"""Lays two texts beside each other and says what was kept, added and exchanged. Pure.

What one text has more than the other is mostly harmless: a greeting, a paragraph, the half of an SMS. What stands in
the place of something else mostly is not: another name, another street, another number. Yet a duration grows while
nobody comes, and a word may be spelt better the second time.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, LCSseq, Opcode

from config.reference.word_frequencies import WordFrequencies

# Of two texts one of which is mostly a part of the other, what was exchanged tells more than what is alike.
NEAR = 0.6
COPIED = 0.75
_DENSE = 0.35
# An exchanged word that many texts have (a day, a courtesy) changes nothing.
_HARMLESS = 0.5
# Two spellings of one word are this alike (0 to 100); shorter words are always two words.
_SAME_WORD = 85
_SHORTEST_SPELT = 4
_LONG_WORD = 7
# Among many words, one is found in another spelling from so many letters on.
_SHORTEST_FOUND = 5
# Where the other text goes on for so many words, one ended before.
_REST = 4
# A name has at most so many words; more in the place of more is a sentence that was written anew.
_FEW = 6
_VOWELS = frozenset("aeiou")
# An abbreviation leaves out this many letters at least.
_LEFT_OUT = 2
# Where these differ, all else alike, another thing is meant or the opposite is wished.
_TELLING_APART = frozenset(
    (
        *("utara", "selatan", "timur", "barat", "kiri", "kanan", "depan", "belakang", "atas", "bawah", "masuk"),
        *("keluar", "hulu", "hilir", "ulu", "ilir", "lor", "kidul", "wetan", "kulon", "lama", "baru", "besar", "kecil"),
        *("pagi", "malam", "tolak", "menolak", "dukung", "mendukung", "setuju", "jangan"),
    )
)


@dataclass(frozen=True, slots=True)
class TextAlignment:
    """Weights (see `WordFrequencies.rarity`) of the words that two texts share in order, and of what each has alone.

    `exchanged` is what stands in the place of something else, the lighter side of it; `names` the part of that in which
    few words of either side are no dictionary's; `numbers` counts exchanged numbers, `apart` those of left and right
    and the like.
    """

    kept: float
    only_a: float
    only_b: float
    exchanged: float
    names: float
    numbers: int
    apart: int
    dense: float

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

    @property
    def copied(self) -> bool:
        """Whether one text is in the other: more may stand there, but nothing in the place of something else."""
        whole = self.contained >= COPIED and self.dense >= _DENSE
        return whole and self.exchanged <= _HARMLESS and not (self.numbers or self.apart)

    def near(self, least: float) -> bool:
        """Whether one is mostly a part of the other, of which it has at least so much."""
        return self.contained >= NEAR and self.kept >= least and self.dense >= _DENSE


def _share(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole else 0.0


def align(a: Sequence[str], b: Sequence[str], vocabulary: WordFrequencies) -> TextAlignment:
    """Two texts as their words in order."""
    weight = vocabulary.rarity
    kept = only_a = only_b = exchanged = names = 0.0
    numbers = apart = 0
    inside_a, inside_b = frozenset(a), frozenset(b)
    steps = list(LCSseq.opcodes(a, b))
    for same, left, right in _segments(steps, a, b):
        if same:
            kept += sum(map(weight, left))
            continue
        # What stands elsewhere in the other text was moved, not exchanged.
        gone = [word for word in left if word not in inside_b]
        come = [word for word in right if word not in inside_a]
        if "".join(gone) == "".join(come):
            kept += sum(map(weight, gone))
            continue
        spelt = _cut(gone, come, a[-1:], b[-1:]) or _spelt(gone, come, vocabulary)
        kept += sum(map(weight, spelt))
        gone = [word for word in gone if word not in spelt]
        come = [word for word in come if word not in spelt.values()]
        lost, won = sum(map(weight, gone)), sum(map(weight, come))
        only_a += lost
        only_b += won
        if gone and come:
            exchanged += min(lost, won)
            numbers += _number(gone) and _number(come)
            if max(len(gone), len(come)) <= _FEW:
                apart += not _TELLING_APART.isdisjoint((*gone, *come))
                names += min(lost, won) if _names(gone, vocabulary) and _names(come, vocabulary) else 0
    return TextAlignment(kept, only_a, only_b, exchanged, names, numbers, apart, _dense(steps))


def _dense(steps: Iterable[Opcode]) -> float:
    """The share of shared words in the part of the longer text from the first to the last of them."""
    same = [step for step in steps if step.tag == "equal"]
    if not same:
        return 0.0
    words = sum(step.src_end - step.src_start for step in same)
    across = same[-1].src_end - same[0].src_start, same[-1].dest_end - same[0].dest_start
    return words / max(across)


def _segments(
    steps: Iterable[Opcode], a: Sequence[str], b: Sequence[str]
) -> Iterator[tuple[bool, Sequence[str], Sequence[str]]]:
    """What is equal, and between that what stands on each side."""
    left: list[str] = []
    right: list[str] = []
    for step in steps:
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


def _spelt(gone: Sequence[str], come: Sequence[str], vocabulary: WordFrequencies) -> dict[str, str]:
    """The words of one side that stand on the other in another spelling.

    One of the two must be a word of the dictionary, or short for the other: two names that are nearly alike are two,
    unless they are long and one letter apart.
    """
    if not gone or not come:
        return {}
    spellable = [word for word in come if _spellable(word)]
    known: list[str] = []
    names: list[str] = []
    for word in spellable:
        (known if vocabulary.is_known(word) else names).append(word)
    found = {}
    for word in gone:
        others = names if vocabulary.is_known(word) else known
        if others and _spellable(word) and (best := like(word, others)):
            found[word] = best
        elif full := next((other for other in come if _one_word(word, other, vocabulary)), ""):
            found[word] = full
    return found


def _one_word(word: str, other: str, vocabulary: WordFrequencies) -> bool:
    """Whether two are made of one word or one is short for the other."""
    if (root := vocabulary.root(word)) and root == vocabulary.root(other):
        return True
    return _shortened(word, other) or _shortened(other, word) or slip(word, other)


def slip(word: str, other: str) -> bool:
    """Whether two long words are one letter apart."""
    least = min(len(word), len(other))
    if least < _LONG_WORD or not (word.isalpha() and other.isalpha()):
        return False
    return OSA.distance(word, other, score_cutoff=1) <= 1


def _cut(gone: Sequence[str], come: Sequence[str], last: Sequence[str], other_last: Sequence[str]) -> dict[str, str]:
    """Where one text was cut off within a word: its last word (if it has any), and what stands there in the other."""
    if len(gone) == 1 and gone[0] in last and _torn(gone[0], come):
        return {gone[0]: come[0]}
    if len(come) == 1 and come[0] in other_last and _torn(come[0], gone):
        return {gone[0]: come[0]}
    return {}


def _torn(word: str, others: Sequence[str]) -> bool:
    return bool(others) and (others[0].startswith(word) or (len(others) > _REST and word.isalpha()))


def _shortened(word: str, full: str) -> bool:
    """Whether one is short for the other: `plk`, `kbn`, `bdg`."""
    if not 1 < len(word) <= len(full) - _LEFT_OUT or word[0] != full[0] or not (word.isalpha() and full.isalpha()):
        return False
    letters = iter(full)
    return _VOWELS.isdisjoint(word[1:]) and all(letter in letters for letter in word)


def _spellable(word: str) -> bool:
    return len(word) >= _SHORTEST_SPELT and word.isalpha()


def like(word: str, others: Collection[str]) -> str:
    """The one of several words that may be another spelling of this one; empty if none is."""
    best = process.extractOne(word, others, scorer=fuzz.ratio, processor=None, score_cutoff=_SAME_WORD)
    return best[0] if best else ""


def stands(word: str, words: frozenset[str]) -> bool:
    """Whether a word is among others, be it in another spelling."""
    return word in words or (len(word) >= _SHORTEST_FOUND and bool(like(word, words)))


def _names(words: Collection[str], vocabulary: WordFrequencies) -> bool:
    return any(word[0] != "#" and not word[0].isdecimal() and not vocabulary.is_known(word) for word in words)


def _number(words: Collection[str]) -> bool:
    return any(word[0].isdecimal() or word[0] == "#" for word in words)
