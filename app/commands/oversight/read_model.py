"""Command that builds the read model of oversight again."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.common.arguments import Actor, require_actor_and_reason
from app.commands.common.process import open_parts_with_tables
from app.commands.common.terminal import print_line


def rebuild(
    actor: Actor = "",
    why: Annotated[str, typer.Option("--why", help="Recorded with the action.")] = "",
) -> None:
    """Derive the reports of oversight again from all facts, and count them. The service may run meanwhile."""
    from oversight.read_model.rebuild import rebuild as rebuild_oversight

    require_actor_and_reason(actor, why)
    with open_parts_with_tables() as parts:
        parts.audit_log.append("oversight.rebuild", "oversight", actor, why, parts.now())
        count = rebuild_oversight(parts.engine, parts.deadlines)
    print_line(f"{count} reports")
