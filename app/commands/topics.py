"""Commands of the topics: list them, print their records, and audit them."""

import sys
from contextlib import closing
from typing import Annotated

import typer

from app.commands.common.arguments import Json, finite
from app.commands.common.process import open_parts, open_parts_with_tables
from app.commands.common.terminal import EX_USAGE, OUT, print_json, print_note, print_table, stop
from app.operations import topic_view
from app.simulator.wait import settled_audit
from monitor.audit.audit import MAX_LISTED, Audit


def topics(
    everything: Annotated[bool, typer.Option("--all", help="Also list the empty queues of agencies.")] = False,
    as_json: Json = False,
) -> None:
    """List the topics with their content and their number of records. Empty queues of agencies are left out."""
    with open_parts() as parts, closing(parts.bus.reader()) as reader:
        rows = topic_view.topic_rows(reader, parts.topics)
    if as_json:
        print_json(rows)
        return
    shown_rows = [row for row in rows if everything or not topic_view.is_empty_queue(row)]
    columns = ("topic", "shape", "partitions", "records", "key", "writer", "readers")
    cells = ([row[column] for column in columns] for row in shown_rows)
    print_table(columns, cells, uncut=("topic", "partitions", "records"))
    if hidden_count := len(rows) - len(shown_rows):
        print_note(f"{hidden_count} empty queues of agencies are not listed. --all lists them.")


def tail(
    topic: str,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Continue with new records.")] = False,
) -> None:
    """Print a topic's records as JSON lines: ids, times, codes and our own sentences. What a person wrote is masked."""
    with open_parts() as parts:
        if topic not in {known_topic.name for known_topic in parts.topics}:
            stop(f"There is no topic {topic}. `satupintu topics` lists the topics.", EX_USAGE)
        with closing(parts.bus.reader()) as reader:
            for record in topic_view.masked_records(reader, topic, follow=follow):
                print_json(record)


def audit(
    as_json: Json = False,
    wait: Annotated[
        float, typer.Option("--wait", min=0, callback=finite, help="Seconds to wait for messages in progress.")
    ] = 30.0,
) -> None:
    """Count the outcomes of all accepted messages. Exit 1 if one is lost or doubled."""
    with open_parts_with_tables() as parts:
        result = settled_audit(parts, patience=wait)
    if as_json:
        print_json(result.as_json())
    else:
        print_audit(result)
    sys.exit(0 if result.clean else 1)


def print_audit(result: Audit) -> None:
    """Print a table of the counts, then one line for each named difference."""
    counts = ((name, count) for name, count in result.as_json().items() if isinstance(count, int))
    print_table(("outcome", "messages"), counts, uncut=("outcome", "messages"))
    for difference in result.differences:
        line = f"{difference.kind} {difference.name} {difference.id}: {difference.text}"
        OUT.print(line, markup=False, highlight=False, soft_wrap=True)
    for name, count in result.counts.items():
        if count > MAX_LISTED:
            OUT.print(f"{name}: {count - MAX_LISTED} more", markup=False, highlight=False)
