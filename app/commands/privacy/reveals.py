"""Command that lists the reveals: who saw unmasked data of citizens, and why."""

from __future__ import annotations

from dataclasses import asdict, astuple
from typing import Annotated

import typer

from app.commands.common.arguments import Json, time_argument
from app.commands.common.process import open_parts_with_tables
from app.commands.common.terminal import print_json, print_table


def reveals(
    since: Annotated[str, typer.Option("--since", metavar="DAY", help="Reveals since 2026-11-24, or 7d.")],
    as_json: Json = False,
) -> None:
    """List each reveal: time, person, role, kind of data, case, end and reason. Never the data."""
    from app.operations.reveals.listing import read_reveals

    first = time_argument(since)
    with open_parts_with_tables() as parts:
        rows = read_reveals(parts.audit_log, first)
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    columns = ("at", "actor", "role", "data", "case", "until", "why")
    print_table(columns, [astuple(row) for row in rows], uncut=("at", "case", "until"))
