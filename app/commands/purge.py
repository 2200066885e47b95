"""Taking away what nobody needs any more."""

import json
from datetime import timedelta
from typing import Annotated

import typer

from app.assembly.migrate import migrate
from app.clock import utc_now
from app.commands.common import ERR, Actor, Json, moment, must_say, opened
from app.operations.purge import Purge
from messages.shapes import iso


def purge(
    older_than: Annotated[str, typer.Option("--older-than", help="So old and older: 30d, or before 2026-11-24.")],
    actor: Actor = "",
    why: Annotated[str, typer.Option("--why", help="Kept with it.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    as_json: Json = False,
) -> None:
    """Take away old files of reports that were never sent, uploads never finished, and the words of old replies."""
    before = moment(older_than)
    if not dry_run:
        must_say(actor, why)
    with opened() as parts:
        migrate(parts.engine)
        oldest_reply = timedelta(days=parts.settings.replies_days)
        mine = Purge(parts.engine, parts.bus, parts.spool, oldest_reply, dry=dry_run)
        if not dry_run:
            parts.audit_log.append("purge", f"before {iso(before)}", actor, why, utc_now())
        purged = mine.run(before, utc_now())
    if as_json:
        print(json.dumps({"counts": purged.counts, "left": purged.left}))
        return
    for kind, count in purged.counts.items():
        print(kind, count)
    for kind, reason in purged.left.items():
        ERR.print(f"{kind}: {reason}", markup=False, highlight=False)
