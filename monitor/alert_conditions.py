"""What needs a person, in words: a list made of one look, the most urgent first.

Each has the name of an alert (`monitor/metrics/alerts/`) and an entry in the runbook; none names a citizen.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import IntEnum
from math import log
from typing import NamedTuple

from messages.channels import ChannelDirectory
from messages.topics import TRIAGE
from monitor.snapshot import ChannelState, Heap, Snapshot, Waiting

# For how long what is accepted may wait for a stage: one that works needs seconds.
BEHIND_SECONDS = 120.0
# For how long a case may wait at triage, where a person should look daily.
TRIAGE_SECONDS = 86_400.0
# How much a host's clock may differ from ours, or move by itself: signatures and rate limits bear some seconds.
CLOCK_SECONDS = 10.0
# For how long a worker may be busy with one batch: Kafka gives its work to others after five minutes.
HANGING_SECONDS = 300.0
# Of the spool's room, what may be taken before somebody should know.
SPOOL_SHARE = 0.5
# A flood: so many in a minute at least, and so many times what is usual.
FLOOD_IN_A_MINUTE = 60
FLOOD_TIMES = 20.0
# A door is silent for too long when so long a silence comes once in ten thousand by chance; nights are slower than the
# mean of the week by about so much; and it is never said before so long.
_BY_CHANCE = 1e-4
_NIGHT = 4.0
SILENT_SECONDS = 3_600.0
# So many wrong signatures are no stranger's try any more.
FORGED = 3
# Fenced again within so long, and more than once: not an outage that is over.
FENCED_SECONDS = 120.0


class Urgency(IntEnum):
    """`NOW`: people are turned away, or what they sent stands still. `SOON`: today. `LOOK`: when there is time."""

    NOW = 0
    SOON = 1
    LOOK = 2


class Concern(NamedTuple):
    """`subject` is what it is about: with the name it is the same concern in the next look."""

    name: str
    subject: str
    urgency: Urgency
    says: str


def concerns(seen: Snapshot, channels: ChannelDirectory) -> list[Concern]:
    """Everything in this look that needs a person, the most urgent first."""
    found = [*_processes(seen, channels), *(concern for rule in _RULES for concern in rule(seen))]
    return sorted(found, key=lambda one: (one.urgency, one.name, one.subject))


def span(seconds: float) -> str:
    """A span of time as people say it."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def messages(many: int) -> str:
    """So many messages."""
    return "1 message" if many == 1 else f"{many:,} messages"


def why_shut(why: str) -> str:
    """Why a door is shut, in words."""
    return _WHY.get(why, why)


def why_held(reason: str) -> str:
    """Why a message was put aside, in words where there are any."""
    return _UNPROVEN.get(reason, reason)


def _away(seen: Snapshot) -> Iterator[Concern]:
    spooled = sum(process.spooled for process in seen.processes)
    if "bus" in seen.away:
        kept = f" {messages(spooled)} so far." if spooled else ""
        says = f"The bus {seen.away['bus']}: nothing is worked. The doors keep what comes in their spools.{kept}"
        yield Concern("bus-away", "", Urgency.NOW, says)
    if "database" in seen.away:
        says = (
            f"The database {seen.away['database']}: no stage goes on, and the doors of the app and of Open311 are shut."
        )
        yield Concern("database-away", "", Urgency.NOW, says)


def _processes(seen: Snapshot, channels: ChannelDirectory) -> Iterator[Concern]:
    for process in seen.processes:
        who = process.instance or process.address
        if process.unreached:
            says = f"The process at {process.address} does not answer ({process.unreached}): is it running?"
            yield Concern("process-away", process.address, Urgency.NOW, says)
        for door, state in process.doors.items():
            if state.why:
                says = f"{channels.door_title(door)} of {who} is shut: {why_shut(state.why)}."
                # A polled provider keeps the messages; at any other door people are turned away.
                urgency = Urgency.SOON if channels.is_polled(door) else Urgency.NOW
                yield Concern("door-shut", f"{door} {who}", urgency, says)
        if process.spool_aside:
            says = f"{messages(process.spool_aside)} that {who} accepted stand aside: the bus will not have them."
            yield Concern("spool-aside", who, Urgency.NOW, says)
        if process.spool_share >= SPOOL_SHARE:
            says = (
                f"The spool of {who} is {process.spool_share:.0%} full ({messages(process.spooled)}): then it says no."
            )
            yield Concern("spool-filling", who, Urgency.NOW, says)
        elif process.spooled and "bus" not in seen.away:
            says = f"{messages(process.spooled)} in the spool of {who} on the way to the bus."
            yield Concern("spool-waiting", who, Urgency.LOOK, says)
        if abs(process.ahead) >= CLOCK_SECONDS:
            side = "ahead of" if process.ahead > 0 else "behind"
            says = f"The clock of {who} is {span(abs(process.ahead))} {side} this one: signatures may be refused."
            yield Concern("clock", who, Urgency.SOON, says)


def _parts(seen: Snapshot) -> Iterator[Concern]:
    for process in seen.processes:
        for part, state in process.parts.items():
            where = f"{part} of {process.instance}"
            if state.fenced > 1 and state.fenced_seconds is not None and state.fenced_seconds < FENCED_SECONDS:
                says = f"{where} is fenced again and again ({state.fenced} times): two processes have one name."
                yield Concern("started-twice", where, Urgency.NOW, says)
            elif state.waits_for:
                yield Concern(
                    "stage-waiting", where, Urgency.SOON, f"{where} waits and tries again: {state.waits_for}."
                )
            if state.silent_seconds >= HANGING_SECONDS:
                says = f"{where} has not come round for {span(state.silent_seconds)}: it hangs, or works on one batch."
                yield Concern("stage-hanging", where, Urgency.NOW, says)


def _clock(seen: Snapshot) -> Iterator[Concern]:
    if abs(seen.jumped) >= CLOCK_SECONDS:
        way = "forward" if seen.jumped > 0 else "back"
        says = f"The clock of this host was set {way} by {span(abs(seen.jumped))}: ages and times of now are not true."
        yield Concern("clock", "this host", Urgency.SOON, says)
    late = [
        state for state in seen.channels if state.newest and (state.newest - seen.at).total_seconds() >= CLOCK_SECONDS
    ]
    if late:
        says = "The bus has messages of the future: its clock and the one of this host differ, or one was set back."
        yield Concern("clock", "bus", Urgency.SOON, says)


def _stages(seen: Snapshot) -> Iterator[Concern]:
    for state in seen.stages:
        waiting, age = state.waiting, state.waiting.seconds(seen.at)
        wait = f"{messages(waiting.many)} wait, the oldest for {span(age)}" if waiting.many else "nothing waits yet"
        if not state.members:
            says = f"Nobody works {state.stage}: {wait}."
            yield Concern("stage-stopped", state.stage, Urgency.NOW if waiting.many else Urgency.SOON, says)
        elif age >= BEHIND_SECONDS:
            says = f"{state.stage} is behind: {wait}, for {', '.join(state.members)}."
            yield Concern("stage-behind", state.stage, Urgency.NOW, says)


def _aside(seen: Snapshot) -> Iterator[Concern]:
    for place, heaps in _by_place(seen.letters).items():
        waiting = _all(heaps)
        says = f"{place} put aside {messages(waiting.many)} as dead letters: {_reasons(heaps)}."
        yield Concern("dead-letters", place, Urgency.SOON, says)
    proven = {state.channel: state.newest for state in seen.channels}
    for place, heaps in _by_place(seen.quarantine).items():
        waiting = _all(heaps)
        says = f"{messages(waiting.many)} of {place or 'no channel'} in quarantine: {_reasons(heaps)}."
        if shut := _unproven(heaps, proven.get(place)):
            says += " None was proven since: was the provider's secret changed?"
        yield Concern("quarantine", place, Urgency.NOW if shut else Urgency.SOON, says)


def _channels(seen: Snapshot) -> Iterator[Concern]:
    for state in seen.channels:
        if state.minute >= max(FLOOD_IN_A_MINUTE, FLOOD_TIMES * state.usual / 60):
            says = f"{messages(state.minute)} by {state.channel} in a minute; usual are {state.usual / 60:.1f}."
            yield Concern("flood", state.channel, Urgency.SOON, says)
        silent = _silent(state, seen.at)
        if silent >= usual_silence(state.usual):
            says = f"Nothing came by {state.channel} for {span(silent)}; usual are {state.usual:.1f} an hour."
            yield Concern("door-silent", state.channel, Urgency.SOON, says)


def _queues(seen: Snapshot) -> Iterator[Concern]:
    for queue in seen.queues:
        age = queue.waiting.seconds(seen.at)
        if queue.agency == TRIAGE and age >= TRIAGE_SECONDS:
            says = f"At triage {queue.waiting.many:,} cases wait for a person, the oldest for {span(age)}."
            yield Concern("triage-waiting", "", Urgency.SOON, says)
    late = [queue for queue in seen.queues if queue.overdue and queue.agency != TRIAGE]
    if late:
        worst = max(late, key=lambda queue: queue.overdue)
        cases = sum(queue.overdue for queue in late)
        says = f"{cases:,} cases past their due time at {len(late)} agencies, most at {worst.name} ({worst.overdue:,})."
        yield Concern("agency-overdue", "", Urgency.LOOK, says)


def _audit(seen: Snapshot) -> Iterator[Concern]:
    if found := {kind: many for kind, many in (seen.differences or {}).items() if many}:
        named = ", ".join(f"{many:,} {kind}" for kind, many in found.items())
        yield Concern("audit", "", Urgency.NOW, f"The audit found differences: {named}. `satupintu audit` names them.")


_RULES: tuple[Callable[[Snapshot], Iterator[Concern]], ...] = (
    _away,
    _parts,
    _clock,
    _stages,
    _aside,
    _channels,
    _queues,
    _audit,
)
# Every name that a concern can have.
NAMES = (
    "agency-overdue",
    "audit",
    "bus-away",
    "clock",
    "database-away",
    "dead-letters",
    "door-shut",
    "door-silent",
    "flood",
    "process-away",
    "quarantine",
    "spool-aside",
    "spool-filling",
    "spool-waiting",
    "stage-behind",
    "stage-hanging",
    "stage-stopped",
    "stage-waiting",
    "started-twice",
    "triage-waiting",
)
_WHY = {
    "spool_full": "the bus is away and its spool has no room",
    "database_away": "the database can't be reached",
    "not_bound": "the SMSC did not let us in",
    "parts_waiting": "too many SMS wait for the bus",
    "reads_spent": "the posts that X may be asked for today are spent",
    "rate_limited": "X limits us, and says for how long",
    "http_401": "X does not accept our token",
    "http_403": "X does not accept our token",
    "not_kept": "what X said could not be kept: the bus or the database is away",
}
# Why an arrival is held that could not prove where it came from.
_UNPROVEN = {
    "bad_signature": "a signature that does not fit",
    "unsigned": "no signature",
}


def usual_silence(usual: float) -> float:
    """For how many seconds a door may be silent at which so many come in an hour, on the mean of the week."""
    if usual <= 0:
        return float("inf")
    return max(SILENT_SECONDS, -log(_BY_CHANCE) * _NIGHT * 3600 / usual)


def _silent(state: ChannelState, now: datetime) -> float:
    return (now - state.newest).total_seconds() if state.newest else 0.0


def _by_place(heaps: tuple[Heap, ...]) -> Mapping[str, list[Heap]]:
    found: dict[str, list[Heap]] = {}
    for heap in heaps:
        found.setdefault(heap.place, []).append(heap)
    return found


def _unproven(heaps: list[Heap], proven: datetime | None) -> bool:
    """Whether our secret may be the wrong one: so many signatures did not fit, and none since did."""
    wrong = [heap for heap in heaps if heap.reason == "bad_signature" and heap.waiting.many >= FORGED]
    return any(proven is None or proven < heap.newest for heap in wrong)


def _all(heaps: list[Heap]) -> Waiting:
    return sum((heap.waiting for heap in heaps), Waiting())


def _reasons(heaps: list[Heap]) -> str:
    return ", ".join(
        f"{heap.waiting.many:,} for {why_held(heap.reason)}{f' ({heap.field})' * bool(heap.field)}" for heap in heaps
    )
