"""Command that builds the read model of oversight again."""

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
    """Empty the read model of oversight and derive it again from the topics. The service may run meanwhile.

    Reports that are older than the records of the topics disappear from the figures.
    """
    from app.assembly.oversight.parts import rebuild as build_rebuild
    from app.assembly.queues import existing_queues

    require_actor_and_reason(actor, why)
    with open_parts_with_tables() as parts:
        parts.audit_log.append("oversight.rebuild", "oversight", actor, why, parts.now())
        print_note("Building the figures from the topics. Until it ends, they are not complete.")
        with closing(parts.bus.reader()) as reader:
            topics = parts.consumer_groups["oversight"].topics_with(existing_queues(reader))
            count = build_rebuild(parts).run(reader, topics)
    print_line(f"{count} records")
