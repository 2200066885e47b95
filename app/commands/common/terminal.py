"""Output of the commands, and the end of the process with an error."""

import sys
from typing import NoReturn

from rich.console import Console

# sysexits.h.
EX_USAGE = 2
EX_UNAVAILABLE = 69

OUT = Console()
ERR = Console(stderr=True)


def stop(message: str, code: int) -> NoReturn:
    """Print an error and end the process."""
    ERR.print(message, style="bold red", markup=False, highlight=False)
    sys.exit(code)


def print_note(message: str, *, wrap: bool = True) -> None:
    """Print a note for people to stderr, so that programs read only results on stdout."""
    ERR.print(message, markup=False, highlight=False, soft_wrap=not wrap)


def plain(line: str) -> str:
    """Return the line without characters that a terminal would execute."""
    return "".join(character if character.isprintable() else " " for character in line)


def print_revealed(body: bytes) -> None:
    """Print a citizen's text: plain and line by line to a terminal, unchanged to a file or a program."""
    text = body.decode("utf-8", "replace")
    print("\n".join(map(plain, text.splitlines())) if sys.stdout.isatty() else text)
