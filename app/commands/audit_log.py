"""Commands of the audit log: list the actions of operations staff, and detect changed rows."""

from __future__ import annotations

from dataclasses import asdict, astuple
from typing import Annotated

import typer

from app.commands.common.arguments import Json, Since, optional_time
from app.commands.common.process import open_parts_with_tables
from app.commands.common.terminal import print_json, print_line, print_table, stop

commands = typer.Typer(no_args_is_help=True)


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
            print_json(list(chained))
            return
        actions = [(row.seq, *astuple(row.act)) for row in rows]
    print_table(("row", "at", "actor", "action", "subject", "why"), actions, uncut=("row", "at", "subject"))


@commands.command()
def verify(
    head: Annotated[str, typer.Option("--head", metavar="HASH", help="A last hash that was noted elsewhere.")] = "",
    since: Annotated[
        str | None,
        typer.Option("--since", help="Compare only with heads published since 2026-11-24, or 24h: after a restore."),
    ] = None,
) -> None:
    """Compare the log with the heads on the bus. Exit 1 with the first row that was changed, or the rows deleted."""
    first = optional_time(since)
    with open_parts_with_tables() as parts:
        verification = parts.audit_log.verify(head, first)
    if verification.fault:
        stop(verification.fault, 1)
    print_line(f"{verification.rows} rows, the last hash is {verification.head}, {verification.heads} heads agree")
