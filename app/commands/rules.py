"""The router's tables: what is wrong with them, what an edit changes, what it would change for past complaints."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from app import routing
from app.commands.common import OUT, Json, moment, opened
from app.commands.refusals import refusals
from router.rules import load_rules

commands = typer.Typer(no_args_is_help=True, help="The tables that complaints are routed by.")
commands.command()(refusals)

_Folder = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="A folder like config/data.")]
_Edited = Annotated[Path, typer.Option("--with", exists=True, file_okay=False, help="The folder with the edit.")]


@commands.command()
def lint(folder: Annotated[Path | None, typer.Argument(help="The folder; else the one in use.")] = None) -> None:
    """Name every fault of the tables: rows that nothing reaches, examples that go elsewhere; exit 1 if there is any."""
    with opened() as parts:
        rules = load_rules(folder or parts.settings.agencies)
    found = list(routing.faults(rules))
    for fault in found:
        print(fault)
    OUT.print(f"{len(rules.competence.rows)} rows of competence, version {rules.version}: {len(found)} faults")
    sys.exit(1 if found else 0)


@commands.command()
def diff(before: _Folder, after: _Folder) -> None:
    """Print the rows that differ between two folders; exit 1 if there are any."""
    found = list(routing.differences(before, after))
    for line in found:
        print(line)
    sys.exit(1 if found else 0)


@commands.command()
def replay(
    with_: _Edited,
    since: Annotated[str, typer.Option(help="Complaints from this moment on: 7d, 12h, 2026-01-31.")] = "7d",
    as_json_: Json = False,
) -> None:
    """Say what would change for the complaints that came, if the tables in another folder were in use."""
    with opened() as parts:
        after = load_rules(with_)
        changes = routing.replayed(parts, parts.rules, after, moment(since))
        seen, found = routing.counted(changes)
    for change in found:
        if as_json_:
            both = {"before": routing.shown(change.before), "after": routing.shown(change.after)}
            print(json.dumps({"tracking": change.tracking, **both}, ensure_ascii=False))
        else:
            print(f"{change.tracking}  {change.before.agency} -> {change.after.agency}")
    OUT.print(f"{len(found)} of {seen} complaints would go to another door", highlight=False)
