"""Commands of reports: the status, the trace and an answer; the key of an agency that answers; the public view."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.common.agencies import agency_code
from app.commands.common.arguments import Actor, Json, require_actor_and_reason, time_argument, tracking_number
from app.commands.common.process import open_parts, open_parts_for_action
from app.commands.common.terminal import EX_USAGE, OUT, print_json, print_line, print_note, stop

if TYPE_CHECKING:
    from app.operations.duplicates.suggested_pairs import SuggestedPair
    from app.operations.tracing.trace_step import TraceStep
    from sinks.ledger.former_report import FormerReport
    from sinks.ledger.status import ReportStatus


def status(number: str, as_json: Json = False) -> None:
    """Show the status of a tracking number."""
    tracking = tracking_number(number)

    from app.operations.duplicates.suggested_pairs import SuggestedPairs
    from config.database import read_transaction
    from messages.shapes import iso
    from sinks.ledger.former_report import read_former_report
    from sinks.ledger.status import status_as_json

    with open_parts() as parts:
        report = parts.ledger.status(tracking)
        pair = SuggestedPairs(parts.engine).find(tracking) if report else None
        with read_transaction(parts.engine) as connection:
            former = read_former_report(connection, tracking)
    if report is None:
        stop(f"{tracking} is not in the ledger (yet).", 1)
    if as_json:
        # The public page has the same values without these two.
        suggestion = _suggestion_json(pair) if pair else None
        closed_case = (
            {"of": former.tracking, "closed_at": former.closed_at and iso(former.closed_at)} if former else None
        )
        print_json({**status_as_json(report), "suggestion": suggestion, "similar_closed_case": closed_case})
        return
    _print_status(report, pair, former)


def _print_status(report: ReportStatus, pair: SuggestedPair | None, former: FormerReport | None) -> None:
    repeated = f" of {report.repeated_number}" if report.repeated_number else ""
    OUT.print(f"{report.tracking}  {report.state}  {report.relation}{repeated}", highlight=False, markup=False)
    for step in report.steps:
        line = f"  {step.at:%Y-%m-%d %H:%M:%S}Z  {step.kind:10}  {step.agency}"
        OUT.print(line.rstrip(), highlight=False, markup=False)
    if pair:
        suggested = pair.suggested_number or pair.suggested_id
        state = f"{pair.state}: {pair.outcome}" if pair.outcome else pair.state
        OUT.print(f"  perhaps the same as {suggested} ({state})", highlight=False, markup=False)
    if former:
        closing = f", closed {former.closed_at:%Y-%m-%d}" if former.closed_at else ""
        OUT.print(f"  like {former.tracking}{closing}", highlight=False, markup=False)


def _suggestion_json(pair: SuggestedPair) -> dict[str, object]:
    evidence = list(pair.evidence)
    return {"of": pair.suggested_number, "score": pair.score, "evidence": evidence, "state": pair.state}


def trace(
    number: str,
    since: Annotated[
        str, typer.Option("--since", help="First time to search, for a report that is not in the ledger.")
    ] = "7d",
    as_json: Json = False,
) -> None:
    """Show every record of a report: its position, the decision with its reasons, and the stages that it waits for."""
    tracking, begin = tracking_number(number), time_argument(since)

    from app.operations.tracing.report_trace import ReportTracer

    with open_parts() as parts, closing(parts.bus.reader()) as reader:
        groups = parts.consumer_groups.values()
        tracer = ReportTracer(reader, parts.engine, parts.channels.names, parts.queues, groups)
        steps = tracer.trace(tracking, begin)
    if not steps:
        stop(f"{tracking} is on no topic since {since}. Use --since 90d to search further back.", 1)
    if as_json:
        print_json([step.as_json() for step in steps])
        return
    for step in steps:
        _print_step(step)


def answer(
    number: str,
    verdict: Annotated[str, typer.Argument(help="accepted, refused, asked, responded or closed")],
    text: Annotated[str, typer.Option("--text", help="The agency's text. Needed.")] = "",
    suggested_agency: Annotated[
        str | None, typer.Option("--suggested-agency", help="With refused: the competent agency, by code or name.")
    ] = None,
    actor: Annotated[str, typer.Option("--actor", help="The person who answers. Needed, and recorded.")] = "",
) -> None:
    """Answer a complaint as the agency that has it now. Recorded in the audit log."""
    require_actor_and_reason(actor, text, "--text")

    from app.operations.agency_answers import VERDICTS, AgencyAnswers

    if verdict not in VERDICTS:
        stop(f"There is no verdict {verdict}. Use one of {', '.join(VERDICTS)}.", EX_USAGE)
    tracking = tracking_number(number)
    with open_parts_for_action(actor, text, "--text") as parts:
        suggested_code = agency_code(parts, suggested_agency, with_former=True) if suggested_agency else None
        answers = AgencyAnswers(parts.engine, parts.bus, parts.registry, parts.audit_log, parts.keys.answer_keys)
        published = answers.publish(tracking, verdict, text, suggested_code, parts.now(), actor)
        OUT.print(f"{published.agency}: {published.verdict}", markup=False)


def answer_key(
    agency: Annotated[str, typer.Argument(help="The agency: its code, such as kota-3374, or its name.")],
    generation: Annotated[
        int | None, typer.Option("--generation", min=1, help="Generation of the key; without it, the lowest accepted.")
    ] = None,
    actor: Actor = "",
    why: Annotated[str, typer.Option("--why", help="The reason. Recorded in the audit log.")] = "",
) -> None:
    """Print the key with which an agency's own program signs its answers. Recorded in the audit log."""
    with open_parts_for_action(actor, why) as parts:
        agency = agency_code(parts, agency)
        chosen_generation = generation or parts.keys.answer_keys.lowest_generation(agency)
        parts.audit_log.append("agencies.answer_key", f"{agency} {chosen_generation}", actor, why, parts.now())
        print_note(f"Key of {agency}, generation {chosen_generation}. Give it to the agency only, and keep no copy.")
        print(parts.keys.answer_keys.key(agency, chosen_generation).hex())


def _print_step(step: TraceStep) -> None:
    OUT.print(f"{step.at:%Y-%m-%d %H:%M:%S}Z  {step.position}", style="bold", highlight=False, markup=False)
    OUT.print(f"  {step.kind}: {step.description}", highlight=False, markup=False)
    for stage, records_ahead in step.records_ahead.items():
        OUT.print(f"  waits for {stage}, {records_ahead} before it", style="yellow", highlight=False)


def public_rebuild(
    actor: Actor = "", why: Annotated[str, typer.Option("--why", help="Recorded with the action.")] = ""
) -> None:
    """Derive the public view again from the facts. The service may run meanwhile."""
    from app.assembly.doors.public_view import public_read_model

    with open_parts_for_action(actor, why) as parts:
        if not parts.settings.public_view:
            stop("The public view is off. Set SATUPINTU_PUBLIC_VIEW=true first.", EX_USAGE)
        parts.audit_log.append("public.rebuild", "public", actor, why, parts.now())
        print_note("Deriving the public view from the facts. Until it ends, it is not complete.")
        print_line(f"{public_read_model(parts).rebuild(parts.engine)} complaints")


def queues_recount(
    actor: Actor = "", why: Annotated[str, typer.Option("--why", help="Recorded with the action.")] = ""
) -> None:
    """Count the unanswered cases of all agencies again from the facts. The service may run meanwhile."""
    from config.database import write_transaction
    from sinks.ledger.counts.queue_counts import recount_queues

    with open_parts_for_action(actor, why) as parts:
        parts.audit_log.append("queues.recount", "ledger", actor, why, parts.now())
        with write_transaction(parts.engine) as connection:
            cases = recount_queues(connection)
    print_line(f"{cases} unanswered cases")
