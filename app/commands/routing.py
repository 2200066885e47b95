"""What the router would make of reports that are typed or piped in, and how often it is right. Nothing is kept."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from app.assembly.channels import DIRECTORY
from app.commands.common import EX_USAGE, OUT, fault, labelled, opened, stop
from app.evaluation.routing import ReportLine, explain_report
from app.evaluation.routing_metrics import JudgedReport, measure_rules

# As a list of choices is shown in the help.
_CHANNELS = f"[{'|'.join(DIRECTORY.names)}]"


def _installed(typed: str) -> str:
    if typed not in DIRECTORY.names:
        raise typer.BadParameter(f"{typed!r} is not one of {', '.join(map(repr, DIRECTORY.names))}.")
    return typed


def explain_route(
    text: Annotated[str, typer.Option("--text", help="The report; else JSON lines are read.")] = "",
    title: Annotated[str, typer.Option("--title")] = "",
    location: Annotated[str, typer.Option("--location", help="The place that the sender filled in.")] = "",
    agency: Annotated[str, typer.Option("--agency", help="The agency that the sender filled in.")] = "",
    channel: Annotated[str, typer.Option("--channel", callback=_installed, metavar=_CHANNELS)] = "web",
) -> None:
    """Say for each report which institution it would go to, how sure that is, and why.

    Each line: {"id", "title", "text", "channel", "location"?, "agency"?}.
    """
    with opened() as parts:
        rules = parts.rules
    if text:
        told = ReportLine(title=title, text=text, location=location, agency=agency, channel=channel)
        OUT.print_json(data=explain_report(rules, told))
        return
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if line.strip():
            print(json.dumps(explain_report(rules, _told(line, number)), ensure_ascii=False))


def evaluate_route(
    reports: Annotated[
        Path, typer.Option("--reports", help='JSON lines as for `explain route`, with "institution" and "acceptable"?.')
    ],
) -> None:
    """How often the first door is right, one of three is, none is; and how true what is said of it is."""
    judged = labelled(reports, JudgedReport.read)
    with opened() as parts:
        OUT.print_json(data=measure_rules(parts.rules, judged))


def _told(line: bytes, number: int) -> ReportLine:
    try:
        return ReportLine.model_validate_json(line)
    except ValidationError as error:
        stop(f"line {number}: {fault(error)}", EX_USAGE)
