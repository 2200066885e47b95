"""The table `programmes.csv`: the priority programmes of the government, and which reports belong to each."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from config.reference.folder import SHIPPED, ReferenceFolder, version_of
from config.reference.table_reader import TableRow, raise_faults, read_table

PROGRAMMES = "programmes.csv"
_COLUMNS = ("programme", "name", "words", "topics", "institutions", "from", "to", "responsible", "source")
_NAME = re.compile(r"[a-z]+(?:-[a-z]+)*")
_PHRASE = re.compile(r"[a-z0-9]+(?: [a-z0-9]+)*")
_INSTITUTION = re.compile(r"[a-z]+(?:-[a-z0-9]+)*")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Programme:
    """A row. `institutions` are codes, or kinds such as `kota`; empty: all. `ends` is the last day, if there is one."""

    id: str
    name: str
    words: tuple[str, ...]
    topics: frozenset[str]
    institutions: frozenset[str]
    begins: date
    ends: date | None
    responsible: str

    def runs_on(self, day: date) -> bool:
        """Return whether a report that arrives on a day in Jakarta may belong to the programme."""
        return self.begins <= day and (self.ends is None or day <= self.ends)

    def is_for(self, agencies: Collection[str]) -> bool:
        """Return whether one of these agencies takes part in the programme."""
        return not self.institutions or any(
            code in self.institutions or code.partition("-")[0] in self.institutions for code in agencies
        )

    def word_codes(self) -> Mapping[str, str]:
        """Return a code for each phrase: it tells that a report has the phrase, and has no words of the report."""
        return {phrase: f"{self.id}:{phrase.replace(' ', '-')}" for phrase in self.words}


@dataclass(frozen=True, slots=True)
class ProgrammeTable:
    """The rows in the order of the file. `version` is equal for equal tables."""

    rows: tuple[Programme, ...] = ()
    version: str = ""

    def names(self) -> Mapping[str, str]:
        """Return the names of the programmes by their ids, in the order of the file."""
        return {row.id: row.name for row in self.rows}


def load_programmes(folder: ReferenceFolder = SHIPPED) -> ProgrammeTable:
    """Return the table of a folder. Raises `TableError`."""
    path = folder.table(PROGRAMMES)
    table = read_table(path, _COLUMNS, exact_columns=True)
    raise_faults(path, (f"line {row.line}: {fault}" for row in table for fault in _row_faults(row)))
    raise_faults(path, _repetitions(table))
    return ProgrammeTable(tuple(map(_programme, table)), version_of(folder.digests((PROGRAMMES,)).values()))


def unknown_references(
    programmes: ProgrammeTable, topics: Collection[str], institutions: Collection[str]
) -> Iterator[str]:
    """Yield a fault for each topic and institution of the table that is none of these."""
    kinds = {code.partition("-")[0] for code in institutions}
    for row in programmes.rows:
        for topic in sorted(row.topics.difference(topics)):
            yield f"{PROGRAMMES}: {row.id}: topic {topic!r} is not in topics.csv; correct or remove it"
        for code in sorted({row.responsible, *row.institutions} - {"", *kinds}):
            if code not in institutions:
                yield f"{PROGRAMMES}: {row.id}: {code!r} is not in agencies.csv; correct or remove it"


def _programme(row: TableRow) -> Programme:
    cells = {column: cell.strip() for column, cell in row.cells.items()}
    return Programme(
        id=cells["programme"],
        name=cells["name"],
        words=tuple(dict.fromkeys(row.parts("words"))),
        topics=frozenset(row.parts("topics")),
        institutions=frozenset(row.parts("institutions")),
        begins=date.fromisoformat(cells["from"]),
        ends=date.fromisoformat(cells["to"]) if cells["to"] else None,
        responsible=cells["responsible"],
    )


def _row_faults(row: TableRow) -> Iterator[str]:
    cells = {column: cell.strip() for column, cell in row.cells.items()}
    if not _NAME.fullmatch(cells["programme"]):
        yield f"{cells['programme']!r} is no id of a programme: write small letters and hyphens"
    for column in ("name", "responsible", "source"):
        if not cells[column]:
            yield f"{column} is empty; fill it"
    if not row.parts("words") and not row.parts("topics"):
        yield "it has neither words nor topics; add some or remove the row"
    yield from _reference_faults(row)
    yield from _day_faults(cells["from"], cells["to"])


def _reference_faults(row: TableRow) -> Iterator[str]:
    for phrase in row.parts("words"):
        if not _PHRASE.fullmatch(phrase):
            yield f"words has {phrase!r}; write small letters and digits with single spaces"
    for topic in row.parts("topics"):
        if not _NAME.fullmatch(topic):
            yield f"{topic!r} is no id of a topic: write small letters and hyphens"
    for code in row.parts("institutions"):
        if not _INSTITUTION.fullmatch(code):
            yield f"{code!r} is no code or kind of an institution; write one of agencies.csv"


def _day_faults(begins: str, ends: str) -> Iterator[str]:
    first, last = _day_of(begins), _day_of(ends)
    if first is None:
        yield "write from like 2026-08-17"
    if ends and last is None:
        yield "write to like 2026-08-17, or leave it empty"
    if first and last and last < first:
        yield f"to is before from ({ends} before {begins}); correct one of them"


def _day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _repetitions(table: Sequence[TableRow]) -> Iterator[str]:
    ids: dict[str, int] = {}
    for row in table:
        first = ids.setdefault(row.cells["programme"].strip(), row.line)
        if first != row.line:
            yield f"line {row.line}: {row.cells['programme'].strip()} stands on line {first} already; write one row"
