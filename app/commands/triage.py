"""The desk for what nobody could place: what waits, all that is known of one, and a decision."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, TypeVar

import typer
from rich.table import Table
from rich.text import Text

from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.clock import utc_now
from app.commands.common import ERR, EX_USAGE, OUT, Actor, Json, must_say, opened, plain, stop
from app.operations.merge_split import Impossible
from app.operations.triage import Candidate, Shown, TriageDesk, Waiting
from messages.shapes import iso
from messages.tracking import read_tracking_number
from sinks.ledger.case_queries import Event

commands = typer.Typer(no_args_is_help=True, help="What nobody could place, for a person to decide.")

T = TypeVar("T")

_HOUR = timedelta(hours=1)

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The tracking number.")]
Why = Annotated[str, typer.Option("--why", help="Kept with the decision and told to the agency; name no citizen.")]


@commands.command("list")
def list_(
    oldest_first: Annotated[bool, typer.Option("--oldest-first/--newest-first", help="By when it came here.")] = True,
    topic: Annotated[str, typer.Option("--topic", help="Only of this topic.")] = "",
    region: Annotated[str, typer.Option("--region", metavar="CODE", help="Only in this region, as in 33.74.")] = "",
    as_json: Json = False,
) -> None:
    """List what lies at triage and is not decided: its age, its date, what it is about, and who it may be for."""
    with opened_desk() as (_, desk):
        found = list(desk.waiting(topic, region))
    if not oldest_first:
        found.reverse()
    rows = [_row(one) for one in found]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("number", "age", "due", "topic", "region", "along", "candidates")
    for row, one in zip(rows, found, strict=True):
        about = (row["number"], f"{row['age_hours']} h", row["due_at"], row["topic"], row["region"], row["along"])
        table.add_row(*map(str, about), Text("\n".join(f"{each.agency}: {plain(each.why)}" for each in one.candidates)))
    OUT.print(table)


@commands.command()
def show(number: Number, as_json: Json = False) -> None:
    """Say all that is known of one: its words with identities masked, who it may be for, why, and the way so far."""
    tracking = true_number(number)
    with opened_desk() as (_, desk):
        shown = possible(lambda: desk.show(tracking))
    about = _about(shown)
    if as_json:
        print(json.dumps(about, ensure_ascii=False))
        return
    for line in _lines(shown):
        OUT.print(plain(line), markup=False, highlight=False, soft_wrap=True)


@commands.command()
def decide(
    number: Number,
    agency: Annotated[str, typer.Argument(metavar="AGENCY", help="The code of the institution that is competent.")],
    actor: Actor,
    why: Why,
    as_json: Json = False,
) -> None:
    """Give a case to an institution. If that refuses, it comes back here with all that was said."""
    must_say(actor, why)
    tracking = true_number(number)
    with opened_desk() as (parts, desk):
        parts.ensure_topics()
        producer = parts.bus.producer()
        try:
            done = possible(lambda: desk.decide(tracking, agency, actor, why, utc_now(), producer))
        finally:
            producer.close()
    if as_json:
        print(json.dumps({"number": tracking, "id": str(done.answer.id), "agency": agency, "again": done.again}))
    else:
        print(f"{tracking}: given to {agency}")
    if done.again:
        ERR.print(f"{agency} refused it before", highlight=False)
    ERR.print("said; `satupintu status` shows it when the router has worked it", highlight=False)


def _row(one: Waiting) -> dict[str, object]:
    case = one.lying
    return {
        "number": case.tracking,
        "received_at": iso(case.received_at),
        "since": iso(case.since),
        "age_hours": (utc_now() - case.since) // _HOUR,
        "due_at": iso(case.due_at),
        "topic": case.topic,
        "region": case.region,
        "along": case.along,
        "candidates": _candidates(one.candidates),
    }


def _about(shown: Shown) -> dict[str, object]:
    case = shown.case
    return {
        "number": case.tracking,
        "agency": case.agency,
        "given_to": shown.decided,
        "received_at": iso(case.received_at),
        "due_at": iso(case.due_at),
        "channel": case.channel,
        "kind": case.kind,
        "title": case.title,
        "text": case.text,
        "topic": case.topic,
        "region": case.region,
        "confidence": case.confidence,
        "reasons": list(case.reasons),
        "candidates": _candidates(shown.candidates),
        "way": [
            {"at": iso(event.at), "what": event.what, "agency": event.agency, "says": event.says, "actor": event.actor}
            for event in shown.way
        ],
    }


def _candidates(candidates: Sequence[Candidate]) -> list[dict[str, str]]:
    return [{"agency": one.agency, "name": one.name, "why": one.why} for one in candidates]


def _lines(shown: Shown) -> Iterator[str]:
    case = shown.case
    yield f"{case.tracking}  at {case.agency}{f', given to {shown.decided}' if shown.decided else ''}"
    yield f"  {case.kind} by {case.channel}, due {iso(case.due_at)}"
    yield f"  topic {case.topic or '-'}, region {case.region or '-'}, confidence {case.confidence:.2f}"
    yield from (f"  {line}" for line in f"{case.title}\n{case.text}".strip().splitlines())
    for heading, lines in (
        ("candidates", [f"{one.agency}  {one.name}: {one.why}" for one in shown.candidates]),
        ("reasons", case.reasons),
        ("way so far", [_step(event) for event in shown.way]),
    ):
        yield heading
        yield from (f"  {line}" for line in lines or ("-",))


def _step(event: Event) -> str:
    by = f" [{event.actor}]" if event.actor else ""
    return f"{event.at:%Y-%m-%d %H:%M}Z  {event.what:10}  {event.agency}{by}: {event.says}"


@contextmanager
def opened_desk() -> Iterator[tuple[Parts, TriageDesk]]:
    """The desk, and the parts it is made of."""
    with opened() as parts:
        migrate(parts.engine)
        yield parts, TriageDesk(parts.engine, parts.registry, parts.audit_log)


def possible(work: Callable[[], T]) -> T:
    """What it gives; the process ends where that can't be done."""
    try:
        return work()
    except Impossible as error:
        stop(str(error), 1)


def true_number(number: str) -> str:
    """The number in its true form; the process ends where it is none."""
    tracking = read_tracking_number(number)
    if tracking is None:
        stop(f"{number} is not a tracking number: its check symbol does not fit", EX_USAGE)
    return tracking
