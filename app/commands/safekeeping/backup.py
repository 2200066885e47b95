"""Commands of the back-up of a service with the embedded bus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from app.commands.common.terminal import EX_USAGE, print_line, print_note, stop


class _BackupGroup(TyperGroup):
    """Group in which `backup DIR` means `backup write DIR`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Add the name of the command that a folder stands for."""
        is_folder = bool(args) and not args[0].startswith("-") and args[0] not in self.commands
        return super().parse_args(ctx, ["write", *args] if is_folder else args)


commands = typer.Typer(cls=_BackupGroup, no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the back-up.")]


@commands.command()
def write(folder: Folder) -> None:
    """Back up the data folder into an empty folder, while the service runs. `backup DIR` does the same."""
    from app.assembly.safekeeping.archive import code_version
    from app.clock import system_clock
    from app.operations.backup.backup import write_backup
    from config.settings import load
    from sinks.archive.durable_files import DurableFiles

    settings = load()
    if settings.bus != "local" or settings.database_url.get_secret_value():
        stop(
            "This backs up the embedded bus and SQLite. For Kafka and PostgreSQL use `satupintu archive`, and "
            "PostgreSQL's own back-up (docs/operations.md).",
            EX_USAGE,
        )
    manifest = write_backup(settings.home, folder, code_version(), system_clock().now(), DurableFiles())
    for file in manifest.files:
        print_line(f"{file.path} {file.bytes}")
    print_note(f"Backed up {settings.home} to {folder}. It contains the secrets: keep it as safe as the service.")


@commands.command()
def restore(folder: Folder) -> None:
    """Restore a back-up into the empty data folder of SATUPINTU_HOME."""
    from app.operations.backup.backup import restore_backup
    from config.settings import load
    from sinks.archive.durable_files import DurableFiles

    settings = load()
    manifest = restore_backup(folder, settings.home, DurableFiles())
    print_note(f"Restored {len(manifest.files)} files of {manifest.at:%Y-%m-%d %H:%M} UTC into {settings.home}.")
    print_note("Start the service, then run `satupintu audit`. Replies that had not been sent are held (`unknown`).")
