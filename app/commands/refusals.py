"""Which rows of the tables send complaints to institutions that refuse them."""

import json
from typing import Annotated

import typer
from rich.table import Table

from app.assembly.migrate import migrate
from app.commands.common import OUT, Json, moment, opened
from config.database import read_transaction
from sinks.ledger.refusal_counts import RuleRefusals, rule_refusals


def refusals(
    since: Annotated[
        str | None, typer.Option("--since", help="Dispatched since 2026-11-24, 2026-11-24T08:00+07:00, or 30d.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Count by rule what was dispatched and what of it was refused, and to whom those who refused it pointed."""
    begin = moment(since) if since else None
    with opened() as parts:
        migrate(parts.engine)
        with read_transaction(parts.engine) as connection:
            found = rule_refusals(connection, begin)
    if as_json:
        print(json.dumps([_row(one) for one in found]))
        return
    table = Table("rule", "dispatches", "refusals", "share", "pointed to")
    for one in found:
        pointed = ", ".join(f"{code} {count}" for code, count in one.pointed.items())
        table.add_row(one.rule, str(one.dispatches), str(one.refusals), f"{one.share:.1%}", pointed)
    OUT.print(table)


def _row(one: RuleRefusals) -> dict[str, object]:
    return {
        "rule": one.rule,
        "dispatches": one.dispatches,
        "refusals": one.refusals,
        "share": round(one.share, 4),
        "pointed": dict(one.pointed),
    }
