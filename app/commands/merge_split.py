"""Taking reports apart that were wrongly joined, and putting together what was wrongly kept apart."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from app.clock import utc_now
from app.commands.common import ERR, EX_USAGE, Actor, Json, acting, stop
from app.operations.merge_split import Decided, Impossible, Relating
from messages.tracking import read_tracking_number

Why = Annotated[str, typer.Option("--reason", help="Kept with the decision and told to the agency; name no citizen.")]


def split(number: str, actor: Actor, reason: Why, as_json: Json = False) -> None:
    """Make a report that repeats or joins another a case of its own."""
    one = _true(number)
    _done(lambda mine: mine.split(one, actor, reason, utc_now()), actor, reason, as_json=as_json)


def merge(
    head: Annotated[str, typer.Argument(metavar="A", help="The number that the other is put to.")],
    number: Annotated[str, typer.Argument(metavar="B", help="The number that goes where A lies.")],
    actor: Actor,
    reason: Why,
    repeat: Annotated[bool, typer.Option("--repeat", help="The same citizen's; else another's, same matter.")] = False,
    as_json: Json = False,
) -> None:
    """Put report B to report A: it goes where A lies, and along when that moves."""
    first, one = _true(head), _true(number)

    def decide(mine: Relating) -> Decided:
        return mine.merge(first, one, "repeat" if repeat else "joins", actor, reason, utc_now())

    _done(decide, actor, reason, as_json=as_json)


def _true(number: str) -> str:
    tracking = read_tracking_number(number)
    if tracking is None:
        stop(f"{number} is not a tracking number: its check symbol does not fit", EX_USAGE)
    return tracking


def _done(decide: Callable[[Relating], Decided], actor: str, reason: str, *, as_json: bool) -> None:
    with _relating(actor, reason) as mine:
        try:
            decided = decide(mine)
        except Impossible as error:
            stop(str(error), 1)
    said = decided.correction
    if as_json:
        relation = {"kind": said.relation.kind, "evidence": list(said.relation.evidence)}
        print(json.dumps({"id": str(said.id), "tracking": said.tracking, **relation, "other": decided.other}))
        return
    became = "split from" if said.apart_from else f"{said.relation.kind} of"
    print(f"{said.tracking}: {became} {decided.other}")
    ERR.print("said; `satupintu status` shows it when the stages have worked it", highlight=False)


@contextmanager
def _relating(actor: str, reason: str) -> Iterator[Relating]:
    with acting(actor, reason, "--reason") as parts:
        parts.ensure_topics()
        producer = parts.bus.producer()
        try:
            yield Relating(parts.engine, producer, parts.audit_log)
        finally:
            producer.close()
