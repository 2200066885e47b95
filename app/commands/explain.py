"""Commands `explain`: the decisions about typed or piped messages. Nothing is stored."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, TypeVar, cast

import typer

from app.commands.common.arguments import first_fault
from app.commands.common.process import open_parts
from app.commands.common.terminal import EX_USAGE, OUT, print_json, print_note, stop

if TYPE_CHECKING:
    from io import BufferedReader

    from pydantic import BaseModel

    from app.evaluation.duplicates import ExplainedMessage
    from config.reference.folder import ReferenceFolder
    from normalize.classification.classifier import Classifier
    from normalize.classification.danger import DangerReader
    from normalize.duplicates.factory import DuplicateDetection

# Bytes of stdin that are read at once, at most.
_READ_BYTES = 1 << 17
_encode_json = json.JSONEncoder(ensure_ascii=False).encode

M = TypeVar("M", bound="BaseModel")

commands = typer.Typer(no_args_is_help=True)


def _check_channel(typed: str) -> str:
    from app.assembly.channels import DIRECTORY

    if typed not in DIRECTORY.names:
        raise typer.BadParameter(f"{typed!r} is not one of {', '.join(map(repr, DIRECTORY.names))}.")
    return typed


@commands.command("duplicates")
def explain_duplicates() -> None:
    """Read messages as JSON lines in the order of arrival, and print the relation of each to the earlier ones.

    Each line: {"id", "channel", "sender"?, "received_at"?, "title"?, "text", "location"?, "address"?}.
    """
    from app.evaluation.duplicates import explain_batches
    from app.garbage_collection import exempt_loaded_objects
    from config.reference.folder import ReferenceFolder
    from config.settings import load

    detection = _duplicate_detection(ReferenceFolder(load().reference_folder))
    exempt_loaded_objects()
    for explanation in explain_batches(detection, _message_batches()):
        sys.stdout.write(f"{_encode_json(explanation)}\n")


@commands.command("read")
def explain_read(
    file: Annotated[
        Path | None, typer.Argument(help="JSON lines; without a file, stdin.", exists=True, dir_okay=False)
    ] = None,
    text: Annotated[str, typer.Option("--text", help="One message: print its words and entities too.")] = "",
    title: Annotated[str, typer.Option("--title")] = "",
) -> None:
    """Print for each message its kind, why it is set aside (`set_aside`; null: a complaint), and a danger to life.

    Each line: {"id", "channel", "title"?, "text"}. A faulty line is named on stderr, and the exit code is 2.
    """
    from app.assembly.channels import DIRECTORY
    from app.evaluation.duplicates import ExplainedMessage, explain_text
    from config.reference.folder import ReferenceFolder
    from config.settings import load
    from normalize.classification.factory import load_classifier, load_danger_reader

    reference = ReferenceFolder(load().reference_folder)
    classifier = load_classifier(reference, DIRECTORY.without_kind_choice)
    danger_reader = load_danger_reader(reference)
    if text:
        message = ExplainedMessage(id="", title=title, text=text)
        print_json(explain_text(_duplicate_detection(reference), classifier, message))
    elif file:
        with file.open("rb") as stream:
            _explain_lines(classifier, danger_reader, stream)
    else:
        _explain_lines(classifier, danger_reader, sys.stdin.buffer)


def _explain_lines(classifier: Classifier, danger_reader: DangerReader, stream: BinaryIO) -> None:
    """Print one line for each message; end with `EX_USAGE` if any line is faulty."""
    from app.commands.common.json_lines import read_json_lines
    from app.evaluation.duplicates import ExplainedMessage
    from app.evaluation.reading import explain_reading

    has_faults = False
    for line in read_json_lines(stream, ExplainedMessage):
        if line.content is None:
            has_faults = True
            print_note(f"line {line.number}: {line.fault}")
        else:
            print_json(explain_reading(classifier, danger_reader, line.content))
    if has_faults:
        sys.exit(EX_USAGE)


@commands.command("route")
def explain_route(
    text: Annotated[str, typer.Option("--text", help="The report. Without it, JSON lines are read.")] = "",
    title: Annotated[str, typer.Option("--title")] = "",
    location: Annotated[str, typer.Option("--location", help="The place that the sender filled in.")] = "",
    latitude: Annotated[float | None, typer.Option("--lat", min=-90, max=90, help="The point, with --long.")] = None,
    longitude: Annotated[float | None, typer.Option("--long", min=-180, max=180)] = None,
    agency: Annotated[str, typer.Option("--agency", help="The agency that the sender filled in.")] = "",
    channel: Annotated[str, typer.Option("--channel", callback=_check_channel, metavar="CHANNEL")] = "web",
) -> None:
    """Print the agency that each report would go to, the confidence and the reasons.

    Each line: {"id", "title", "text", "channel", "location"?, "latitude"?, "longitude"?, "agency"?}.
    """
    from app.evaluation.routing import ReportLine, explain_report

    with open_parts() as parts:
        rules = parts.rules
    if text:
        report = ReportLine(
            title=title,
            text=text,
            location=location,
            latitude=latitude,
            longitude=longitude,
            agency=agency,
            channel=channel,
        )
        OUT.print_json(data=explain_report(rules, report))
        return
    for report in _stdin_lines(ReportLine):
        print_json(explain_report(rules, report))


def _duplicate_detection(reference: ReferenceFolder) -> DuplicateDetection:
    from config.reference.duplicate_weights import DUPLICATE_WEIGHTS, load_duplicate_weights
    from language.model import load_language_model
    from normalize.duplicates.factory import DuplicateDetection

    weights = load_duplicate_weights(reference.table(DUPLICATE_WEIGHTS))
    return DuplicateDetection(load_language_model(reference), weights)


def _message_batches() -> Iterator[list[ExplainedMessage]]:
    """Return the available messages of stdin, batch by batch. The output of a batch is flushed before the next one."""
    from app.evaluation.duplicates import ExplainedMessage

    line_count, rest = 0, b""
    # A buffered reader (the type does not say it) returns available bytes and waits only for the first one.
    stdin = cast("BufferedReader", sys.stdin.buffer)
    while chunk := stdin.read1(_READ_BYTES):
        *lines, rest = (rest + chunk).split(b"\n")
        numbered_lines = enumerate(lines, start=line_count + 1)
        yield [_parse_line(ExplainedMessage, line, number) for number, line in numbered_lines if line.strip()]
        line_count += len(lines)
        sys.stdout.flush()
    if rest.strip():
        yield [_parse_line(ExplainedMessage, rest, line_count + 1)]


def _stdin_lines(model: type[M]) -> Iterator[M]:
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if line.strip():
            yield _parse_line(model, line, number)


def _parse_line(model: type[M], line: bytes, number: int) -> M:
    from pydantic import ValidationError

    try:
        return model.model_validate_json(line)
    except ValidationError as error:
        stop(f"line {number}: {first_fault(error)}", EX_USAGE)
