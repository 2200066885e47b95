"""Commands of the topics: list them, print their records, and audit them."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.common.arguments import Json, finite, optional_time, time_argument, tracking_number
from app.commands.common.terminal import json_line, print_json, print_line, print_note, print_table, stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.assembly.parts import Parts
    from bus.port import Reader, Record
    from monitor.audit.audit import Audit

# A report that is not in the ledger is searched among the arrivals of so many days.
_SEARCHED_DAYS = "7d"
_MILLISECONDS = 1000


def topics(
    everything: Annotated[bool, typer.Option("--all", help="Also list the empty queues of agencies.")] = False,
    as_json: Json = False,
) -> None:
    """List the topics with their content and their number of records. Empty queues of agencies are left out."""
    from app.commands.common.process import open_parts
    from app.operations import topic_view

    with open_parts() as parts, closing(parts.bus.reader()) as reader:
        rows = topic_view.topic_rows(reader, parts.topics)
    if as_json:
        print_json(rows)
        return
    shown_rows = [row for row in rows if everything or not topic_view.is_empty_queue(row)]
    columns = ("topic", "records", "shape", "partitions", "key", "writer", "readers")
    cells = [[row[column] for column in columns] for row in shown_rows]
    print_table(
        columns, cells, uncut=("topic", "partitions", "records"), spare=("readers", "writer", "key", "partitions")
    )
    if hidden_count := len(rows) - len(shown_rows):
        print_note(f"{hidden_count} empty queues of agencies are not listed. --all lists them.")


def tail(
    topic: Annotated[str, typer.Argument(help="A topic, as `topics` lists it; or an agency by name, for its queue.")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Continue with new records.")] = False,
    last: Annotated[
        int | None, typer.Option("-n", "--last", min=0, metavar="COUNT", help="Only the last COUNT records.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="Only records since 2026-11-24T08:00, or 2h (ago).")
    ] = None,
    number: Annotated[
        str | None, typer.Option("--number", metavar="NUMBER", help="Only records of the report with this number.")
    ] = None,
    grep: Annotated[
        str, typer.Option("--grep", metavar="TEXT", help="Only lines with this text. Masked words are not searched.")
    ] = "",
) -> None:
    """Print a topic's records as JSON lines: ids, times, codes and our own sentences. What a person wrote is masked."""
    from app.commands.common.process import open_parts
    from app.operations.topic_view import TopicTail, all_records

    begin = optional_time(since)
    tracking = tracking_number(number) if number else None
    with open_parts() as parts:
        name = _topic_name(parts, topic)
        with closing(parts.bus.reader()) as reader:
            tail_ = TopicTail(
                reader,
                name,
                since=int(begin.timestamp() * _MILLISECONDS) if begin else 0,
                wants=_record_filter(parts, reader, tracking, since) if tracking else all_records,
                shows=lambda value: grep.casefold() in json_line(value).casefold(),
            )
            for value in tail_.records(follow=follow) if last is None else tail_.last(last, follow=follow):
                print_json(value)


def audit(
    as_json: Json = False,
    wait: Annotated[
        float, typer.Option("--wait", min=0, callback=finite, help="Seconds to wait for messages in progress.")
    ] = 30.0,
    full: Annotated[
        bool, typer.Option("--full", help="Read all records and all rows, not only what is new since the last audit.")
    ] = False,
) -> None:
    """Count the outcomes of all accepted messages. Exit 1 if one is lost or doubled."""
    from app.commands.common.audit_progress import AuditProgress
    from app.commands.common.process import open_parts_with_tables
    from app.simulator.wait import settled_audit

    with open_parts_with_tables() as parts:
        result = settled_audit(
            parts, patience=wait, full=full, progress=AuditProgress(parts.clock.monotonic, print_note)
        )
    if as_json:
        print_json(result.as_json())
    else:
        print_audit(result)
    sys.exit(0 if result.clean else 1)


def print_audit(result: Audit) -> None:
    """Print a table of the counts, then one line for each named difference."""
    from monitor.audit.audit import MAX_LISTED
    from monitor.audit.checkpoint import FULL_PASSES

    if result.full_reason not in {"", "asked"}:
        print_note(f"All records were read: {FULL_PASSES[result.full_reason]}.")
    counts = ((name, count) for name, count in result.as_json().items() if isinstance(count, int))
    print_table(("outcome", "messages"), counts, uncut=("outcome", "messages"))
    for difference in result.differences:
        print_line(f"{difference.kind} {difference.name} {difference.id}: {difference.text}")
    for name, count in result.counts.items():
        if count > MAX_LISTED:
            print_line(f"{name}: {count - MAX_LISTED} more")


def _topic_name(parts: Parts, typed: str) -> str:
    """Return the typed topic, or the queue of the agency that is typed."""
    from app.commands.common.agencies import agency_code
    from messages.topics import agency_topic

    if typed in {topic.name for topic in parts.topics}:
        return typed
    unknown = f"There is no topic {typed}, and no agency. `satupintu topics` and `satupintu agencies` list them."
    return agency_topic(agency_code(parts, typed, unknown=unknown))


def _record_filter(parts: Parts, reader: Reader, tracking: str, since: str | None) -> Callable[[Record], bool]:
    """Return the choice of the records of one report. Ends the process if no topic has the number."""
    from app.operations.tracing.report_trace import ReportTracer

    tracer = ReportTracer(reader, parts.engine, parts.channels.names, parts.queues, parts.consumer_groups.values())
    period = since or _SEARCHED_DAYS
    arrival = tracer.find_arrival(tracking, time_argument(period))
    if arrival is None:
        stop(f"{tracking} is on no topic since {period}. An earlier --since searches further back.", 1)
    return arrival.has_record
