"""What the normalizer would make of messages that are typed or piped in, and how often it is right. Nothing is kept."""

import gc
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, cast

import typer
from pydantic import ValidationError

from app.assembly.channels import DIRECTORY
from app.commands.common import EX_USAGE, OUT, fault, labelled, stop
from app.evaluation.duplicate_metrics import measure_duplicates
from app.evaluation.duplicates import ExplainedMessage, LabelledPair, Readers, explain_batches, explain_text
from config.reference.classification_phrases import load_classification_rows
from normalize.classification.classifier import Classifier

if TYPE_CHECKING:
    from io import BufferedReader

# What is read at once at most, in bytes.
_READ = 1 << 17
# Objects between two looks for those that only hold each other.
_SELDOM = 100_000
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode

commands = typer.Typer(no_args_is_help=True, help="Say what would be made of messages, and why.")
evaluations = typer.Typer(no_args_is_help=True, help="Measure on labelled examples.")


@commands.command("duplicates")
def explain_duplicates() -> None:
    """Read messages as JSON lines in the order of arrival; print for each what it belongs to of those before.

    Each line: {"id", "channel", "sender"?, "received_at"?, "title"?, "text", "location"?, "address"?}.
    """
    readers = Readers.load()
    # What was loaded stays, and of what a message leaves nothing hangs together: it need not be looked for often.
    gc.freeze()
    gc.set_threshold(_SELDOM)
    for found in explain_batches(readers, _at_once()):
        sys.stdout.write(f"{_ENCODE(found)}\n")


@commands.command("read")
def explain_read(
    text: Annotated[str, typer.Option("--text", help="The message; else one JSON line is read.")] = "",
    title: Annotated[str, typer.Option("--title")] = "",
) -> None:
    """Print everything that is found in one message, with the places where it stands."""
    readers, classifier = Readers.load(), Classifier(load_classification_rows(), DIRECTORY.without_kind_choice)
    for said in [ExplainedMessage(id="", title=title, text=text)] if text else _lines():
        print(json.dumps(explain_text(readers, classifier, said), ensure_ascii=False))


@evaluations.command("duplicates")
def evaluate_duplicates(
    pairs: Annotated[Path, typer.Option("--pairs", help='JSON lines: {"label": repeat|joins|different, "a", "b"}.')],
) -> None:
    """Precision, recall and F1 with 95 % intervals, by label, group and source."""
    OUT.print_json(data=measure_duplicates(Readers.load(), labelled(pairs, LabelledPair.load_file)))


def _at_once() -> Iterator[list[ExplainedMessage]]:
    """The messages that are there, as often as there are some; what was said of the last ones is out by then."""
    number, rest = 0, b""
    # A buffered reader (which the types do not say) gives what is there, and waits only for the first byte of it.
    stdin = cast("BufferedReader", sys.stdin.buffer)
    while more := stdin.read1(_READ):
        *lines, rest = (rest + more).split(b"\n")
        yield [_said(line, at) for at, line in enumerate(lines, start=number + 1) if line.strip()]
        number += len(lines)
        sys.stdout.flush()
    if rest.strip():
        yield [_said(rest, number + 1)]


def _lines() -> Iterator[ExplainedMessage]:
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if line.strip():
            yield _said(line, number)


def _said(line: str | bytes, number: int) -> ExplainedMessage:
    try:
        return ExplainedMessage.model_validate_json(line)
    except ValidationError as error:
        _bad(number, error)


def _bad(number: int, error: ValidationError) -> NoReturn:
    stop(f"line {number}: {fault(error)}", EX_USAGE)
