"""Commands of the dead letters: records that a stage could not process, for a person to redrive or drop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.commands.common.arguments import Actor, Everything, Ids, Json, Reason, Since, Until, Why, finite, optional_time
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
    from app.clock import Clock
    from app.operations.review.dead_letters import DeadLetterFilter, DeadLetters
    from app.operations.review.redrive import RedriveStep

commands = typer.Typer(no_args_is_help=True)

Stage = Annotated[str | None, typer.Option("--stage", help="Only dead letters of this stage.")]
Field = Annotated[str | None, typer.Option("--field", help="Only dead letters with this wrong field.")]

_LIST_COLUMNS = ("id", "at", "stage", "reason", "field", "topic")
_COUNT_COLUMNS = ("stage", "reason", "field", "count")


@commands.command("list")
def list_dead_letters(
    stage: Stage = None,
    reason: Reason = None,
    field: Field = None,
    since: Since = None,
    until: Until = None,
    ids: Ids = None,
    everything: Annotated[bool, typer.Option("--all", help="Also list decided ones.")] = False,
    by: Annotated[Literal["reason"] | None, typer.Option("--by", help="Count them by stage and reason.")] = None,
    as_json: Json = False,
) -> None:
    """List the pending dead letters: time, stage, reason and topic, without their text."""
    from app.operations.review.dead_letters import count_rows, list_row

    choice = _filter(stage, reason, field, since, until, ids)
    with open_parts() as parts:
        dead_letters = _dead_letters(parts)
        letters = dead_letters.chosen(choice) if everything else dead_letters.undecided(choice)
        decisions = dead_letters.decisions() if everything else {}
    if by:
        print_rows(_COUNT_COLUMNS, count_rows(letters), as_json=as_json)
    elif everything:
        rows = [{**list_row(letter), "decided": decisions.get(letter.id, "")} for letter in letters]
        print_rows((*_LIST_COLUMNS, "decided"), rows, ("id", "at"), as_json=as_json)
    else:
        print_rows(_LIST_COLUMNS, [list_row(letter) for letter in letters], ("id", "at"), as_json=as_json)


@commands.command()
def show(
    id_prefix: Annotated[str, typer.Argument(metavar="ID", help="The id, or its beginning.")],
    reveal: Annotated[bool, typer.Option("--reveal", help="Print its text. This is recorded.")] = False,
    actor: Actor = "",
    why: Why = "",
) -> None:
    """Show the facts about one dead letter without its text."""
    with open_parts_for_action(actor, why) if reveal else open_parts() as parts:
        dead_letters = _dead_letters(parts)
        entry = dead_letters.find(id_prefix)
        if reveal:
            print_revealed(dead_letters.reveal(entry, actor, why, parts.now()))
        else:
            print_json(dead_letters.describe(entry))


@commands.command()
def redrive(
    actor: Actor = "",
    why: Why = "",
    stage: Stage = None,
    reason: Reason = None,
    field: Field = None,
    since: Since = None,
    until: Until = None,
    ids: Ids = None,
    everything: Everything = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print how many would go to each topic.")] = False,
    rate: Annotated[
        float | None, typer.Option("--rate", min=0.01, callback=finite, help="Records a second, at most.")
    ] = None,
) -> None:
    """Publish dead letters again to the topics that they came from. One that cannot be redriven is named and left."""
    from app.operations.review.redrive import Redrive

    choice = _required_filter(_filter(stage, reason, field, since, until, ids), everything=everything)
    with open_parts() if dry_run else open_parts_for_action(actor, why) as parts:
        redrive_ = Redrive(_dead_letters(parts), parts.topics, parts.audit_log)
        if dry_run:
            _print_plan(redrive_.plan(choice))
            return
        parts.ensure_topics()
        redriven, not_redriven = _print_steps(redrive_.run(choice, actor, why, parts.now(), _pause(rate, parts.clock)))
    print_note(f"redriven: {redriven}, left: {not_redriven}")


@commands.command()
def drop(
    actor: Actor,
    why: Why,
    stage: Stage = None,
    reason: Reason = None,
    field: Field = None,
    since: Since = None,
    until: Until = None,
    ids: Ids = None,
    everything: Everything = False,
) -> None:
    """Drop dead letters: they are not processed or listed any more. A dropped one can be redriven by its id."""
    choice = _required_filter(_filter(stage, reason, field, since, until, ids), everything=everything)
    count = 0
    with open_parts_for_action(actor, why) as parts:
        for letter in _dead_letters(parts).drop(choice, actor, why, parts.now()):
            print_line(str(letter.id))
            count += 1
    print_note(f"dropped: {count}")


def _dead_letters(parts: Parts) -> DeadLetters:
    from app.operations.review.dead_letters import DeadLetters

    return DeadLetters(parts.bus, parts.sealer, parts.topics, parts.audit_log)


def _filter(
    stage: str | None,
    reason: str | None,
    field: str | None,
    since: str | None,
    until: str | None,
    ids: list[str] | None,
) -> DeadLetterFilter:
    from app.operations.review.dead_letters import DeadLetterFilter

    return DeadLetterFilter(stage, reason, field, optional_time(since), optional_time(until), tuple(ids or ()))


def _required_filter(choice: DeadLetterFilter, *, everything: bool) -> DeadLetterFilter:
    if choice.is_empty and not everything:
        stop("No dead letters are chosen. Use --id, --stage, --reason, --field, --since, --until or --all.", EX_USAGE)
    return choice


def _pause(rate: float | None, clock: Clock) -> Callable[[], None]:
    from app.operations.review.redrive import Pace, no_pause

    if rate is None:
        return no_pause
    pace = Pace(rate)
    return lambda: clock.sleep(pace.wait(clock.monotonic()))


def _print_plan(steps: Iterable[RedriveStep]) -> None:
    counts: Counter[str] = Counter()
    for step in steps:
        _print_not_redriven(step)
        if step.out:
            counts[step.out.topic] += 1
    for topic, count in sorted(counts.items()):
        print_line(f"{topic} {count}")


def _print_steps(steps: Iterable[RedriveStep]) -> tuple[int, int]:
    """Print each step. Returns the numbers of dead letters that were redriven and that were not."""
    redriven = not_redriven = 0
    for step in steps:
        _print_not_redriven(step)
        if step.out:
            redriven += len(step.letters)
            for letter in step.letters:
                print_line(f"{letter.id} {letter.topic}")
        else:
            not_redriven += len(step.letters)
    return redriven, not_redriven


def _print_not_redriven(step: RedriveStep) -> None:
    from app.operations.review.redrive import NOT_REDRIVEN

    for letter in step.letters if step.reason else ():
        print_note(f"{letter.id} is left. {NOT_REDRIVEN[step.reason]}", wrap=False)
