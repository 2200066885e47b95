"""The table `public_release.csv`: the reports that everybody reads only after an officer has released them."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from config.reference.folder import SHIPPED_FOLDER
from config.reference.table_reader import TableRow, raise_faults, read_table

PUBLIC_RELEASE = "public_release.csv"
_COLUMNS = ("group", "topics", "phrases")
_NAME = re.compile(r"[a-z]+(?:-[a-z]+)*")
_PHRASE = re.compile(r"[a-z0-9]+\*?(?: [a-z0-9]+\*?)*")


@dataclass(frozen=True, slots=True)
class SensitiveReports:
    """Ids of the topics, and phrases, that make a report sensitive. `*` ends a word that may be longer."""

    topics: frozenset[str]
    phrases: tuple[str, ...]


def load_sensitive_reports(path: Path = SHIPPED_FOLDER / PUBLIC_RELEASE) -> SensitiveReports:
    """Return the topics and phrases of a table. Raises `TableError`."""
    table = read_table(path, _COLUMNS, exact_columns=True)
    raise_faults(path, (f"line {row.line}: {fault}" for row in table for fault in _row_faults(row)))
    topics = frozenset(topic for row in table for topic in row.parts("topics"))
    return SensitiveReports(topics, tuple(dict.fromkeys(phrase for row in table for phrase in row.parts("phrases"))))


def unknown_topics(sensitive: SensitiveReports, topics: Collection[str]) -> Iterator[str]:
    """Yield a fault for each topic of the table that is none of these."""
    for topic in sorted(sensitive.topics.difference(topics)):
        yield f"{PUBLIC_RELEASE}: topic {topic!r} is not in topics.csv; correct or remove it"


def _row_faults(row: TableRow) -> Iterator[str]:
    if not _NAME.fullmatch(row.cells["group"]):
        yield f"{row.cells['group']!r} is no name of a group: write small letters and hyphens"
    if not row.parts("topics") and not row.parts("phrases"):
        yield "it has neither a topic nor a phrase; add one or remove the row"
    for topic in row.parts("topics"):
        if not _NAME.fullmatch(topic):
            yield f"{topic!r} is no id of a topic: write small letters and hyphens"
    for phrase in row.parts("phrases"):
        if not _PHRASE.fullmatch(phrase):
            yield f"{phrase!r} is not in small letters and digits with single spaces, with * only at the end of a word"
