"""Commands of the topics: list them, print their records, and audit them."""

import json
import sys
from contextlib import closing
from typing import Annotated

import typer
from rich.table import Table

from app.commands.common.arguments import Json, finite
from app.commands.common.process import open_parts, open_parts_with_tables
from app.commands.common.terminal import EX_USAGE, OUT, plain, stop
from app.operations import topic_view
from app.simulator.wait import settled_audit
from monitor.audit.audit import MAX_LISTED, Audit


def topics(as_json: Json = False) -> None:
    """List the topics with their content and their number of records."""
    with open_parts() as parts, closing(parts.bus.reader()) as reader:
        rows = topic_view.topic_rows(reader, parts.topics)
    if as_json:
        OUT.print_json(data=rows)
        return
    table = Table("topic", "shape", "partitions", "records", "key", "writer", "readers")
    for row in rows:
        table.add_row(*(str(row[column.header]) for column in table.columns))  # type: ignore[index]
    OUT.print(table)


def tail(
    topic: str,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Continue with new records.")] = False,
) -> None:
    """Print a topic's records as JSON lines. Identities and numbers that may be one are masked."""
    with open_parts() as parts:
        if topic not in {known_topic.name for known_topic in parts.topics}:
            stop(f"There is no topic {topic}. `satupintu topics` lists the topics.", EX_USAGE)
        with closing(parts.bus.reader()) as reader:
            for line in topic_view.record_lines(reader, topic, follow=follow):
                print(line, flush=True)


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
        print(json.dumps(result.as_json()))
    else:
        print_audit(result)
    sys.exit(0 if result.clean else 1)


def print_audit(result: Audit) -> None:
    """Print a table of the counts, then one line for each named difference."""
    table = Table("outcome", "messages")
    for name, count in result.as_json().items():
        if isinstance(count, int):
            table.add_row(name, str(count))
    OUT.print(table)
    for difference in result.differences:
        line = f"{difference.kind} {difference.name} {difference.id}: {difference.text}"
        OUT.print(plain(line), markup=False, highlight=False)
    for name, count in result.counts.items():
        if count > MAX_LISTED:
            OUT.print(f"{name}: {count - MAX_LISTED} more", markup=False, highlight=False)
