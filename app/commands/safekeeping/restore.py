"""Command that restores an archive into an empty system."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.commands.common.arguments import Actor
from app.commands.common.terminal import print_line, print_note


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the archive.")],
    actor: Actor = "",
    why: Annotated[str, typer.Option("--why", help="Recorded with the restore.")] = "",
    forgotten: Annotated[
        Path | None,
        typer.Option(
            "--forgotten",
            metavar="FILE|DIR",
            help="Newer archive, or a Parquet file of its topic `forgotten`: its persons are left out, too.",
        ),
    ] = None,
) -> None:
    """Restore an archive into an empty system: the same ids, decisions and queues. Nobody is told anything again.

    Of persons whom the archive or --forgotten names as forgotten no word is restored.
    """
    from app.assembly.safekeeping.restore import restore as run_restore
    from app.commands.common.process import open_parts_for_action

    with open_parts_for_action(actor, why) as parts:
        counts = run_restore(
            parts, folder, lambda: parts.audit_log.append("restore", "archive", actor, why, parts.now()), forgotten
        )
    for topic, count in counts.items():
        print_line(f"{topic} {count}")
    print_note("Restored. Start the service, and compare `satupintu audit` with that of the archived system.")
    print_note("Not in an archive: pictures, accounts, keys, webhooks, devices, notes and the audit log.")
