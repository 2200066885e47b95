"""Following what was reported: the topics, a number's way, an agency's answer, the audit of everything."""

import json
import sys
from typing import Annotated

import typer
from rich.table import Table

from app.assembly.migrate import migrate
from app.commands.common import EX_USAGE, OUT, Json, finite, moment, must_say, opened, plain, stop
from app.operations import agency_answers, report_trace, topic_view
from app.simulator.wait import settled_audit
from messages.tracking import read_tracking_number
from monitor.audit.audit import NAMED, Audit
from sinks.ledger.page import as_json


def topics(as_json_: Json = False) -> None:
    """List the topics: what each carries, and how many records it holds."""
    with opened() as parts:
        rows = topic_view.topic_rows(parts)
        if as_json_:
            OUT.print_json(data=rows)
            return
        table = Table("topic", "shape", "partitions", "records", "key", "writer", "readers")
        for row in rows:
            table.add_row(*(str(row[column.header]) for column in table.columns))  # type: ignore[index]
        OUT.print(table)


def tail(
    topic: str, follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False
) -> None:
    """Print a topic's records as JSON lines; identities and numbers that could be one are masked."""
    with opened() as parts:
        if topic not in {known.name for known in parts.topics}:
            stop(f"no such topic: {topic}; `satupintu topics` lists them", EX_USAGE)
        for line in topic_view.lines(parts, topic, follow=follow):
            print(line, flush=True)


def status(number: str, as_json_: Json = False) -> None:
    """What became of a tracking number."""
    with opened() as parts:
        tracking = _number(number)
        found = parts.ledger.status(tracking)
        if found is None:
            stop(f"{tracking} is not in the ledger (yet)", 1)
        if as_json_:
            OUT.print_json(data=as_json(found))
            return
        OUT.print(f"{found.tracking}  {found.state}  {found.relation}{f' of {found.of}' if found.of else ''}")
        for step in found.steps:
            OUT.print(f"  {step.at:%Y-%m-%d %H:%M:%S}Z  {step.what:10}  {step.agency}", highlight=False, markup=False)


def trace(
    number: str,
    since: Annotated[str, typer.Option(help="How far back to look for one that is not in the ledger.")] = "7d",
    as_json_: Json = False,
) -> None:
    """The whole way of a report through every topic: where it lies, what was decided and why, for whom it waits."""
    with opened() as parts:
        tracking = _number(number)
        steps = report_trace.trace(parts, tracking, moment(since))
        if not steps:
            stop(f"{tracking} is on no topic since {since}; --since 90d looks further back", 1)
        if as_json_:
            print(topic_view.json_line([step.as_json() for step in steps]))
            return
        for step in steps:
            OUT.print(f"{step.at:%Y-%m-%d %H:%M:%S}Z  {step.position}", style="bold", highlight=False, markup=False)
            OUT.print(plain(f"  {step.what}: {step.says}"), highlight=False, markup=False)
            for stage, before in step.waits_for.items():
                OUT.print(f"  waits for {stage}, {before} before it", style="yellow", highlight=False)


def answer(
    number: str,
    verdict: Annotated[str, typer.Argument(help="accepted, refused, responded or closed")],
    text: Annotated[str, typer.Option(help="What the agency says.")] = "",
    theirs: Annotated[str | None, typer.Option(help="With refused: the code of the agency thought competent.")] = None,
    actor: Annotated[str, typer.Option("--actor", help="Who answers, where that is to be kept.")] = "",
) -> None:
    """Answer as the agency at whose door a complaint is now."""
    if actor:
        must_say(actor, verdict)
    with opened() as parts:
        migrate(parts.engine)
        said = agency_answers.answer(parts, number, verdict, text, theirs, actor)
        OUT.print(f"{said.agency}: {said.verdict}", markup=False)


def audit(
    as_json_: Json = False,
    wait: Annotated[
        float, typer.Option(min=0, callback=finite, help="Seconds to wait for messages that are still underway.")
    ] = 30.0,
) -> None:
    """Count what became of every accepted message; exit 1 if any is lost or there twice."""
    with opened() as parts:
        migrate(parts.engine)
        found = settled_audit(parts, patience=wait)
        if as_json_:
            print(json.dumps(found.as_json()))
        else:
            print_audit(found)
        sys.exit(0 if found.clean else 1)


def _number(typed: str) -> str:
    """The number in its true form; else the process ends."""
    tracking = read_tracking_number(typed)
    if tracking is None:
        stop(f"{typed} is not a tracking number: its check symbol does not fit", EX_USAGE)
    return tracking


def print_audit(found: Audit) -> None:
    """A table of the counts, then a line for each difference that is told one by one."""
    table = Table("what became of them", "messages")
    for name, value in found.as_json().items():
        if isinstance(value, int):
            table.add_row(name, str(value))
    OUT.print(table)
    for one in found.found:
        OUT.print(plain(f"{one.kind} {one.name} {one.id}: {one.what}"), markup=False, highlight=False)
    for name, count in found.named.items():
        if count > NAMED:
            OUT.print(f"{name}: {count - NAMED} more", markup=False, highlight=False)
