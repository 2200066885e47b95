"""Command that builds the desk's read model again."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from app.commands.common.arguments import Actor, require_actor_and_reason
from app.commands.common.process import open_parts_with_tables
from app.commands.common.terminal import print_line, print_note


def rebuild(
    actor: Actor = "",
    why: Annotated[str, typer.Option("--why", help="Recorded with the action.")] = "",
) -> None:
    """Empty the cases of the desk and derive them again from the topics. The service may run meanwhile.

    Cases that are older than the records of the topics disappear from the desk. Notes, templates and units stay.
    """
    from app.assembly.desk.parts import DeskParts
    from app.assembly.queues import existing_queues

    require_actor_and_reason(actor, why)
    with open_parts_with_tables() as parts:
        parts.audit_log.append("desk.rebuild", "desk", actor, why, parts.now())
        print_note("Building the desk's cases from the topics. Until it ends, lists are not complete.")
        with closing(parts.bus.reader()) as reader:
            topics = parts.consumer_groups["desk"].topics_with(existing_queues(reader))
            count = DeskParts(parts).rebuild.run(reader, topics)
    print_line(f"{count} records")
