"""Commands of the messages that were set aside as no complaints: a person reads them, and releases a wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.common.arguments import Actor, Json, Reason, Since, Why, optional_time, tracking_number
from app.commands.common.process import open_parts_for_action, open_parts_with_tables
from app.commands.common.terminal import OUT, print_json, print_line, print_note, print_rows

if TYPE_CHECKING:
    from app.assembly.parts import Parts
    from app.operations.review.set_aside import SetAside

Number = Annotated[str, typer.Argument(help="The tracking number.")]

commands = typer.Typer(no_args_is_help=True)


@commands.command("list")
def list_set_aside(reason: Reason = None, since: Since = None, as_json: Json = False) -> None:
    """List the messages that a rule set aside as no complaints and nobody released, without their text.

    Requests such as STATUS, and messages without a text, are listed only with their --reason.
    """
    begin = optional_time(since)

    from app.operations.review.set_aside import SetAsideFilter, list_row

    with open_parts_with_tables() as parts:
        rows = [list_row(message) for message in _set_aside(parts).unreleased(SetAsideFilter(reason, begin))]
    print_rows(("number", "at", "reason"), rows, ("number", "at"), as_json=as_json)


@commands.command()
def show(number: Number, as_json: Json = False) -> None:
    """Show one message: its reason, and its masked text."""
    tracking = tracking_number(number)

    from app.operations.review.set_aside import describe

    with open_parts_with_tables() as parts:
        facts = describe(_set_aside(parts).find(tracking))
    if as_json:
        print_json(facts)
        return
    for name, value in facts.items():
        if value != "":
            OUT.print(f"{name:8} {value}", markup=False, highlight=False, soft_wrap=True)


@commands.command()
def release(number: Number, actor: Actor, why: Why) -> None:
    """Release a message that is a complaint: it becomes a report under its number. Recorded in the audit log."""
    tracking = tracking_number(number)
    with open_parts_for_action(actor, why) as parts:
        released = _set_aside(parts).release(tracking, actor, why, parts.now())
    print_line(f"{released.tracking} {released.id}")
    print_note(f"Released. `satupintu status {tracking}` shows the report when the stages have processed it.")


def _set_aside(parts: Parts) -> SetAside:
    from app.operations.review.set_aside import SetAside

    return SetAside(parts.engine, parts.bus, parts.sealer, parts.normalizer.readers, parts.audit_log)
