"""Command that ends the retention of data by the retention table."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from app.commands.common.arguments import Actor, Json, optional_time, require_actor_and_reason
from app.commands.common.process import open_parts_with_tables
from app.commands.common.terminal import print_json, print_line, print_note


def purge(
    older_than: Annotated[
        str,
        typer.Option("--older-than", help="Age of uploads, unsent files and replies, as 30d."),
    ] = "",
    actor: Actor = "",
    why: Annotated[str, typer.Option("--why", help="Recorded with the purge.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    as_json: Json = False,
) -> None:
    """Purge all data whose retention has ended by retention.csv. The monitor does the same each night.

    Words, contacts and files of cases that ended long ago go; the case stays as numbers. /desk/masa-simpan shows all.

    Files that were never sent are purged only if the spools of this host and of the processes in SATUPINTU_OPS_PEERS
    are empty.
    """
    from app.assembly.safekeeping.retention import retention
    from app.operations.purge import THIS_HOST
    from messages.shapes import iso

    begin = optional_time(older_than)
    if not dry_run:
        require_actor_and_reason(actor, why)
    with open_parts_with_tables() as parts:
        data, now = retention(parts, dry=dry_run), parts.now()
        age = now - begin if begin else None
        if not dry_run:
            parts.audit_log.append("purge", _subject(age, iso(now)), actor, why, now)
        report = data.apply(now, age)
    if as_json:
        print_json({"counts": report.counts, "left": report.skipped, "spools": report.spools})
        return
    for kind, count in report.counts.items():
        print_line(f"{kind} {count}")
    for kind, reason in report.skipped.items():
        print_note(f"{kind}: {reason}")
    print_note(f"Spools looked at: {', '.join(report.spools)}.")
    if report.spools == (THIS_HOST,):
        print_note("If doors run on other hosts, name all processes in SATUPINTU_OPS_PEERS and run this again.")


def _subject(age: timedelta | None, now: str) -> str:
    return f"retention at {now}" + (f", replies and unsent files after {age.days} days" if age else "")
