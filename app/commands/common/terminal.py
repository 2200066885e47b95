"""Output of the commands, and the end of the process with an error. No control character reaches a terminal."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import NoReturn

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

# sysexits.h.
EX_USAGE = 2
EX_UNAVAILABLE = 69


def plain(line: str) -> str:
    """Return the line without characters that a terminal would execute."""
    return "".join(character if character.isprintable() else " " for character in line)


class PlainConsole(Console):
    """A console that prints no control characters of a text, whatever prints the text. Its own control codes stay."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Return the segments of a renderable, with every text made plain."""
        for segment in super().render(renderable, options):
            is_plain = segment.control or segment.text.isprintable()
            yield segment if is_plain else Segment("\n".join(map(plain, segment.text.split("\n"))), segment.style)


OUT = PlainConsole()
ERR = PlainConsole(stderr=True)


def stop(message: str, code: int) -> NoReturn:
    """Print an error and end the process."""
    ERR.print(message, style="bold red", markup=False, highlight=False)
    sys.exit(code)


def print_note(message: str, *, wrap: bool = True) -> None:
    """Print a note for people to stderr, so that programs read only results on stdout."""
    ERR.print(message, markup=False, highlight=False, soft_wrap=not wrap)


def print_line(line: str) -> None:
    """Print a line of results at once, without markup and however long it is."""
    print(plain(line), flush=True)


def json_line(content: object) -> str:
    """Return JSON in one line, with every character escaped that a terminal would execute."""
    line = json.dumps(content, ensure_ascii=False)
    if line.isprintable():
        return line
    return "".join(character if character.isprintable() else json.dumps(character)[1:-1] for character in line)


def print_json(content: object) -> None:
    """Print JSON in one line for programs."""
    print(json_line(content), flush=True)


def print_table(columns: Sequence[str], rows: Iterable[Iterable[object]], uncut: Sequence[str] = ()) -> None:
    """Print a table. In a narrow terminal the cells of the `uncut` columns are never cut or wrapped.

    The other columns wrap. If there is no room for that, each row is printed as a block of lines `column: cell`.
    """
    texts = [[str(cell) for cell in row] for row in rows]
    table = Table(show_lines=False)
    for column in columns:
        table.add_column(column, no_wrap=column in uncut, overflow="fold")
    for row in texts:
        table.add_row(*(Text("\n".join(map(plain, cell.split("\n")))) for cell in row))
    if _fits(columns, texts, uncut):
        OUT.print(table)
        return
    for row in texts:
        for column, cell in zip(columns, row, strict=True):
            print_line(f"{column}: {cell}".replace("\n", "; "))
        print_line("")


# A column that wraps needs so many characters. Rich adds three characters to each column, and one to the table.
_MIN_WRAPPED_WIDTH = 10
_COLUMN_FRAME, _TABLE_FRAME = 3, 1


def _fits(columns: Sequence[str], rows: Sequence[Sequence[str]], uncut: Sequence[str]) -> bool:
    """Return True if the table has room for the uncut cells and for a readable part of the other columns."""
    width = _TABLE_FRAME
    for index, column in enumerate(columns):
        longest = max(len(line) for cell in (column, *(row[index] for row in rows)) for line in cell.split("\n"))
        width += _COLUMN_FRAME + (longest if column in uncut else min(longest, _MIN_WRAPPED_WIDTH))
    return width <= OUT.width


def print_revealed(body: bytes) -> None:
    """Print a citizen's text: plain and line by line to a terminal, unchanged to a file or a program."""
    text = body.decode("utf-8", "replace")
    print("\n".join(map(plain, text.splitlines())) if sys.stdout.isatty() else text)
