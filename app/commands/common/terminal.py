"""Output of the commands, and the end of the process with an error. No control character reaches a terminal."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NoReturn

from rich.cells import cell_len
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


def print_table(
    columns: Sequence[str], rows: Iterable[Iterable[object]], uncut: Sequence[str] = (), spare: Sequence[str] = ()
) -> None:
    """Print a table that fits the terminal. Words, and so ids, codes and numbers, are never cut.

    The cells of the `uncut` columns stand in one line, the other columns wrap. If there is no room, the `spare`
    columns are left out, the first one first, and named in a note. If there is still none, each row is printed as a
    block of lines `column: cell`.
    """
    texts = [[str(cell) for cell in row] for row in rows]
    left_out = _columns_without_room(columns, texts, uncut, spare)
    positions = [position for position, column in enumerate(columns) if column not in left_out]
    shown_columns = [columns[position] for position in positions]
    print_fitted(fitted_table(shown_columns, [[row[position] for position in positions] for row in texts], uncut))
    if left_out:
        print_note(f"A wider terminal shows more columns: {', '.join(left_out)}.")


def print_rows(
    columns: Sequence[str], rows: Sequence[Mapping[str, object]], uncut: Sequence[str] = (), *, as_json: bool
) -> None:
    """Print rows as JSON for programs, or as a table with these columns; see `print_table`."""
    if as_json:
        print_json(rows)
    else:
        print_table(columns, ([row[column] for column in columns] for row in rows), uncut)


def print_fitted(*renderables: RenderableType) -> None:
    """Print tables and blocks. The lines of a block may be longer than the terminal is wide."""
    for renderable in renderables:
        OUT.print(renderable, soft_wrap=isinstance(renderable, Blocks))


def fitted_table(columns: Sequence[str], rows: Sequence[Sequence[str]], uncut: Sequence[str] = ()) -> RenderableType:
    """Return a table of the terminal's width; without room, a block of lines for each row. See `print_table`."""
    widths = _column_widths(columns, rows, uncut, OUT.width)
    if widths is None:
        return Blocks(
            [
                [f"{column}: {cell}".replace("\n", "; ") for column, cell in zip(columns, row, strict=True)]
                for row in rows
            ]
        )
    table = Table(show_lines=False)
    for column, width in zip(columns, widths, strict=True):
        table.add_column(column, width=width, overflow="fold")
    for row in rows:
        table.add_row(*(Text("\n".join(map(plain, cell.split("\n")))) for cell in row))
    return table


class Blocks:
    """Rows as blocks of lines, which the terminal itself wraps: a copied line is complete."""

    def __init__(self, blocks: Sequence[Sequence[str]]) -> None:
        self._blocks = blocks

    def __rich_console__(self, _console: Console, _options: ConsoleOptions) -> Iterator[Segment]:
        """Yield the lines, and an empty line after each block."""
        for block in self._blocks:
            for line in block:
                yield Segment(plain(line))
                yield Segment.line()
            yield Segment.line()


# Rich adds three characters to each column, and one to the table.
_COLUMN_FRAME, _TABLE_FRAME = 3, 1


def _columns_without_room(
    columns: Sequence[str], rows: Sequence[Sequence[str]], uncut: Sequence[str], spare: Sequence[str]
) -> Sequence[str]:
    """Return the first of the `spare` columns without which the others have room; none if that does not help."""
    for count in range(len(spare) + 1):
        positions = [position for position, column in enumerate(columns) if column not in spare[:count]]
        shown_rows = [[row[position] for position in positions] for row in rows]
        if _column_widths([columns[position] for position in positions], shown_rows, uncut, OUT.width):
            return spare[:count]
    return ()


def _column_widths(
    columns: Sequence[str], rows: Sequence[Sequence[str]], uncut: Sequence[str], width: int
) -> Sequence[int] | None:
    """Return the width of each column, at least that of its longest word; `None` if there is no room for them."""
    cells = [[column, *(row[position] for row in rows)] for position, column in enumerate(columns)]
    full = [max(cell_len(line) for cell in column for line in cell.split("\n")) for column in cells]
    least = [max(cell_len(word) for cell in column for word in ["", *cell.split()]) for column in cells]
    widths = [full[i] if column in uncut else least[i] for i, column in enumerate(columns)]
    room = width - _TABLE_FRAME - _COLUMN_FRAME * len(columns) - sum(widths)
    return _widened(widths, full, room) if room >= 0 else None


def _widened(widths: Sequence[int], full: Sequence[int], room: int) -> Sequence[int]:
    """Return the widths with the room shared among the columns; none is wider than its `full` width.

    The column that needs least gets its share first: what it leaves is for the others.
    """
    widened = list(widths)
    growing = sorted(range(len(widened)), key=lambda position: full[position] - widened[position])
    for rank, position in enumerate(growing):
        share = min(full[position] - widened[position], room // (len(growing) - rank))
        widened[position] += share
        room -= share
    return widened


def print_revealed(body: bytes) -> None:
    """Print a citizen's text: plain and line by line to a terminal, unchanged to a file or a program."""
    text = body.decode("utf-8", "replace")
    print("\n".join(map(plain, text.splitlines())) if sys.stdout.isatty() else text)
