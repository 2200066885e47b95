"""What persons in operations did: listed, and looked through for rows that somebody changed."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.commands.common import OUT, Json, moment, opened, stop
from app.operations.audit_log import AuditLog

commands = typer.Typer(no_args_is_help=True, help="What persons in operations did, and why.")

Since = Annotated[str | None, typer.Option("--since", help="Done since 2026-11-24, 2026-11-24T08:00+07:00, or 24h.")]


@commands.command("list")
def list_(
    since: Since = None,
    actor: Annotated[str, typer.Option("--actor", help="Only what this one did.")] = "",
    as_json: Json = False,
) -> None:
    """List each act in the order of the log: when, who, what, to what, why."""
    first = moment(since) if since else None
    with opened() as parts, _log(parts).rows(first, actor) as rows:
        if as_json:
            chained = ({"seq": row.seq, **asdict(row.act), "previous": row.previous, "hash": row.hash} for row in rows)
            print(json.dumps(list(chained), ensure_ascii=False))
            return
        table = Table("row", "at", "actor", "action", "subject", "why")
        for row in rows:
            act = row.act
            told = (str(row.seq), act.at, act.actor, act.action, act.subject, act.why)
            table.add_row(*map(Text, told))
    OUT.print(table)


@commands.command()
def verify(
    head: Annotated[str, typer.Option("--head", metavar="HASH", help="A last hash that was noted elsewhere.")] = "",
) -> None:
    """Say how many rows there are and the last hash; exit 1 naming the first row that is not as it was written."""
    with opened() as parts:
        found = _log(parts).verify(head)
    if found.fault:
        stop(found.fault, 1)
    print(f"{found.rows} rows, the last hash is {found.head}")


def _log(parts: Parts) -> AuditLog:
    migrate(parts.engine)
    return parts.audit_log
