"""The table of competence: the institution for each topic and region, with its law. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.reference.table_reader import raise_faults, read_table
from language.places.gazetteer import regions_overlap
from router.registry.levels import GOVERNMENT_LEVELS

COLUMNS = ("id", "topic", "where", "institution", "then", "basis", "example")


@dataclass(frozen=True, slots=True)
class Competence:
    """A row of the table: the institution that is competent for a topic.

    `regions` are the dotted codes of the regions to which the row applies; without any it applies everywhere.
    `institution` and `then` are codes of institutions or levels of government; those of `then` come next if
    the institution refuses. `basis` is the law, `example` a report that the row must decide.
    """

    id: str
    topic: str
    regions: tuple[str, ...]
    institution: str
    then: tuple[str, ...]
    basis: str
    example: str

    @property
    def is_regional(self) -> bool:
        """True if the institution depends on the place."""
        return self.institution in GOVERNMENT_LEVELS

    def applies_to(self, region: str) -> bool:
        """Return True if the row applies to a region; a row for some regions needs one that is known."""
        return not self.regions or any(region and regions_overlap(region, code) for code in self.regions)


class CompetenceTable:
    """The rows by topic, in the order of the table: the first that applies decides."""

    def __init__(self, rows: Sequence[Competence]) -> None:
        self.rows = rows
        self._by_topic = _rows_by_topic(rows)

    def find(self, topic: str, region: str) -> Competence | None:
        """Return the row for a topic in a region (a dotted code, or an empty string)."""
        return next((row for row in self._by_topic.get(topic, ()) if row.applies_to(region)), None)


def _rows_by_topic(rows: Sequence[Competence]) -> Mapping[str, Sequence[Competence]]:
    by_topic: dict[str, list[Competence]] = defaultdict(list)
    for row in rows:
        by_topic[row.topic].append(row)
    return by_topic


def load_competence(path: Path) -> CompetenceTable:
    """Return the rows of a table. Raises `TableError`."""
    rows = [
        Competence(
            row.cells["id"].strip(),
            row.cells["topic"].strip(),
            row.parts("where"),
            row.cells["institution"].strip(),
            row.parts("then"),
            row.cells["basis"].strip(),
            row.cells["example"].strip(),
        )
        for row in read_table(path, COLUMNS)
    ]
    raise_faults(path, _faults(rows))
    return CompetenceTable(rows)


def _faults(rows: Sequence[Competence]) -> Iterator[str]:
    ids: set[str] = set()
    for row in rows:
        if not row.id or row.id in ids:
            yield f"{row.id or row.topic}: an id of its own is needed"
        if not all((row.topic, row.institution, row.basis, row.example)):
            yield f"{row.id}: topic, institution, basis and example are needed"
        ids.add(row.id)
