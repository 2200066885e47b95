"""Real messages for learning and measurement, in groups of near copies. The files are not part of the project."""

import csv
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from messages.shapes import Kind
from normalize.classification.tokens import tokenize

Source = Literal["report", "tweet", "private", "fraud", "promotion"]
SOURCES: tuple[Source, ...] = ("report", "tweet", "private", "fraud", "promotion")
UNWANTED = frozenset({"fraud", "promotion"})

# The service's admin wrote this below a report, by its classification; the sender did not write it.
_CLOSING = re.compile(r"\s*Mohon (ditindaklanjuti|informasinya|dipertimbangkan), terima kasih\s*$")
_KINDS = {
    "ditindaklanjuti": Kind.PENGADUAN,
    "informasinya": Kind.PERMINTAAN_INFORMASI,
    "dipertimbangkan": Kind.ASPIRASI,
}
# Values that were masked at the publication of reports and tweets, replaced by values of their kind. Otherwise a number
# would tell SMS from reports.
_MASKS = (
    (re.compile(r"\[PHONE\]|xxxphonexxx"), "080000000000"),
    (re.compile(r"\[EMAIL\]|xxxemailxxx"), "warga@contoh.id"),
    (re.compile(r"\d*\[\*+\]\d*"), "3300000000000000"),
    (re.compile(r"xxx(?:number|date|percent)xxx"), "12"),
    (re.compile(r"xxx\w+xxx"), ""),
)
# Share of all their words that near copies have in common.
_MIN_COMMON_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Message:
    """A message, its source, the kind that the admin gave it, its group of near copies and the size of the group."""

    text: str
    source: Source
    title: str = ""
    kind: Kind | None = None
    group: int = 0
    copies: int = 1


def load_messages(folder: Path) -> list[Message]:
    """Return all messages below a folder like `/work/shared/data`. Raises `OSError`."""
    messages = [*_load_reports(folder), *_load_tweets(folder), *_load_sms(folder)]
    return _with_groups(list(dict.fromkeys(messages)))


def fold_of(message: Message, folds: int) -> int:
    """Return the number of the fold that a message is in; near copies are in the same fold."""
    return int(hashlib.sha256(str(message.group).encode()).hexdigest(), 16) % folds


def _load_reports(folder: Path) -> Iterable[Message]:
    for row in _read_rows(folder / "complaints" / "national_2017_dev.csv"):
        closing = _CLOSING.search(row["text"])
        kind = _KINDS[closing[1]] if closing else None
        yield Message(_replace_masks(_CLOSING.sub("", row["text"])), "report", row["title"], kind)


def _load_tweets(folder: Path) -> Iterable[Message]:
    for name in ("train.inf", "dev.inf"):
        for line in (folder / "lexicons" / "stif" / name).read_text(encoding="utf-8").splitlines():
            yield Message(_replace_masks(line.strip()), "tweet")


def _load_sms(folder: Path) -> Iterable[Message]:
    sources: tuple[Source, ...] = ("private", "fraud", "promotion")
    for row in _read_rows(folder / "sms" / "upi_sms_2018.csv"):
        yield Message(row["Teks"], sources[int(row["label"])])


def _read_rows(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _replace_masks(text: str) -> str:
    for mask, replacement in _MASKS:
        text = mask.sub(replacement, text)
    return text


def _with_groups(messages: Sequence[Message]) -> list[Message]:
    """Return the messages with their groups. Two messages with half of their words in common are in one group."""
    word_sets = [frozenset(tokenize(message.text, ())) for message in messages]
    parents = list(range(len(messages)))

    def root_of(number: int) -> int:
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    for number, candidates in enumerate(_earlier_candidates(word_sets)):
        for candidate in candidates:
            if _are_near_copies(word_sets[number], word_sets[candidate]):
                parents[root_of(number)] = root_of(candidate)
    groups = [root_of(number) for number in range(len(messages))]
    sizes = Counter(groups)
    return [replace(message, group=group, copies=sizes[group]) for message, group in zip(messages, groups, strict=True)]


def _are_near_copies(first: frozenset[str], second: frozenset[str]) -> bool:
    word_count = len(first | second)
    return bool(word_count) and len(first & second) >= _MIN_COMMON_SHARE * word_count


def _earlier_candidates(word_sets: Sequence[frozenset[str]]) -> Iterable[set[int]]:
    """Yield for each message the earlier messages that share one of the rarest words in its half.

    Two messages with half of their words in common always share one of these words.
    """
    frequencies = Counter(word for words in word_sets for word in words)
    numbers_by_word: dict[str, list[int]] = defaultdict(list)
    for number, words in enumerate(word_sets):
        rarest_words = sorted(words, key=lambda word: (frequencies[word], word))[: len(words) // 2 + 1]
        yield {earlier for word in rarest_words for earlier in numbers_by_word[word]}
        for word in rarest_words:
            numbers_by_word[word].append(number)
