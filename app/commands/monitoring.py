"""What operations look at: how far each stage is, what waits, what needs a person. The console shows the same."""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from app.assembly.channels import DIRECTORY
from app.assembly.monitoring import watch
from app.commands.common.arguments import Json, finite
from app.commands.common.process import open_parts
from app.commands.common.terminal import OUT, plain
from monitor.active_alerts import Register, Standing
from monitor.alert_conditions import Urgency, span
from monitor.snapshot import Snapshot, Waiting
from monitor.snapshot_collector import Watch

# As sysexits.h has none for "it works, and somebody should look".
EX_CONCERN = 1
_STYLES = {Urgency.NOW: "bold red", Urgency.SOON: "yellow", Urgency.LOOK: "cyan"}
_WORDS = {Urgency.NOW: "NOW ", Urgency.SOON: "SOON", Urgency.LOOK: "LOOK"}
_MOST_QUEUES = 10
_MOST_REASONS = 6


def lag(as_json: Json = False) -> None:
    """Say how far each stage is, in messages and in age of the oldest; exit 1 where something needs a person now."""
    with _watching() as looking:
        seen = looking.look()
    standing = Register(DIRECTORY).stand(seen)
    if as_json:
        print(seen.model_dump_json())
    else:
        OUT.print(*_said(standing, seen.at), _stages(seen), sep="\n")
    sys.exit(EX_CONCERN if any(one.urgency is Urgency.NOW for one in standing) else 0)


def top(
    as_json: Json = False,
    every: Annotated[float, typer.Option("--every", min=0.5, callback=finite, help="Seconds between two looks.")] = 5.0,
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
) -> None:
    """Watch the whole service: what needs a person, doors, stages, what was put aside, and agencies' queues."""
    with _watching() as looking:
        register = Register(DIRECTORY)

        def look() -> tuple[Snapshot, tuple[Standing, ...]]:
            seen = looking.look()
            return seen, register.stand(seen)

        if as_json:
            while True:
                seen, standing = look()
                whole = seen.model_dump(mode="json") | {"concerns": [one.model_dump(mode="json") for one in standing]}
                OUT.print_json(data=whole, indent=None)
                if once:
                    return
                time.sleep(every)
        if once:
            OUT.print(screen(*look()))
            return
        with Live(screen(*look()), console=OUT, screen=True, auto_refresh=False) as live:
            while True:
                time.sleep(every)
                live.update(screen(*look()), refresh=True)


def screen(seen: Snapshot, standing: tuple[Standing, ...]) -> Group:
    """Everything on one screen."""
    at = Text(f"Satu Pintu  {seen.at:%Y-%m-%d %H:%M:%S}Z", style="bold")
    return Group(at, *_said(standing, seen.at), _channels(seen), _stages(seen), _heaps(seen), _queues(seen))


def _said(standing: tuple[Standing, ...], now: datetime) -> list[Text]:
    if not standing:
        return [Text("Nothing needs a person.", style="green")]
    return [
        Text.assemble(
            (f"{_WORDS[one.urgency]}  ", _STYLES[one.urgency]), plain(one.says), (f"  {_for(one, now)}", "dim")
        )
        for one in standing
    ]


def _for(one: Standing, now: datetime) -> str:
    seconds = (now - one.since).total_seconds()
    return f"for {span(seconds)}" if seconds >= 1 else ""


def _channels(seen: Snapshot) -> Table:
    table = Table("channel", "door", "last minute", "last hour", "usual hour", "newest", title_justify="left")
    doors = {door: state.why for process in seen.processes for door, state in process.doors.items()}
    for state in seen.channels:
        why = doors.get(state.channel)
        door = "?" if why is None else why or "open"
        age = span(max(0.0, (seen.at - state.newest).total_seconds())) + " ago" if state.newest else "never"
        _add(table, state.channel, door, f"{state.minute:,}", f"{state.hour:,}", f"{state.usual:.1f}", age)
    return table


def _stages(seen: Snapshot) -> Table:
    table = Table("stage", "works", "topic", "waiting", "oldest")
    for state in seen.stages:
        works = ", ".join(state.members) or "nobody"
        rows = sorted(state.topics.items()) or [("", Waiting())]
        for at, (topic, waiting) in enumerate(rows):
            own = (state.stage, works) if at == 0 else ("", "")
            _add(table, *own, topic, f"{waiting.many:,}", _age(waiting, seen.at))
    return table


def _heaps(seen: Snapshot) -> Table:
    table = Table("put aside", "by", "reason", "messages", "oldest")
    for kind, heaps in (("dead letter", seen.letters), ("quarantine", seen.quarantine)):
        for heap in heaps:
            reason = f"{heap.reason} {heap.field}".strip()
            _add(table, kind, heap.place, reason, f"{heap.waiting.many:,}", _age(heap.waiting, seen.at))
    turned: Counter[tuple[str, str]] = Counter()
    for process in seen.processes:
        for door, reasons in process.refused.items():
            turned.update({(door, reason): many for reason, many in reasons.items()})
    for (door, reason), many in turned.most_common(_MOST_REASONS):
        _add(table, "turned away", door, reason, f"{many:,}", "")
    return table


def _queues(seen: Snapshot) -> Table:
    table = Table("agency", "waiting", "overdue", "oldest")
    for queue in seen.queues[:_MOST_QUEUES]:
        _add(table, queue.name, f"{queue.waiting.many:,}", f"{queue.overdue:,}", _age(queue.waiting, seen.at))
    if more := seen.queues[_MOST_QUEUES:]:
        _add(table, f"and {len(more)} more", f"{sum(queue.waiting.many for queue in more):,}", "", "")
    return table


def _add(table: Table, *cells: str) -> None:
    """A row of names and numbers: Rich would take a bracket for markup, a terminal some signs for orders."""
    table.add_row(*(Text(plain(cell)) for cell in cells))


def _age(waiting: Waiting, now: datetime) -> str:
    return span(waiting.seconds(now)) if waiting.oldest else ""


@contextmanager
def _watching() -> Iterator[Watch]:
    with open_parts() as parts:
        looking = watch(parts)
        try:
            yield looking
        finally:
            looking.close()
