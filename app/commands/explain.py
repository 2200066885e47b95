"""Commands `explain`: the decisions about typed or piped messages. Nothing is stored."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from app.commands.common.process import open_parts
from app.commands.common.terminal import EX_USAGE, OUT, print_json, print_note, stop

if TYPE_CHECKING:
    from app.explanation.routing import ReportLine
    from normalize.classification.classifier import Classifier
    from normalize.classification.danger import DangerReader

commands = typer.Typer(no_args_is_help=True)


def _check_channel(typed: str) -> str:
    from app.assembly.channels import DIRECTORY

    if typed not in DIRECTORY.names:
        raise typer.BadParameter(f"{typed!r} is not one of {', '.join(map(repr, DIRECTORY.names))}.")
    return typed


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
    from app.explanation.reading import ExplainedMessage, explain_text
    from config.reference.folder import ReferenceFolder
    from config.settings import load
    from language.model import load_language_model
    from normalize.classification.factory import load_classifier, load_danger_reader

    reference = ReferenceFolder(load().reference_folder)
    classifier = load_classifier(reference, DIRECTORY.without_kind_choice)
    danger_reader = load_danger_reader(reference)
    if text:
        message = ExplainedMessage(id="", title=title, text=text)
        print_json(explain_text(load_language_model(reference), classifier, message))
    elif file:
        with file.open("rb") as stream:
            _explain_lines(classifier, danger_reader, stream)
    else:
        _explain_lines(classifier, danger_reader, sys.stdin.buffer)


def _explain_lines(classifier: Classifier, danger_reader: DangerReader, stream: BinaryIO) -> None:
    """Print one line for each message; end with `EX_USAGE` if any line is faulty."""
    from app.commands.common.json_lines import read_json_lines
    from app.explanation.reading import ExplainedMessage, explain_reading

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
    address: Annotated[str, typer.Option("--address", help="The street, village or landmark that was filled in.")] = "",
    latitude: Annotated[float | None, typer.Option("--lat", min=-90, max=90, help="The point, with --long.")] = None,
    longitude: Annotated[float | None, typer.Option("--long", min=-180, max=180)] = None,
    agency: Annotated[str, typer.Option("--agency", help="The agency that the sender filled in.")] = "",
    channel: Annotated[str, typer.Option("--channel", callback=_check_channel, metavar="CHANNEL")] = "web",
) -> None:
    """Print the agency that each report would go to, the confidence and the reasons.

    Each line: {"id", "title", "text", "channel", "location"?, "address"?, "latitude"?, "longitude"?, "agency"?}.
    """
    from app.explanation.routing import ReportLine, explain_report

    with open_parts() as parts:
        rules = parts.tables.rules
    if text:
        report = ReportLine(
            title=title,
            text=text,
            location=location,
            address=address,
            latitude=latitude,
            longitude=longitude,
            agency=agency,
            channel=channel,
        )
        OUT.print_json(data=explain_report(rules, report))
        return
    for report in _stdin_reports():
        print_json(explain_report(rules, report))


def _stdin_reports() -> Iterator[ReportLine]:
    from app.commands.common.json_lines import read_json_lines
    from app.explanation.routing import ReportLine

    for line in read_json_lines(sys.stdin.buffer, ReportLine):
        if line.content is None:
            stop(f"line {line.number}: {line.fault}", EX_USAGE)
        yield line.content
