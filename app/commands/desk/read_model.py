"""Command that builds the desk's read model again."""

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
    """Derive the cases of the desk again from all facts. The service may run meanwhile: lists stay complete."""
    from desk.read_model.rebuild import rebuild as rebuild_desk

    require_actor_and_reason(actor, why)
    with open_parts_with_tables() as parts:
        parts.audit_log.append("desk.rebuild", "desk", actor, why, parts.now())
        count = rebuild_desk(parts.engine, parts.deadlines)
    print_line(f"{count} cases")
