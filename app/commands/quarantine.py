"""What the doors kept aside, for a person to decide."""

import json
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.table import Table

from app.assembly.parts import Parts
from app.clock import utc_now
from app.commands.common import ERR, EX_USAGE, OUT, Actor, Json, acting, moment, opened, print_revealed, stop
from app.operations.quarantine import Choice, Decided, Quarantine, row

commands = typer.Typer(no_args_is_help=True, help="What the doors kept aside, for a person to decide.")

Why = Annotated[str, typer.Option("--why", help="Kept with the decision; name no citizen.")]
HeldFor = Annotated[str | None, typer.Option("--reason", help="Only what is held for this reason.")]
Since = Annotated[str | None, typer.Option("--since", help="Held since 2026-11-24, 2026-11-24T08:00+07:00, or 24h.")]
Until = Annotated[str | None, typer.Option("--until", help="Held before.")]
Ids = Annotated[list[str] | None, typer.Option("--id", help="Only this id, or what begins so; may be repeated.")]
Everything = Annotated[bool, typer.Option("--all", help="All that waits, where nothing is chosen.")]


@commands.command("list")
def list_(
    reason: HeldFor = None, since: Since = None, until: Until = None, named: Ids = None, as_json: Json = False
) -> None:
    """List what waits for a decision: when it came, by which channel, why it is held; never what it says."""
    with opened() as parts:
        waiting = _quarantine(parts).waiting(_choice(reason, since, until, named))
        rows = [row(held) for held in waiting]
        if as_json:
            print(json.dumps(rows))
            return
        table = Table("id", "at", "channel", "reason")
        for each in rows:
            table.add_row(*(str(value) for value in each.values()))
        OUT.print(table)


@commands.command()
def show(
    begin: Annotated[str, typer.Argument(metavar="ID", help="The id, or how it begins.")],
    reveal: Annotated[bool, typer.Option("--reveal", help="Print what it says. That you looked is kept.")] = False,
    actor: Actor = "",
    why: Why = "",
) -> None:
    """Say of one held message what can be said without saying what it says."""
    with acting(actor, why) if reveal else opened() as parts:
        mine = _quarantine(parts)
        held = mine.find(begin)
        if reveal:
            print_revealed(mine.reveal(held, actor, why, utc_now()))
        else:
            print(json.dumps(mine.about(held)))


@commands.command()
def release(
    actor: Actor,
    why: Why,
    reason: HeldFor = None,
    since: Since = None,
    until: Until = None,
    named: Ids = None,
    everything: Everything = False,
) -> None:
    """Let messages out: each goes the way of those that its door accepted, its sender unproven."""
    choice = _some(_choice(reason, since, until, named), everything=everything)
    with acting(actor, why) as parts:
        _decided("released", _quarantine(parts).release(choice, actor, why, utc_now()))


@commands.command()
def drop(
    actor: Actor,
    why: Why,
    reason: HeldFor = None,
    since: Since = None,
    until: Until = None,
    named: Ids = None,
    everything: Everything = False,
) -> None:
    """Decide that messages are none; they are listed no more. What is named by its id can still be released."""
    choice = _some(_choice(reason, since, until, named), everything=everything)
    with acting(actor, why) as parts:
        _decided("dropped", _quarantine(parts).drop(choice, actor, why, utc_now()))


def _quarantine(parts: Parts) -> Quarantine:
    return Quarantine(parts.bus, parts.wrapper, parts.sealer, parts.audit_log)


def _choice(reason: str | None, since: str | None, until: str | None, named: list[str] | None) -> Choice:
    moments = [moment(typed) if typed else None for typed in (since, until)]
    return Choice(reason, moments[0], moments[1], tuple(named or ()))


def _some(choice: Choice, *, everything: bool) -> Choice:
    if choice.everything and not everything:
        stop("say which: --id, --reason, --since or --until; or --all", EX_USAGE)
    return choice


def _decided(what: str, decisions: Iterable[Decided]) -> None:
    count = 0
    for done in decisions:
        print(done.held.raw.id, done.tracking)
        count += 1
    ERR.print(f"{what}: {count}", highlight=False)
