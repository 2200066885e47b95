"""Alignment of two texts: the words that both share in order, and the words that stand in each other's place. Pure.

Words that only one text has are mostly harmless: a greeting, a paragraph, the half of an SMS. Words that stand in the
place of others mostly are not: another name, another street, another number. Two exceptions: a duration grows while
nobody repairs anything, and a word may be spelt better the second time.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq, Opcode

from config.reference.word_frequencies import WordFrequencies
from normalize.duplicates.comparison.spelling import match_cut_word, match_spellings

# Shares (0 to 1) of the shorter text that stand in the other. From the first on, one text is mostly a part of the
# other, and exchanged words tell more than shared ones.
MIN_NEAR_CONTAINMENT = 0.6
MIN_COPY_CONTAINMENT = 0.75
# Below this density the shared words are scattered: no text is a part of the other.
_MIN_DENSITY = 0.35
# Weight of an exchanged word that many texts have (a day, a courtesy): the exchange changes nothing.
MAX_HARMLESS_WEIGHT = 0.5
# A name has at most this many words; more words in the place of more words are a sentence that was written anew.
_MAX_NAME_WORDS = 6
# An exchange of one of these words, with all other words alike, means another place, another time or the opposite wish.
_OPPOSITES = frozenset(
    (
        *("utara", "selatan", "timur", "barat", "kiri", "kanan", "depan", "belakang", "atas", "bawah", "masuk"),
        *("keluar", "hulu", "hilir", "ulu", "ilir", "lor", "kidul", "wetan", "kulon", "lama", "baru", "besar", "kecil"),
        *("pagi", "malam", "tolak", "menolak", "dukung", "mendukung", "setuju", "jangan"),
    )
)


@dataclass(slots=True)
class TextAlignment:
    """Weights of the words that two texts share in order, and of the words of one text only.

    The weight of words is the sum of their rarities (see `WordFrequencies.rarity`).

    `exchanged_weight` is of the words that stand in each other's place, the lighter side of each exchange.
    `exchanged_name_weight` is its part from exchanges of names in few words. `exchanged_numbers` and
    `exchanged_opposites` count exchanges of numbers and of words like left and right. `density` is the share of shared
    words in the longer stretch between the first and the last shared word (0 to 1).
    """

    shared_weight: float = 0.0
    left_only_weight: float = 0.0
    right_only_weight: float = 0.0
    exchanged_weight: float = 0.0
    exchanged_name_weight: float = 0.0
    exchanged_numbers: int = 0
    exchanged_opposites: int = 0
    density: float = 0.0

    @property
    def shorter_weight(self) -> float:
        """Weight of the shorter text."""
        return self.shared_weight + min(self.left_only_weight, self.right_only_weight)

    @property
    def containment(self) -> float:
        """Share of the shorter text that stands in the other, in order: 0 to 1."""
        return _share(self.shared_weight, self.shorter_weight)

    @property
    def similarity(self) -> float:
        """Share of both texts that they have in common, in order: 0 to 1."""
        return _share(self.shared_weight, self.left_only_weight + self.right_only_weight + self.shared_weight)

    @property
    def exchange_share(self) -> float:
        """Share of the difference that is exchange: 1 for two texts that fill in the same form."""
        return _share(2 * self.exchanged_weight, self.left_only_weight + self.right_only_weight)

    @property
    def is_copy(self) -> bool:
        """True if one text stands in the other, with additions but without exchanges."""
        is_contained = self.containment >= MIN_COPY_CONTAINMENT and self.density >= _MIN_DENSITY
        has_exchange = self.exchanged_weight > MAX_HARMLESS_WEIGHT or self.exchanged_numbers or self.exchanged_opposites
        return is_contained and not has_exchange

    def is_near(self, min_shared_weight: float) -> bool:
        """Return True if one text is mostly a part of the other and both share at least this weight."""
        return (
            self.containment >= MIN_NEAR_CONTAINMENT
            and self.shared_weight >= min_shared_weight
            and self.density >= _MIN_DENSITY
        )


def _share(part: float, total: float) -> float:
    return min(1.0, part / total) if total else 0.0


def align_texts(left: Sequence[str], right: Sequence[str], word_frequencies: WordFrequencies) -> TextAlignment:
    """Return the alignment of two texts, each given as its words in order."""
    steps = list(LCSseq.opcodes(left, right))
    alignment = TextAlignment(density=_density(steps))
    left_text, right_text = frozenset(left), frozenset(right)
    for is_equal, left_segment, right_segment in _segments(steps, left, right):
        if is_equal:
            alignment.shared_weight += sum(map(word_frequencies.rarity, left_segment))
            continue
        # A word that stands elsewhere in the other text was moved, not exchanged.
        left_words = [word for word in left_segment if word not in right_text]
        right_words = [word for word in right_segment if word not in left_text]
        if "".join(left_words) == "".join(right_words):
            alignment.shared_weight += sum(map(word_frequencies.rarity, left_words))
            continue
        spellings = match_cut_word(left_words, right_words, left[-1:], right[-1:]) or match_spellings(
            left_words, right_words, word_frequencies
        )
        alignment.shared_weight += sum(map(word_frequencies.rarity, spellings))
        _add_difference(
            alignment,
            [word for word in left_words if word not in spellings],
            [word for word in right_words if word not in spellings.values()],
            word_frequencies,
        )
    return alignment


def _add_difference(
    alignment: TextAlignment, left_words: Sequence[str], right_words: Sequence[str], word_frequencies: WordFrequencies
) -> None:
    """Add words that stand between the same shared words, but in one text only."""
    left_weight, right_weight = (
        sum(map(word_frequencies.rarity, left_words)),
        sum(map(word_frequencies.rarity, right_words)),
    )
    alignment.left_only_weight += left_weight
    alignment.right_only_weight += right_weight
    if not left_words or not right_words:
        return
    exchanged_weight = min(left_weight, right_weight)
    alignment.exchanged_weight += exchanged_weight
    alignment.exchanged_numbers += _has_number(left_words) and _has_number(right_words)
    if max(len(left_words), len(right_words)) > _MAX_NAME_WORDS:
        return
    alignment.exchanged_opposites += not _OPPOSITES.isdisjoint((*left_words, *right_words))
    if _has_name(left_words, word_frequencies) and _has_name(right_words, word_frequencies):
        alignment.exchanged_name_weight += exchanged_weight


def _density(steps: Iterable[Opcode]) -> float:
    """Return the share of shared words in the longer stretch from the first to the last of them."""
    equal_steps = [step for step in steps if step.tag == "equal"]
    if not equal_steps:
        return 0.0
    first, last = equal_steps[0], equal_steps[-1]
    shared_words = sum(step.src_end - step.src_start for step in equal_steps)
    return shared_words / max(last.src_end - first.src_start, last.dest_end - first.dest_start)


def _segments(
    steps: Iterable[Opcode], left: Sequence[str], right: Sequence[str]
) -> Iterator[tuple[bool, Sequence[str], Sequence[str]]]:
    """Yield the shared segments (True), and between them the different words of each side (False)."""
    left_words: list[str] = []
    right_words: list[str] = []
    for step in steps:
        if step.tag == "equal":
            if left_words or right_words:
                yield False, left_words, right_words
                left_words, right_words = [], []
            yield True, left[step.src_start : step.src_end], ()
        else:
            left_words += left[step.src_start : step.src_end]
            right_words += right[step.dest_start : step.dest_end]
    if left_words or right_words:
        yield False, left_words, right_words


def _has_name(words: Collection[str], word_frequencies: WordFrequencies) -> bool:
    return any(word[0] != "#" and not word[0].isdecimal() and not word_frequencies.is_known(word) for word in words)


def _has_number(words: Collection[str]) -> bool:
    return any(word[0].isdecimal() or word[0] == "#" for word in words)
