"""The phrases that tell complaints from questions, suggestions and unwanted messages, from `kinds.csv`."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.reference.folder import SHIPPED_FOLDER
from config.reference.table_reader import TableRow, raise_faults, read_table

CLASSIFICATION_PHRASES = "kinds.csv"
COLUMNS = ("label", "given", "weight", "phrases")

# Outcomes whose rows add their weights to a sum.
WEIGHED = ("unwanted", "fraud", "publicity", "service", "thanks", "chain", "question", "wish")
# Outcomes whose rows only list words.
LISTED = (
    *("protects", "names", "answers", "test", "greeting", "filler"),
    *("glue", "already", "not-yet", "asks", "about", "cancels", "subscribes", "other-service"),
)
# Outcomes of phrases that tell of no matter: a message of nothing else is talk.
TALK = frozenset(LISTED) - {"protects", "names", "answers", "test"}
_OUTCOMES = WEIGHED + LISTED
# Marks stand for something that is not a word. `ALWAYS` stands in every message.
ALWAYS = "<selalu>"
MARKS = frozenset({ALWAYS, "<telepon>", "<uang>", "<kuota>", "<kode>", "<nomor>", "<ussd>"})

# A word of a message in the form in which it is compared: small letters and digits, or one of these signs.
_WORD = re.compile(r"[^\W_A-Z]+|[%?!]")
_WEIGHT = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class ClassificationRow:
    """Any of `phrases` adds `weight` (log-odds) to the sum of `outcome`, once per message.

    `given_weight` is the weight that a person gave, `weight` the learned one. If the table has one of them, both are
    that.
    """

    outcome: str
    given_weight: float
    weight: float
    phrases: tuple[str, ...]

    @property
    def name(self) -> str:
        """The row's name in evidence."""
        return self.phrases[0]


def load_classification_rows(path: Path = SHIPPED_FOLDER / CLASSIFICATION_PHRASES) -> tuple[ClassificationRow, ...]:
    """Return the rows of a table. Raises `TableError`."""
    rows: list[ClassificationRow] = []
    faults: list[str] = []
    previous_phrases: set[tuple[str, str]] = set()
    for table_row in read_table(path, COLUMNS, exact_columns=True, uneven_rows=True):
        row_faults = list(_row_faults(table_row, previous_phrases))
        faults += [f"line {table_row.line}: {fault}" for fault in row_faults]
        if not row_faults:
            rows.append(_classification_row(table_row))
    raise_faults(path, faults)
    raise_faults(path, (f"no row gives {ALWAYS} a weight for {outcome}; add one" for outcome in _without_start(rows)))
    return tuple(rows)


def _classification_row(row: TableRow) -> ClassificationRow:
    outcome, given, learned, phrases = (row.cells[column] for column in COLUMNS)
    given_weight = given or learned or "0"
    return ClassificationRow(outcome, float(given_weight), float(learned or given_weight), tuple(phrases.split("|")))


def _row_faults(row: TableRow, previous_phrases: set[tuple[str, str]]) -> Iterator[str]:
    """Yield the faults of one row, and add its phrases to those of the previous rows."""
    outcome, given, learned, phrases = (row.cells[column] for column in COLUMNS)
    if outcome not in _OUTCOMES:
        yield f"{outcome!r} is none of {', '.join(_OUTCOMES)}"
        return
    weights = list(filter(None, (given, learned)))
    yield from _weight_faults(outcome, weights)
    for phrase in phrases.split("|"):
        if not all(word in MARKS or _WORD.fullmatch(word) for word in phrase.split(" ")):
            yield f"{phrase!r} is not in small letters and digits with single spaces, nor {', '.join(sorted(MARKS))}"
        if (outcome, phrase) in previous_phrases:
            yield f"{phrase!r} stands twice under {outcome}; keep one"
        previous_phrases.add((outcome, phrase))


def _weight_faults(outcome: str, weights: Collection[str]) -> Iterator[str]:
    if outcome in WEIGHED and not weights:
        yield "a weight is missing; add it"
    if outcome in LISTED and weights:
        yield f"{outcome} lists words and has no weights; remove them"
    if not all(map(_WEIGHT.fullmatch, weights)):
        yield "a weight is a number like 1.5; write it so"


def _without_start(rows: Sequence[ClassificationRow]) -> list[str]:
    """Return the outcomes whose sum has no start: a message without any phrase would be at their threshold."""
    started = {row.outcome for row in rows if ALWAYS in row.phrases}
    return [outcome for outcome in WEIGHED if outcome not in started]
