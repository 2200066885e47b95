"""Commands that build the read models of the desk and of oversight again."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.common.arguments import Actor
from app.commands.common.process import open_parts_for_action
from app.commands.common.terminal import print_line

Why = Annotated[str, typer.Option("--why", help="Recorded with the action.")]

oversight = typer.Typer(no_args_is_help=True)
# With a callback, a group of one command keeps the name of that command.
oversight.callback()(lambda: None)


def rebuild_desk(actor: Actor = "", why: Why = "") -> None:
    """Derive the cases of the desk again from all facts. The service may run meanwhile: lists stay complete."""
    from desk.read_model.rebuild import rebuild

    with open_parts_for_action(actor, why) as parts:
        parts.audit_log.append("desk.rebuild", "desk", actor, why, parts.now())
        count = rebuild(parts.engine, parts.deadlines)
    print_line(f"{count} cases")


@oversight.command("rebuild")
def rebuild_oversight(actor: Actor = "", why: Why = "") -> None:
    """Derive the reports of oversight again from all facts, and count them. The service may run meanwhile."""
    from oversight.read_model.rebuild import rebuild

    with open_parts_for_action(actor, why) as parts:
        parts.audit_log.append("oversight.rebuild", "oversight", actor, why, parts.now())
        count = rebuild(parts.engine, parts.deadlines, parts.tables.programmes)
    print_line(f"{count} reports")
