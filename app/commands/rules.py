"""The router's tables: what is wrong with them, what an edit changes, what it would change for past complaints."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.commands.common import ERR, OUT, Json, moment, opened
from app.commands.refusals import refusals
from app.evaluation import routing
from router.rules import FILES, load_rules

commands = typer.Typer(no_args_is_help=True, help="The tables that complaints are routed by.")
commands.command()(refusals)


def _tables(folder: Path | None) -> Path | None:
    """A folder without this one holds something else: what is shipped would be taken for what it lacks."""
    if folder and not (folder / FILES[0]).is_file():
        raise typer.BadParameter(f"there is no {FILES[0]} in {folder}; name a folder like config/data")
    return folder


_Folder = Annotated[Path, typer.Argument(callback=_tables, help="A folder like config/data.")]
_Edited = Annotated[Path, typer.Option("--with", callback=_tables, help="The folder with the edit.")]


@commands.command()
def lint(
    folder: Annotated[Path | None, typer.Argument(callback=_tables, help="The folder; else the one in use.")] = None,
) -> None:
    """Name every fault of the tables: rows that nothing reaches, examples that go elsewhere; exit 1 if there is any."""
    with opened() as parts:
        looked_at = folder or parts.settings.agencies
        rules = load_rules(looked_at)
    found = list(routing.rule_faults(rules, looked_at))
    for fault in found:
        print(fault)
    OUT.print(f"{len(rules.competence.rows)} rows of competence, version {rules.version}: {len(found)} faults")
    sys.exit(1 if found else 0)


@commands.command()
def diff(before: _Folder, after: _Folder) -> None:
    """Print the rows that differ between two folders; exit 1 if there are any."""
    found = list(routing.table_differences(before, after))
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
    begin, seen, found = moment(since), 0, 0
    with opened() as parts:
        for change in routing.replay_decisions(parts, parts.rules, load_rules(with_), begin):
            seen += 1
            if change:
                found += 1
                print(_line(change, as_json=as_json_))
    # What programs read has nothing but JSON in it.
    out = ERR if as_json_ else OUT
    out.print(f"{found} of {seen} complaints would go to another door", highlight=False)


def _line(change: routing.DecisionChange, *, as_json: bool) -> str:
    if not as_json:
        return f"{change.tracking}  {change.before.agency} -> {change.after.agency}"
    both = {"before": routing.decision_json(change.before), "after": routing.decision_json(change.after)}
    return json.dumps({"tracking": change.tracking, **both}, ensure_ascii=False)
