"""Commands of triage: list, show and decide cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.common.agencies import agency_code
from app.commands.common.arguments import Actor, Json, require_actor_and_reason, tracking_number
from app.commands.common.process import open_parts_with_tables
from app.commands.common.terminal import (
    OUT,
    print_json,
    print_line,
    print_note,
    print_table,
    stop,
)

if TYPE_CHECKING:
    from datetime import datetime

    from app.assembly.parts import Parts
    from app.operations.triage import CandidateAgency, CaseView, TriageDesk, UndecidedCase
    from cases.clocks.deadlines import Deadlines
    from sinks.ledger.cases import CaseEvent

commands = typer.Typer(no_args_is_help=True)

_HOUR = timedelta(hours=1)

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The tracking number.")]
Why = Annotated[str, typer.Option("--why", help="Recorded with the decision and sent to the agency. Name no citizen.")]


@commands.command("list")
def list_cases(
    oldest_first: Annotated[
        bool,
        typer.Option("--oldest-first/--newest-first", help="By arrival at triage; danger to life first."),
    ] = True,
    topic: Annotated[str, typer.Option("--topic", help="Only cases of this topic.")] = "",
    region: Annotated[str, typer.Option("--region", metavar="CODE", help="Only cases in this region, as 33.74.")] = "",
    as_json: Json = False,
) -> None:
    """List the undecided cases at triage: age, due date, topic, region and candidates."""
    with _triage_desk() as (parts, desk):
        cases = list(desk.undecided(topic, region))
        deadlines, now = parts.deadlines, parts.now()
    if not oldest_first:
        cases.sort(key=lambda case: (bool(case.triage_case.danger), case.triage_case.at_triage_since), reverse=True)
    rows = [_case_row(case, deadlines, now) for case in cases]
    if as_json:
        print_json(rows)
        return
    cells = [
        (
            *(
                row["number"],
                row["danger"] or "-",
                f"{row['age_hours']} h",
                due_in_words(case.triage_case.due_at, deadlines),
            ),
            *(row["topic"], row["region"], row["along"]),
            "\n".join(f"{candidate.agency}: {candidate.why}" for candidate in case.candidates),
        )
        for row, case in zip(rows, cases, strict=True)
    ]
    columns = ("number", "danger", "age", "due", "topic", "region", "along", "candidates")
    print_table(columns, cells, uncut=("number", "danger", "age", "due", "region", "along"))
    for danger in dict.fromkeys(case.triage_case.danger for case in cases):
        if advice := _danger_advice(danger):
            print_note(f"{danger}: {advice}")


@commands.command()
def show(number: Number, as_json: Json = False) -> None:
    """Show one case: its text masked, the candidates, the reasons and the history."""
    from desk.acts.openings import record_opening
    from messages.topics import TRIAGE

    tracking = tracking_number(number)
    with _triage_desk() as (parts, desk):
        view = desk.show(tracking)
        deadlines = parts.deadlines
        if view.case.agency == TRIAGE:
            record_opening(parts.engine, view.case.dispatch_id, parts.now())
    if as_json:
        print_json(_case_json(view, deadlines))
        return
    for line in _case_lines(view, deadlines):
        OUT.print(line, markup=False, highlight=False, soft_wrap=True)


@commands.command()
def decide(
    number: Number,
    agency: Annotated[str, typer.Argument(metavar="AGENCY", help="The competent agency, by code or name.")],
    actor: Actor,
    why: Why,
    shown_dispatch: Annotated[
        str, typer.Option("--dispatch", metavar="ID", help="The dispatch that `show --json` showed to you.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Give a case to an agency. If the agency refuses it, the case returns to triage with the refusal.

    Exit 1 if another person decided meanwhile: only the first decision has an effect.
    """
    from app.operations.triage_decisions import describe_answer

    require_actor_and_reason(actor, why)
    tracking = tracking_number(number)
    with _triage_desk() as (parts, desk):
        agency = agency_code(parts, agency)
        parts.ensure_topics()
        with closing(parts.bus.producer()) as producer, closing(parts.bus.reader()) as reader:
            decision = desk.decide(tracking, agency, actor, why, parts.now(), producer, reader, shown_dispatch)
    if decision.earlier_decision:
        stop(
            f"{tracking} was decided meanwhile: {describe_answer(decision.earlier_decision)}. "
            "Your decision has no effect.",
            1,
        )
    if as_json:
        ids = {"number": tracking, "id": str(decision.answer.id)}
        print_json({**ids, "agency": agency, "refused_before": decision.refused_before})
    else:
        print_line(f"{tracking}: given to {agency}")
    if decision.refused_before:
        print_note(f"{agency} refused this case before.")
    print_note("The decision is published. `satupintu status` shows it when the router has processed it.")


def _danger_advice(danger: str) -> str:
    """Return what to do at once about a danger, and whom to call; "" without one."""
    from pages.wording.dangers import DANGER_ADVICE, TRIAGE_STEP

    return f"{DANGER_ADVICE[danger]} {TRIAGE_STEP}" if danger else ""


def _case_row(case: UndecidedCase, deadlines: Deadlines, now: datetime) -> dict[str, object]:
    from messages.shapes import iso

    triage_case = case.triage_case
    return {
        "number": triage_case.tracking,
        "received_at": iso(triage_case.received_at),
        "since": iso(triage_case.at_triage_since),
        "age_hours": (now - triage_case.at_triage_since) // _HOUR,
        "due_at": iso(triage_case.due_at),
        "due_is_provisional": deadlines.is_provisional(triage_case.due_at),
        "topic": triage_case.topic,
        "region": triage_case.region,
        "along": triage_case.followers,
        "danger": triage_case.danger,
        "advice": _danger_advice(triage_case.danger),
        "candidates": _candidates_json(case.candidates),
    }


def _case_json(view: CaseView, deadlines: Deadlines) -> dict[str, object]:
    from messages.shapes import iso

    case = view.case
    return {
        "number": case.tracking,
        "agency": case.agency,
        "dispatch": str(case.dispatch_id),
        "given_to": view.decision,
        "received_at": iso(case.received_at),
        "due_at": iso(case.due_at),
        "due_is_provisional": deadlines.is_provisional(case.due_at, case.agency),
        "channel": case.channel,
        "kind": case.kind,
        "danger": case.danger,
        "advice": _danger_advice(case.danger),
        "title": case.title,
        "text": case.text,
        "topic": case.topic,
        "region": case.region,
        "confidence": case.confidence,
        "reasons": [reason.text for reason in case.reasons],
        "candidates": _candidates_json(view.candidates),
        "way": [_event_json(event) for event in view.history],
    }


def _event_json(event: CaseEvent) -> dict[str, str]:
    from messages.shapes import iso

    return {
        "at": iso(event.at),
        "kind": event.kind,
        "agency": event.agency,
        "text": event.text,
        "actor": event.actor,
    }


def _candidates_json(candidates: Sequence[CandidateAgency]) -> list[dict[str, str]]:
    return [{"agency": candidate.agency, "name": candidate.name, "why": candidate.why} for candidate in candidates]


def _case_lines(view: CaseView, deadlines: Deadlines) -> Iterator[str]:
    case = view.case
    decision = f", given to {view.decision}" if view.decision else ""
    yield f"{case.tracking}  at {case.agency}{decision}"
    due, danger = due_in_words(case.due_at, deadlines, case.agency), f", danger: {case.danger}" if case.danger else ""
    yield f"  {case.kind} by {case.channel}, due {due}{danger}"
    if advice := _danger_advice(case.danger):
        yield f"  NOW: {advice}"
    # At triage it is that of the likeliest agency; 0 if the rules propose none.
    confidence = f"{'likeliest agency' if case.agency == 'triage' else 'confidence'} {case.confidence:.0%}"
    yield f"  topic {case.topic or '-'}, region {case.region or '-'}, {confidence}"
    yield from (f"  {line}" for line in f"{case.title}\n{case.text}".strip().splitlines())
    candidates = [f"{candidate.agency}  {candidate.name}: {candidate.why}" for candidate in view.candidates]
    history = [_event_line(event) for event in view.history]
    reasons = [reason.text for reason in case.reasons]
    for heading, lines in (("candidates", candidates), ("reasons", reasons), ("history", history)):
        yield from _section_lines(heading, lines)


def _section_lines(heading: str, lines: Sequence[str]) -> Iterator[str]:
    yield heading
    yield from (f"  {line}" for line in lines or ("-",))


def _event_line(event: CaseEvent) -> str:
    actor = f" [{event.actor}]" if event.actor else ""
    return f"{event.at:%Y-%m-%d %H:%M}Z  {event.kind:10}  {event.agency}{actor}: {event.text}"


@contextmanager
def _triage_desk() -> Iterator[tuple[Parts, TriageDesk]]:
    from app.operations.triage import TriageDesk

    with open_parts_with_tables() as parts:
        desk = TriageDesk(
            parts.engine, parts.registry, parts.audit_log, parts.keys.answer_keys, parts.keys.answer_check
        )
        yield parts, desk


if TYPE_CHECKING:
    from cases.clocks.deadlines import Deadlines


def due_in_words(due_at: datetime, deadlines: Deadlines, agency: str = "") -> str:
    """Return a deadline for persons, with a remark if the decree on joint leave may still move it."""
    from messages.shapes import iso

    return f"{iso(due_at)}{' (provisional)' if deadlines.is_provisional(due_at, agency) else ''}"
