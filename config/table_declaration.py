"""Declaration that stands beside each table: the end of its data, and where it has data of senders in clear.

`app.tables` collects the declarations. The list of treatments, the items of `retention.csv` and a section of
`docs/personal-data.md` are made of them (`bench.generated.table_lists`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

# Name of a declaration in the `info` of a table.
DECLARATION = "satupintu"


class Treatment(NamedTuple):
    """Effect of forgetting a person on a table. `emptied`: the rows stay as numbers, without words and contacts."""

    effect: Literal["deleted", "emptied", "kept"]
    reason: str


class ClearData(NamedTuple):
    """Data of senders in clear in a column.

    `modes` are the modes of the reports and `data` the kinds of data, in the words of `docs/personal-data.md`.
    """

    column: str
    modes: str
    data: str
    purpose: str


@dataclass(frozen=True, slots=True)
class TableDeclaration:
    """Decisions about a table.

    `retention` is its class of data in `retention.csv`. `part_retention` are the classes of parts of its rows, by the
    name of the part. `clear` are its columns with data of senders in clear.
    """

    forgetting: Treatment
    retention: str
    part_retention: Mapping[str, str]
    clear: Sequence[ClearData]


def deleted(reason: str) -> Treatment:
    """Return the treatment of a table whose rows of a forgotten person are deleted."""
    return Treatment("deleted", reason)


def emptied(reason: str) -> Treatment:
    """Return the treatment of a table whose rows of a forgotten person stay as numbers."""
    return Treatment("emptied", reason)


def kept(reason: str) -> Treatment:
    """Return the treatment of a table that forgetting a person does not change."""
    return Treatment("kept", reason)


IDS = kept("ids, times and codes")
AGENCY_DATA = kept("data of an agency, no sender")
FIGURES = kept("figures: ids, times and codes")


def declared(
    forgetting: Treatment,
    *,
    retention: str,
    part_retention: Mapping[str, str] = MappingProxyType({}),
    clear: Sequence[ClearData] = (),
) -> dict[str, Any]:
    """Return the last argument of a table, with its declaration: see `TableDeclaration`."""
    return {"info": {DECLARATION: TableDeclaration(forgetting, retention, part_retention, clear)}}
