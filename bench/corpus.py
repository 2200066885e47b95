"""Real messages to learn from and to measure with, in groups of near copies. They stay where they are."""

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

# What the service's admin wrote below a report says how it was classified; the sender did not write it.
_CLOSING = re.compile(r"\s*Mohon (ditindaklanjuti|informasinya|dipertimbangkan), terima kasih\s*$")
_KINDS = {
    "ditindaklanjuti": Kind.PENGADUAN,
    "informasinya": Kind.PERMINTAAN_INFORMASI,
    "dipertimbangkan": Kind.ASPIRASI,
}
# What was masked when the reports and tweets were published, put back in kind: else a number would tell them apart.
_MASKED = (
    (re.compile(r"\[PHONE\]|xxxphonexxx"), "080000000000"),
    (re.compile(r"\[EMAIL\]|xxxemailxxx"), "warga@contoh.id"),
    (re.compile(r"\d*\[\*+\]\d*"), "3300000000000000"),
    (re.compile(r"xxx(?:number|date|percent)xxx"), "12"),
    (re.compile(r"xxx\w+xxx"), ""),
)
_ALIKE = 0.5


@dataclass(frozen=True, slots=True)
class Message:
    """A message, where it is from, what the admin classified it as, and the group of its near copies."""

    text: str
    source: Source
    title: str = ""
    kind: Kind | None = None
    group: int = 0
    copies: int = 1


def load_messages(shared: Path) -> list[Message]:
    """All messages below a folder like `/work/shared/data`. Raises `OSError`."""
    found = [*_reports(shared), *_tweets(shared), *_sms(shared)]
    return _grouped(list(dict.fromkeys(found)))


def fold_of(message: Message, folds: int) -> int:
    """Which of so many parts a message is in; near copies are in the same."""
    return int(hashlib.sha256(str(message.group).encode()).hexdigest(), 16) % folds


def _reports(shared: Path) -> Iterable[Message]:
    for row in _rows(shared / "complaints" / "national_2017_dev.csv"):
        closing = _CLOSING.search(row["text"])
        kind = _KINDS[closing[1]] if closing else None
        yield Message(_unmasked(_CLOSING.sub("", row["text"])), "report", row["title"], kind)


def _tweets(shared: Path) -> Iterable[Message]:
    for name in ("train.inf", "dev.inf"):
        for line in (shared / "lexicons" / "stif" / name).read_text(encoding="utf-8").splitlines():
            yield Message(_unmasked(line.strip()), "tweet")


def _sms(shared: Path) -> Iterable[Message]:
    sources: tuple[Source, ...] = ("private", "fraud", "promotion")
    for row in _rows(shared / "sms" / "upi_sms_2018.csv"):
        yield Message(row["Teks"], sources[int(row["label"])])


def _rows(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _unmasked(text: str) -> str:
    for mask, stands_for in _MASKED:
        text = mask.sub(stands_for, text)
    return text


def _grouped(messages: Sequence[Message]) -> list[Message]:
    """With their groups: two messages with half of their words in common, and what hangs on them."""
    words = [frozenset(tokenize(message.text, ())) for message in messages]
    group = list(range(len(messages)))

    def leader(number: int) -> int:
        while group[number] != number:
            group[number] = group[group[number]]
            number = group[number]
        return number

    for number, others in enumerate(_neighbours(words)):
        for other in others:
            union = len(words[number] | words[other])
            if union and len(words[number] & words[other]) >= _ALIKE * union:
                group[leader(number)] = leader(other)
    leaders = [leader(number) for number in range(len(messages))]
    copies = Counter(leaders)
    return [
        replace(message, group=first, copies=copies[first]) for message, first in zip(messages, leaders, strict=True)
    ]


def _neighbours(words: Sequence[frozenset[str]]) -> Iterable[set[int]]:
    """For each message the earlier ones that share one of its rarest words: half in common includes one of these."""
    often = Counter(word for one in words for word in one)
    having: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(words):
        rarest = sorted(one, key=lambda word: (often[word], word))[: len(one) // 2 + 1]
        yield {other for word in rarest for other in having[word]}
        for word in rarest:
            having[word].append(number)
