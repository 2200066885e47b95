"""Commands of the audit log: list the actions of operations staff, and detect changed rows."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from app.commands.common.arguments import Json, optional_time
from app.commands.common.process import open_parts_with_tables
from app.commands.common.terminal import OUT, stop

commands = typer.Typer(no_args_is_help=True, help="Show what operations staff did, and why.")

Since = Annotated[
    str | None, typer.Option("--since", help="Only actions since 2026-11-24, 2026-11-24T08:00+07:00, or 24h.")
]


@commands.command("list")
def list_actions(
    since: Since = None,
    actor: Annotated[str, typer.Option("--actor", help="Only actions of this person.")] = "",
    as_json: Json = False,
) -> None:
    """List each action in the order of the log: time, actor, action, subject, reason."""
    first = optional_time(since)
    with open_parts_with_tables() as parts, parts.audit_log.rows(first, actor) as rows:
        if as_json:
            chained = ({"seq": row.seq, **asdict(row.act), "previous": row.previous, "hash": row.hash} for row in rows)
            print(json.dumps(list(chained), ensure_ascii=False))
            return
        table = Table("row", "at", "actor", "action", "subject", "why")
        for row in rows:
            act = row.act
            table.add_row(*map(Text, (str(row.seq), act.at, act.actor, act.action, act.subject, act.why)))
    OUT.print(table)


@commands.command()
def verify(
    head: Annotated[str, typer.Option("--head", metavar="HASH", help="A last hash that was noted elsewhere.")] = "",
) -> None:
    """Print the number of rows and the last hash. Exit 1 with the first row that was changed."""
    with open_parts_with_tables() as parts:
        verification = parts.audit_log.verify(head)
    if verification.fault:
        stop(verification.fault, 1)
    print(f"{verification.rows} rows, the last hash is {verification.head}")
