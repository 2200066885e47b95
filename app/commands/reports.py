"""Commands of one report: its status, its trace, and an answer to it."""

from contextlib import closing
from typing import Annotated

import typer

from app.clock import utc_now
from app.commands.common.arguments import Json, require_actor_and_reason, time_argument, tracking_number
from app.commands.common.process import open_parts, open_parts_with_tables
from app.commands.common.terminal import OUT, print_json, stop
from app.operations.agency_answers import AgencyAnswers
from app.operations.report_trace import ReportTracer, TraceStep
from sinks.ledger.page import status_as_json


def status(number: str, as_json: Json = False) -> None:
    """Show the status of a tracking number."""
    with open_parts() as parts:
        tracking = tracking_number(number)
        report = parts.ledger.status(tracking)
    if report is None:
        stop(f"{tracking} is not in the ledger (yet).", 1)
    if as_json:
        print_json(status_as_json(report))
        return
    repeated = f" of {report.repeated_number}" if report.repeated_number else ""
    OUT.print(f"{report.tracking}  {report.state}  {report.relation}{repeated}", highlight=False, markup=False)
    for step in report.steps:
        OUT.print(f"  {step.at:%Y-%m-%d %H:%M:%S}Z  {step.kind:10}  {step.agency}", highlight=False, markup=False)


def trace(
    number: str,
    since: Annotated[
        str, typer.Option("--since", help="First time to search, for a report that is not in the ledger.")
    ] = "7d",
    as_json: Json = False,
) -> None:
    """Show every record of a report: its position, the decision with its reasons, and the stages that it waits for."""
    with open_parts() as parts:
        tracking = tracking_number(number)
        with closing(parts.bus.reader()) as reader:
            groups = parts.consumer_groups.values()
            tracer = ReportTracer(reader, parts.engine, parts.channels.names, parts.queues, groups)
            steps = tracer.trace(tracking, time_argument(since))
    if not steps:
        stop(f"{tracking} is on no topic since {since}. Use --since 90d to search further back.", 1)
    if as_json:
        print_json([step.as_json() for step in steps])
        return
    for step in steps:
        _print_step(step)


def answer(
    number: str,
    verdict: Annotated[str, typer.Argument(help="accepted, refused, responded or closed")],
    text: Annotated[str, typer.Option("--text", help="The agency's text.")] = "",
    suggested_agency: Annotated[
        str | None, typer.Option("--theirs", help="With refused: the code of the competent agency.")
    ] = None,
    actor: Annotated[str, typer.Option("--actor", help="The person who answers, if that is to be recorded.")] = "",
) -> None:
    """Answer a complaint as the agency that has it now."""
    if actor:
        require_actor_and_reason(actor, verdict)
    with open_parts_with_tables() as parts:
        answers = AgencyAnswers(parts.engine, parts.bus, parts.registry, parts.audit_log)
        published = answers.publish(number, verdict, text, suggested_agency, utc_now(), actor)
        OUT.print(f"{published.agency}: {published.verdict}", markup=False)


def _print_step(step: TraceStep) -> None:
    OUT.print(f"{step.at:%Y-%m-%d %H:%M:%S}Z  {step.position}", style="bold", highlight=False, markup=False)
    OUT.print(f"  {step.kind}: {step.description}", highlight=False, markup=False)
    for stage, records_ahead in step.records_ahead.items():
        OUT.print(f"  waits for {stage}, {records_ahead} before it", style="yellow", highlight=False)
