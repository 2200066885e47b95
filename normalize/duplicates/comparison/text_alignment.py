"""Alignment of two texts: the words that both share in order, and the words that stand in each other's place. Pure.

Words that only one text has are mostly harmless: a greeting, a paragraph, the half of an SMS. Words that stand in the
place of others mostly are not: another name, another street, another number. Two exceptions: a duration grows while
nobody repairs anything, and a word may be spelt better the second time.
"""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq, Opcode

from config.reference.word_frequencies import WordFrequencies
from normalize.duplicates.comparison.spelling import match_cut_word, match_spellings

# Shares (0 to 1) of the shorter text that stand in the other. From the first on, one text is mostly a part of the
# other, and exchanged words tell more than shared ones.
MIN_NEAR_CONTAINMENT = 0.6
MIN_COPY_CONTAINMENT = 0.75
# Below this density the shared words are scattered: no text is a part of the other.
MIN_DENSITY = 0.35
# Two texts that share less of the lighter one, in any order, are near in no spelling: nobody writes half of the words
# otherwise.
_MIN_COMMON_SHARE = 0.35
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
    `exchanged_name_weight` is its part from exchanges of names in few words, `inner_exchanged_weight` its part between
    shared words, not at an end of the texts. `exchanged_numbers` and `exchanged_opposites` count exchanges of numbers
    and of words like left and right. `density` is the share of shared words in the longer stretch between the first and
    the last shared word (0 to 1).
    """

    shared_weight: float = 0.0
    first_only_weight: float = 0.0
    second_only_weight: float = 0.0
    exchanged_weight: float = 0.0
    exchanged_name_weight: float = 0.0
    inner_exchanged_weight: float = 0.0
    exchanged_numbers: int = 0
    exchanged_opposites: int = 0
    density: float = 0.0

    @property
    def shorter_weight(self) -> float:
        """Weight of the shorter text."""
        return self.shared_weight + min(self.first_only_weight, self.second_only_weight)

    @property
    def containment(self) -> float:
        """Share of the shorter text that stands in the other, in order: 0 to 1."""
        return _share(self.shared_weight, self.shorter_weight)

    @property
    def similarity(self) -> float:
        """Share of both texts that they have in common, in order: 0 to 1."""
        return _share(self.shared_weight, self.first_only_weight + self.second_only_weight + self.shared_weight)

    @property
    def exchange_share(self) -> float:
        """Share of the difference that is exchange: 1 for two texts that fill in the same form."""
        return _share(2 * self.exchanged_weight, self.first_only_weight + self.second_only_weight)

    @property
    def is_copy(self) -> bool:
        """True if one text stands in the other, with additions but without exchanges."""
        is_contained = self.containment >= MIN_COPY_CONTAINMENT and self.density >= MIN_DENSITY
        has_exchange = self.exchanged_weight > MAX_HARMLESS_WEIGHT or self.exchanged_numbers or self.exchanged_opposites
        return is_contained and not has_exchange

    def is_near(self, min_shared_weight: float) -> bool:
        """Return True if one text is mostly a part of the other and both share at least this weight."""
        return (
            self.containment >= MIN_NEAR_CONTAINMENT
            and self.shared_weight >= min_shared_weight
            and self.density >= MIN_DENSITY
        )


def _share(part: float, total: float) -> float:
    return min(1.0, part / total) if total else 0.0


class SharedOrder:
    """The longest sequence of words that two texts share in order. It costs a fraction of their alignment."""

    def __init__(self, first: Sequence[str], second: Sequence[str]) -> None:
        self.first, self.second = first, second
        self._steps = list(LCSseq.opcodes(first, second))
        self.density = _density(self._steps)

    def segments(self) -> Iterator[tuple[bool, Sequence[str], Sequence[str]]]:
        """Yield the shared segments (True), and between them the different words of each side (False)."""
        return _segments(self._steps, self.first, self.second)


def align_scattered(first: Mapping[str, float], second: Mapping[str, float]) -> TextAlignment | None:
    """Return the alignment of two texts with few common words, which needs no order; `None` if they may be near.

    `first` and `second` are the weights of their words. The common words count as shared, in any order.
    """
    common_weight = sum([min(first[word], second[word]) for word in first.keys() & second.keys()])
    first_weight, second_weight = sum(first.values()), sum(second.values())
    if common_weight >= _MIN_COMMON_SHARE * min(first_weight, second_weight):
        return None
    return TextAlignment(common_weight, first_weight - common_weight, second_weight - common_weight)


def align_texts(shared_order: SharedOrder, word_frequencies: WordFrequencies) -> TextAlignment:
    """Return the alignment of two texts. In scattered texts another spelling is another word: they are no copies."""
    first, second = shared_order.first, shared_order.second
    alignment = TextAlignment(density=shared_order.density)
    is_scattered = shared_order.density < MIN_DENSITY
    first_text, second_text = frozenset(first), frozenset(second)
    segments = list(shared_order.segments())
    for position, (is_equal, first_segment, second_segment) in enumerate(segments):
        if is_equal:
            alignment.shared_weight += sum(map(word_frequencies.rarity, first_segment))
            continue
        # A word that stands elsewhere in the other text was moved, not exchanged.
        first_words = _without(first_segment, second_text)
        second_words = _without(second_segment, first_text)
        if "".join(first_words) == "".join(second_words):
            alignment.shared_weight += sum(map(word_frequencies.rarity, first_words))
            continue
        spellings = {} if is_scattered else _find_spellings(first_words, second_words, shared_order, word_frequencies)
        alignment.shared_weight += sum(map(word_frequencies.rarity, spellings))
        _add_difference(
            alignment,
            _without(first_words, spellings.keys()),
            _without(second_words, spellings.values()),
            word_frequencies,
            is_inner=0 < position < len(segments) - 1,
        )
    return alignment


def _find_spellings(
    first_words: Sequence[str], second_words: Sequence[str], texts: SharedOrder, word_frequencies: WordFrequencies
) -> dict[str, str]:
    """Return each different word of the first text that the second one spells otherwise, with that spelling."""
    return match_cut_word(first_words, second_words, texts.first[-1:], texts.second[-1:]) or match_spellings(
        first_words, second_words, word_frequencies
    )


def _without(words: Sequence[str], removed_words: Container[str]) -> list[str]:
    return [word for word in words if word not in removed_words]


def _add_difference(
    alignment: TextAlignment,
    first_words: Sequence[str],
    second_words: Sequence[str],
    word_frequencies: WordFrequencies,
    *,
    is_inner: bool,
) -> None:
    """Add words that stand between the same shared words, but in one text only. `is_inner`: not at an end."""
    first_weight, second_weight = (
        sum(map(word_frequencies.rarity, first_words)),
        sum(map(word_frequencies.rarity, second_words)),
    )
    alignment.first_only_weight += first_weight
    alignment.second_only_weight += second_weight
    if not first_words or not second_words:
        return
    exchanged_weight = min(first_weight, second_weight)
    alignment.exchanged_weight += exchanged_weight
    alignment.inner_exchanged_weight += exchanged_weight * is_inner
    alignment.exchanged_numbers += _has_number(first_words) and _has_number(second_words)
    if max(len(first_words), len(second_words)) > _MAX_NAME_WORDS:
        return
    alignment.exchanged_opposites += not _OPPOSITES.isdisjoint((*first_words, *second_words))
    if _has_name(first_words, word_frequencies) and _has_name(second_words, word_frequencies):
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
    steps: Iterable[Opcode], first: Sequence[str], second: Sequence[str]
) -> Iterator[tuple[bool, Sequence[str], Sequence[str]]]:
    """Yield the shared segments (True), and between them the different words of each side (False)."""
    first_words: list[str] = []
    second_words: list[str] = []
    for step in steps:
        if step.tag == "equal":
            if first_words or second_words:
                yield False, first_words, second_words
                first_words, second_words = [], []
            yield True, first[step.src_start : step.src_end], ()
        else:
            first_words += first[step.src_start : step.src_end]
            second_words += second[step.dest_start : step.dest_end]
    if first_words or second_words:
        yield False, first_words, second_words


def _has_name(words: Collection[str], word_frequencies: WordFrequencies) -> bool:
    return any(word[0] != "#" and not word[0].isdecimal() and not word_frequencies.is_known(word) for word in words)


def _has_number(words: Collection[str]) -> bool:
    return any(word[0].isdecimal() or word[0] == "#" for word in words)
