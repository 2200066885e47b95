"""What the normalizer would make of messages that are typed or piped in, and how often it is right. Nothing is kept."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from app.commands.common import EX_USAGE, OUT, fault, stop
from app.explaining import PairFile, Readers, Said, duplicates, measure, read

commands = typer.Typer(no_args_is_help=True, help="Say what would be made of messages, and why.")
evaluations = typer.Typer(no_args_is_help=True, help="Measure on labelled examples.")


@commands.command("duplicates")
def explain_duplicates() -> None:
    """Read messages as JSON lines in the order of arrival; print for each what it belongs to of those before.

    Each line: {"id", "channel", "sender"?, "received_at"?, "title"?, "text", "location"?, "address"?}.
    """
    for found in duplicates(Readers.load(), _lines()):
        print(json.dumps(found, ensure_ascii=False))


@commands.command("read")
def explain_read(
    text: Annotated[str, typer.Option("--text", help="The message; else one JSON line is read.")] = "",
    title: Annotated[str, typer.Option("--title")] = "",
) -> None:
    """Print everything that is found in one message, with the places where it stands."""
    readers = Readers.load()
    for said in [Said(id="", title=title, text=text)] if text else _lines():
        print(json.dumps(read(readers, said), ensure_ascii=False))


@evaluations.command("duplicates")
def evaluate_duplicates(
    pairs: Annotated[Path, typer.Option("--pairs", help='JSON lines: {"label": repeat|joins|different, "a", "b"}.')],
) -> None:
    """Precision, recall and F1 with 95 % intervals, by label, group and source."""
    try:
        labelled = PairFile.read(pairs)
    except OSError as error:
        stop(f"{pairs}: {error.strerror}", EX_USAGE)
    except ValidationError as error:
        stop(f"{pairs}: {fault(error)}", EX_USAGE)
    OUT.print_json(data=measure(Readers.load(), labelled))


def _lines() -> Iterator[Said]:
    for number, line in enumerate(sys.stdin, start=1):
        if line.strip():
            yield _said(line, number)


def _said(line: str, number: int) -> Said:
    try:
        return Said.model_validate_json(line)
    except ValidationError as error:
        _bad(number, error)


def _bad(number: int, error: ValidationError) -> NoReturn:
    stop(f"line {number}: {fault(error)}", EX_USAGE)
