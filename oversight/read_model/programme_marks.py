"""Decides to which priority programmes a report belongs, and by which evidence. Pure; reads no words of a report."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Literal, NamedTuple, TypeAlias

from config.reference.programmes import Programme, ProgrammeTable

MarkEvidence: TypeAlias = Literal["word", "topic"]

_SEPARATOR = "|"


class ProgrammeMark(NamedTuple):
    """A programme of a report. `code` is that of the phrase in the table, or the id of the topic."""

    programme: str
    evidence: MarkEvidence
    code: str

    @property
    def words(self) -> str:
        """The phrase of the table, for a mark by a word."""
        return self.code.partition(":")[2].replace("-", " ")


def find_marks(
    programmes: ProgrammeTable, day: date, topic: str, agencies: Collection[str], word_codes: Collection[str]
) -> Sequence[ProgrammeMark]:
    """Return the marks of a report, in the order of the table; a report may belong to several programmes.

    `day` is its arrival in Jakarta, `agencies` are all that got it, `word_codes` are those that the router found. A
    phrase that the table does not have any more marks nothing.
    """
    return [
        ProgrammeMark(row.id, evidence, code)
        for row in programmes.rows
        if row.runs_on(day) and row.is_for(agencies)
        for evidence, code in _evidence(row, topic, word_codes)
    ]


def write_marks(marks: Sequence[ProgrammeMark]) -> str:
    """Return the marks as a column: each between two `|`, so that a programme can be found. Empty without any."""
    return "".join(f"{_SEPARATOR}{' '.join(mark)}" for mark in marks) + (_SEPARATOR if marks else "")


def read_marks(column: str) -> Sequence[ProgrammeMark]:
    """Return the marks of a column."""
    parts = (part.split(" ") for part in column.split(_SEPARATOR) if part)
    return [ProgrammeMark(programme, evidence, code) for programme, evidence, code in parts]  # type: ignore[arg-type]


def marked_programmes(column: str) -> Sequence[str]:
    """Return the ids of the programmes of a column, each once."""
    return list(dict.fromkeys(mark.programme for mark in read_marks(column)))


def mark_beginning(programme: str) -> str:
    """Return the text by which a column with marks of this programme is found."""
    return f"{_SEPARATOR}{programme} "


def _evidence(row: Programme, topic: str, word_codes: Collection[str]) -> Iterator[tuple[MarkEvidence, str]]:
    yield from (("word", code) for code in row.word_codes().values() if code in word_codes)
    if topic in row.topics:
        yield "topic", topic
