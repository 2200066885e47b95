"""What the console says of each thing that was seen, in words and numbers: one value for each row. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from messages import shapes
from messages.channels import ChannelDirectory
from messages.topics import TRIAGE
from monitor.active_alerts import Standing
from monitor.alert_conditions import (
    CLOCK_SECONDS,
    FENCED_SECONDS,
    HANGING_SECONDS,
    Urgency,
    messages,
    span,
    why_held,
    why_shut,
)
from monitor.snapshot import ChannelState, Heap, PartState, ProcessState, QueueState, Snapshot, StageState, Waiting

# Which of the page's parts shows more about a concern.
SECTIONS = {
    "agency-overdue": "agencies",
    "audit": "stages",
    "bus-away": "processes",
    "clock": "processes",
    "database-away": "processes",
    "dead-letters": "aside",
    "door-shut": "channels",
    "door-silent": "channels",
    "flood": "channels",
    "process-away": "processes",
    "quarantine": "aside",
    "spool-aside": "processes",
    "spool-filling": "processes",
    "spool-waiting": "processes",
    "stage-behind": "stages",
    "stage-hanging": "processes",
    "stage-stopped": "stages",
    "stage-waiting": "processes",
    "started-twice": "processes",
    "triage-waiting": "triage",
}
_TITLES = {
    "agencies": "Agencies",
    "aside": "Put aside",
    "channels": "Channels",
    "processes": "Processes",
    "stages": "Stages",
    "triage": "Triage",
}
_PERCENT = 0.01
# Reasons for which people were turned away, that one process's card has room for.
_REASONS = 8


class Concern(NamedTuple):
    """What needs a person; the part of the page with this `title` shows more about it."""

    key: str
    urgency: str
    says: str
    since: str
    lasts: str
    name: str
    section: str
    title: str


class Door(NamedTuple):
    """A door, and whether it is `open`, `shut` or `unknown`."""

    name: str
    state: str
    says: str


class Channel(NamedTuple):
    """What the doors of a channel accepted."""

    key: str
    name: str
    doors: Sequence[Door]
    minute: str
    hour: str
    usual: str
    newest: str


class Stage(NamedTuple):
    """Who works, and what waits; `topics` are name, how many, and for how long."""

    key: str
    works: str
    many: str
    age: str
    topics: Sequence[tuple[str, str, str]]


class Aside(NamedTuple):
    """Messages put aside for one reason; `code` is what the service calls it, where `reason` says it in words."""

    key: str
    place: str
    reason: str
    code: str
    many: str
    oldest: str
    newest: str


class Part(NamedTuple):
    """A worker of a process; `well` unless it waits, hangs or is fenced. `numbers` are how many, and of what."""

    name: str
    numbers: Sequence[tuple[str, str]]
    well: bool
    says: str


class Process(NamedTuple):
    """A process; `wrong` is what is not as it should be with all of it."""

    key: str
    who: str
    address: str
    wrong: Sequence[str]
    spool: str
    doors: Sequence[Door]
    refused: str
    parts: Sequence[Part]


class Queue(NamedTuple):
    """What lies at an agency."""

    key: str
    name: str
    many: str
    overdue: str
    oldest: str


def concern(one: Standing, now: datetime) -> Concern:
    """In the words that the log and the command line say too."""
    key = f"{one.name} {one.subject}".strip()
    lasts = span((now - one.since).total_seconds())
    section = SECTIONS[one.name]
    since = clock(one.since, now)
    return Concern(key, one.urgency.name, one.says, since, lasts, one.name, section, _TITLES[section])


def tally(standing: Iterable[Standing]) -> str:
    """How much needs a person, by urgency."""
    found = [one.urgency for one in standing]
    words = {Urgency.NOW: "now", Urgency.SOON: "soon", Urgency.LOOK: "to look at"}
    return ", ".join(f"{found.count(urgency):,} {word}" for urgency, word in words.items() if urgency in found)


def channel(state: ChannelState, seen: Snapshot, channels: ChannelDirectory) -> Channel:
    """What came, through which doors."""
    return Channel(
        key=state.channel,
        name=channels.label_of(state.channel),
        doors=_doors(state.channel, seen, channels),
        minute=f"{state.minute:,}",
        hour=f"{state.hour:,}",
        usual=f"{state.usual:,.1f}",
        newest=f"{_ago(state.newest, seen.at)} ago" if state.newest else "never",
    )


def unknown(channel_name: shapes.Channel, seen: Snapshot, channels: ChannelDirectory) -> Channel:
    """Without the bus, a channel's doors are all that is known of it."""
    doors = _doors(channel_name, seen, channels)
    return Channel(channel_name, channels.label_of(channel_name), doors, *("?" for _ in range(4)))


def stage(state: StageState, now: datetime) -> Stage:
    """With what waits on each of its topics."""
    topics = [(topic, f"{one.many:,}", _age(one, now)) for topic, one in sorted(state.topics.items())]
    waiting = state.waiting
    return Stage(state.stage, ", ".join(state.members), f"{waiting.many:,}", _age(waiting, now) or "0 s", topics)


def aside(heap: Heap, now: datetime) -> Aside:
    """One heap."""
    reason = why_held(heap.reason)
    code = heap.reason * (reason != heap.reason)
    said = f"{reason} at {heap.field}" if heap.field else reason
    key = f"{heap.place} {heap.reason} {heap.field}"
    oldest, newest = _age(heap.waiting, now), _ago(heap.newest, now)
    return Aside(key, heap.place or "no channel", said, code, f"{heap.waiting.many:,}", oldest, newest)


def process(state: ProcessState, channels: ChannelDirectory) -> Process:
    """A process as it says it is."""
    wrong = [f"Does not answer ({state.unreached})."] if state.unreached else []
    if abs(state.ahead) >= CLOCK_SECONDS:
        wrong.append(f"Its clock is {span(abs(state.ahead))} {'ahead' if state.ahead > 0 else 'behind'}.")
    share = f"{state.spool_share:.0%}" if state.spool_share >= _PERCENT else "less than 1%"
    spool = f"{messages(state.spooled)}, {share} of its room" if state.spooled else "empty"
    spool += f"; {messages(state.spool_aside)} aside" if state.spool_aside else ""
    return Process(
        key=state.address,
        who=state.instance or state.address,
        address=state.address,
        wrong=wrong,
        spool=spool if state.doors else "",
        doors=[_door(channels.door_label(name), one.why) for name, one in state.doors.items()],
        refused=_refused(state),
        parts=[_part(name, one) for name, one in sorted(state.parts.items())],
    )


def _refused(state: ProcessState) -> str:
    """Whom its doors turned away, the most first."""
    counted = [(many, door, reason) for door, reasons in state.refused.items() for reason, many in reasons.items()]
    most = sorted(counted, key=lambda one: (-one[0], one[1:]))[:_REASONS]
    return ", ".join(f"{door} {reason} {many:,}" for many, door, reason in most)


def queue(state: QueueState, now: datetime) -> Queue:
    """One agency's."""
    return Queue(
        state.agency, state.name, f"{state.waiting.many:,}", f"{state.overdue:,}", _age(state.waiting, now) or "none"
    )


def triage(queues: Iterable[QueueState], now: datetime) -> Queue:
    """What waits for a person to place it."""
    found = [one for one in queues if one.agency == TRIAGE]
    return queue(found[0] if found else QueueState(agency=TRIAGE, name="triage", waiting=Waiting()), now)


def clock(at: datetime, now: datetime) -> str:
    """A moment in UTC, as in the log; with its day unless that is today."""
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at.day} {at:%b %H:%M}"


def _doors(channel_name: shapes.Channel, seen: Snapshot, channels: ChannelDirectory) -> Sequence[Door]:
    """All that lead into a channel, at whichever process."""
    names = [name for process in seen.processes for name in process.doors if channels.channel_of(name) == channel_name]
    doors = [_everywhere(name, channels.door_label(name), seen.processes) for name in dict.fromkeys(names)]
    return doors or [Door(channels.label_of(channel_name), "unknown", "unknown: no process with this door answers")]


def _everywhere(name: str, label: str, processes: Iterable[ProcessState]) -> Door:
    """One door as all processes have it."""
    found = {one.instance or one.address: one.doors[name].why for one in processes if name in one.doors}
    shut = [f"at {who}: {why_shut(why)}" for who, why in found.items() if why]
    if not shut:
        return _door(label, "")
    some = "shut" if len(shut) == len(found) else f"{len(shut)} of {len(found)} shut"
    return Door(label, "shut", f"{some} {'; '.join(shut)}")


def _door(label: str, why: str) -> Door:
    return Door(label, "shut", f"shut: {why_shut(why)}") if why else Door(label, "open", "open")


def _part(name: str, state: PartState) -> Part:
    numbers = [(f"{getattr(state, what):,}", what) for what in ("worked", "rejected", "retried", "fenced")]
    says = ""
    if state.waits_for:
        says = f"waits and tries again: {state.waits_for}"
    elif state.silent_seconds >= HANGING_SECONDS:
        says = f"has not come round for {span(state.silent_seconds)}"
    elif state.fenced_seconds is not None and state.fenced_seconds < FENCED_SECONDS:
        says = "was fenced just now"
    return Part(name, numbers, not says, says)


def _age(waiting: Waiting, now: datetime) -> str:
    return span(waiting.seconds(now)) if waiting.oldest else ""


def _ago(at: datetime, now: datetime) -> str:
    return span(max(0.0, (now - at).total_seconds()))
