"""The words by which messages are told apart: `kinds.csv`, an operator's file like the agencies'. It judges nothing."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.settings import SettingsError

FILE = "kinds.csv"
COLUMNS = ("says", "given", "weight", "phrases")
_OURS = Path(__file__).parents[1] / "data" / FILE

# Rows that add their weight to a sum.
WEIGHED = ("unwanted", "fraud", "publicity", "question", "wish")
# Rows that only list words.
LISTED = ("protects", "test", "greeting", "filler")
# What stands for something that is not a word; `<selalu>` stands in every message.
ALWAYS = "<selalu>"
MARKS = frozenset({ALWAYS, "<telepon>", "<uang>", "<kuota>", "<kode>", "<nomor>", "<ussd>"})

# What a message's words look like when they are compared: small letters and digits, or one of these signs.
_WORD = re.compile(r"[^\W_A-Z]+|[%?!]")


class KindsError(SettingsError):
    """The file can't be read; the text names each row at fault."""


@dataclass(frozen=True, slots=True)
class ClassificationRow:
    """One row. Any of `phrases` speaks for `says` with `weight` (log-odds), once per message.

    `given` is the weight a person gave; `weight` is what learning made of it. Where the file has one, both are that.
    """

    says: str
    given: float
    weight: float
    phrases: tuple[str, ...]

    @property
    def name(self) -> str:
        """How evidence names it."""
        return self.phrases[0]


def load_classification_rows(folder: Path | None = None) -> tuple[ClassificationRow, ...]:
    """The rows in an operator's folder; ours where there are none. Raises `KindsError` naming each fault."""
    path = folder / FILE if folder and (folder / FILE).exists() else _OURS
    cues: list[ClassificationRow] = []
    faults: list[str] = []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if tuple(rows.fieldnames or ()) != COLUMNS:
                raise KindsError(f"{path}: its first row must be {','.join(COLUMNS)}")
            seen: set[tuple[str, str]] = set()
            for row in rows:
                found = list(_faults(row, seen))
                faults += [f"{path}, line {rows.line_num}: {fault}" for fault in found]
                if not found:
                    cues.append(_cue(row))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise KindsError(f"{path}: {error!r}") from error
    faults += [f"{path}: no row gives {ALWAYS} a weight for {says}" for says in _without_start(cues) if not faults]
    if faults:
        raise KindsError("\n".join(faults))
    return tuple(cues)


def _cue(row: Mapping[str, str]) -> ClassificationRow:
    given = row["given"] or row["weight"] or "0"
    return ClassificationRow(row["says"], float(given), float(row["weight"] or given), tuple(row["phrases"].split("|")))


def _faults(row: Mapping[str, str | None], seen: set[tuple[str, str]]) -> Iterator[str]:
    says, given, weight, phrases = (row[column] or "" for column in COLUMNS)
    if says not in WEIGHED + LISTED:
        yield f"{says!r} is none of {', '.join(WEIGHED + LISTED)}"
        return
    if says in WEIGHED and not (given or weight):
        yield "a weight is missing"
    if says in LISTED and (given or weight):
        yield f"{says} lists words and has no weights"
    if not all(_number(text) for text in (given, weight) if text):
        yield "a weight is a number like 1.5"
    for phrase in phrases.split("|"):
        if not all(word in MARKS or _WORD.fullmatch(word) for word in phrase.split(" ")):
            yield f"{phrase!r} is not in small letters and digits with single spaces, nor {', '.join(sorted(MARKS))}"
        if (says, phrase) in seen:
            yield f"{phrase!r} stands twice under {says}"
        seen.add((says, phrase))


def _number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(?:\.\d+)?", text) is not None


def _without_start(cues: list[ClassificationRow]) -> list[str]:
    """The sums that nothing starts: a message without any cue would be at their threshold."""
    return [says for says in WEIGHED if not any(cue.says == says and ALWAYS in cue.phrases for cue in cues)]
