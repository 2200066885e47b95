"""Format of the exported file: columns, protection from formulas, masking. Pure.

The columns and the values are Indonesian in every language of the pages: a spreadsheet that reads the file must not
depend on the language of the person who fetched it.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from typing import Any, TypeAlias

from sqlalchemy import Row

from desk.pages import wording
from language.masking import mask_with_labels
from messages.shapes import Kind

# Makes Excel read the file as UTF-8.
BYTE_ORDER_MARK = "\ufeff"
# A spreadsheet takes a cell that begins with one of these for a formula. The wide forms are those of East Asian input.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_WHITE_SPACE = re.compile(r"\s+")
# Returns the name of a channel.
ChannelName: TypeAlias = Callable[[str], str]
Cell: TypeAlias = str | int
_COLUMNS = (
    "nomor", "keadaan", "jenis", "masuk", "tenggat", "berubah", "judul", "tempat", "wilayah", "topik", "kanal",
    "alihan", "penolakan", "warga_lain", "berkas", "rahasia", "unit", "petugas",
)  # fmt: skip


def header_line() -> str:
    """Return the first line, with the byte order mark before it."""
    return BYTE_ORDER_MARK + _lines([_COLUMNS])


def row_lines(rows: Iterable[Row[Any]], zone: tzinfo, channel_name: ChannelName) -> str:
    """Return the lines of rows of `read_page`, with times of this zone. The text of a report is not in them."""
    return _lines(_cells(row, zone, channel_name) for row in rows)


def notice_line(text: str) -> str:
    """Return a line whose first cell is a notice to the reader."""
    return _lines([[text, *[""] * (len(_COLUMNS) - 1)]])


def safe_cell(text: str) -> str:
    """Return the text of a cell, as one line. An apostrophe stands before it if it would be a formula (OWASP)."""
    line = _WHITE_SPACE.sub(" ", text).strip()
    return f"'{line}" if line.startswith(_FORMULA_SIGNS) else line


def _cells(row: Row[Any], zone: tzinfo, channel_name: ChannelName) -> Sequence[Cell]:
    """Return the cells of a case in the order of `_COLUMNS`."""
    return (
        row.tracking,
        wording.STATE_NAMES[row.state],
        wording.KIND_NAMES[Kind(row.kind)],
        *(f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (row.dispatched_at, row.due_at, row.changed_at)),
        mask_with_labels(row.title),
        mask_with_labels(row.place),
        row.region,
        row.topic,
        channel_name(row.channel),
        row.hop,
        row.refusals,
        row.joined,
        row.pictures,
        int(row.rahasia),
        row.unit or "",
        row.holder or "",
    )


def _lines(rows: Iterable[Sequence[Cell]]) -> str:
    """Return lines of RFC 4180, with all cells in double quotes."""
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([cell if isinstance(cell, int) else safe_cell(cell) for cell in row] for row in rows)
    return file.getvalue()
