"""Commands of the router's tables: their faults, the effect of an edit, and refusals by rule."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.common.arguments import Json, optional_time, time_argument
from app.commands.common.process import open_parts, open_parts_with_tables
from app.commands.common.terminal import ERR, OUT, json_line, print_json, print_line, print_table

if TYPE_CHECKING:
    from app.explanation import routing
    from sinks.ledger.counts.refusal_counts import RuleRefusals

commands = typer.Typer(no_args_is_help=True)


def _check_folder(folder: Path | None) -> Path | None:
    """Refuse a folder without the first table: the shipped tables would replace all that it lacks."""
    from router.rules_loading import RULE_TABLES

    if folder and not (folder / RULE_TABLES[0]).is_file():
        raise typer.BadParameter(f"there is no {RULE_TABLES[0]} in {folder}; name a folder like config/data")
    return folder


Folder = Annotated[Path, typer.Argument(callback=_check_folder, help="A folder like config/data.")]
EditedFolder = Annotated[Path, typer.Option("--with", callback=_check_folder, help="The folder with the edit.")]


@commands.command()
def lint(
    folder: Annotated[
        Path | None, typer.Argument(callback=_check_folder, help="The folder. Default: the one in use.")
    ] = None,
) -> None:
    """List every fault of the tables: unreachable rows, and examples that go to another agency. Exit 1 with any."""
    from app.explanation import routing
    from router.rules_loading import load_rules_of_folder

    with open_parts() as parts:
        rules = load_rules_of_folder(folder or parts.settings.reference_folder)
    faults = list(routing.rule_faults(rules))
    for fault in faults:
        print_line(fault)
    OUT.print(f"{len(rules.competence.rows)} rows of competence, version {rules.version}: {len(faults)} faults")
    sys.exit(1 if faults else 0)


@commands.command()
def diff(old_folder: Folder, new_folder: Folder) -> None:
    """Print the rows that differ between two folders. Exit 1 with any."""
    from app.explanation import routing

    differences = list(routing.table_differences(old_folder, new_folder))
    for line in differences:
        print_line(line)
    sys.exit(1 if differences else 0)


@commands.command()
def replay(
    edited_folder: EditedFolder,
    since: Annotated[str, typer.Option("--since", help="Complaints since 2026-01-31, or a time ago: 7d, 12h.")] = "7d",
    as_json: Json = False,
) -> None:
    """Print the complaints that would go to another agency with the tables of another folder."""
    from app.explanation import routing
    from router.rules_loading import load_rules_of_folder

    begin = time_argument(since)
    complaints = changed = 0
    with open_parts() as parts:
        for change in routing.replay_decisions(parts, parts.tables.rules, load_rules_of_folder(edited_folder), begin):
            complaints += 1
            if change:
                changed += 1
                print_line(_change_line(change, as_json=as_json))
    # Programs read only JSON on stdout.
    console = ERR if as_json else OUT
    console.print(f"{changed} of {complaints} complaints would go to another agency", highlight=False)


@commands.command()
def refusals(
    since: Annotated[
        str | None, typer.Option("--since", help="Dispatches since 2026-11-24, 2026-11-24T08:00+07:00, or 30d.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Count dispatches and refusals by rule, and the agencies that the refusals suggested."""
    from config.database import read_transaction
    from sinks.ledger.counts.refusal_counts import count_refusals_by_rule

    begin = optional_time(since)
    with open_parts_with_tables() as parts, read_transaction(parts.engine) as connection:
        counts = count_refusals_by_rule(connection, begin)
    if as_json:
        print_json([_refusals_row(rule) for rule in counts])
        return
    rows = [
        (
            *(rule.rule, rule.dispatches, rule.refusals, f"{rule.refused_share:.1%}"),
            ", ".join(f"{code} {count}" for code, count in rule.suggested_agencies.items()),
        )
        for rule in counts
    ]
    columns = ("rule", "dispatches", "refusals", "share", "pointed to")
    print_table(columns, rows, uncut=("dispatches", "refusals", "share"))


def _change_line(change: routing.DecisionChange, *, as_json: bool) -> str:
    from app.explanation import routing

    if not as_json:
        return f"{change.tracking}  {change.current.agency} -> {change.edited.agency}"
    decisions = {"before": routing.decision_json(change.current), "after": routing.decision_json(change.edited)}
    return json_line({"tracking": change.tracking, **decisions})


def _refusals_row(rule: RuleRefusals) -> dict[str, object]:
    return {
        "rule": rule.rule,
        "dispatches": rule.dispatches,
        "refusals": rule.refusals,
        "share": round(rule.refused_share, 4),
        "pointed": dict(rule.suggested_agencies),
    }
