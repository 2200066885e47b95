"""Command that purges data that nobody needs any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from app.clock import utc_now
from app.commands.common.arguments import Actor, Json, require_actor_and_reason, time_argument
from app.commands.common.process import open_parts_with_tables
from app.commands.common.terminal import print_json, print_line, print_note


def purge(
    older_than: Annotated[str, typer.Option("--older-than", help="Age of the data, as 30d, or a day, as 2026-11-24.")],
    actor: Actor = "",
    why: Annotated[str, typer.Option("--why", help="Recorded with the purge.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    as_json: Json = False,
) -> None:
    """Purge old files of reports that were never sent, unfinished uploads, the texts of old replies, and old codes.

    Codes that prove phone numbers are purged after a day.

    Files are purged only if the spools of this host and of the processes in SATUPINTU_OPS_PEERS are empty.
    """
    from app.operations.purge import THIS_HOST, Purge
    from messages.shapes import iso
    from monitor.process_probe import ProcessProbe

    cutoff = time_argument(older_than)
    if not dry_run:
        require_actor_and_reason(actor, why)
    with open_parts_with_tables() as parts:
        max_reply_age = timedelta(days=parts.settings.replies_days)
        # Without named processes only this host is known, and its spool is read directly.
        probe = ProcessProbe(parts.settings.peers if parts.settings.ops_peers else (), utc_now)
        data = Purge(
            parts.engine, parts.bus, parts.spool, parts.channels.names, max_reply_age, probe.probe_all, dry=dry_run
        )
        now = utc_now()
        if not dry_run:
            parts.audit_log.append("purge", f"before {iso(cutoff)}", actor, why, now)
        report = data.run(cutoff, now)
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
