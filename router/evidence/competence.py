"""Who is competent: the table of topic and place, read and looked up. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.reference.table_reader import raise_faults, read_table
from language.places.gazetteer import regions_overlap
from router.registry.units import BY_PLACE

COLUMNS = ("id", "topic", "where", "institution", "then", "basis", "example")


@dataclass(frozen=True, slots=True)
class Competence:
    """A row. `where` are the regions in which it holds (everywhere if there are none); `then` who comes next."""

    id: str
    topic: str
    where: tuple[str, ...]
    institution: str
    then: tuple[str, ...]
    basis: str
    example: str

    @property
    def regional(self) -> bool:
        """Whether the place says who it is."""
        return self.institution in BY_PLACE

    def holds(self, region: str) -> bool:
        """Whether it holds in a region; what holds in some regions only does not hold where none is known."""
        return not self.where or any(region and regions_overlap(region, code) for code in self.where)


class CompetenceTable:
    """The rows by topic, in their order: the first that holds speaks."""

    def __init__(self, rows: Sequence[Competence]) -> None:
        self.rows = rows
        self._by_topic: Mapping[str, Sequence[Competence]] = _grouped(rows)

    def of(self, topic: str, region: str) -> Competence | None:
        """The row for a topic in a region (a dotted code, or nothing)."""
        return next((row for row in self._by_topic.get(topic, ()) if row.holds(region)), None)


def _grouped(rows: Sequence[Competence]) -> Mapping[str, Sequence[Competence]]:
    grouped: dict[str, list[Competence]] = defaultdict(list)
    for row in rows:
        grouped[row.topic].append(row)
    return grouped


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
    seen: set[str] = set()
    for row in rows:
        if not row.id or row.id in seen:
            yield f"{row.id or row.topic}: an id of its own is needed"
        if not all((row.topic, row.institution, row.basis, row.example)):
            yield f"{row.id}: topic, institution, basis and example are needed"
        seen.add(row.id)
