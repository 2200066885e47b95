"""Files of RFC 4180 that a person opens in a spreadsheet. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

MEDIA_TYPE = "text/csv; charset=utf-8"
# Makes Excel read the file as UTF-8.
BYTE_ORDER_MARK = "\ufeff"
# A spreadsheet takes a cell that begins with one of these for a formula. The wide forms are those of East Asian input.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_WHITE_SPACE = re.compile(r"\s+")
Cell: TypeAlias = str | float | None


def csv_lines(rows: Iterable[Sequence[Cell]], *, quotes_all: bool = False) -> str:
    """Return the lines of a file. Begin it with `BYTE_ORDER_MARK`."""
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL if quotes_all else csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerows([safe_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return file.getvalue()


def safe_cell(text: str) -> str:
    """Return the text of a cell, as one line. An apostrophe stands before it if it would be a formula (OWASP)."""
    line = _WHITE_SPACE.sub(" ", text).strip()
    return f"'{line}" if line.startswith(_FORMULA_SIGNS) else line
