"""What a stage could not work, for a person to give again or to drop."""

import json
import time
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal

import typer
from rich.table import Table
from rich.text import Text

from app.assembly.parts import Parts
from app.clock import utc_now
from app.commands.common import (
    ERR,
    EX_USAGE,
    OUT,
    Actor,
    Json,
    acting,
    finite,
    moment,
    opened,
    plain,
    print_revealed,
    stop,
)
from app.operations.dead_letters import Choice, Letters, groups, row
from app.operations.redrive import LEFT, Pace, Redriving, Step, unhurried
from app.operations.topic_view import json_line

commands = typer.Typer(no_args_is_help=True, help="What a stage could not work, for a person to give again or to drop.")

Why = Annotated[str, typer.Option("--why", help="Kept with the decision; name no citizen.")]
Stage = Annotated[str | None, typer.Option("--stage", help="Only what this stage put aside.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Only what is here for this reason.")]
Field = Annotated[str | None, typer.Option("--field", help="Only with this field at fault.")]
Since = Annotated[
    str | None, typer.Option("--since", help="Put aside since 2026-11-24, 2026-11-24T08:00+07:00, or 24h.")
]
Until = Annotated[str | None, typer.Option("--until", help="Put aside before.")]
Ids = Annotated[list[str] | None, typer.Option("--id", help="Only this id, or what begins so; may be repeated.")]
Everything = Annotated[bool, typer.Option("--all", help="All that waits, where nothing is chosen.")]


@commands.command("list")
def list_(
    stage: Stage = None,
    reason: Reason = None,
    field: Field = None,
    since: Since = None,
    until: Until = None,
    named: Ids = None,
    everything: Annotated[bool, typer.Option("--all", help="What was decided as well.")] = False,
    by: Annotated[Literal["reason"] | None, typer.Option("--by", help="How many of each stage and reason.")] = None,
    as_json: Json = False,
) -> None:
    """List what waits for a decision: when, by which stage and why it was put aside, its topic; not what it says."""
    choice = _choice(stage, reason, field, since, until, named)
    with opened() as parts:
        mine = _letters(parts)
        found = mine.every(choice) if everything else mine.waiting(choice)
        decided = mine.decided() if everything else {}
    if by:
        rows = groups(found)
    elif everything:
        rows = [{**row(letter), "decided": decided.get(letter.id, "")} for letter in found]
    else:
        rows = [row(letter) for letter in found]
    if as_json:
        print(json.dumps(rows))
        return
    columns = ("stage", "reason", "field", "letters") if by else ("id", "at", "stage", "reason", "field", "topic")
    table = Table(*columns, *(("decided",) if everything and not by else ()))
    for each in rows:
        table.add_row(*(Text(plain(str(value))) for value in each.values()))
    OUT.print(table)


@commands.command()
def show(
    begin: Annotated[str, typer.Argument(metavar="ID", help="The id, or how it begins.")],
    reveal: Annotated[bool, typer.Option("--reveal", help="Print what it says. That you looked is kept.")] = False,
    actor: Actor = "",
    why: Why = "",
) -> None:
    """Say of one letter what can be said without saying what it says."""
    with acting(actor, why) if reveal else opened() as parts:
        mine = _letters(parts)
        found = mine.find(begin)
        if reveal:
            print_revealed(mine.reveal(found, actor, why, utc_now()))
        else:
            print(json_line(mine.about(found)))


@commands.command()
def redrive(
    actor: Actor = "",
    why: Why = "",
    stage: Stage = None,
    reason: Reason = None,
    field: Field = None,
    since: Since = None,
    until: Until = None,
    named: Ids = None,
    everything: Everything = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many would go where.")] = False,
    rate: Annotated[float | None, typer.Option("--rate", min=0.01, callback=finite, help="So many a second.")] = None,
) -> None:
    """Give letters again to the stages, by the topic each came by. What can't go is left, and said."""
    choice = _some(_choice(stage, reason, field, since, until, named), everything=everything)
    with opened() if dry_run else acting(actor, why) as parts:
        mine = Redriving(_letters(parts), parts.topics, parts.audit_log)
        if dry_run:
            _planned(mine.steps(choice))
            return
        parts.ensure_topics()
        pace = Pace(rate) if rate else None
        pause = (lambda: time.sleep(pace.wait(time.monotonic()))) if pace else unhurried
        counts: Counter[str] = Counter()
        for step in mine.redrive(choice, actor, why, utc_now(), pause):
            _left(step)
            for letter in step.letters if step.out else ():
                print(letter.id, letter.topic, flush=True)
            counts["redriven" if step.out else "left"] += len(step.letters)
    ERR.print(f"redriven: {counts['redriven']}, left: {counts['left']}", highlight=False)


@commands.command()
def drop(
    actor: Actor,
    why: Why,
    stage: Stage = None,
    reason: Reason = None,
    field: Field = None,
    since: Since = None,
    until: Until = None,
    named: Ids = None,
    everything: Everything = False,
) -> None:
    """Decide that letters are not worked any more; they are listed no more. What is named by its id can still go."""
    choice = _some(_choice(stage, reason, field, since, until, named), everything=everything)
    count = 0
    with acting(actor, why) as parts:
        for letter in _letters(parts).drop(choice, actor, why, utc_now()):
            print(letter.id)
            count += 1
    ERR.print(f"dropped: {count}", highlight=False)


def _letters(parts: Parts) -> Letters:
    return Letters(parts.bus, parts.sealer, parts.topics, parts.audit_log)


def _choice(
    stage: str | None,
    reason: str | None,
    field: str | None,
    since: str | None,
    until: str | None,
    named: list[str] | None,
) -> Choice:
    moments = [moment(typed) if typed else None for typed in (since, until)]
    return Choice(stage, reason, field, moments[0], moments[1], tuple(named or ()))


def _some(choice: Choice, *, everything: bool) -> Choice:
    if choice.everything and not everything:
        stop("say which: --id, --stage, --reason, --field, --since or --until; or --all", EX_USAGE)
    return choice


def _planned(steps: Iterable[Step]) -> None:
    goes: Counter[str] = Counter()
    for step in steps:
        _left(step)
        if step.out:
            goes[step.out.topic] += 1
    for topic, count in sorted(goes.items()):
        print(topic, count)


def _left(step: Step) -> None:
    for letter in step.letters if step.left else ():
        ERR.print(f"{letter.id} is left: {LEFT[step.left]}", markup=False, highlight=False, soft_wrap=True)
