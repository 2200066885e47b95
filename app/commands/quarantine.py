"""Commands of the quarantine: messages that doors set aside, for a person to release or drop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.common.arguments import Actor, Everything, Ids, Json, Reason, Since, Until, Why, optional_time
from app.commands.common.process import open_parts, open_parts_for_action
from app.commands.common.terminal import (
    EX_USAGE,
    print_json,
    print_line,
    print_note,
    print_revealed,
    print_rows,
    stop,
)

if TYPE_CHECKING:
    from app.assembly.parts import Parts
    from app.operations.review.quarantine import Quarantine, QuarantineDecision, QuarantineFilter

commands = typer.Typer(no_args_is_help=True)


@commands.command("list")
def list_quarantined(
    reason: Reason = None, since: Since = None, until: Until = None, ids: Ids = None, as_json: Json = False
) -> None:
    """List the pending messages: time, channel and reason, without their text."""
    from app.operations.review.quarantine import list_row

    with open_parts() as parts:
        messages = _quarantine(parts).undecided(_filter(reason, since, until, ids))
    rows = [list_row(message) for message in messages]
    print_rows(("id", "at", "channel", "reason"), rows, ("id", "at"), as_json=as_json)


@commands.command()
def show(
    id_prefix: Annotated[str, typer.Argument(metavar="ID", help="The id, or its beginning.")],
    reveal: Annotated[bool, typer.Option("--reveal", help="Print its text. This is recorded.")] = False,
    actor: Actor = "",
    why: Why = "",
) -> None:
    """Show the facts about one quarantined message without its text."""
    with open_parts_for_action(actor, why) if reveal else open_parts() as parts:
        quarantine = _quarantine(parts)
        message = quarantine.find(id_prefix)
        if reveal:
            print_revealed(quarantine.reveal(message, actor, why, parts.now()))
        else:
            print_json(quarantine.describe(message))


@commands.command()
def release(
    actor: Actor,
    why: Why,
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
    ids: Ids = None,
    everything: Everything = False,
) -> None:
    """Release quarantined messages: each is accepted like any message of its door. Its sender stays unproven."""
    choice = _required_filter(_filter(reason, since, until, ids), everything=everything)
    with open_parts_for_action(actor, why) as parts:
        _print_decisions("released", _quarantine(parts).release(choice, actor, why, parts.now()))


@commands.command()
def drop(
    actor: Actor,
    why: Why,
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
    ids: Ids = None,
    everything: Everything = False,
) -> None:
    """Drop quarantined messages: they are not listed any more. A dropped one can be released by its id."""
    choice = _required_filter(_filter(reason, since, until, ids), everything=everything)
    with open_parts_for_action(actor, why) as parts:
        _print_decisions("dropped", _quarantine(parts).drop(choice, actor, why, parts.now()))


def _quarantine(parts: Parts) -> Quarantine:
    from app.operations.review.quarantine import Quarantine

    return Quarantine(parts.bus, parts.wrapper, parts.sealer, parts.audit_log)


def _filter(reason: str | None, since: str | None, until: str | None, ids: list[str] | None) -> QuarantineFilter:
    from app.operations.review.quarantine import QuarantineFilter

    return QuarantineFilter(reason, optional_time(since), optional_time(until), tuple(ids or ()))


def _required_filter(choice: QuarantineFilter, *, everything: bool) -> QuarantineFilter:
    if choice.is_empty and not everything:
        stop("No messages are chosen. Use --id, --reason, --since, --until or --all.", EX_USAGE)
    return choice


def _print_decisions(verb: str, decisions: Iterable[QuarantineDecision]) -> None:
    count = 0
    for decision in decisions:
        print_line(f"{decision.quarantined.raw.id} {decision.tracking}")
        count += 1
    print_note(f"{verb}: {count}")
