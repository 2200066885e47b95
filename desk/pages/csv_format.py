"""Format of the exported file: columns and masking. Pure.

The columns and the values are Indonesian in every language of the pages: a spreadsheet that reads the file must not
depend on the language of the person who fetched it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, TypeAlias

from sqlalchemy import Row

from language.masking import mask_with_labels
from messages.shapes import Kind
from pages.csv_file import BYTE_ORDER_MARK, csv_lines
from pages.wording.cases import CASE_STATES, KINDS

# Returns the name of a channel, a region or a topic by its code.
NameOf: TypeAlias = Callable[[str], str]
_COLUMNS = (
    "nomor", "keadaan", "jenis", "masuk", "tenggat", "berubah", "judul", "isi", "tempat", "wilayah", "nama_wilayah",
    "topik", "nama_topik", "kanal", "alihan", "penolakan", "warga_lain", "berkas", "rahasia", "unit", "petugas",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CellNames:
    """The time zone of the file, and the names of what its rows have as codes."""

    zone: tzinfo
    channel: NameOf
    region: NameOf
    topic: NameOf


def header_line() -> str:
    """Return the first line, with the byte order mark before it."""
    return BYTE_ORDER_MARK + csv_lines([_COLUMNS], quotes_all=True)


def row_lines(rows: Iterable[Row[Any]], names: CellNames) -> str:
    """Return the lines of rows of `read_page`. Title, text and place are masked."""
    return csv_lines((_cells(row, names) for row in rows), quotes_all=True)


def notice_line(text: str) -> str:
    """Return a line whose first cell is a notice to the reader."""
    return csv_lines([[text, *[""] * (len(_COLUMNS) - 1)]], quotes_all=True)


def _cells(row: Row[Any], names: CellNames) -> Sequence[str | int]:
    """Return the cells of a case in the order of `_COLUMNS`."""
    return (
        row.tracking,
        CASE_STATES[row.state],
        KINDS[Kind(row.kind)],
        *(f"{at.astimezone(names.zone):%Y-%m-%d %H:%M}" for at in (row.dispatched_at, row.due_at, row.changed_at)),
        mask_with_labels(row.title),
        mask_with_labels(row.excerpt),
        mask_with_labels(row.place),
        row.region,
        names.region(row.region),
        row.topic,
        names.topic(row.topic),
        names.channel(row.channel),
        row.hop,
        row.refusals,
        row.joined,
        row.pictures,
        int(row.rahasia),
        row.unit or "",
        row.holder or "",
    )
