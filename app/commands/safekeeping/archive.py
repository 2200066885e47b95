"""Commands of the archive: add what is new, verify it, and remove the words of forgotten persons."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.common.arguments import Actor, Json
from app.commands.common.terminal import EX_USAGE, print_json, print_line, print_note, stop

if TYPE_CHECKING:
    from sinks.archive.redrawer import RedrawReport

commands = typer.Typer(invoke_without_command=True)
_DEFAULT_FOLDER = "archive"


@commands.callback()
def archive(
    context: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="Folder of the archive; else that of SATUPINTU_ARCHIVE_FOLDER."),
    ] = None,
    until: Annotated[
        str, typer.Option("--until", metavar="DAY", help="Last day to archive (WIB), as in 2026-03-31; else all.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Archive the topics as Parquet files: what the archive does not have yet."""
    if context.invoked_subcommand:
        return
    from app.assembly.safekeeping.archive import archive as run_archive
    from app.commands.common.process import open_parts_with_tables

    end = _end_of_day(until) if until else None
    with open_parts_with_tables() as parts:
        target = folder or parts.settings.archive_folder or parts.settings.home / _DEFAULT_FOLDER
        report = run_archive(parts, target, end)
    if as_json:
        gaps = [gap.model_dump() for gap in report.gaps]
        redrawn = asdict(report.redrawn)
        fields = {"records": report.records, "files": report.files, "gaps": gaps, "redrawn": redrawn}
        print_json({"folder": str(target), **fields})
        return
    for topic, count in report.records.items():
        print_line(f"{topic} {count}")
    for gap in report.gaps:
        lost = f"{gap.topic}/{gap.partition}: retention had deleted offsets {gap.start} to {gap.end - 1} before."
        print_note(lost)
    print_note(f"{sum(report.records.values())} new records in {report.files} files in {target}.")
    if report.redrawn.files:
        print_note(redrawn_text(report.redrawn))


@commands.command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the archive.")], as_json: Json = False
) -> None:
    """Check an archive: checksums, offsets without holes, complete manifests. Exit 1 if there is a fault."""
    from sinks.archive.contents import ArchiveContents

    contents = ArchiveContents(folder)
    faults = list(contents.faults())
    gaps = contents.gaps() if not any(fault.name == "manifest" for fault in faults) else ()
    if as_json:
        print_json(
            {"faults": [fault._asdict() for fault in faults], "gaps": [gap.model_dump(mode="json") for gap in gaps]}
        )
    else:
        for fault in faults:
            print_line(f"{fault.name} {fault.subject} {fault.text}")
        for gap in gaps:
            cause = "expired before a run" if gap.cause == "retention" else "were purged from the archive"
            print_note(f"{gap.topic}/{gap.partition}: offsets {gap.start} to {gap.end - 1} {cause}.")
        print_note(f"{len(faults)} faults." if faults else "No fault.")
    sys.exit(1 if faults else 0)


@commands.command()
def redraw(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the archive.")],
    actor: Actor = "",
    why: Annotated[str, typer.Option("--why", help="Recorded with the act. Name no citizen.")] = "",
    as_json: Json = False,
) -> None:
    """Remove the words of all forgotten persons from an archive of this system. Run again after an interruption."""
    from app.assembly.safekeeping.archive import redraw as run_redraw
    from app.commands.common.process import open_parts_for_action

    with open_parts_for_action(actor, why) as parts:
        parts.audit_log.append("archive.redraw", folder.name, actor, why, parts.now())
        report = run_redraw(parts, folder)
    if as_json:
        print_json(asdict(report))
    else:
        print_line(redrawn_text(report))


def redrawn_text(report: RedrawReport) -> str:
    """Return a sentence about what was redrawn."""
    return f"Words of forgotten persons were removed from {report.records} records in {report.files} files."


def _end_of_day(typed: str) -> datetime:
    """Return the end of a day in Jakarta."""
    from sinks.archive.manifest import JAKARTA

    try:
        day = date.fromisoformat(typed)
    except ValueError:
        stop(f"{typed} is not a day. Write it as 2026-03-31.", EX_USAGE)
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), JAKARTA)
